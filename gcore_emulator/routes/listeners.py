"""Routes of listeners."""

from dataclasses import replace

from gcore_emulator import responses
from gcore_emulator.account import Transition
from gcore_emulator.errors import immutable, invalid, not_found
from gcore_emulator.limits import check_limits
from gcore_emulator.listeners import new_listener, patched_listener
from gcore_emulator.references import check_deletable, check_updatable
from gcore_emulator.request_context import CurrentContext
from gcore_emulator.routes.router import Limit, Offset, name_matches, page, router
from gcore_emulator.transitions import PlannedChange, creating, deleting, locking, locking_parents
from gcore_tls_provider.api.wire.listeners import Listener, ListenerCreate, ListenerPatch, ListenerRename
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("listeners")


@routes.post("/v1/lblisteners/{project_id}/{region_id}")
async def create_listener(context: CurrentContext, body: ListenerCreate) -> TaskIds:
    """Create a listener on a load balancer, with an existing pool as its default pool if the body names one."""

    def plan() -> PlannedChange:
        balancer = context.references.load_balancer(body.load_balancer_id)
        present = context.account.listeners_of(balancer.id)
        created = new_listener(body, context.references, balancer.id, balancer.vip, present, context.now)
        check_limits(context.account, context.location, context.behavior, [created])
        attached: tuple[Transition, ...] = ()
        if body.default_pool_id is not None:
            pool = context.references.pool(body.default_pool_id)
            if pool.load_balancer_id != balancer.id:
                raise invalid({"default_pool_id": f"Pool {pool.id} belongs to another load balancer."})
            context.references.check_protocols(created.protocol, pool.protocol)
            attached = (Transition(pool, replace(pool, listener_ids=(*pool.listener_ids, created.id))),)
        return PlannedChange(
            (*locking(balancer), *creating(created), *attached), {"name": body.name, "load_balancer_id": balancer.id}
        )

    return context.submit("create_lblistener", plan, body.load_balancer_id)


@routes.get("/v1/lblisteners/{project_id}/{region_id}")
async def list_listeners(
    context: CurrentContext,
    limit: Limit = 1000,
    offset: Offset = 0,
    name: str | None = None,
    load_balancer_id: str | None = None,
    show_stats: bool = False,
) -> Page[Listener]:
    """List listeners."""
    traffic_statuses = context.traffic_statuses()
    rows = [
        responses.listener(one, context.account, traffic_statuses, show_stats)
        for one in context.account.listeners.read_all(context.location)
        if name_matches(context.behavior, name, one.name) and load_balancer_id in (None, one.load_balancer_id)
    ]
    return page(Page[Listener], rows, limit, offset)


@routes.get("/v1/lblisteners/{project_id}/{region_id}/{listener_id}")
async def get_listener(context: CurrentContext, listener_id: str, show_stats: bool = False) -> Listener:
    """Read a listener."""
    found = context.account.listeners.read(context.location, listener_id)
    if found is None:
        raise not_found("Listener", listener_id)
    return responses.listener(found, context.account, context.traffic_statuses(), show_stats)


@routes.patch("/v1/lblisteners/{project_id}/{region_id}/{listener_id}", deprecated=True)
async def rename_listener(context: CurrentContext, listener_id: str, body: ListenerRename) -> Listener:
    """Rename a listener immediately, without a task."""
    present = context.references.listener(listener_id)
    balancer = context.references.load_balancer(present.load_balancer_id)
    if balancer.provisioning_status != "ACTIVE":
        raise immutable(balancer.id, balancer.provisioning_status)
    check_updatable(present)
    renamed = replace(present, name=body.name)
    context.task_engine.change_immediately(context.summary, present, renamed)
    return responses.listener(renamed, context.account, context.traffic_statuses())


@routes.patch("/v2/lblisteners/{project_id}/{region_id}/{listener_id}")
async def update_listener(context: CurrentContext, listener_id: str, body: ListenerPatch) -> TaskIds:
    """Update a listener."""

    def plan() -> PlannedChange:
        present = context.references.listener(listener_id)
        check_updatable(present)
        vip = context.account.load_balancers[present.load_balancer_id].vip
        patched = patched_listener(present, body, context.references, vip)
        return PlannedChange(
            (*locking_parents(context.account, present), Transition(present, patched)), {"listener_id": listener_id}
        )

    return context.submit("patch_lblistener", plan, context.references.listener(listener_id).load_balancer_id)


@routes.delete("/v1/lblisteners/{project_id}/{region_id}/{listener_id}")
async def delete_listener(context: CurrentContext, listener_id: str, delete_default_pool: bool = False) -> TaskIds:
    """Delete a listener. Its default pool stays, unattached, or is deleted too, even if other listeners share it."""

    def plan() -> PlannedChange:
        deleted = context.references.listener(listener_id)
        check_deletable(deleted)
        pools = context.account.pools_behind(listener_id)
        if delete_default_pool:
            after = deleting(*pools)
        else:
            after = tuple(
                Transition(pool, replace(pool, listener_ids=tuple(i for i in pool.listener_ids if i != listener_id)))
                for pool in pools
            )
        return PlannedChange(
            (*locking_parents(context.account, deleted), *deleting(deleted), *after), {"listener_id": listener_id}
        )

    balancer_id = context.references.listener(listener_id).load_balancer_id
    return context.submit("delete_lblistener", plan, balancer_id)
