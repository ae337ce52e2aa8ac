"""Every field that Gcore gives back: changed behind Pulumi's back, seen by a refresh, put back by the next update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.fake_engine.account import Resource, World, member
from tests.lifecycle.fixtures import Things
from tests.lifecycle.held import ROUTES, held
from tests.lifecycle.test_unhealthy_objects import READS
from tests.lifecycle.test_update_matrix import (
    CASES,
    IN_PLACE,
    MEMBERS,
    MONITORS,
    TESTED_KINDS,
    of_member,
    of_monitor,
)

FIXED = [
    pytest.param(kind, field, id=f"{kind}.{field.name}")
    for kind in TESTED_KINDS
    for field in KINDS[kind].fields
    if field.change == "replace" and field.readable
]


def somebody_sets(resource: Resource, name: str, value: Any) -> None:
    """Sets a field as the portal would."""
    world, path = resource.world, f"{ROUTES[resource.kind]}/{resource.id}"
    if name == "flavor":
        world.by_hand("POST", f"/v1/{path}/resize", {"flavor": value})
    elif name == "health_monitor":
        world.by_hand("PATCH", f"/v2/{path}", {"healthmonitor": _untyped(value)})
    elif name == "tags":
        gone = {key: None for key in resource.inputs.get("tags", {})}  # type: ignore[attr-defined]  # tags are a dict
        world.by_hand("PATCH", f"/v2/{path}", {"tags": {**gone, **value}})
    else:
        world.by_hand("PATCH", f"/v2/{path}", {name: value})


def _untyped(monitor: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in monitor.items() if name != "type"}


def without(inputs: Properties, name: str) -> Properties:
    return {key: value for key, value in inputs.items() if key != name}


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_what_was_set(kind: str, field: Field, world: World) -> None:
    case, things = CASES[kind, field.name], Things(world)
    one, two = case.one(things), case.two(things)
    program = {**case.base(things), field.name: one}
    resource = world.create(kind, "it", **program)
    before = without(resource.inputs, field.name)
    somebody_sets(resource, field.name, two)
    assert resource.refresh()
    assert field.equal(resource.inputs[field.name], two)
    assert field.equal(resource.outputs[field.name], two)
    assert without(resource.inputs, field.name) == before
    assert not resource.again().changes
    assert resource.diff(**program).changed == (field.name,)
    resource.update(**program)
    assert held(resource, field.name) == one
    assert not resource.again().changes


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_what_was_never_set(kind: str, field: Field, world: World) -> None:
    """It is shown, and left alone, but where its absence has a meaning."""
    case, things = CASES[kind, field.name], Things(world)
    program = case.base(things)
    resource = world.create(kind, "it", **program)
    two, inputs = case.one(things), resource.inputs
    if field.name == "health_monitor":
        world.by_hand("POST", f"/v1/lbpools/{resource.id}/healthmonitor", two)
    else:
        somebody_sets(resource, field.name, two)
    assert resource.refresh()
    assert field.equal(resource.outputs[field.name], two)
    if not field.compare_when_unset:
        assert resource.inputs == inputs
        assert not resource.diff(**program).changes
        return
    assert field.equal(resource.inputs[field.name], two)
    resource.update(**program)
    assert held(resource, field.name) == field.removed


@pytest.mark.parametrize(("kind", "field"), FIXED)
def test_what_nobody_can_change_in_place(kind: str, field: Field, world: World) -> None:
    """If Gcore says something else all the same, it is shown, and the next run makes another object."""
    case, things = CASES[kind, field.name], Things(world)
    base = {name: value for name, value in case.base(things).items() if name != field.name}
    one, two = case.one(things), case.two(things)
    resource = world.create(kind, "it", **base, **{field.name: one})
    path = f"{ROUTES[kind]}/{resource.id}"
    body: Any = world.by_hand("GET", f"/v1/{path}")
    if kind == "Pool":
        body[{"load_balancer_id": "loadbalancers", "listener_id": "listeners"}[field.name]] = [{"id": two}]
    else:
        body[field.name] = two
    route = READS[KINDS[kind].name]
    world.fault(action="respond", method="GET", route=route, status=200, body=body)
    assert resource.refresh()
    assert resource.inputs[field.name] == resource.outputs[field.name] == two
    assert resource.diff(**base, **{field.name: one}).replaces == (field.name,)


@pytest.mark.parametrize(
    "field", [each for each in members.FIELDS if each.change == "in place"], ids=lambda field: field.name
)
def test_a_members_field(field: Field, world: World) -> None:
    one, two = MEMBERS[field.name]
    balancer = world.load_balancer()
    program = {"load_balancer_id": balancer.id, "members": [of_member(field.name, one), member("10.0.0.9")]}
    pool = world.create("Pool", "it", **program)
    path = f"/v1/loadbalancers/pools/{pool.id}/members"
    listed: Any = world.by_hand("GET", path)
    (member_id,) = (
        each["id"] for each in listed["results"] if each["address"] == of_member(field.name, one)["address"]
    )
    world.by_hand("PATCH", f"{path}/{member_id}", {field.name: two})
    assert pool.refresh()
    shown: Any = pool.inputs["members"]
    default = {} if two == field.default else {field.name: two}
    assert sorted(shown, key=lambda each: str(each["address"])) == [
        {**member("10.0.0.1"), **default},
        member("10.0.0.9"),
    ]
    assert pool.diff(**program).changed == ("members",)
    (sent,) = pool.update(**program)
    assert (sent.method, sent.path, sent.body) == ("PATCH", f"{path}/{member_id}", {field.name: one})
    assert not pool.again().changes


@pytest.mark.parametrize(
    "field", [each for each in health_monitors.FIELDS if each.change == "in place"], ids=lambda field: field.name
)
def test_a_health_monitors_field(field: Field, world: World) -> None:
    one, two = MONITORS[field.name]
    balancer = world.load_balancer()
    program = {"load_balancer_id": balancer.id, "health_monitor": of_monitor(field.name, one)}
    pool = world.create("Pool", "it", **program)
    theirs = _untyped(of_monitor(field.name, two))
    world.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"healthmonitor": theirs})
    assert pool.refresh()
    shown: Any = pool.inputs["health_monitor"]
    assert shown.get(field.name, field.default) == two
    assert pool.diff(**program).changed == ("health_monitor",)
    pool.update(**program)
    assert not pool.diff(**program).changes
    live: Any = pool.live()["health_monitor"]
    assert live.get(field.name, field.default) == one


@pytest.mark.parametrize("kind", TESTED_KINDS)
def test_one_that_is_gone(kind: str, world: World) -> None:
    things = Things(world)
    base = {"LoadBalancer": {}, "Secret": {"payload": "YWJj"}}.get(kind)
    if base is None:
        base = {"load_balancer_id": things.balancer(), "protocol": "HTTP"}
    resource = world.create(kind, "it", **base)
    world.by_hand("DELETE", f"/v1/{ROUTES[kind]}/{resource.id}")
    assert not resource.refresh()
