"""TLS to members that starts on a pool that already has members.

HAProxy reloads with what it knew of its servers, as Octavia configures it, and whether it speaks TLS to them is part of
that (haproxy/haproxy#2401, "works as designed"). So after the update the configuration says TLS, health checks use TLS,
and requests still go out in plaintext. Only pools whose health monitor is up are treated: a reload while it is off ends
the old state.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.pools import PoolPatch
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, TLS_PROTOCOL
from gcore_tls_provider.lifecycle.run.operation import Operation

PLAINTEXT: Final[Mapping[str, object]] = {"protocol": "HTTP"}
"""A pool that does not speak TLS, as far as `activates_tls` looks at it."""


def activates_tls(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Return whether a change of a pool can start TLS: Gcore does not say whether protocol or IDs decide.

    Args:
        before: Protocol and the three IDs of the pool, as far as it has them.
        after: The same after the change.
    """
    ids = any(after.get(name) for name in TLS_IDS) and not any(before.get(name) for name in TLS_IDS)
    return ids or (after.get("protocol") or TLS_PROTOCOL) == TLS_PROTOCOL != (before.get("protocol") or TLS_PROTOCOL)


def cycle_health_monitor(operation: Operation, load_balancer_id: str, pool_id: str, *, up: bool | None = None) -> None:
    """Switch the pool's health monitor off and on again, so that requests use TLS from now on.

    Args:
        operation: The operation, which holds the load balancer.
        load_balancer_id: ID of the load balancer.
        pool_id: ID of the pool.
        up: The monitor is up in the end; None keeps its state.
    """
    pool = operation.send(routes.get_pool(pool_id))
    monitor = pool.healthmonitor
    if monitor is None:
        return
    wanted = monitor.admin_state_up if up is None else up
    for state in (*([False] if monitor.admin_state_up else []), *([True] if wanted else [])):
        patch = PoolPatch(healthmonitor=health_monitor.switched(monitor, state))
        request = routes.update_pool(pool_id, pool.protocol, patch)
        operation.retry_while_locked(load_balancer_id, partial(operation.send_and_wait, request))
