"""Health monitors of pools. Reading and updating one by its own route is newer than OpenAPI's document."""

from dataclasses import replace

from gcore_emulator import account as stored
from gcore_emulator import responses as answers
from gcore_emulator.errors import Failure, conflict, not_found
from gcore_emulator.health_monitors import changed_health_monitor, new_health_monitor
from gcore_emulator.references import check_updatable
from gcore_emulator.request_context import Here
from gcore_emulator.routes.pools import change_pool
from gcore_emulator.routes.router import router
from gcore_emulator.task_engine import HEALTH_MONITOR_DELETE
from gcore_emulator.transitions import Change
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor, HealthMonitorChange, HealthMonitorCreate
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("health monitors")
_MONITOR = "/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"


@routes.post(_MONITOR)
async def create_health_monitor(call: Here, pool_id: str, body: HealthMonitorCreate) -> TaskIds:
    """Gives a pool a health monitor."""

    def plan() -> Change:
        present = call.references.pool(pool_id)
        check_updatable(present)
        if present.health_monitor is not None:
            raise conflict(f"Pool {pool_id} already has a health monitor")
        return change_pool(call, present, replace(present, health_monitor=new_health_monitor(body)))

    return call.submit("create_lbpool_health_monitor", plan, call.references.pool(pool_id).load_balancer_id)


@routes.get(_MONITOR)
async def get_health_monitor(call: Here, pool_id: str) -> HealthMonitor:
    """Reads a pool's health monitor."""
    pool = call.account.pools.read(call.scope, pool_id)
    if pool is None:
        raise not_found("Pool", pool_id)
    return answers.health_monitor(_monitor(pool))


@routes.patch(_MONITOR)
async def update_health_monitor(call: Here, pool_id: str, body: HealthMonitorChange) -> TaskIds:
    """Changes a pool's health monitor. If everything is as asked already, there is no task."""
    _monitor(call.references.pool(pool_id))

    def plan() -> Change | None:
        present = call.references.pool(pool_id)
        check_updatable(present)
        changed = changed_health_monitor(_monitor(present), body)
        if changed == present.health_monitor:
            return None
        return change_pool(call, present, replace(present, health_monitor=changed))

    return call.submit("update_lbpool_health_monitor", plan, call.references.pool(pool_id).load_balancer_id)


@routes.delete(_MONITOR, status_code=204)
async def delete_health_monitor(call: Here, pool_id: str) -> None:
    """Removes a pool's health monitor. There is no task, but the load balancer is locked for a moment."""
    if call.references.pool(pool_id).health_monitor is None:
        raise Failure(400, "ValidationError", f"Health monitor of pool {pool_id} not found")

    def plan() -> Change:
        present = call.references.pool(pool_id)
        check_updatable(present)
        return change_pool(call, present, replace(present, health_monitor=None))

    call.submit(HEALTH_MONITOR_DELETE, plan, call.references.pool(pool_id).load_balancer_id)


def _monitor(pool: stored.Pool) -> stored.HealthMonitor:
    if pool.health_monitor is None:
        raise not_found("Health monitor of pool", pool.id)
    return pool.health_monitor
