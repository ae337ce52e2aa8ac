"""Load balancers, their VIPs, floating IPs and tags."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gcore_tls_provider.api.wire.ddos_profiles import DdosProfile
from gcore_tls_provider.api.wire.enums import (
    InterfaceIpFamily,
    MemberConnectivity,
)
from gcore_tls_provider.api.wire.flavors import Flavor
from gcore_tls_provider.api.wire.listeners import NestedListenerCreate, Statistics
from gcore_tls_provider.api.wire.model import ObjectId, RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import NOT_NULL, Name, ResponseId, ResponseReference, TimestampWithOffset, Uuid

TagKey = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\s=]+$")]
"""Key of a tag, without whitespace and `=`."""

TagValue = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[^ \t\n\r\f\v]([^\t\n\r\f\v]*[^ \t\n\r\f\v])?$")
]
"""Value of a tag, without blanks at its ends, tabs and newlines."""

TopicName = Annotated[
    str,
    Field(
        min_length=1, max_length=223, pattern=r"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])*)*$"
    ),
]
"""Name of a log topic: lowercase letters and digits, with hyphens and dots inside."""


class RetentionPolicy(RequestBody):
    """Retention of logs: 1 to 1825 days, or null."""

    period: Annotated[int, Field(gt=0, le=1825)] | None


class LoggingSet(RequestBody):
    """Logging of a load balancer, as it is sent."""

    enabled: bool = False
    destination_region_id: int | None = None
    topic_name: TopicName | None = None
    retention_policy: RetentionPolicy | None = None


class NewFloatingIp(RequestBody):
    """A floating IP to create with the load balancer."""

    source: Literal["new"]


class ExistingFloatingIp(RequestBody):
    """An existing floating IP."""

    source: Literal["existing"]
    existing_floating_id: Uuid


class LoadBalancerCreate(RequestBody):
    """A new load balancer, with listeners, pools, members and health monitors if they are nested.

    `flavor` is a flavor's name. `vip_port_id` excludes `vip_network_id`; `vip_subnet_id` is ignored without the
    latter.
    """

    name: Name
    flavor: Annotated[str | None, NOT_NULL] = None
    floating_ip: Annotated[
        Annotated[NewFloatingIp | ExistingFloatingIp, Field(discriminator="source")] | None, NOT_NULL
    ] = None
    listeners: Annotated[list[NestedListenerCreate], Field(max_length=51)] = Field(default_factory=list)
    logging: Annotated[LoggingSet | None, NOT_NULL] = None
    preferred_connectivity: MemberConnectivity = "L2"
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    vip_ip_family: Annotated[InterfaceIpFamily | None, NOT_NULL] = None
    vip_network_id: Annotated[Uuid | None, NOT_NULL] = None
    vip_port_id: Annotated[Uuid | None, NOT_NULL] = None
    vip_subnet_id: Annotated[Uuid | None, NOT_NULL] = None


class LoadBalancerChange(RequestBody):
    """The deprecated v1 update, whose response is the load balancer itself.

    `tags` is a merge patch: a null value removes that tag, null in place of the object removes all tags, and tags that
    it does not name remain.
    """

    logging: Annotated[LoggingSet | None, NOT_NULL] = None
    name: Annotated[Name | None, NOT_NULL] = None
    preferred_connectivity: Annotated[MemberConnectivity | None, NOT_NULL] = None
    tags: dict[TagKey, TagValue | None] | None = None


class LoadBalancerPatch(LoadBalancerChange):
    """The v2 update."""

    admin_state_up: Annotated[bool | None, NOT_NULL] = None


class LoadBalancerResize(RequestBody):
    """New flavor, by its name. The resize cuts all connections."""

    flavor: str


class LoadBalancerFailover(RequestBody):
    """Failover to new instances, which cuts all connections."""

    force: bool = False


class Tag(ResponseBody):
    """A tag as it is read. Read-only tags belong to Gcore and survive every update."""

    key: str
    value: str
    read_only: bool


class Logging(ResponseBody):
    """Logging as it is read."""

    enabled: bool
    destination_region_id: int | None = None
    topic_name: str | None = None
    retention_policy: RetentionPolicy | None = None


class FixedIp(ResponseBody):
    """An address in a subnet."""

    ip_address: str
    subnet_id: str


class VrrpIp(ResponseBody):
    """Address and role of one of the load balancer's instances."""

    ip_address: str
    role: str
    subnet_id: str


class FloatingIp(ResponseBody):
    """A floating IP."""

    id: ResponseId
    created_at: TimestampWithOffset
    project_id: int
    region: str
    region_id: int
    updated_at: TimestampWithOffset
    creator_task_id: ResponseReference = None
    fixed_ip_address: str | None = None
    floating_ip_address: str | None = None
    port_id: ResponseReference = None
    router_id: ResponseReference = None
    status: str | None = None
    tags: list[Tag] = Field(default_factory=list)
    task_id: ResponseReference = None


class LoadBalancer(ResponseBody):
    """A load balancer as it is read. The response never contains the VIP's network and subnet.

    `task_id` is the task that has locked it; null if it is unlocked.
    """

    id: ResponseId
    name: str
    admin_state_up: bool
    created_at: TimestampWithOffset
    operating_status: str
    project_id: int
    provisioning_status: str
    region: str
    region_id: int
    tags_v2: list[Tag] = Field(default_factory=list)
    additional_vips: list[FixedIp] = Field(default_factory=list)
    creator_task_id: ResponseReference = None
    ddos_profile: DdosProfile | None = None
    flavor: Flavor | None = None
    floating_ips: list[FloatingIp] = Field(default_factory=list)
    listeners: list[ObjectId] = Field(default_factory=list)
    logging: Logging | None = None
    preferred_connectivity: str = "L2"
    stats: Statistics | None = None
    task_id: ResponseReference = None
    updated_at: TimestampWithOffset | None = None
    vip_address: str | None = None
    vip_fqdn: str | None = None
    vip_ip_family: str | None = None
    vip_port_id: ResponseReference = None
    vrrp_ips: list[VrrpIp] = Field(default_factory=list)
