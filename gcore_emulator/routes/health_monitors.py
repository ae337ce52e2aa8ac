"""Routes of pools' health monitors. The routes that read and update one are newer than OpenAPI's document."""

from dataclasses import replace

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.errors import ApiErrorResponse, conflict, not_found
from gcore_emulator.health_monitors import changed_health_monitor, new_health_monitor
from gcore_emulator.references import check_updatable
from gcore_emulator.request_context import CurrentContext
from gcore_emulator.routes.pools import change_pool
from gcore_emulator.routes.router import router
from gcore_emulator.task_engine import HEALTH_MONITOR_DELETE
from gcore_emulator.transitions import PlannedChange
from gcore_tls_provider.api.wire.health_monitors import HealthMonitor, HealthMonitorChange, HealthMonitorCreate
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("health monitors")
_MONITOR = "/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"


@routes.post(_MONITOR)
async def create_health_monitor(context: CurrentContext, pool_id: str, body: HealthMonitorCreate) -> TaskIds:
    """Create a pool's health monitor."""

    def plan() -> PlannedChange:
        present = context.references.pool(pool_id)
        check_updatable(present)
        if present.health_monitor is not None:
            raise conflict(f"Pool {pool_id} already has a health monitor")
        return change_pool(context, present, replace(present, health_monitor=new_health_monitor(body)))

    return context.submit("create_lbpool_health_monitor", plan, context.references.pool(pool_id).load_balancer_id)


@routes.get(_MONITOR)
async def get_health_monitor(context: CurrentContext, pool_id: str) -> HealthMonitor:
    """Read a pool's health monitor."""
    pool = context.account.pools.read(context.location, pool_id)
    if pool is None:
        raise not_found("Pool", pool_id)
    return responses.health_monitor(_monitor(pool))


@routes.patch(_MONITOR)
async def update_health_monitor(context: CurrentContext, pool_id: str, body: HealthMonitorChange) -> TaskIds:
    """Update a pool's health monitor. If nothing changes, there is no task."""
    _monitor(context.references.pool(pool_id))

    def plan() -> PlannedChange | None:
        present = context.references.pool(pool_id)
        check_updatable(present)
        changed = changed_health_monitor(_monitor(present), body)
        if changed == present.health_monitor:
            return None
        return change_pool(context, present, replace(present, health_monitor=changed))

    return context.submit("update_lbpool_health_monitor", plan, context.references.pool(pool_id).load_balancer_id)


@routes.delete(_MONITOR, status_code=204)
async def delete_health_monitor(context: CurrentContext, pool_id: str) -> None:
    """Delete a pool's health monitor. There is no visible task, but the load balancer is locked for a moment."""
    if context.references.pool(pool_id).health_monitor is None:
        raise ApiErrorResponse(400, "ValidationError", f"Health monitor of pool {pool_id} not found")

    def plan() -> PlannedChange:
        present = context.references.pool(pool_id)
        check_updatable(present)
        return change_pool(context, present, replace(present, health_monitor=None))

    context.submit(HEALTH_MONITOR_DELETE, plan, context.references.pool(pool_id).load_balancer_id)


def _monitor(pool: stored.Pool) -> stored.HealthMonitor:
    if pool.health_monitor is None:
        raise not_found("Health monitor of pool", pool.id)
    return pool.health_monitor
