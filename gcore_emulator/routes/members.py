"""Routes of pools' members: their own ones, and the two older ones below the pool."""

from dataclasses import replace
from typing import Annotated

from fastapi import Body

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.errors import not_found
from gcore_emulator.members import changed_member, new_member, replaced_members
from gcore_emulator.references import check_updatable
from gcore_emulator.request_context import CurrentContext, RequestContext
from gcore_emulator.routes.pools import change_pool
from gcore_emulator.routes.router import Limit, Offset, page, router
from gcore_emulator.transitions import PlannedChange
from gcore_tls_provider.api.wire.enums import MemberOrder
from gcore_tls_provider.api.wire.members import Member, MemberCreate, MemberPatch
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("members")
_MEMBERS = "/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"


@routes.get(_MEMBERS)
async def list_members(
    context: CurrentContext,
    pool_id: str,
    limit: Limit = 1000,
    offset: Offset = 0,
    order_by: MemberOrder = "address.asc",
) -> Page[Member]:
    """List a pool's members."""
    pool = _read(context, pool_id)
    field, _dot, direction = order_by.partition(".")
    members = sorted(pool.members, key=lambda one: (str(getattr(one, field)), one.protocol_port))
    if direction == "desc":
        members.reverse()
    traffic_statuses = context.traffic_statuses()
    return page(Page[Member], [responses.member(one, pool, traffic_statuses) for one in members], limit, offset)


@routes.post(_MEMBERS)
async def create_member(context: CurrentContext, pool_id: str, body: MemberCreate) -> TaskIds:
    """Create a member."""

    def plan() -> PlannedChange:
        present = _updatable(context, pool_id)
        created = new_member(body, present.members, context.now)
        return change_pool(context, present, replace(present, members=(*present.members, created)))

    return context.submit("create_lbmember", plan, context.references.pool(pool_id).load_balancer_id)


@routes.put(_MEMBERS)
async def replace_members(
    context: CurrentContext, pool_id: str, body: Annotated[list[MemberCreate], Body()]
) -> TaskIds:
    """Replace all members. Members with the same address and port stay. If nothing changes, there is no task."""

    def plan() -> PlannedChange | None:
        present = _updatable(context, pool_id)
        after = replace(present, members=replaced_members(body, present.members, context.now))
        return None if after == present else change_pool(context, present, after)

    return context.submit("patch_lbpool", plan, context.references.pool(pool_id).load_balancer_id)


@routes.get(_MEMBERS + "/{member_id}")
async def get_member(context: CurrentContext, pool_id: str, member_id: str) -> Member:
    """Read a member."""
    pool = _read(context, pool_id)
    return responses.member(_member(pool, member_id), pool, context.traffic_statuses())


@routes.patch(_MEMBERS + "/{member_id}")
async def update_member(context: CurrentContext, pool_id: str, member_id: str, body: MemberPatch) -> TaskIds:
    """Update a member. If nothing changes, there is no task."""
    _member(context.references.pool(pool_id), member_id)

    def plan() -> PlannedChange | None:
        present = _updatable(context, pool_id)
        changed = changed_member(_member(present, member_id), body)
        members = tuple(changed if one.id == member_id else one for one in present.members)
        return None if members == present.members else change_pool(context, present, replace(present, members=members))

    return context.submit("update_lbmember", plan, context.references.pool(pool_id).load_balancer_id)


@routes.delete(_MEMBERS + "/{member_id}")
async def delete_member(context: CurrentContext, pool_id: str, member_id: str) -> TaskIds:
    """Delete a member."""
    _member(context.references.pool(pool_id), member_id)

    def plan() -> PlannedChange:
        present = _updatable(context, pool_id)
        deleted = _member(present, member_id)
        return change_pool(
            context, present, replace(present, members=tuple(one for one in present.members if one != deleted))
        )

    return context.submit("delete_lbmember", plan, context.references.pool(pool_id).load_balancer_id)


routes.add_api_route(
    "/v1/lbpools/{project_id}/{region_id}/{pool_id}/member", create_member, methods=["POST"], deprecated=True
)
routes.add_api_route(
    "/v1/lbpools/{project_id}/{region_id}/{pool_id}/member/{member_id}",
    delete_member,
    methods=["DELETE"],
    deprecated=True,
)


def _read(context: RequestContext, pool_id: str) -> stored.Pool:
    found = context.account.pools.read(context.location, pool_id)
    if found is None:
        raise not_found("Pool", pool_id)
    return found


def _updatable(context: RequestContext, pool_id: str) -> stored.Pool:
    present = context.references.pool(pool_id)
    check_updatable(present)
    return present


def _member(pool: stored.Pool, member_id: str) -> stored.Member:
    for member in pool.members:
        if member.id == member_id:
            return member
    raise not_found("Member", member_id)
