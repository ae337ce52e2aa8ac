"""Closed sets of values of fields."""

from __future__ import annotations

from typing import Literal, TypeAlias

ProvisioningStatus: TypeAlias = Literal[
    "ACTIVE", "DELETED", "ERROR", "PENDING_CREATE", "PENDING_DELETE", "PENDING_UPDATE"
]
"""Provisioning status of an object. Only an ACTIVE load balancer, and the objects on it, can be changed."""

OperatingStatus: TypeAlias = Literal["DEGRADED", "DRAINING", "ERROR", "NO_MONITOR", "OFFLINE", "ONLINE"]
"""Operating status of an object. NO_MONITOR is normal for members of a pool without a health monitor."""

ListenerProtocol: TypeAlias = Literal["HTTP", "HTTPS", "PROMETHEUS", "TCP", "TERMINATED_HTTPS", "UDP"]
"""Protocol of a listener. HTTPS passes TLS through, TERMINATED_HTTPS terminates it at the load balancer."""

PoolProtocol: TypeAlias = Literal["HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP", "UDP"]
"""Protocol of a pool to its members."""

LbAlgorithm: TypeAlias = Literal["LEAST_CONNECTIONS", "ROUND_ROBIN", "SOURCE_IP"]
"""Algorithm by which a pool chooses a member."""

HealthMonitorType: TypeAlias = Literal["HTTP", "HTTPS", "K8S", "PING", "TCP", "TLS-HELLO", "UDP-CONNECT"]
"""Type of the probes of a health monitor."""

HttpMethod: TypeAlias = Literal["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]
"""Method of a health monitor's request."""

HttpVersion: TypeAlias = Literal["1.0", "1.1"]
"""HTTP version of a health monitor's request."""

SessionPersistenceType: TypeAlias = Literal["APP_COOKIE", "HTTP_COOKIE", "SOURCE_IP"]
"""Type of session persistence."""

SecretType: TypeAlias = Literal["certificate", "opaque", "passphrase", "private", "public", "symmetric"]
"""Kind of a secret. Certificates, CA bundles and CRLs are all `certificate`."""

PayloadContentEncoding: TypeAlias = Literal["base64"]
"""Encoding of a secret's payload."""

MemberConnectivity: TypeAlias = Literal["L2", "L3"]
"""Connectivity of the load balancer to its members."""

InterfaceIpFamily: TypeAlias = Literal["dual", "ipv4", "ipv6"]
"""Address family of a load balancer's VIP."""

InstanceRole: TypeAlias = Literal["BACKUP", "MASTER", "STANDALONE"]
"""Role of one of the instances that a load balancer is made of."""

FloatingIpStatus: TypeAlias = Literal["ACTIVE", "DOWN", "ERROR"]
"""State of a floating IP."""

PriceStatus: TypeAlias = Literal["error", "hide", "show"]
"""Status of a price."""

TaskState: TypeAlias = Literal["ERROR", "FINISHED", "NEW", "RUNNING"]
"""State of a task. ERROR and FINISHED are final."""

TaskDetailedState: TypeAlias = Literal[
    "CLUSTER_CLEAN_UP",
    "CLUSTER_REBUILD",
    "CLUSTER_RESIZE",
    "CLUSTER_RESUME",
    "CLUSTER_SERVER_REBUILD",
    "CLUSTER_SUSPEND",
    "ERROR",
    "FINISHED",
    "IPU_SERVERS",
    "NETWORK",
    "POPLAR_SERVERS",
    "POST_DEPLOY_SETUP",
    "VIPU_CONTROLLER",
]
"""Finer state of a task; for load balancers only FINISHED and ERROR matter."""

LoadBalancerOrder: TypeAlias = Literal[
    "created_at.asc",
    "created_at.desc",
    "flavor.asc",
    "flavor.desc",
    "name.asc",
    "name.desc",
    "operating_status.asc",
    "operating_status.desc",
    "provisioning_status.asc",
    "provisioning_status.desc",
    "updated_at.asc",
    "updated_at.desc",
    "vip_address.asc",
    "vip_address.desc",
    "vip_ip_family.asc",
    "vip_ip_family.desc",
]
"""`order_by` of the list of load balancers."""

MemberOrder: TypeAlias = Literal["address.asc", "address.desc", "created_at.asc", "created_at.desc"]
"""`order_by` of the list of members."""

TaskOrder: TypeAlias = Literal["asc", "desc"]
"""`order_by` of the list of tasks: by creation."""
