"""Inputs of a pool, and the parts of them that are about TLS."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Limited
from pydantic import model_validator
from typing_extensions import Self

from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol, SessionPersistenceType
from gcore_tls_provider.lifecycle.inputs.properties import ExpiringInputs, InputsModel, validation_error
from gcore_tls_provider.lifecycle.inputs.scalars import Milliseconds, ObjectId, ObjectName
from gcore_tls_provider.lifecycle.kinds.pool.health_monitor import HealthMonitorInputs
from gcore_tls_provider.lifecycle.kinds.pool.members import MemberInputs

TLS_IDS: Final = ("ca_secret_id", "secret_id", "crl_secret_id")
"""IDs of a pool's TLS part: CA bundle, client certificate, CRLs."""

TLS_PROTOCOL: Final = "HTTPS"
"""The protocol of a pool that speaks TLS."""


class SessionPersistenceInputs(InputsModel):
    """Session persistence of a pool: binding of a client to one member (OpenAPI).

    Attributes:
        type: `APP_COOKIE`: the application's cookie; `HTTP_COOKIE`: one that the load balancer sets; `SOURCE_IP`.
        cookie_name: the application's cookie; with `APP_COOKIE`, and only with it.
        persistence_granularity: a netmask; UDP only.
        persistence_timeout: seconds; UDP only.
    """

    type: SessionPersistenceType
    cookie_name: ObjectName | None = None
    persistence_granularity: str | None = None
    persistence_timeout: int | None = None

    @model_validator(mode="after")
    def _cookie_fits(self) -> Self:
        if (self.type == "APP_COOKIE") != (self.cookie_name is not None):
            raise validation_error(
                "COOKIE_NAME",
                "cookie_name goes with type APP_COOKIE, and with no other.",
                "Give cookie_name together with APP_COOKIE only.",
            )
        return self


class PoolInputs(ExpiringInputs):
    """A pool (OpenAPI: `POST /v1/lbpools`; guide: `POST /v1/loadbalancers/{id}/pools`).

    What is never set is as Gcore makes it.

    Attributes:
        load_balancer_id: the load balancer it is on.
        listener_id: the listener whose default pool it is. Without one it gets no traffic.
        protocol: what is spoken with members; `HTTPS` is TLS.
        lb_algorithm: how a member is chosen.
        members: the backends.
        ca_secret_id: Secret of the CA bundle: the load balancer rejects backends that none of its CAs has certified.
        secret_id: Secret of the client certificate, for backends that request one.
        crl_secret_id: Secret of the CRLs; needs `ca_secret_id`.
        health_monitor: how members are probed.
        session_persistence: what keeps a client on one member.
        timeout_member_connect: milliseconds to connect to a member, 0 to 86400000.
        timeout_member_data: milliseconds of silence from a member, 0 to 86400000.
        admin_state_up: whether it works; default true.
        name: its exact name; without one, a name is computed.
        host_names: the names that clients use, which backends' certificates must carry; by default those of the
            listener's certificates.
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
