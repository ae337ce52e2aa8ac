"""Operating statuses: from the data plane if one carries traffic, otherwise derived from the objects.

Without a data plane every enabled object is ONLINE.
"""

from __future__ import annotations

from gcore_emulator.account import HealthMonitor, Listener, LoadBalancer, Member, Pool
from gcore_emulator.data_plane import TrafficStatuses
from gcore_tls_provider.api.wire.enums import OperatingStatus


def of_object(stored: LoadBalancer | Listener | Pool, traffic_statuses: TrafficStatuses) -> OperatingStatus:
    """Return the status of a load balancer, listener or pool."""
    if stored.provisioning_status == "ERROR":
        return "ERROR"
    if not stored.admin_state_up or stored.provisioning_status == "PENDING_CREATE":
        return "OFFLINE"
    return traffic_statuses.get(stored.id, "ONLINE")


def of_health_monitor(monitor: HealthMonitor) -> OperatingStatus:
    """Return the status of a health monitor."""
    return "ONLINE" if monitor.admin_state_up and monitor.provisioning_status != "PENDING_CREATE" else "OFFLINE"


def of_member(member: Member, pool: Pool, traffic_statuses: TrafficStatuses) -> OperatingStatus:
    """Return the status of a member: NO_MONITOR without an enabled health monitor."""
    if member.id in traffic_statuses and member.provisioning_status != "PENDING_CREATE":
        return traffic_statuses[member.id]
    if not member.admin_state_up or not pool.admin_state_up or member.provisioning_status == "PENDING_CREATE":
        return "OFFLINE"
    monitor = pool.health_monitor
    return "NO_MONITOR" if monitor is None or not monitor.admin_state_up else "ONLINE"
