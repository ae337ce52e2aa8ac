"""Drift of every field that Gcore returns: a refresh shows it, and the next update reverts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.fake_engine.stack import FakeStack, Resource, member
from tests.lifecycle.live_fields import PATHS, live_field
from tests.lifecycle.referenced_objects import ReferencedObjects
from tests.lifecycle.test_unhealthy_objects import READS
from tests.lifecycle.update_cases import (
    CASES,
    IN_PLACE,
    MEMBERS,
    MONITORS,
    TESTED_KINDS,
    member_with,
    monitor_with,
)

FIXED = [
    pytest.param(kind, field, id=f"{kind}.{field.name}")
    for kind in TESTED_KINDS
    for field in KINDS[kind].fields
    if field.change == "replace" and field.readable
]


def set_by_hand(resource: Resource, name: str, value: Any) -> None:
    """Set a field as the portal would."""
    stack, path = resource.stack, f"{PATHS[resource.kind]}/{resource.id}"
    if name == "flavor":
        stack.by_hand("POST", f"/v1/{path}/resize", {"flavor": value})
    elif name == "health_monitor":
        stack.by_hand("PATCH", f"/v2/{path}", {"healthmonitor": _untyped(value)})
    elif name == "tags":
        tags = resource.inputs.get("tags", {})
        assert isinstance(tags, Mapping)
        removed = dict.fromkeys(tags)
        stack.by_hand("PATCH", f"/v2/{path}", {"tags": {**removed, **value}})
    else:
        stack.by_hand("PATCH", f"/v2/{path}", {name: value})


def _untyped(monitor: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in monitor.items() if name != "type"}


def without(inputs: Properties, name: str) -> Properties:
    return {key: value for key, value in inputs.items() if key != name}


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_drift_of_a_set_field_is_shown_and_reverted(kind: str, field: Field, stack: FakeStack) -> None:
    case, objects = CASES[kind, field.name], ReferencedObjects(stack)
    one, two = case.one(objects), case.two(objects)
    program = {**case.base(objects), field.name: one}
    resource = stack.create(kind, "it", **program)
    before = without(resource.inputs, field.name)
    set_by_hand(resource, field.name, two)
    assert resource.refresh()
    assert field.equal(resource.inputs[field.name], two)
    assert field.equal(resource.outputs[field.name], two)
    assert without(resource.inputs, field.name) == before
    assert not resource.saved_diff().changes
    assert resource.diff(**program).changed == (field.name,)
    resource.update(**program)
    assert live_field(resource, field.name) == one
    assert not resource.saved_diff().changes


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_drift_of_a_field_that_was_never_set_is_reverted_only_if_it_is_compared(
    kind: str, field: Field, stack: FakeStack
) -> None:
    """The next update reverts it only if the absence of the field has a meaning."""
    case, objects = CASES[kind, field.name], ReferencedObjects(stack)
    program = case.base(objects)
    resource = stack.create(kind, "it", **program)
    two, inputs = case.one(objects), resource.inputs
    if field.name == "health_monitor":
        stack.by_hand("POST", f"/v1/lbpools/{resource.id}/healthmonitor", two)
    else:
        set_by_hand(resource, field.name, two)
    assert resource.refresh()
    assert field.equal(resource.outputs[field.name], two)
    if not field.compare_when_unset:
        assert resource.inputs == inputs
        assert not resource.diff(**program).changes
        return
    assert field.equal(resource.inputs[field.name], two)
    resource.update(**program)
    assert live_field(resource, field.name) == field.removed


@pytest.mark.parametrize(("kind", "field"), FIXED)
def test_drift_of_a_field_that_cannot_be_updated_replaces_the_object(kind: str, field: Field, stack: FakeStack) -> None:
    """If Gcore reports another value all the same, a refresh shows it, and the next run creates another object."""
    case, objects = CASES[kind, field.name], ReferencedObjects(stack)
    base = {name: value for name, value in case.base(objects).items() if name != field.name}
    one, two = case.one(objects), case.two(objects)
    resource = stack.create(kind, "it", **base, **{field.name: one})
    path = f"{PATHS[kind]}/{resource.id}"
    body: Any = stack.by_hand("GET", f"/v1/{path}")
    if kind == "Pool":
        body[{"load_balancer_id": "loadbalancers", "listener_id": "listeners"}[field.name]] = [{"id": two}]
    else:
        body[field.name] = two
    route = READS[KINDS[kind].name]
    stack.inject_fault(action="respond", method="GET", route=route, status=200, body=body)
    assert resource.refresh()
    assert resource.inputs[field.name] == resource.outputs[field.name] == two
    assert resource.diff(**base, **{field.name: one}).replaces == (field.name,)


@pytest.mark.parametrize(
    "field", [each for each in members.FIELDS if each.change == "in place"], ids=lambda field: field.name
)
def test_drift_of_a_member_is_shown_and_reverted(field: Field, stack: FakeStack) -> None:
    one, two = MEMBERS[field.name]
    balancer = stack.load_balancer()
    program = {"load_balancer_id": balancer.id, "members": [member_with(field.name, one), member("10.0.0.9")]}
    pool = stack.create("Pool", "it", **program)
    path = f"/v1/loadbalancers/pools/{pool.id}/members"
    listed: Any = stack.by_hand("GET", path)
    (member_id,) = (
        each["id"] for each in listed["results"] if each["address"] == member_with(field.name, one)["address"]
    )
    stack.by_hand("PATCH", f"{path}/{member_id}", {field.name: two})
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
    assert not pool.saved_diff().changes


@pytest.mark.parametrize(
    "field", [each for each in health_monitors.FIELDS if each.change == "in place"], ids=lambda field: field.name
)
def test_drift_of_a_health_monitor_is_shown_and_reverted(field: Field, stack: FakeStack) -> None:
    one, two = MONITORS[field.name]
    balancer = stack.load_balancer()
    program = {"load_balancer_id": balancer.id, "health_monitor": monitor_with(field.name, one)}
    pool = stack.create("Pool", "it", **program)
    theirs = _untyped(monitor_with(field.name, two))
    stack.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"healthmonitor": theirs})
    assert pool.refresh()
    shown: Any = pool.inputs["health_monitor"]
    assert shown.get(field.name, field.default) == two
    assert pool.diff(**program).changed == ("health_monitor",)
    pool.update(**program)
    assert not pool.diff(**program).changes
    live: Any = pool.live_properties()["health_monitor"]
    assert live.get(field.name, field.default) == one


@pytest.mark.parametrize("kind", TESTED_KINDS)
def test_a_refresh_finds_that_an_object_was_deleted(kind: str, stack: FakeStack) -> None:
    objects = ReferencedObjects(stack)
    base = {"LoadBalancer": {}, "Secret": {"payload": "YWJj"}}.get(kind)
    if base is None:
        base = {"load_balancer_id": objects.load_balancer(), "protocol": "HTTP"}
    resource = stack.create(kind, "it", **base)
    stack.by_hand("DELETE", f"/v1/{PATHS[kind]}/{resource.id}")
    assert not resource.refresh()
