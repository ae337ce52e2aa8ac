"""Listeners."""

from dataclasses import replace

from gcore_emulator import responses as answers
from gcore_emulator.account import Transition
from gcore_emulator.errors import immutable, invalid, not_found
from gcore_emulator.limits import check_limits
from gcore_emulator.listeners import new_listener, patched_listener
from gcore_emulator.references import check_removable, check_updatable
from gcore_emulator.request_context import Here
from gcore_emulator.routes.router import Limit, Offset, name_matches, page, router
from gcore_emulator.transitions import Change, making, removing, touching, touching_above
from gcore_tls_provider.api.wire.listeners import Listener, ListenerCreate, ListenerPatch, ListenerRename
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("listeners")


@routes.post("/v1/lblisteners/{project_id}/{region_id}")
async def create_listener(call: Here, body: ListenerCreate) -> TaskIds:
    """Makes a listener on a load balancer, with a default pool that exists already if one is named."""

    def plan() -> Change:
        balancer = call.references.load_balancer(body.load_balancer_id)
        present = call.account.listeners_of(balancer.id)
        made = new_listener(body, call.references, balancer.id, balancer.vip, present, call.now)
        check_limits(call.account, call.scope, call.behavior, [made])
        attached: tuple[Transition, ...] = ()
        if body.default_pool_id is not None:
            pool = call.references.pool(body.default_pool_id)
            if pool.load_balancer_id != balancer.id:
                raise invalid({"default_pool_id": f"Pool {pool.id} belongs to another load balancer."})
            call.references.check_protocols(made.protocol, pool.protocol)
            attached = (Transition(pool, replace(pool, listener_ids=(*pool.listener_ids, made.id))),)
        return Change(
            (*touching(balancer), *making(made), *attached), {"name": body.name, "load_balancer_id": balancer.id}
        )

    return call.submit("create_lblistener", plan, body.load_balancer_id)


@routes.get("/v1/lblisteners/{project_id}/{region_id}")
async def list_listeners(
    call: Here,
    limit: Limit = 1000,
    offset: Offset = 0,
    name: str | None = None,
    load_balancer_id: str | None = None,
    show_stats: bool = False,
) -> Page[Listener]:
    """Lists listeners."""
    seen = call.seen()
    rows = [
        answers.listener(one, call.account, seen, show_stats)
        for one in call.account.listeners.read_all(call.scope)
        if name_matches(call.behavior, name, one.name) and load_balancer_id in (None, one.load_balancer_id)
    ]
    return page(Page[Listener], rows, limit, offset)


@routes.get("/v1/lblisteners/{project_id}/{region_id}/{listener_id}")
async def get_listener(call: Here, listener_id: str, show_stats: bool = False) -> Listener:
    """Reads a listener."""
    found = call.account.listeners.read(call.scope, listener_id)
    if found is None:
        raise not_found("Listener", listener_id)
    return answers.listener(found, call.account, call.seen(), show_stats)


@routes.patch("/v1/lblisteners/{project_id}/{region_id}/{listener_id}", deprecated=True)
async def rename_listener(call: Here, listener_id: str, body: ListenerRename) -> Listener:
    """Renames a listener at once, without a task."""
    present = call.references.listener(listener_id)
    balancer = call.references.load_balancer(present.load_balancer_id)
    if balancer.provisioning_status != "ACTIVE":
        raise immutable(balancer.id, balancer.provisioning_status)
    check_updatable(present)
    renamed = replace(present, name=body.name)
    call.work.change_at_once(call.asked, present, renamed)
    return answers.listener(renamed, call.account, call.seen())


@routes.patch("/v2/lblisteners/{project_id}/{region_id}/{listener_id}")
async def update_listener(call: Here, listener_id: str, body: ListenerPatch) -> TaskIds:
    """Changes a listener."""

    def plan() -> Change:
        present = call.references.listener(listener_id)
        check_updatable(present)
        vip = call.account.load_balancers[present.load_balancer_id].vip
        patched = patched_listener(present, body, call.references, vip)
        return Change(
            (*touching_above(call.account, present), Transition(present, patched)), {"listener_id": listener_id}
        )

    return call.submit("patch_lblistener", plan, call.references.listener(listener_id).load_balancer_id)


@routes.delete("/v1/lblisteners/{project_id}/{region_id}/{listener_id}")
async def delete_listener(call: Here, listener_id: str, delete_default_pool: bool = False) -> TaskIds:
    """Deletes a listener. Its default pool stays, unattached, or goes with it, even if other listeners share it."""

    def plan() -> Change:
        going = call.references.listener(listener_id)
        check_removable(going)
        pools = call.account.pools_behind(listener_id)
        if delete_default_pool:
            after = removing(*pools)
        else:
            after = tuple(
                Transition(pool, replace(pool, listener_ids=tuple(i for i in pool.listener_ids if i != listener_id)))
                for pool in pools
            )
        return Change((*touching_above(call.account, going), *removing(going), *after), {"listener_id": listener_id})

    balancer_id = call.references.listener(listener_id).load_balancer_id
    return call.submit("delete_lblistener", plan, balancer_id)
