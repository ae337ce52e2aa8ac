"""Routes of pools: those of OpenAPI, and the two of the guide."""

from dataclasses import replace
from uuid import uuid4

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.account import Transition
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.limits import check_limits, check_member_quota
from gcore_emulator.pools import new_pool, patched_pool
from gcore_emulator.references import check_deletable, check_updatable
from gcore_emulator.request_context import CurrentContext, RequestContext
from gcore_emulator.routes.router import Limit, Offset, name_matches, only_if, page, router
from gcore_emulator.transitions import PlannedChange, creating, deleting, locking, locking_parents
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import (
    LoadBalancerPoolCreate,
    NestedPoolCreate,
    Pool,
    PoolCreate,
    PoolOverview,
    PoolPatch,
)
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("pools")


@routes.post(
    "/v1/lbpools/{project_id}/{region_id}",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "guide", otherwise=405)],
)
async def create_pool(context: CurrentContext, body: PoolCreate) -> TaskIds:
    """Create a pool on a load balancer, as the default pool of a listener if the body names one."""
    if body.load_balancer_id is None and body.listener_id is None:
        raise invalid({"load_balancer_id": "load_balancer_id or listener_id is required."})
    return _create(context, body, body.load_balancer_id, body.listener_id)


@routes.post(
    "/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/pools",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "openapi", otherwise=404)],
)
async def create_pool_on_load_balancer(
    context: CurrentContext, load_balancer_id: str, body: LoadBalancerPoolCreate
) -> TaskIds:
    """Create a pool on a load balancer: the guide's route."""
    return _create(context, body, load_balancer_id, body.listener_id)


@routes.get("/v1/lbpools/{project_id}/{region_id}")
async def list_pools(
    context: CurrentContext,
    limit: Limit = 1000,
    offset: Offset = 0,
    name: str | None = None,
    load_balancer_id: str | None = None,
    listener_id: str | None = None,
    details: bool = False,
) -> Page[Pool] | Page[PoolOverview]:
    """List pools: with members and health monitors if `details` is set, otherwise with the IDs of the members."""
    found = [
        one
        for one in context.account.pools.read_all(context.location)
        if name_matches(context.behavior, name, one.name)
        and load_balancer_id in (None, one.load_balancer_id)
        and (listener_id is None or listener_id in one.listener_ids)
    ]
    traffic_statuses = context.traffic_statuses()
    if details:
        return page(Page[Pool], [responses.pool(one, traffic_statuses) for one in found], limit, offset)
    return page(Page[PoolOverview], [responses.pool_overview(one, traffic_statuses) for one in found], limit, offset)


@routes.get("/v1/lbpools/{project_id}/{region_id}/{pool_id}")
async def get_pool(context: CurrentContext, pool_id: str) -> Pool:
    """Read a pool with its members and health monitor."""
    found = context.account.pools.read(context.location, pool_id)
    if found is None:
        raise not_found("Pool", pool_id)
    return responses.pool(found, context.traffic_statuses())


@routes.patch("/v1/lbpools/{project_id}/{region_id}/{pool_id}", deprecated=True)
async def update_pool_v1(context: CurrentContext, pool_id: str, body: PoolPatch) -> TaskIds:
    """Update a pool, as under v2."""
    return _update(context, pool_id, body)


@routes.patch(
    "/v2/lbpools/{project_id}/{region_id}/{pool_id}",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "guide", otherwise=404)],
)
async def update_pool(context: CurrentContext, pool_id: str, body: PoolPatch) -> TaskIds:
    """Update a pool. If nothing changes, there is no task."""
    return _update(context, pool_id, body)


@routes.put(
    "/v1/lbpools/{project_id}/{region_id}/{pool_id}",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "openapi", otherwise=405)],
)
async def put_pool(context: CurrentContext, pool_id: str, body: PoolPatch) -> TaskIds:
    """Update a pool: the guide's route, a partial update in spite of PUT."""
    return _update(context, pool_id, body)


@routes.delete("/v1/lbpools/{project_id}/{region_id}/{pool_id}")
async def delete_pool(context: CurrentContext, pool_id: str) -> TaskIds:
    """Delete a pool with its members and health monitor."""

    def plan() -> PlannedChange:
        deleted = context.references.pool(pool_id)
        check_deletable(deleted)
        return PlannedChange((*locking_parents(context.account, deleted), *deleting(deleted)), {"pool_id": pool_id})

    return context.submit("delete_lbpool", plan, context.references.pool(pool_id).load_balancer_id)


def change_pool(context: RequestContext, present: stored.Pool, after: stored.Pool) -> PlannedChange:
    """Return the change of one pool, which locks its load balancer and listeners, after a check of the member quota."""
    check_member_quota(context.account, context.location, context.behavior, len(after.members) - len(present.members))
    return PlannedChange(
        (*locking_parents(context.account, present), Transition(present, after)), {"pool_id": present.id}
    )


def _create(
    context: RequestContext, body: NestedPoolCreate, load_balancer_id: str | None, listener_id: str | None
) -> TaskIds:
    listener = None if listener_id is None else context.references.listener(listener_id)
    if listener is not None and load_balancer_id not in (None, listener.load_balancer_id):
        raise invalid({"listener_id": f"Listener {listener.id} belongs to another load balancer."})
    balancer_id = load_balancer_id if listener is None else listener.load_balancer_id
    assert balancer_id is not None

    def plan() -> PlannedChange:
        balancer = context.references.load_balancer(balancer_id)
        if listener_id is None:
            attached = None
        else:
            attached = context.references.listener(listener_id)
            check_updatable(attached)
            if context.account.pools_behind(listener_id):
                raise conflict(f"Listener {listener_id} already has a default pool")
            # Octavia checks the protocols only if the request names the listener without the load balancer.
            if load_balancer_id is None or context.behavior.protocol_pairs == "lax":
                context.references.check_protocols(attached.protocol, body.protocol)
        created = new_pool(body, context.references, balancer.id, attached, context.now)
        check_limits(context.account, context.location, context.behavior, [created])
        above = locking(balancer) if attached is None else locking(balancer, attached)
        return PlannedChange((*above, *creating(created)), {"name": body.name, "load_balancer_id": balancer.id})

    return context.submit("create_lbpool", plan, balancer_id)


def _update(context: RequestContext, pool_id: str, body: PoolPatch) -> TaskIds:
    def plan() -> PlannedChange | None:
        present = context.references.pool(pool_id)
        check_updatable(present)
        after = patched_pool(present, body, context.references, context.now)
        if after is present:
            return None
        if after.protocol != present.protocol and context.behavior.protocol_change == "new-id":
            created = replace(after, id=str(uuid4()), created_at=context.now)
            return PlannedChange((*locking_parents(context.account, present), *deleting(present), *creating(created)))
        return change_pool(context, present, after)

    return context.submit("patch_lbpool", plan, context.references.pool(pool_id).load_balancer_id)
