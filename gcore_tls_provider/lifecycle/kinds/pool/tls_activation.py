"""TLS to members that begins on a pool that has members already.

A load balancer reloads with what it knew of its members, as Octavia does, and whether TLS is spoken with them is part
of that (haproxy/haproxy#2401, "works as designed"). So after the update the configuration says TLS, health checks speak
it, and requests go on in clear. Only pools whose health monitor is up are treated so: a reload while it is off ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.pools import PoolPatch
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, TLS_PROTOCOL
from gcore_tls_provider.lifecycle.run.operation import Operation

PLAIN: Final[Mapping[str, object]] = {"protocol": "HTTP"}
"""A pool that doesn't speak TLS, as far as `begins` looks at it."""


def begins(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether TLS may begin with a change of a pool: Gcore doesn't say whether it is the protocol or the ids.

    Args:
        before: the pool's protocol and its three ids, as far as it has any.
        after: the same, after the change.
    """
    ids = any(after.get(name) for name in TLS_IDS) and not any(before.get(name) for name in TLS_IDS)
    return ids or (after.get("protocol") or TLS_PROTOCOL) == TLS_PROTOCOL != (before.get("protocol") or TLS_PROTOCOL)


def take_effect(operation: Operation, load_balancer_id: str, pool_id: str, *, up: bool | None = None) -> None:
    """Switches the pool's health monitor off and on again, so that requests are sent with TLS from now on.

    Args:
        operation: the operation, which holds the load balancer.
        load_balancer_id: the load balancer.
        pool_id: the pool.
        up: whether the monitor is to be up at the end; None: as it is.
    """
    pool = operation.send(routes.get_pool(pool_id))
    monitor = pool.healthmonitor
    if monitor is None:
        return
    wanted = monitor.admin_state_up if up is None else up
    for state in (*([False] if monitor.admin_state_up else []), *([True] if wanted else [])):
        patch = PoolPatch(healthmonitor=health_monitors.switched(monitor, state))
        shapes = routes.update_pool(pool_id, pool.protocol, patch)
        operation.retry_while_locked(load_balancer_id, partial(operation.run_shaped, shapes))
