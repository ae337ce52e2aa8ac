"""Pools: OpenAPI's routes and the guide's two."""

from dataclasses import replace
from uuid import uuid4

from gcore_emulator import account as stored
from gcore_emulator import responses as answers
from gcore_emulator.account import Transition
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.limits import check_limits, check_member_quota
from gcore_emulator.pools import new_pool, patched_pool
from gcore_emulator.references import check_removable, check_updatable
from gcore_emulator.request_context import Call, Here
from gcore_emulator.routes.router import Limit, Offset, name_matches, only_if, page, router
from gcore_emulator.transitions import Change, making, removing, touching, touching_above
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
async def create_pool(call: Here, body: PoolCreate) -> TaskIds:
    """Makes a pool on a load balancer, as the default pool of a listener if one is named."""
    if body.load_balancer_id is None and body.listener_id is None:
        raise invalid({"load_balancer_id": "load_balancer_id or listener_id is required."})
    return _create(call, body, body.load_balancer_id, body.listener_id)


@routes.post(
    "/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/pools",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "openapi", otherwise=404)],
)
async def create_pool_on_load_balancer(call: Here, load_balancer_id: str, body: LoadBalancerPoolCreate) -> TaskIds:
    """Makes a pool on a load balancer: the guide's route."""
    return _create(call, body, load_balancer_id, body.listener_id)


@routes.get("/v1/lbpools/{project_id}/{region_id}")
async def list_pools(
    call: Here,
    limit: Limit = 1000,
    offset: Offset = 0,
    name: str | None = None,
    load_balancer_id: str | None = None,
    listener_id: str | None = None,
    details: bool = False,
) -> Page[Pool] | Page[PoolOverview]:
    """Lists pools: with members and health monitors if details are asked for, else with the members' ids."""
    found = [
        one
        for one in call.account.pools.read_all(call.scope)
        if name_matches(call.behavior, name, one.name)
        and load_balancer_id in (None, one.load_balancer_id)
        and (listener_id is None or listener_id in one.listener_ids)
    ]
    seen = call.seen()
    if details:
        return page(Page[Pool], [answers.pool(one, seen) for one in found], limit, offset)
    return page(Page[PoolOverview], [answers.pool_overview(one, seen) for one in found], limit, offset)


@routes.get("/v1/lbpools/{project_id}/{region_id}/{pool_id}")
async def get_pool(call: Here, pool_id: str) -> Pool:
    """Reads a pool with its members and health monitor."""
    found = call.account.pools.read(call.scope, pool_id)
    if found is None:
        raise not_found("Pool", pool_id)
    return answers.pool(found, call.seen())


@routes.patch("/v1/lbpools/{project_id}/{region_id}/{pool_id}", deprecated=True)
async def update_pool_v1(call: Here, pool_id: str, body: PoolPatch) -> TaskIds:
    """Changes a pool, as under v2."""
    return _update(call, pool_id, body)


@routes.patch(
    "/v2/lbpools/{project_id}/{region_id}/{pool_id}",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "guide", otherwise=404)],
)
async def update_pool(call: Here, pool_id: str, body: PoolPatch) -> TaskIds:
    """Changes a pool. If everything is as asked already, there is no task."""
    return _update(call, pool_id, body)


@routes.put(
    "/v1/lbpools/{project_id}/{region_id}/{pool_id}",
    dependencies=[only_if(lambda behavior: behavior.pool_routes != "openapi", otherwise=405)],
)
async def put_pool(call: Here, pool_id: str, body: PoolPatch) -> TaskIds:
    """Changes a pool: the guide's route, a partial update in spite of PUT."""
    return _update(call, pool_id, body)


@routes.delete("/v1/lbpools/{project_id}/{region_id}/{pool_id}")
async def delete_pool(call: Here, pool_id: str) -> TaskIds:
    """Deletes a pool with its members and health monitor."""

    def plan() -> Change:
        going = call.references.pool(pool_id)
        check_removable(going)
        return Change((*touching_above(call.account, going), *removing(going)), {"pool_id": pool_id})

    return call.submit("delete_lbpool", plan, call.references.pool(pool_id).load_balancer_id)


def change_pool(call: Call, present: stored.Pool, after: stored.Pool) -> Change:
    """A change of one pool, which locks its load balancer and listeners. Members that are added need room."""
    check_member_quota(call.account, call.scope, call.behavior, len(after.members) - len(present.members))
    return Change((*touching_above(call.account, present), Transition(present, after)), {"pool_id": present.id})


def _create(call: Call, body: NestedPoolCreate, load_balancer_id: str | None, listener_id: str | None) -> TaskIds:
    listener = None if listener_id is None else call.references.listener(listener_id)
    if listener is not None and load_balancer_id not in (None, listener.load_balancer_id):
        raise invalid({"listener_id": f"Listener {listener.id} belongs to another load balancer."})
    balancer_id = load_balancer_id if listener is None else listener.load_balancer_id
    assert balancer_id is not None

    def plan() -> Change:
        balancer = call.references.load_balancer(balancer_id)
        if listener_id is None:
            attached = None
        else:
            attached = call.references.listener(listener_id)
            check_updatable(attached)
            if call.account.pools_behind(listener_id):
                raise conflict(f"Listener {listener_id} already has a default pool")
            # Octavia looks at the pair only if the listener comes alone.
            if load_balancer_id is None or call.behavior.protocol_pairs == "lax":
                call.references.check_protocols(attached.protocol, body.protocol)
        made = new_pool(body, call.references, balancer.id, attached, call.now)
        check_limits(call.account, call.scope, call.behavior, [made])
        above = touching(balancer) if attached is None else touching(balancer, attached)
        return Change((*above, *making(made)), {"name": body.name, "load_balancer_id": balancer.id})

    return call.submit("create_lbpool", plan, balancer_id)


def _update(call: Call, pool_id: str, body: PoolPatch) -> TaskIds:
    def plan() -> Change | None:
        present = call.references.pool(pool_id)
        check_updatable(present)
        after = patched_pool(present, body, call.references, call.now)
        if after is present:
            return None
        if after.protocol != present.protocol and call.behavior.protocol_change == "new-id":
            made = replace(after, id=str(uuid4()), created_at=call.now)
            return Change((*touching_above(call.account, present), *removing(present), *making(made)))
        return change_pool(call, present, after)

    return call.submit("patch_lbpool", plan, call.references.pool(pool_id).load_balancer_id)
