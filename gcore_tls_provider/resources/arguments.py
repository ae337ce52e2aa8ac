"""Typed dictionaries for structured arguments: members, health monitors and other parts of load balancers and pools."""

from __future__ import annotations

import pulumi
from typing_extensions import NotRequired, TypedDict

from gcore_tls_provider.api.wire.enums import HealthMonitorType, HttpMethod, HttpVersion, SessionPersistenceType


class MemberArgs(TypedDict):
    """Member of a pool: one backend. Another address or port is another member; the rest changes in place."""

    address: pulumi.Input[str]
    """IPv4 or IPv6 address; host names are not supported."""
    protocol_port: pulumi.Input[int]
    """Port of the backend, 1 to 65535."""
    weight: NotRequired[pulumi.Input[int]]
    """Share of the traffic relative to the other members, 1 to 256; default 1."""
    backup: NotRequired[pulumi.Input[bool]]
    """Send traffic to this member only while no other member is available; default false."""
    monitor_address: NotRequired[pulumi.Input[str]]
    """IP address for health probes; default: `address`. Probes to another address use plaintext, even with TLS."""
    monitor_port: NotRequired[pulumi.Input[int]]
    """Port for health probes, 1 to 65535; default: `protocol_port`. Probes to another port use plaintext."""
    subnet_id: NotRequired[pulumi.Input[str]]
    """ID of the subnet that contains the address."""
    instance_id: NotRequired[pulumi.Input[str]]
    """ID of the instance behind the address. Another ID replaces the member.

    Gcore never returns it, so drift is not detected.
    """
    admin_state_up: NotRequired[pulumi.Input[bool]]
    """Send traffic to this member; default true."""


class HealthMonitorArgs(TypedDict):
    """Health monitor: the probes that decide which members get traffic.

    On a pool with TLS, the types `TCP` and `TLS-HELLO` perform a handshake that verifies the backend, but do not notice
    a backend that rejects the client certificate. `HTTP` does. `HTTPS` disables the verification of backends unless the
    pool has a CRL.
    """

    type: pulumi.Input[HealthMonitorType]
    """`HTTP`, `HTTPS`, `PING`, `TCP`, `TLS-HELLO`, `UDP-CONNECT` or `K8S`. Another type replaces the monitor."""
    delay: pulumi.Input[int]
    """Seconds between two probes, at least 1."""
    timeout: pulumi.Input[int]
    """Seconds after which a probe has failed; less than `delay`."""
    max_retries: pulumi.Input[int]
    """Successful probes after which a member is ONLINE, 1 to 10."""
    max_retries_down: NotRequired[pulumi.Input[int]]
    """Failed probes after which a member is in ERROR, 1 to 10; default 3."""
    url_path: NotRequired[pulumi.Input[str]]
    """Path of the probe's request; default `/`. `HTTP` and `HTTPS` only."""
    expected_codes: NotRequired[pulumi.Input[str]]
    """Status codes of a healthy member, such as `200,202,300-302`; default `200`. `HTTP` and `HTTPS` only."""
    http_method: NotRequired[pulumi.Input[HttpMethod]]
    """Method of the probe's request; default `GET`. `HTTP` and `HTTPS` only."""
    http_version: NotRequired[pulumi.Input[HttpVersion]]
    """Version of the probe's request, `1.0` or `1.1`. `HTTP` and `HTTPS` only."""
    domain_name: NotRequired[pulumi.Input[str]]
    """Host header of the probe's request. `HTTP` and `HTTPS` only."""
    admin_state_up: NotRequired[pulumi.Input[bool]]
    """Send probes; default true."""


class SessionPersistenceArgs(TypedDict):
    """Session persistence: sends all requests of a client to one member."""

    type: pulumi.Input[SessionPersistenceType]
    """`APP_COOKIE` (the application's cookie), `HTTP_COOKIE` (a cookie of the load balancer) or `SOURCE_IP`."""
    cookie_name: NotRequired[pulumi.Input[str]]
    """Name of the application's cookie; required with `APP_COOKIE`, and not allowed without it."""
    persistence_granularity: NotRequired[pulumi.Input[str]]
    """Netmask that groups client addresses. UDP only."""
    persistence_timeout: NotRequired[pulumi.Input[int]]
    """Seconds after which the assignment of a client ends. UDP only."""


class FloatingIpArgs(TypedDict):
    """Floating IP of the VIP."""

    source: pulumi.Input[str]
    """`new`, or `existing` together with `existing_floating_id`."""
    existing_floating_id: NotRequired[pulumi.Input[str]]
    """ID of an existing floating IP."""


class RetentionPolicyArgs(TypedDict):
    """Retention of logs."""

    period: pulumi.Input[int]
    """Days after which logs are deleted, 1 to 1825."""


class LoggingArgs(TypedDict):
    """Logging of a load balancer."""

    enabled: pulumi.Input[bool]
    """Write logs."""
    destination_region_id: NotRequired[pulumi.Input[int]]
    """Number of the log topic's region."""
    topic_name: NotRequired[pulumi.Input[str]]
    """Name of the log topic."""
    retention_policy: NotRequired[pulumi.Input[RetentionPolicyArgs]]
    """Retention of the logs."""


class BasicAuthUserArgs(TypedDict):
    """User of HTTP basic authentication."""

    username: pulumi.Input[str]
    """User name, 3 to 32 letters, digits, blanks, dots, underscores or hyphens."""
    encrypted_password: pulumi.Input[str]
    """Hash of the password, up to 128 characters. Encrypted in the state."""
