"""The tree of statuses: load balancer, listeners, pools, members and health monitor."""

from __future__ import annotations

from pydantic import Field

from gcore_tls_provider.api.wire.enums import HealthMonitorType, OperatingStatus, ProvisioningStatus
from gcore_tls_provider.api.wire.load_balancers import Tag
from gcore_tls_provider.api.wire.model import AnswerBody


class MemberStatus(AnswerBody):
    """State of one member."""

    id: str
    address: str
    operating_status: OperatingStatus
    protocol_port: int
    provisioning_status: ProvisioningStatus


class HealthMonitorStatus(AnswerBody):
    """State of a pool's health monitor."""

    id: str
    operating_status: OperatingStatus
    provisioning_status: ProvisioningStatus
    type: HealthMonitorType


class PoolStatus(AnswerBody):
    """State of a pool and of what is in it."""

    id: str
    name: str
    members: list[MemberStatus]
    operating_status: OperatingStatus
    provisioning_status: ProvisioningStatus
    health_monitor: HealthMonitorStatus | None = None


class ListenerStatus(AnswerBody):
    """State of a listener and of its pools."""

    id: str
    name: str
    operating_status: OperatingStatus
    pools: list[PoolStatus]
    provisioning_status: ProvisioningStatus


class LoadBalancerStatus(AnswerBody):
    """State of a load balancer and of its listeners."""

    id: str
    listeners: list[ListenerStatus]
    name: str
    operating_status: OperatingStatus
    provisioning_status: ProvisioningStatus
    tags: list[Tag] = Field(default_factory=list)
