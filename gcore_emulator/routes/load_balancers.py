"""Routes of load balancers."""

import json
from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from gcore_emulator import responses
from gcore_emulator.account import Transition
from gcore_emulator.errors import immutable, invalid, not_found
from gcore_emulator.flavors import check_flavor
from gcore_emulator.limits import check_limits
from gcore_emulator.load_balancers import (
    changed_load_balancer,
    new_load_balancer,
)
from gcore_emulator.request_context import CurrentContext
from gcore_emulator.routes.router import Limit, Offset, name_matches, page, router
from gcore_emulator.transitions import PlannedChange, creating, deleting
from gcore_tls_provider.api.wire.enums import LoadBalancerOrder, OperatingStatus, ProvisioningStatus
from gcore_tls_provider.api.wire.load_balancers import (
    LoadBalancer,
    LoadBalancerChange,
    LoadBalancerCreate,
    LoadBalancerFailover,
    LoadBalancerPatch,
    LoadBalancerResize,
    TagKey,
    TagValue,
)
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("load balancers")
_TAGS = TypeAdapter(dict[TagKey, TagValue])


@routes.post("/v1/loadbalancers/{project_id}/{region_id}")
async def create_load_balancer(context: CurrentContext, body: LoadBalancerCreate) -> TaskIds:
    """Create a load balancer, with the listeners, pools, members and health monitors nested in the body."""

    def plan() -> PlannedChange:
        created = new_load_balancer(body, context.references, context.now)
        check_limits(context.account, context.location, context.behavior, created)
        return PlannedChange(creating(*created), {"name": body.name, "flavor": body.flavor})

    return context.submit("create_loadbalancer", plan)


@routes.get("/v1/loadbalancers/{project_id}/{region_id}")
async def list_load_balancers(
    context: CurrentContext,
    limit: Limit = 1000,
    offset: Offset = 0,
    name: str | None = None,
    assigned_floating: bool | None = None,
    logging_enabled: bool | None = None,
    operating_status: OperatingStatus | None = None,
    provisioning_status: ProvisioningStatus | None = None,
    order_by: LoadBalancerOrder = "created_at.desc",
    show_stats: bool = False,
    with_ddos: bool = False,
    tag_key: Annotated[list[TagKey] | None, Query()] = None,
    tag_key_value: Annotated[str | None, Query(description="JSON object of keys and values.")] = None,
) -> Page[LoadBalancer]:
    """List load balancers. `with_ddos` has no effect: the emulator has no protection profiles."""
    wanted = _tags(tag_key_value)
    found = [
        one
        for one in context.account.load_balancers.read_all(context.location)
        if name_matches(context.behavior, name, one.name)
        and assigned_floating in (None, one.floating_ip is not None)
        and logging_enabled in (None, one.logging is not None and one.logging.enabled)
        and provisioning_status in (None, one.provisioning_status)
        and all(key in one.tags for key in tag_key or ())
        and all(one.tags.get(key) == value for key, value in wanted.items())
    ]
    field, _dot, direction = order_by.partition(".")
    if field in ("created_at", "updated_at"):
        found.sort(key=lambda one: one.created_at if field == "created_at" else one.updated_at or one.created_at)
    traffic_statuses = context.traffic_statuses()
    rows = [responses.load_balancer(one, context.account, traffic_statuses, show_stats) for one in found]
    if field == "flavor":
        rows.sort(key=lambda row: row.flavor.flavor_name if row.flavor else "")
    elif field not in ("created_at", "updated_at"):
        rows.sort(key=lambda row: str(getattr(row, field)))
    if direction == "desc":
        rows.reverse()
    rows = [row for row in rows if operating_status in (None, row.operating_status)]
    return page(Page[LoadBalancer], rows, limit, offset)


@routes.get("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}")
async def get_load_balancer(
    context: CurrentContext, load_balancer_id: str, show_stats: bool = False, with_ddos: bool = False
) -> LoadBalancer:
    """Read a load balancer."""
    found = context.account.load_balancers.read(context.location, load_balancer_id)
    if found is None:
        raise not_found("Load balancer", load_balancer_id)
    return responses.load_balancer(found, context.account, context.traffic_statuses(), show_stats)


@routes.patch("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}", deprecated=True)
async def change_load_balancer(
    context: CurrentContext, load_balancer_id: str, body: LoadBalancerChange
) -> LoadBalancer:
    """Update a load balancer immediately, without a task."""
    present = context.references.load_balancer(load_balancer_id)
    if present.provisioning_status != "ACTIVE":
        raise immutable(load_balancer_id, present.provisioning_status)
    changed = changed_load_balancer(present, body, context.now)
    context.task_engine.change_immediately(context.summary, present, changed)
    return responses.load_balancer(changed, context.account, context.traffic_statuses())


@routes.patch("/v2/loadbalancers/{project_id}/{region_id}/{load_balancer_id}")
async def update_load_balancer(context: CurrentContext, load_balancer_id: str, body: LoadBalancerPatch) -> TaskIds:
    """Update name, tags, logging, connectivity or administrative state."""

    def plan() -> PlannedChange:
        present = context.references.load_balancer(load_balancer_id)
        changed = changed_load_balancer(present, body, context.now)
        return PlannedChange((Transition(present, changed),), {"load_balancer_id": load_balancer_id})

    return context.submit("update_loadbalancer", plan, load_balancer_id)


@routes.post("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/resize")
async def resize_load_balancer(context: CurrentContext, load_balancer_id: str, body: LoadBalancerResize) -> TaskIds:
    """Change the flavor of a load balancer."""

    def plan() -> PlannedChange:
        present = context.references.load_balancer(load_balancer_id)
        resized = replace(present, flavor=check_flavor(body.flavor), updated_at=context.now)
        return PlannedChange(
            (Transition(present, resized),), {"load_balancer_id": load_balancer_id, "flavor": body.flavor}
        )

    return context.submit("resize_loadbalancer", plan, load_balancer_id)


@routes.post("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/failover")
async def fail_over_load_balancer(
    context: CurrentContext, load_balancer_id: str, body: LoadBalancerFailover | None = None
) -> TaskIds:
    """Move a load balancer to new instances. A load balancer in ERROR is ACTIVE afterwards."""

    def plan() -> PlannedChange:
        present = context.references.load_balancer(load_balancer_id)
        return PlannedChange(
            (Transition(present, replace(present, updated_at=context.now)),), {"load_balancer_id": present.id}
        )

    return context.submit("failover_loadbalancer", plan, load_balancer_id, allow_error_status=True)


@routes.delete("/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}")
async def delete_load_balancer(context: CurrentContext, load_balancer_id: str) -> TaskIds:
    """Delete a load balancer with its listeners and pools."""

    def plan() -> PlannedChange:
        deleted = (
            context.references.load_balancer(load_balancer_id),
            *context.account.listeners_of(load_balancer_id),
            *context.account.pools_of(load_balancer_id),
        )
        return PlannedChange(deleting(*deleted), {"load_balancer_id": load_balancer_id})

    return context.submit("delete_loadbalancer", plan, load_balancer_id, allow_error_status=True)


def _tags(tag_key_value: str | None) -> dict[str, str]:
    try:
        return _TAGS.validate_python(json.loads(tag_key_value or "{}"))
    except (ValidationError, ValueError):
        raise invalid({"tag_key_value": "must be a JSON object of tags."}) from None
