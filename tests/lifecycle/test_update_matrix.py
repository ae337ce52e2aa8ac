"""Updates of every field of every kind: unset, a value, another value, unset again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.fake_engine.requests import REDACTED_PAYLOAD, SentRequest
from tests.fake_engine.stack import MONITOR, FakeStack, Resource, member
from tests.lifecycle.live_fields import live_field, update_request
from tests.lifecycle.referenced_objects import ReferencedObjects
from tests.lifecycle.update_cases import (
    CASES,
    HTTP_ONLY,
    IN_PLACE,
    MEMBERS,
    MONITORS,
    REPLACING,
    TESTED_KINDS,
    A,
    B,
    member_with,
    monitor_with,
    on_balancer,
)


def test_every_field_has_a_case() -> None:
    assert set(CASES) == {(kind, field.name) for kind in TESTED_KINDS for field in KINDS[kind].fields}
    assert set(MEMBERS) == {field.name for field in members.FIELDS}
    assert set(MONITORS) == {field.name for field in health_monitors.FIELDS}


def separate_endpoint_requests(resource: Resource, name: str, step: int, ids: Sequence[str]) -> list[SentRequest]:
    """Return the requests of a field with a separate endpoint: for its first value, its second value, and for unset."""
    pool = f"/v1/lbpools/{resource.id}/healthmonitor"
    listed = f"/v1/loadbalancers/pools/{resource.id}/members"
    monitor_defaults = {"max_retries_down": 3, "admin_state_up": True}
    member_defaults = {"weight": 1, "backup": False, "admin_state_up": True}
    sent: Mapping[str, Sequence[list[SentRequest]]] = {
        "flavor": [
            [SentRequest("POST", f"/v1/loadbalancers/{resource.id}/resize", {"flavor": each})]
            for each in ("lb1-2-4", "lb1-4-8")
        ],
        "members": [
            [SentRequest("POST", listed, {**member(A), **member_defaults})],
            [SentRequest("POST", listed, {**member(B), **member_defaults})],
            [SentRequest("DELETE", f"{listed}/{each}") for each in ids],
        ],
        "health_monitor": [
            [SentRequest("POST", pool, {**MONITOR, **monitor_defaults})],
            [update_request(resource, {"healthmonitor": {**_untyped(MONITOR), "delay": 20, **monitor_defaults}})],
            [SentRequest("DELETE", pool)],
        ],
    }
    return sent[name][step]


def _untyped(monitor: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in monitor.items() if name != "type"}


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_a_field_that_can_be_updated_is_sent_alone(kind: str, field: Field, dialect_stack: FakeStack) -> None:
    case, objects = CASES[kind, field.name], ReferencedObjects(dialect_stack)
    base = case.base(objects)
    resource = dialect_stack.create(kind, "it", **base)
    initial = live_field(resource, field.name)
    for step, value in _values_to_set(field, case.one(objects), case.two(objects)):
        program = {**base, field.name: value}
        if value is None and not field.nullable and field.default is None:
            assert not resource.diff(**program).changes
            continue
        ids = [each["id"] for each in _live_members(resource)] if field.name == "members" else []
        sent = resource.update(**program)
        if field.change == "separate endpoint":
            assert sent == separate_endpoint_requests(resource, field.name, step, ids)
        else:
            assert sent == [update_request(resource, {field.name: _expected_in_body(field, value, step)})]
        if value is None:
            assert live_field(resource, field.name) == (field.removed if case.unset is ... else case.unset)
            assert field.equal(initial, live_field(resource, field.name))
        else:
            assert live_field(resource, field.name) == value
        assert not resource.saved_diff().changes
        assert resource.refresh()
        assert not resource.diff(**program).changes


def _values_to_set(field: Field, one: object, two: object) -> list[tuple[int, Any]]:
    """Return the values to set: one, another one, none.

    If the other one is the default, the first one is set again before none.
    """
    if two == field.default:
        return [(0, one), (1, two), (0, one), (2, None)]
    return [(0, one), (1, two), (2, None)]


def _live_members(pool: Resource) -> Any:
    body: Any = pool.stack.by_hand("GET", f"/v1/lbpools/{pool.id}")
    return body["members"]


def _expected_in_body(field: Field, value: object, step: int) -> object:
    if field.name == "tags" and step == 2:
        # A merge patch keeps keys that it does not contain.
        return {"b": None, "owner": None}
    return field.removed if value is None else value


@pytest.mark.parametrize(("kind", "field"), REPLACING)
def test_a_field_that_cannot_be_updated_replaces_the_object(kind: str, field: Field, dialect_stack: FakeStack) -> None:
    """No request updates the field; another object is created with the new value."""
    case, objects = CASES[kind, field.name], ReferencedObjects(dialect_stack)
    base = {name: value for name, value in case.base(objects).items() if name != field.name}
    one, two = case.one(objects), case.two(objects)
    resource = dialect_stack.create(kind, "one", **{**base, field.name: one})
    assert not resource.diff(**base, **{field.name: one}).changes
    assert resource.refresh()
    assert not resource.diff(**base, **{field.name: one}).changes
    assert resource.diff(**base, **{field.name: two}).replaces == (field.name,)
    if not _is_required(kind, field.name):
        stays = not field.nullable and field.default is None
        with dialect_stack.writes() as sent:
            findings = dialect_stack.findings(kind, base)
        assert sent == []
        if not any(each.severity == "error" for each in findings):
            assert resource.diff(**base).replaces == (() if stays else (field.name,))
    with dialect_stack.writes() as sent:
        again = dialect_stack.create(kind, "two", **{**base, **_another_port(field), field.name: two})
    assert _is_posted(sent[0], field.name, two)
    if field.readable and kind != "Secret":
        assert live_field(again, field.name) == two
    resource.delete()


def _is_required(kind: str, name: str) -> bool:
    return bool(KINDS[kind].inputs.model_fields[name].is_required())


def _another_port(field: Field) -> Mapping[str, object]:
    """Return another port, as two listeners of a load balancer cannot have the same one."""
    elsewhere = ("protocol", "insert_x_forwarded", "default_pool_id")
    return {"protocol_port": 9999} if field.name in elsewhere else {}


def _is_posted(sent: SentRequest, name: str, value: object) -> bool:
    if name == "load_balancer_id" and "/loadbalancers/" in sent.path:
        return sent.path == f"/v1/loadbalancers/{value}/pools"
    return bool(sent.body[name] == (REDACTED_PAYLOAD if name == "payload" else value))


@pytest.mark.parametrize("field", members.FIELDS, ids=lambda field: field.name)
def test_a_field_of_a_member_updates_or_replaces_only_that_member(field: Field, dialect_stack: FakeStack) -> None:
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, members=[member_with(field.name, None)])
    listed = f"/v1/loadbalancers/pools/{pool.id}/members"
    for _, value in _values_to_set(field, *MEMBERS[field.name]):
        program = {"load_balancer_id": balancer.id, "members": [member_with(field.name, value)]}
        stays = not field.nullable and field.default is None
        if not pool.diff(**program).changes:
            # The field keeps its value if it cannot be unset.
            assert stays
            continue
        (before,) = _live_members(pool)
        sent = pool.update(**program)
        (after,) = _live_members(pool)
        if field.change == "in place":
            assert sent == [
                SentRequest(
                    "PATCH", f"{listed}/{before['id']}", {field.name: field.removed if value is None else value}
                )
            ]
            assert after["id"] == before["id"]
        else:
            posted = {"weight": 1, "backup": False, "admin_state_up": True, **member_with(field.name, value)}
            assert sorted(sent, key=str) == sorted(
                [SentRequest("DELETE", f"{listed}/{before['id']}"), SentRequest("POST", listed, posted)], key=str
            )
            assert after["id"] != before["id"]
        if field.readable:
            expected = member_with(field.name, value).get(field.name, field.removed)
            assert after[field.name] == expected
        assert not pool.saved_diff().changes
        assert pool.refresh()
        assert not pool.diff(**program).changes


@pytest.mark.parametrize("field", health_monitors.FIELDS, ids=lambda field: field.name)
def test_a_field_of_a_health_monitor_updates_or_replaces_it(field: Field, dialect_stack: FakeStack) -> None:
    """The monitor keeps its ID unless its type changes, and no member is touched."""
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, members=[member()], health_monitor=monitor_with(field.name, None))
    members_before = _live_members(pool)
    for _, value in _values_to_set(field, *MONITORS[field.name]):
        program = {
            "load_balancer_id": balancer.id,
            "members": [member()],
            "health_monitor": monitor_with(field.name, value),
        }
        before = _live_monitor(pool)
        sent = pool.update(**program)
        after = _live_monitor(pool)
        complete_monitor = {"max_retries_down": 3, "admin_state_up": True, **monitor_with(field.name, value)}
        if field.change == "in place":
            unset = dict.fromkeys(HTTP_ONLY) if field.name in HTTP_ONLY else {}
            assert sent == [update_request(pool, {"healthmonitor": {**unset, **_untyped(complete_monitor)}})]
            assert after["id"] == before["id"]
        else:
            route = f"/v1/lbpools/{pool.id}/healthmonitor"
            assert sent == [SentRequest("DELETE", route), SentRequest("POST", route, complete_monitor)]
            assert after["id"] != before["id"]
        if value is not None:
            assert after[field.name] == value
        assert not pool.saved_diff().changes
        assert pool.refresh()
        assert not pool.diff(**program).changes
    assert _live_members(pool) == members_before


def _live_monitor(pool: Resource) -> Any:
    body: Any = pool.stack.by_hand("GET", f"/v1/lbpools/{pool.id}")
    return body["healthmonitor"]


def test_ca_and_crl_are_sent_in_one_request(dialect_stack: FakeStack) -> None:
    """A CRL needs a CA, so that neither of them can be removed first."""
    objects = ReferencedObjects(dialect_stack)
    base = on_balancer(objects)
    tls = {"ca_secret_id": objects.ca(), "crl_secret_id": objects.crl()}
    pool = dialect_stack.create("Pool", "it", **base)
    assert pool.update(**base, **tls) == [update_request(pool, tls)]
    assert pool.update(**base) == [update_request(pool, dict.fromkeys(tls))]
    assert (live_field(pool, "ca_secret_id"), live_field(pool, "crl_secret_id")) == (None, None)


def test_mutual_tls_is_enabled_and_disabled_in_place(dialect_stack: FakeStack) -> None:
    """Follow 'Add mTLS to existing Load Balancer' of the guide. The listener's pool stays the same object."""
    objects = ReferencedObjects(dialect_stack)
    base = {**on_balancer(objects), "listener_id": objects.listener(), "members": [member()]}
    tls = {"ca_secret_id": objects.ca(), "secret_id": objects.client_certificate(), "crl_secret_id": objects.crl()}
    pool = dialect_stack.create("Pool", "it", **base, protocol="HTTP")
    before = _live_members(pool)
    assert pool.update(**base, protocol="HTTPS", **tls) == [update_request(pool, {"protocol": "HTTPS", **tls})]
    assert {name: live_field(pool, name) for name in tls} == tls
    assert pool.update(**base, protocol="HTTP") == [update_request(pool, {"protocol": "HTTP", **dict.fromkeys(tls)})]
    assert {live_field(pool, name) for name in tls} == {None}
    assert _live_members(pool) == before
