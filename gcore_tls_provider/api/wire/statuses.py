"""Statuses of a load balancer and of its listeners, pools, members and health monitors, as a tree."""

from __future__ import annotations

from pydantic import Field

from gcore_tls_provider.api.wire.load_balancers import Tag
from gcore_tls_provider.api.wire.model import ResponseBody
from gcore_tls_provider.api.wire.scalars import ResponseId


class MemberStatus(ResponseBody):
    """State of one member."""

    id: ResponseId
    address: str
    operating_status: str
    protocol_port: int
    provisioning_status: str


class HealthMonitorStatus(ResponseBody):
    """State of a pool's health monitor."""

    id: ResponseId
    operating_status: str
    provisioning_status: str
    type: str


class PoolStatus(ResponseBody):
    """State of a pool, its members and its health monitor."""

    id: ResponseId
    name: str
    members: list[MemberStatus]
    operating_status: str
    provisioning_status: str
    health_monitor: HealthMonitorStatus | None = None


class ListenerStatus(ResponseBody):
    """State of a listener and of its pools."""

    id: ResponseId
    name: str
    operating_status: str
    pools: list[PoolStatus]
    provisioning_status: str


class LoadBalancerStatus(ResponseBody):
    """State of a load balancer and of its listeners."""

    id: ResponseId
    listeners: list[ListenerStatus]
    name: str
    operating_status: str
    provisioning_status: str
    tags: list[Tag] = Field(default_factory=list)
