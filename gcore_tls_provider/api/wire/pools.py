"""Pools: members behind a listener, and the TLS settings of connections to them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gcore_tls_provider.api.wire.enums import (
    LbAlgorithm,
    PoolProtocol,
    SessionPersistenceType,
)
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor, HealthMonitorCreate, HealthMonitorPatch
from gcore_tls_provider.api.wire.members import Member, MemberCreate
from gcore_tls_provider.api.wire.model import ObjectId, RequestBody, ResponseBody
from gcore_tls_provider.api.wire.scalars import NOT_NULL, Milliseconds, Name, ResponseId, ResponseReference, Uuid


class SessionPersistenceSet(RequestBody):
    """Session persistence as it is sent, always as a whole.

    `cookie_name` applies to APP_COOKIE; `persistence_granularity` (a netmask) and `persistence_timeout` (seconds) apply
    to UDP pools.
    """

    type: SessionPersistenceType
    cookie_name: Name | None = None
    persistence_granularity: str | None = None
    persistence_timeout: int | None = None


class SessionPersistence(ResponseBody):
    """Session persistence as it is read."""

    type: str
    cookie_name: str | None = None
    persistence_granularity: str | None = None
    persistence_timeout: int | None = None


class NestedPoolCreate(RequestBody):
    """A new pool inside a new listener.

    Three IDs of secrets turn on TLS to the members: `ca_secret_id` is the CA bundle that verifies them, `crl_secret_id`
    the CRLs that revoke them, `secret_id` the client certificate that the load balancer presents.
    """

    name: Name
    lb_algorithm: LbAlgorithm
    protocol: PoolProtocol
    ca_secret_id: Uuid | None = None
    crl_secret_id: Uuid | None = None
    secret_id: Uuid | None = None
    healthmonitor: HealthMonitorCreate | None = None
    members: list[MemberCreate] = Field(default_factory=list)
    session_persistence: SessionPersistenceSet | None = None
    timeout_client_data: Milliseconds | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None


class LoadBalancerPoolCreate(NestedPoolCreate):
    """A new pool on the load balancer that the path names: the guide's route. `listener_id` attaches the pool."""

    listener_id: Uuid | None = None


class PoolCreate(LoadBalancerPoolCreate):
    """A new pool. With `load_balancer_id` alone it gets no traffic; `listener_id` makes it that listener's default."""

    load_balancer_id: Uuid | None = None


class PoolPatch(RequestBody):
    """Fields of a pool that can change. The API skips fields that already have the value.

    `members` replaces the whole list (deprecated by the members' own routes).
    """

    admin_state_up: Annotated[bool | None, NOT_NULL] = None
    ca_secret_id: Uuid | None = None
    crl_secret_id: Uuid | None = None
    secret_id: Uuid | None = None
    healthmonitor: HealthMonitorPatch | None = None
    lb_algorithm: Annotated[LbAlgorithm | None, NOT_NULL] = None
    members: list[MemberCreate] | None = None
    name: Annotated[Name | None, NOT_NULL] = None
    protocol: Annotated[PoolProtocol | None, NOT_NULL] = None
    session_persistence: SessionPersistenceSet | None = None
    timeout_client_data: Milliseconds | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None


class PoolFields(ResponseBody):
    """Fields of a pool in every response."""

    id: ResponseId
    name: str
    admin_state_up: bool
    lb_algorithm: str
    protocol: str
    listeners: list[ObjectId]
    loadbalancers: list[ObjectId]
    operating_status: str
    provisioning_status: str
    ca_secret_id: ResponseReference = None
    creator_task_id: ResponseReference = None
    crl_secret_id: ResponseReference = None
    healthmonitor: HealthMonitor | None = None
    secret_id: ResponseReference = None
    session_persistence: SessionPersistence | None = None
    task_id: ResponseReference = None
    timeout_client_data: int | None = None
    timeout_member_connect: int | None = None
    timeout_member_data: int | None = None


class PoolOverview(PoolFields):
    """A pool in a list without `details=true`: IDs of members only, and possibly no health monitor."""

    members: list[ObjectId] = Field(default_factory=list)


class Pool(PoolFields):
    """A pool with its members, as in the response to a single GET or to a list with `details=true`."""

    members: list[Member] = Field(default_factory=list)
