"""Inputs of a pool, and the parts of them that are about TLS."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import model_validator
from typing_extensions import Self

from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol, SessionPersistenceType
from gcore_tls_provider.certificates.findings.validation import validation_error
from gcore_tls_provider.lifecycle.inputs.properties import ExpiringInputs, InputsModel
from gcore_tls_provider.lifecycle.inputs.scalars import Milliseconds, ObjectId, ObjectName
from gcore_tls_provider.lifecycle.kinds.pool.health_monitor import HealthMonitorInputs
from gcore_tls_provider.lifecycle.kinds.pool.members import MemberInputs

TLS_IDS: Final = ("ca_secret_id", "secret_id", "crl_secret_id")
"""IDs of a pool's TLS part: CA bundle, client certificate, CRLs."""

TLS_PROTOCOL: Final = "HTTPS"
"""Protocol of a pool that speaks TLS."""


class SessionPersistenceInputs(InputsModel):
    """Session persistence of a pool: binding of a client to one member (OpenAPI).

    Attributes:
        type: Key of the binding: `APP_COOKIE` (a cookie of the application), `HTTP_COOKIE` (a cookie that the load
            balancer sets) or `SOURCE_IP`.
        cookie_name: Name of the application's cookie; required with `APP_COOKIE`, and only allowed with it.
        persistence_granularity: Netmask of the clients that are bound together; UDP only.
        persistence_timeout: Seconds until a binding ends; UDP only.
    """

    type: SessionPersistenceType
    cookie_name: ObjectName | None = None
    persistence_granularity: str | None = None
    persistence_timeout: int | None = None

    @model_validator(mode="after")
    def _check_cookie_name(self) -> Self:
        if self.type == "APP_COOKIE" and self.cookie_name is None:
            raise validation_error("COOKIE_NAME", message="missing")
        if self.type != "APP_COOKIE" and self.cookie_name is not None:
            raise validation_error("COOKIE_NAME", message="unused", persistence_type=self.type)
        return self


class PoolInputs(ExpiringInputs):
    """Pool (OpenAPI: `POST /v1/lbpools`; guide: `POST /v1/loadbalancers/{id}/pools`).

    A property that was never set has Gcore's default.

    Attributes:
        load_balancer_id: UUID of its load balancer; by default that of its listener.
        listener_id: UUID of the listener whose default pool it is. Without a listener it gets no traffic.
        protocol: Protocol with members; default `HTTPS`, which is TLS.
        lb_algorithm: Algorithm that selects a member; default `ROUND_ROBIN`.
        members: Members; default none.
        ca_secret_id: UUID of the secret of the CA bundle. The load balancer rejects backends whose certificate none of
            its CAs has issued.
        secret_id: UUID of the secret of the client certificate, for backends that request one.
        crl_secret_id: UUID of the secret of the CRLs; needs `ca_secret_id`.
        health_monitor: Health monitor; default none.
        session_persistence: Session persistence; default none.
        timeout_member_connect: Milliseconds to connect to a member, 0 to 86400000.
        timeout_member_data: Milliseconds without data from a member until the connection is closed, 0 to 86400000.
        admin_state_up: Whether it serves traffic; default true.
        name: Exact name; by default a name is computed.
        host_names: Names that clients use, which backend certificates must cover; by default those of the listener's
            certificates.
        expected_backend_certificates: PEM of each backend's certificate, with or without its chain.
    """

    load_balancer_id: ObjectId | None = None
    listener_id: ObjectId | None = None
    protocol: PoolProtocol = "HTTPS"
    lb_algorithm: LbAlgorithm = "ROUND_ROBIN"
    members: Annotated[list[MemberInputs], Limited(default_factory=list)]
    ca_secret_id: ObjectId | None = None
    secret_id: ObjectId | None = None
    crl_secret_id: ObjectId | None = None
    health_monitor: HealthMonitorInputs | None = None
    session_persistence: SessionPersistenceInputs | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None
    admin_state_up: bool | None = None
    name: ObjectName | None = None
    host_names: Annotated[list[str], Limited(default_factory=list)]
    expected_backend_certificates: Annotated[list[str], Limited(default_factory=list)]
