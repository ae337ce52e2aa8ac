"""Pools at an emulator: create, read, update, replace and delete."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, Conflict
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, MONITOR, FakeStack, Resource, member

MEMBERS = "/v1/loadbalancers/pools"
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
HTTP = {**MONITOR, "type": "HTTP", "url_path": "/health", "http_version": "1.1", "domain_name": "app.example"}


@pytest.fixture
def balancer(stack: FakeStack) -> Resource:
    return stack.load_balancer()


def update_request(stack: FakeStack, pool: Resource, body: dict[str, Any], protocol: str = "HTTPS") -> SentRequest:
    """Return the one request that updates a pool, as the stack's dialect writes it."""
    if stack.session.configuration.dialect == "guide":
        return SentRequest("PUT", f"/v1/lbpools/{pool.id}", {**body, "protocol": protocol})
    return SentRequest("PATCH", f"/v2/lbpools/{pool.id}", body)


def ids_of(pool: Resource) -> dict[str, str]:
    """Return the IDs of the members by address."""
    (stored,) = [each for each in pool.stack.objects("pools") if each.id == pool.id]
    return {each.address: each.id for each in stored.members}


def test_a_pool_is_created_refreshed_and_deleted(dialect_stack: FakeStack) -> None:
    ca, crl, client = dialect_stack.ca(), dialect_stack.crl(), dialect_stack.client_certificate()
    balancer = dialect_stack.load_balancer()
    listener = dialect_stack.listener(balancer)
    tls = {"ca_secret_id": ca.id, "crl_secret_id": crl.id, "secret_id": client.id}
    with dialect_stack.writes() as sent:
        pool = dialect_stack.pool(
            balancer, "web", listener_id=listener.id, members=[member(A, weight=2)], health_monitor=MONITOR, **tls
        )
    (post,) = sent
    name = str(pool.outputs["name"])
    assert name.startswith("web-")
    expected: dict[str, Any] = {
        "name": name,
        "protocol": "HTTPS",
        "lb_algorithm": "ROUND_ROBIN",
        "listener_id": listener.id,
        "members": [{"address": A, "protocol_port": 8443, "weight": 2, "backup": False, "admin_state_up": True}],
        "healthmonitor": {**MONITOR, "max_retries_down": 3, "admin_state_up": True},
        **tls,
    }
    if dialect_stack.session.configuration.dialect == "guide":
        assert post == SentRequest("POST", f"/v1/loadbalancers/{balancer.id}/pools", expected)
    else:
        assert post == SentRequest("POST", "/v1/lbpools", {**expected, "load_balancer_id": balancer.id})
    assert pool.outputs["provisioning_status"] == "ACTIVE"
    assert pool.outputs["members"] == [member(A, weight=2)]
    assert not pool.saved_diff().changes
    assert pool.refresh()
    assert not pool.saved_diff().changes
    with dialect_stack.writes() as sent:
        pool.delete()
    assert sent == [SentRequest("DELETE", f"/v1/lbpools/{pool.id}")]
    assert dialect_stack.objects("pools") == []
    assert not pool.refresh()
    pool.delete()


def test_a_pool_with_a_listener_needs_no_load_balancer(dialect_stack: FakeStack) -> None:
    """The pool is on the load balancer of the listener."""
    balancer = dialect_stack.load_balancer()
    listener = dialect_stack.listener(balancer)
    pool = dialect_stack.create("Pool", "web", listener_id=listener.id, protocol="HTTP")
    assert pool.outputs["load_balancer_id"] == balancer.id
    assert pool.outputs["listener_id"] == listener.id
    assert not pool.saved_diff().changes
    assert not pool.diff(listener_id=listener.id, load_balancer_id=balancer.id, protocol="HTTP").changes
    pool.update(listener_id=listener.id, protocol="HTTP", lb_algorithm="SOURCE_IP")
    pool.delete()
    assert dialect_stack.objects("pools") == []


def test_removing_the_load_balancer_of_a_pool_with_a_listener_is_no_change(
    stack: FakeStack, balancer: Resource
) -> None:
    listener = stack.listener(balancer)
    pool = stack.pool(balancer, listener_id=listener.id, protocol="HTTP")
    assert not pool.diff(listener_id=listener.id, protocol="HTTP").changes


def test_a_pool_that_is_created_down_is_switched_off_after_the_create(dialect_stack: FakeStack) -> None:
    with dialect_stack.writes() as sent:
        pool = dialect_stack.pool(dialect_stack.load_balancer(), admin_state_up=False)
    assert sent[2:] == [update_request(dialect_stack, pool, {"admin_state_up": False})]
    assert "admin_state_up" not in sent[1].body
    assert pool.outputs["admin_state_up"] is False
    assert not pool.saved_diff().changes


# Before, after, and the body of the one update, without the protocol.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "name": ({"name": "one"}, {"name": "two"}, {"name": "two"}),
    "algorithm set": ({}, {"lb_algorithm": "SOURCE_IP"}, {"lb_algorithm": "SOURCE_IP"}),
    "algorithm unset": ({"lb_algorithm": "SOURCE_IP"}, {}, {"lb_algorithm": "ROUND_ROBIN"}),
    "persistence set": (
        {},
        {"session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"}},
        {"session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"}},
    ),
    "persistence changed": (
        {"session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"}},
        {"session_persistence": {"type": "HTTP_COOKIE"}},
        {"session_persistence": {"type": "HTTP_COOKIE"}},
    ),
    "persistence unset": ({"session_persistence": {"type": "HTTP_COOKIE"}}, {}, {"session_persistence": None}),
    "timeout set": ({}, {"timeout_member_data": 500}, {"timeout_member_data": 500}),
    "timeout unset": ({"timeout_member_connect": 500}, {}, {"timeout_member_connect": None}),
    "state set": ({}, {"admin_state_up": False}, {"admin_state_up": False}),
    "state unset": ({"admin_state_up": False}, {}, {"admin_state_up": True}),
    "two at once": (
        {"timeout_member_data": 500, "lb_algorithm": "SOURCE_IP"},
        {"timeout_member_data": 600, "lb_algorithm": "SOURCE_IP", "timeout_member_connect": 700},
        {"timeout_member_data": 600, "timeout_member_connect": 700},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_update_sends_only_what_changed(name: str, dialect_stack: FakeStack) -> None:
    before, after, body = CHANGES[name]
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, "it", members=[member(A)], **before)
    after = {"load_balancer_id": balancer.id, "members": [member(A)], **after}
    assert pool.update(**after) == [update_request(dialect_stack, pool, body)]
    assert not pool.saved_diff().changes
    assert pool.refresh()
    assert not pool.diff(**after).changes


class TestTls:
    def test_tls_is_added_and_removed_in_place(self, dialect_stack: FakeStack) -> None:
        """Follow 'Add mTLS to existing Load Balancer' of the guide, and revert it."""
        ca, crl, client = dialect_stack.ca(), dialect_stack.crl(), dialect_stack.client_certificate()
        balancer = dialect_stack.load_balancer()
        listener = dialect_stack.listener(balancer)
        plain = {"load_balancer_id": balancer.id, "listener_id": listener.id, "members": [member(A)]}
        pool = dialect_stack.create("Pool", "it", **plain, protocol="HTTP")
        before = ids_of(pool)
        tls = {"ca_secret_id": ca.id, "secret_id": client.id}
        assert pool.update(**plain, protocol="HTTPS", **tls) == [
            update_request(dialect_stack, pool, {"protocol": "HTTPS", **tls})
        ]
        assert pool.update(**plain, **tls, crl_secret_id=crl.id) == [
            update_request(dialect_stack, pool, {"crl_secret_id": crl.id})
        ]
        assert pool.update(**plain, ca_secret_id=ca.id) == [
            update_request(dialect_stack, pool, {"secret_id": None, "crl_secret_id": None})
        ]
        assert pool.update(**plain, protocol="HTTP") == [
            update_request(dialect_stack, pool, {"protocol": "HTTP", "ca_secret_id": None}, "HTTP")
        ]
        assert {pool.live_properties()[name] for name in ("ca_secret_id", "secret_id", "crl_secret_id")} == {None}
        assert ids_of(pool) == before

    def test_another_secret_is_updated_in_place(self, dialect_stack: FakeStack) -> None:
        one, two = dialect_stack.ca("one"), dialect_stack.ca("two")
        balancer = dialect_stack.load_balancer()
        pool = dialect_stack.pool(balancer, ca_secret_id=one.id)
        sent = pool.update(load_balancer_id=balancer.id, ca_secret_id=two.id)
        assert sent == [update_request(dialect_stack, pool, {"ca_secret_id": two.id})]
        one.delete()

    def test_a_secret_that_somebody_else_has_set_is_unset(self, stack: FakeStack, balancer: Resource) -> None:
        """The program owns the secrets of its pool even if it has never set any."""
        ca, client = stack.ca(), stack.client_certificate()
        pool = stack.pool(balancer, ca_secret_id=ca.id)
        stack.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"secret_id": client.id})
        assert pool.refresh()
        assert pool.inputs["secret_id"] == client.id
        sent = pool.update(load_balancer_id=balancer.id, ca_secret_id=ca.id)
        assert [each.body for each in sent] == [{"secret_id": None}]

    def test_a_crl_of_another_ca_is_an_error(self, stack: FakeStack, balancer: Resource) -> None:
        """Gcore rejects it. The preview could not, as both IDs were unknown."""
        ca = stack.ca()
        other = stack.create("RevocationList", "crl", revocation_list=stack.material.other_crl)
        with pytest.raises(BadRequest, match="crl_secret_id") as caught:
            stack.pool(balancer, ca_secret_id=ca.id, crl_secret_id=other.id)
        assert str(caught.value).startswith("create pool 'pool-")
        assert stack.objects("pools") == []


def test_one_update_changes_pool_members_and_health_monitor(dialect_stack: FakeStack) -> None:
    balancer = dialect_stack.load_balancer()
    pool = dialect_stack.pool(balancer, members=[member(A)], health_monitor=MONITOR)
    sent = pool.update(
        load_balancer_id=balancer.id,
        members=[member(B)],
        health_monitor={**MONITOR, "type": "PING"},
        timeout_member_data=700,
    )
    assert [each.method for each in sent] == [
        "DELETE",
        update_request(dialect_stack, pool, {}).method,
        "POST",
        "POST",
        "DELETE",
    ]
    assert sent[1] == update_request(dialect_stack, pool, {"timeout_member_data": 700})
    assert not pool.saved_diff().changes


def test_drift_is_shown_and_reverted(stack: FakeStack, balancer: Resource) -> None:
    program = {
        "load_balancer_id": balancer.id,
        "members": [member(A, weight=2)],
        "health_monitor": dict(MONITOR),
        "timeout_member_data": 500,
        "lb_algorithm": "SOURCE_IP",
    }
    pool = stack.create("Pool", "it", **program)
    stack.by_hand("PATCH", f"{MEMBERS}/{pool.id}/members/{ids_of(pool)[A]}", {"weight": 7})
    stack.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"lb_algorithm": "ROUND_ROBIN", "timeout_member_data": None})
    stack.by_hand("DELETE", f"/v1/lbpools/{pool.id}/healthmonitor")
    assert pool.refresh()
    assert pool.inputs["members"] == [member(A, weight=7)]
    assert pool.inputs["lb_algorithm"] == "ROUND_ROBIN"
    assert not {"timeout_member_data", "health_monitor"} & pool.inputs.keys()
    assert pool.diff(**program).changes
    pool.update(**program)
    assert not pool.saved_diff().changes


@pytest.mark.parametrize(
    ("after", "replaces", "delete_first"),
    [
        ({"listener_id": MISSING_ID}, ("listener_id",), False),
        ({"listener_id": None}, ("listener_id",), False),
        ({"load_balancer_id": MISSING_ID}, ("load_balancer_id",), True),
        ({"load_balancer_id": MISSING_ID, "listener_id": MISSING_ID}, ("load_balancer_id", "listener_id"), False),
        ({"protocol": "TCP"}, (), False),
    ],
)
def test_a_property_that_cannot_be_updated_replaces_the_pool(
    after: dict[str, Any], replaces: tuple[str, ...], delete_first: bool, stack: FakeStack, balancer: Resource
) -> None:
    """A listener has one default pool: on the same listener the old pool is deleted first."""
    program = {"load_balancer_id": balancer.id, "listener_id": stack.listener(balancer).id, "protocol": "HTTP"}
    difference = stack.create("Pool", "it", **program).diff(**{**program, **after})
    assert difference.changes
    assert difference.replaces == replaces
    assert difference.delete_before_replace is delete_first


def test_a_listener_with_a_pool_is_an_error_without_a_wait(stack: FakeStack, balancer: Resource) -> None:
    listener = stack.listener(balancer)
    stack.pool(balancer, "one", listener_id=listener.id, protocol="HTTP")
    before = stack.clock.slept
    with pytest.raises(Conflict, match="already has a default pool"):
        stack.pool(balancer, "two", listener_id=listener.id, protocol="HTTP")
    assert stack.clock.slept - before < 5
    assert len(stack.objects("pools")) == 1


WRITES = {
    "create": ("POST", "/cloud/v1/lbpools/{project_id}/{region_id}"),
    "update": ("PATCH", "/cloud/v2/lbpools/{project_id}/{region_id}/{pool_id}"),
    "create monitor": ("POST", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"),
    "delete monitor": ("DELETE", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"),
    "create member": ("POST", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"),
    "update member": ("PATCH", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members/{member_id}"),
    "delete member": ("DELETE", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members/{member_id}"),
    "delete": ("DELETE", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_waits_for_a_locked_load_balancer(name: str, stack: FakeStack, balancer: Resource) -> None:
    method, route = WRITES[name]
    stack.inject_fault(action="lock", method=method, route=route, nth=1, seconds=30)
    before = stack.clock.slept
    pool = stack.pool(balancer, members=[member(A), member(B)], health_monitor=MONITOR)
    pool.update(
        load_balancer_id=balancer.id,
        members=[member(B, weight=2), member(C)],
        health_monitor={**MONITOR, "type": "PING"},
        lb_algorithm="SOURCE_IP",
    )
    assert not pool.saved_diff().changes
    pool.delete()
    assert stack.fault_counts == [1]
    assert stack.clock.slept - before >= 30
    assert stack.objects("pools") == []
