"""Typed arguments that are dictionaries: members, health monitors, and the other parts of load balancers and pools."""

from __future__ import annotations

import pulumi
from typing_extensions import NotRequired, TypedDict

from gcore_tls_provider.api.wire.enums import HealthMonitorType, HttpMethod, HttpVersion, SessionPersistenceType


class MemberArgs(TypedDict):
    """One backend. Its address and port make it what it is; all else can be changed while it works."""

    address: pulumi.Input[str]
    """IP address; names aren't taken."""
    protocol_port: pulumi.Input[int]
    """Its port, 1 to 65535."""
    weight: NotRequired[pulumi.Input[int]]
    """Share of the traffic relative to the others, 1 to 256; default 1."""
    backup: NotRequired[pulumi.Input[bool]]
    """Used only when no other works; default false."""
    monitor_address: NotRequired[pulumi.Input[str]]
    """Where health probes go instead. On a pool that speaks TLS the probes then don't."""
    monitor_port: NotRequired[pulumi.Input[int]]
    """Where health probes go instead. On a pool that speaks TLS the probes then don't."""
    subnet_id: NotRequired[pulumi.Input[str]]
    """The subnet that it is in."""
    instance_id: NotRequired[pulumi.Input[str]]
    """The instance that it is. Another one makes another member. Gcore never gives it back: no drift of it is seen."""
    admin_state_up: NotRequired[pulumi.Input[bool]]
    """Whether it gets traffic; default true."""


class HealthMonitorArgs(TypedDict):
    """How members are probed.

    On a pool that speaks TLS, types `TCP` and `TLS-HELLO` are a handshake that verifies the backend; they don't notice
    a backend that refuses the client certificate. `HTTP` does. `HTTPS` switches the verification of backends off,
    unless the pool has a revocation list.
    """

    type: pulumi.Input[HealthMonitorType]
    """`HTTP`, `HTTPS`, `PING`, `TCP`, `TLS-HELLO`, `UDP-CONNECT` or `K8S`. Another type makes another monitor."""
    delay: pulumi.Input[int]
    """Seconds between two probes, 1 or more."""
    timeout: pulumi.Input[int]
    """Seconds until a probe has failed; less than `delay`."""
    max_retries: pulumi.Input[int]
    """Successes until a member is ONLINE, 1 to 10."""
    max_retries_down: NotRequired[pulumi.Input[int]]
    """Failures until a member is in ERROR, 1 to 10; default 3."""
    url_path: NotRequired[pulumi.Input[str]]
    """Path of the request, default `/`; HTTP and HTTPS only, like all below."""
    expected_codes: NotRequired[pulumi.Input[str]]
    """Such as `200,202,300-302`; default 200."""
    http_method: NotRequired[pulumi.Input[HttpMethod]]
    """Default GET."""
    http_version: NotRequired[pulumi.Input[HttpVersion]]
    """`1.0` or `1.1`."""
    domain_name: NotRequired[pulumi.Input[str]]
    """Host of the request."""
    admin_state_up: NotRequired[pulumi.Input[bool]]
    """Whether it probes; default true."""


class SessionPersistenceArgs(TypedDict):
    """What keeps a client on one member."""

    type: pulumi.Input[SessionPersistenceType]
    """`APP_COOKIE`: a cookie of the application; `HTTP_COOKIE`: one that the load balancer sets; `SOURCE_IP`."""
    cookie_name: NotRequired[pulumi.Input[str]]
    """The application's cookie; with `APP_COOKIE`, and only with it."""
    persistence_granularity: NotRequired[pulumi.Input[str]]
    """A netmask; UDP only."""
    persistence_timeout: NotRequired[pulumi.Input[int]]
    """Seconds; UDP only."""


class FloatingIpArgs(TypedDict):
    """A floating IP for the VIP."""

    source: pulumi.Input[str]
    """`new`, or `existing` together with the id."""
    existing_floating_id: NotRequired[pulumi.Input[str]]
    """The floating IP that exists."""


class RetentionPolicyArgs(TypedDict):
    """How long logs are kept."""

    period: pulumi.Input[int]
    """Days, 1 to 1825."""


class LoggingArgs(TypedDict):
    """Where the load balancer's logs go."""

    enabled: pulumi.Input[bool]
    """Whether there are any."""
    destination_region_id: NotRequired[pulumi.Input[int]]
    """Region of the log topic."""
    topic_name: NotRequired[pulumi.Input[str]]
    """The log topic."""
    retention_policy: NotRequired[pulumi.Input[RetentionPolicyArgs]]
    """How long they are kept."""


class BasicAuthUserArgs(TypedDict):
    """A user of HTTP basic authentication."""

    username: pulumi.Input[str]
    """3 to 32 characters."""
    encrypted_password: pulumi.Input[str]
    """The password's hash, up to 128 characters. Encrypted in the state."""
