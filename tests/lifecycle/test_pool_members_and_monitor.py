"""Updates of a pool's members and health monitor: requests, and members that stay unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, MONITOR, FakeStack, Resource, member
from tests.lifecycle.conftest import MakeStack

MEMBERS = "/v1/loadbalancers/pools"
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
HTTP = {**MONITOR, "type": "HTTP", "url_path": "/health", "http_version": "1.1", "domain_name": "app.example"}


@pytest.fixture
def balancer(stack: FakeStack) -> Resource:
    return stack.load_balancer()


def ids_of(pool: Resource) -> dict[str, str]:
    """Return the IDs of the members by address."""
    (stored,) = [each for each in pool.stack.objects("pools") if each.id == pool.id]
    return {each.address: each.id for each in stored.members}


# Members before, members after, and the writes: `<method> <address>` with the body.
MEMBER_CHANGES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str, Any]]]] = {
    "added": ([member(A)], [member(A), member(B, weight=3)], [("POST", "", B)]),
    "removed": ([member(A), member(B)], [member(B)], [("DELETE", A, None)]),
    "all removed": ([member(A)], [], [("DELETE", A, None)]),
    "weight": ([member(A), member(B)], [member(A, weight=9), member(B)], [("PATCH", A, {"weight": 9})]),
    "weight unset": ([member(A, weight=9)], [member(A)], [("PATCH", A, {"weight": 1})]),
    "backup": ([member(A)], [member(A, backup=True)], [("PATCH", A, {"backup": True})]),
    "monitor port": ([member(A)], [member(A, monitor_port=9000)], [("PATCH", A, {"monitor_port": 9000})]),
    "monitor port unset": ([member(A, monitor_port=9000)], [member(A)], [("PATCH", A, {"monitor_port": None})]),
    "switched off": ([member(A)], [member(A, admin_state_up=False)], [("PATCH", A, {"admin_state_up": False})]),
    "another port": ([member(A)], [member(A, 9443)], [("POST", "", A), ("DELETE", A, None)]),
    "subnet": ([member(A)], [member(A, subnet_id=MISSING_ID)], [("DELETE", A, None), ("POST", "", A)]),
    "several changes": (
        [member(A), member(B), member(C)],
        [member("10.0.0.4"), member(C), member(B, weight=5)],
        [("POST", "", "10.0.0.4"), ("PATCH", B, {"weight": 5}), ("DELETE", A, None)],
    ),
}


@pytest.mark.parametrize("name", MEMBER_CHANGES)
def test_a_change_of_one_member_touches_no_other(name: str, dialect_stack: FakeStack) -> None:
    """New members are added before old ones are removed, so that the pool never has too few."""
    before, after, expected = MEMBER_CHANGES[name]
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, members=before)
    ids = ids_of(pool)
    sent = pool.update(load_balancer_id=balancer.id, members=after)
    writes = []
    for each in sent:
        assert each.path.startswith(f"/v1/loadbalancers/pools/{pool.id}/members")
        member_id = each.path.removeprefix(f"/v1/loadbalancers/pools/{pool.id}/members").lstrip("/")
        address = next((address for address, other in ids.items() if other == member_id), "")
        writes.append((each.method, address, each.body["address"] if each.method == "POST" else each.body))
    assert writes == expected
    touched = {address for _, address, _ in expected}
    assert {address: ids_of(pool)[address] for address in ids if address not in touched} == {
        address: member_id for address, member_id in ids.items() if address not in touched
    }
    assert not pool.saved_diff().changes
    assert pool.refresh()
    assert not pool.diff(load_balancer_id=balancer.id, members=after).changes


def test_members_in_another_order_are_no_change(stack: FakeStack, balancer: Resource) -> None:
    pool = stack.pool(balancer, members=[member(A), member(B)])
    assert not pool.diff(load_balancer_id=balancer.id, members=[member(B), member(A, weight=1)]).changes


def test_members_that_somebody_else_has_added_are_removed(stack: FakeStack, balancer: Resource) -> None:
    """The program owns the members of its pool even if it has never set any."""
    pool = stack.pool(balancer)
    stack.by_hand("POST", f"{MEMBERS}/{pool.id}/members", member(B))
    assert pool.refresh()
    assert pool.inputs["members"] == [member(B)]
    (sent,) = pool.update(load_balancer_id=balancer.id)
    assert (sent.method, sent.path.split("/")[-2]) == ("DELETE", "members")
    assert ids_of(pool) == {}


# Monitor before, monitor after, and the writes.
Write = tuple[str, str, Any]
WHOLE = {**MONITOR, "max_retries_down": 3, "admin_state_up": True}
PATCHED = {key: value for key, value in WHOLE.items() if key != "type"}
MONITOR_CHANGES: dict[str, tuple[Any, Any, list[Write]]] = {
    "added": (None, MONITOR, [("POST", "healthmonitor", WHOLE)]),
    "removed": (MONITOR, None, [("DELETE", "healthmonitor", None)]),
    "changed": (MONITOR, {**MONITOR, "delay": 20}, [("PATCH", "", {"healthmonitor": {**PATCHED, "delay": 20}})]),
    "default unset": (
        {**MONITOR, "max_retries_down": 5},
        MONITOR,
        [("PATCH", "", {"healthmonitor": PATCHED})],
    ),
    "another type": (
        MONITOR,
        {**MONITOR, "type": "TLS-HELLO"},
        [("DELETE", "healthmonitor", None), ("POST", "healthmonitor", {**WHOLE, "type": "TLS-HELLO"})],
    ),
    "HTTP fields unset": (
        HTTP,
        {**MONITOR, "type": "HTTP", "url_path": "/other"},
        [
            (
                "PATCH",
                "",
                {
                    "healthmonitor": {
                        **PATCHED,
                        "url_path": "/other",
                        "expected_codes": None,
                        "http_method": None,
                        "http_version": None,
                        "domain_name": None,
                    }
                },
            )
        ],
    ),
}


@pytest.mark.parametrize("name", MONITOR_CHANGES)
def test_a_health_monitor_is_added_updated_and_removed(name: str, make_stack: MakeStack) -> None:
    stack = make_stack("openapi")
    before, after, expected = MONITOR_CHANGES[name]
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, members=[member(A)], health_monitor=before)
    ids = ids_of(pool)
    program = {"load_balancer_id": balancer.id, "members": [member(A)], "health_monitor": after}
    sent = pool.update(**program)
    assert [(each.method, each.path.partition(pool.id)[2].lstrip("/"), each.body) for each in sent] == expected
    assert ids_of(pool) == ids
    assert not pool.saved_diff().changes
    assert pool.refresh()
    assert not pool.diff(**program).changes


def test_a_health_monitor_is_updated_through_its_pool_in_the_guide_dialect(make_stack: MakeStack) -> None:
    stack = make_stack("guide")
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, health_monitor=MONITOR)
    (sent,) = pool.update(load_balancer_id=balancer.id, health_monitor={**MONITOR, "delay": 20})
    assert sent == SentRequest(
        "PUT", f"/v1/lbpools/{pool.id}", {"protocol": "HTTPS", "healthmonitor": {**PATCHED, "delay": 20}}
    )


def test_a_health_monitor_of_another_type_replaces_a_deleted_one(stack: FakeStack, balancer: Resource) -> None:
    """Somebody has removed it since the last refresh. A monitor of another type is created all the same."""
    pool = stack.pool(balancer, health_monitor=MONITOR)
    stack.by_hand("DELETE", f"/v1/lbpools/{pool.id}/healthmonitor")
    pool.update(load_balancer_id=balancer.id, health_monitor={**MONITOR, "type": "PING"})
    assert pool.live_properties()["health_monitor"] == {**MONITOR, "type": "PING"}


def test_enabling_tls_switches_the_health_monitor_off_and_on(dialect_stack: FakeStack) -> None:
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, protocol="HTTP", members=[member(A)], health_monitor=MONITOR)
    program = {"load_balancer_id": balancer.id, "members": [member(A)], "health_monitor": MONITOR}
    ca, client = dialect_stack.ca().id, dialect_stack.client_certificate().id
    sent = pool.update(**program, protocol="HTTPS", ca_secret_id=ca)
    monitors = [each.body.get("healthmonitor") for each in sent]
    assert [monitor and monitor["admin_state_up"] for monitor in monitors] == [None, False, True]
    assert pool.live_properties()["health_monitor"] == MONITOR
    (one,) = pool.update(**program, protocol="HTTPS", ca_secret_id=ca, secret_id=client)
    assert "healthmonitor" not in one.body


@pytest.mark.parametrize("before", [None, {**MONITOR, "type": "PING"}], ids=["none before", "another before"])
def test_enabling_tls_does_not_switch_a_new_health_monitor(
    before: Mapping[str, object] | None, stack: FakeStack, balancer: Resource
) -> None:
    pool = stack.pool(balancer, protocol="HTTP", members=[member(A)], health_monitor=before)
    program = {"load_balancer_id": balancer.id, "members": [member(A)], "health_monitor": MONITOR}
    sent = pool.update(**program, protocol="HTTPS", ca_secret_id=stack.ca().id)
    assert [each.method for each in sent] == [*(["DELETE"] if before else []), "PATCH", "POST"]
    assert pool.live_properties()["health_monitor"] == MONITOR
