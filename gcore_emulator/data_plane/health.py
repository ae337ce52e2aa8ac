"""Operating statuses, read from HAProxy's statistics as Octavia's health manager reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gcore_emulator.account import EmulatedAccount, Listener, LoadBalancer, Pool
from gcore_tls_provider.api.wire.enums import OperatingStatus

_MEMBER_STATUSES: tuple[tuple[str, OperatingStatus], ...] = (
    ("UP", "ONLINE"),
    ("DOWN", "ERROR"),
    ("DRAIN", "DRAINING"),
    ("MAINT", "OFFLINE"),
    ("no check", "NO_MONITOR"),
)
"""Status by the prefix of HAProxy's status. A suffix like `1/3` follows while the status changes."""

_WORST_LAST: tuple[OperatingStatus, ...] = ("NO_MONITOR", "ONLINE", "OFFLINE", "DRAINING", "ERROR")


def statuses_of(
    balancer: LoadBalancer, account: EmulatedAccount, rows: Iterable[Mapping[str, str]]
) -> Mapping[str, OperatingStatus]:
    """Return the statuses of a load balancer and of its listeners, pools and members, by ID.

    Args:
        balancer: Load balancer.
        account: Account with its listeners and pools.
        rows: Rows of `show stat`; empty if its HAProxy does not run.
    """
    by_name = {(row["pxname"], row["svname"]): row for row in rows}
    found: dict[str, OperatingStatus] = {}
    overall: OperatingStatus = "ONLINE" if balancer.admin_state_up else "OFFLINE"
    for listener in account.listeners_of(balancer.id):
        if listener.protocol == "UDP":
            continue
        status = _listener(listener, balancer, by_name.get((listener.id, "FRONTEND")))
        found[listener.id] = status
        if status == "DEGRADED" and overall == "ONLINE":
            overall = "DEGRADED"
    for pool in account.pools_of(balancer.id):
        if pool.protocol == "UDP":
            continue
        statuses = _pool(pool, by_name)
        found.update(statuses)
        if statuses[pool.id] == "ERROR":
            overall = "ERROR"
        elif statuses[pool.id] == "DEGRADED" and overall == "ONLINE":
            overall = "DEGRADED"
    found[balancer.id] = overall
    return found


def _listener(listener: Listener, balancer: LoadBalancer, row: Mapping[str, str] | None) -> OperatingStatus:
    if row is None:
        return "ERROR" if listener.admin_state_up and balancer.admin_state_up else "OFFLINE"
    return "ONLINE" if int(row["scur"]) < int(row["slim"]) else "DEGRADED"


def _pool(pool: Pool, rows: Mapping[tuple[str, str], Mapping[str, str]]) -> dict[str, OperatingStatus]:
    """Return the statuses of a pool and its members. A pool without statistics serves no traffic, and is OFFLINE."""
    backends = [f"{pool.id}:{listener_id}" for listener_id in pool.listener_ids]
    reported = [backend for backend in backends if (backend, "BACKEND") in rows]
    if not reported:
        unprobed = pool.health_monitor is None or not pool.health_monitor.admin_state_up
        return {pool.id: "OFFLINE", **{member.id: "NO_MONITOR" if unprobed else "OFFLINE" for member in pool.members}}
    found: dict[str, OperatingStatus] = {}
    for member in pool.members:
        member_rows = [rows[backend, member.id] for backend in reported if (backend, member.id) in rows]
        found[member.id] = max(
            (_member(row["status"]) for row in member_rows), key=_WORST_LAST.index, default="OFFLINE"
        )
    down = any(rows[backend, "BACKEND"]["status"].startswith("DOWN") for backend in reported)
    found[pool.id] = "ERROR" if down else "DEGRADED" if "ERROR" in found.values() else "ONLINE"
    return found


def _member(status: str) -> OperatingStatus:
    return next((meaning for start, meaning in _MEMBER_STATUSES if status.startswith(start)), "OFFLINE")
