"""Operating statuses, worked out from the objects: nothing carries traffic, so everything that is up is ONLINE."""

from __future__ import annotations

from gcore_tls_provider.api.wire.enums import OperatingStatus
from gcore_tls_provider.emulator.account import HealthMonitor, Listener, LoadBalancer, Member, Pool


def of_object(stored: LoadBalancer | Listener | Pool) -> OperatingStatus:
    """Status of a load balancer, listener or pool."""
    if stored.provisioning_status == "ERROR":
        return "ERROR"
    if not stored.admin_state_up or stored.provisioning_status == "PENDING_CREATE":
        return "OFFLINE"
    return "ONLINE"


def of_health_monitor(monitor: HealthMonitor) -> OperatingStatus:
    """Status of a health monitor."""
    return "ONLINE" if monitor.admin_state_up and monitor.provisioning_status != "PENDING_CREATE" else "OFFLINE"


def of_member(member: Member, pool: Pool) -> OperatingStatus:
    """Status of a member: NO_MONITOR where nobody probes it."""
    if not member.admin_state_up or not pool.admin_state_up or member.provisioning_status == "PENDING_CREATE":
        return "OFFLINE"
    monitor = pool.health_monitor
    return "NO_MONITOR" if monitor is None or not monitor.admin_state_up else "ONLINE"
