"""The life of a pool, at an emulator."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, Conflict
from tests.fake_engine.account import MONITOR, NOWHERE, Resource, World, member
from tests.fake_engine.requests import Sent

MEMBERS = "/v1/loadbalancers/pools"
A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
HTTP = {**MONITOR, "type": "HTTP", "url_path": "/health", "http_version": "1.1", "domain_name": "app.example"}


@pytest.fixture
def balancer(world: World) -> Resource:
    return world.load_balancer()


def update_of(world: World, pool: Resource, body: dict[str, Any], protocol: str = "HTTPS") -> Sent:
    """The one request that changes a pool, as the world's dialect writes it."""
    if world.session.configuration.dialect == "guide":
        return Sent("PUT", f"/v1/lbpools/{pool.id}", {**body, "protocol": protocol})
    return Sent("PATCH", f"/v2/lbpools/{pool.id}", body)


def ids_of(pool: Resource) -> dict[str, str]:
    """The members' ids by address."""
    (stored,) = [each for each in pool.world.objects("pools") if each.id == pool.id]
    return {each.address: each.id for each in stored.members}


def test_a_whole_life(spoken: World) -> None:
    ca, crl, client = spoken.ca(), spoken.crl(), spoken.client_certificate()
    balancer = spoken.load_balancer()
    listener = spoken.listener(balancer)
    tls = {"ca_secret_id": ca.id, "crl_secret_id": crl.id, "secret_id": client.id}
    with spoken.writes() as sent:
        pool = spoken.pool(
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
    if spoken.session.configuration.dialect == "guide":
        assert post == Sent("POST", f"/v1/loadbalancers/{balancer.id}/pools", expected)
    else:
        assert post == Sent("POST", "/v1/lbpools", {**expected, "load_balancer_id": balancer.id})
    assert pool.outputs["provisioning_status"] == "ACTIVE"
    assert pool.outputs["members"] == [member(A, weight=2)]
    assert not pool.again().changes
    assert pool.refresh()
    assert not pool.again().changes
    with spoken.writes() as sent:
        pool.delete()
    assert sent == [Sent("DELETE", f"/v1/lbpools/{pool.id}")]
    assert spoken.objects("pools") == []
    assert not pool.refresh()
    pool.delete()


def test_on_a_listener_alone(spoken: World) -> None:
    """The load balancer is the listener's."""
    balancer = spoken.load_balancer()
    listener = spoken.listener(balancer)
    pool = spoken.create("Pool", "web", listener_id=listener.id, protocol="HTTP")
    assert pool.outputs["load_balancer_id"] == balancer.id
    assert pool.outputs["listener_id"] == listener.id
    assert not pool.again().changes
    assert not pool.diff(listener_id=listener.id, load_balancer_id=balancer.id, protocol="HTTP").changes
    pool.update(listener_id=listener.id, protocol="HTTP", lb_algorithm="SOURCE_IP")
    pool.delete()
    assert spoken.objects("pools") == []


def test_where_it_is_may_be_said_by_the_listener_alone(world: World, balancer: Resource) -> None:
    listener = world.listener(balancer)
    pool = world.pool(balancer, listener_id=listener.id, protocol="HTTP")
    assert not pool.diff(listener_id=listener.id, protocol="HTTP").changes


def test_not_working_from_the_start(spoken: World) -> None:
    with spoken.writes() as sent:
        pool = spoken.pool(spoken.load_balancer(), admin_state_up=False)
    assert sent[2:] == [update_of(spoken, pool, {"admin_state_up": False})]
    assert "admin_state_up" not in sent[1].body
    assert pool.outputs["admin_state_up"] is False
    assert not pool.again().changes


# Before, after, and what the one update says beside the protocol.
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
def test_an_update_sends_only_what_changed(name: str, spoken: World) -> None:
    before, after, body = CHANGES[name]
    balancer = spoken.load_balancer()
    pool = spoken.pool(balancer, "it", members=[member(A)], **before)
    after = {"load_balancer_id": balancer.id, "members": [member(A)], **after}
    assert pool.update(**after) == [update_of(spoken, pool, body)]
    assert not pool.again().changes
    assert pool.refresh()
    assert not pool.diff(**after).changes


class TestTls:
    def test_it_comes_and_goes_while_the_pool_works(self, spoken: World) -> None:
        """The guide's 'Add mTLS to existing Load Balancer', and back."""
        ca, crl, client = spoken.ca(), spoken.crl(), spoken.client_certificate()
        balancer = spoken.load_balancer()
        listener = spoken.listener(balancer)
        plain = {"load_balancer_id": balancer.id, "listener_id": listener.id, "members": [member(A)]}
        pool = spoken.create("Pool", "it", **plain, protocol="HTTP")
        before = ids_of(pool)
        tls = {"ca_secret_id": ca.id, "secret_id": client.id}
        assert pool.update(**plain, protocol="HTTPS", **tls) == [update_of(spoken, pool, {"protocol": "HTTPS", **tls})]
        assert pool.update(**plain, **tls, crl_secret_id=crl.id) == [update_of(spoken, pool, {"crl_secret_id": crl.id})]
        assert pool.update(**plain, ca_secret_id=ca.id) == [
            update_of(spoken, pool, {"secret_id": None, "crl_secret_id": None})
        ]
        assert pool.update(**plain, protocol="HTTP") == [
            update_of(spoken, pool, {"protocol": "HTTP", "ca_secret_id": None}, "HTTP")
        ]
        assert {pool.live()[name] for name in ("ca_secret_id", "secret_id", "crl_secret_id")} == {None}
        assert ids_of(pool) == before

    def test_another_secret(self, spoken: World) -> None:
        one, two = spoken.ca("one"), spoken.ca("two")
        balancer = spoken.load_balancer()
        pool = spoken.pool(balancer, ca_secret_id=one.id)
        sent = pool.update(load_balancer_id=balancer.id, ca_secret_id=two.id)
        assert sent == [update_of(spoken, pool, {"ca_secret_id": two.id})]
        one.delete()

    def test_what_somebody_else_has_set_is_unset(self, world: World, balancer: Resource) -> None:
        """The ids are ours even where the program never named any."""
        ca, client = world.ca(), world.client_certificate()
        pool = world.pool(balancer, ca_secret_id=ca.id)
        world.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"secret_id": client.id})
        assert pool.refresh()
        assert pool.inputs["secret_id"] == client.id
        sent = pool.update(load_balancer_id=balancer.id, ca_secret_id=ca.id)
        assert [each.body for each in sent] == [{"secret_id": None}]

    def test_a_list_of_another_authority(self, world: World, balancer: Resource) -> None:
        """Gcore refuses it; both ids were unknown in the preview."""
        ca = world.ca()
        other = world.create("RevocationList", "crl", revocation_list=world.material.other_crl)
        with pytest.raises(BadRequest, match="crl_secret_id") as caught:
            world.pool(balancer, ca_secret_id=ca.id, crl_secret_id=other.id)
        assert str(caught.value).startswith("create pool 'pool-")
        assert world.objects("pools") == []


def test_all_kinds_of_changes_at_once(spoken: World) -> None:
    balancer = spoken.load_balancer()
    pool = spoken.pool(balancer, members=[member(A)], health_monitor=MONITOR)
    sent = pool.update(
        load_balancer_id=balancer.id,
        members=[member(B)],
        health_monitor={**MONITOR, "type": "PING"},
        timeout_member_data=700,
    )
    assert [each.method for each in sent] == [
        "DELETE",
        update_of(spoken, pool, {}).method,
        "POST",
        "POST",
        "DELETE",
    ]
    assert sent[1] == update_of(spoken, pool, {"timeout_member_data": 700})
    assert not pool.again().changes


def test_drift_shows(world: World, balancer: Resource) -> None:
    program = {
        "load_balancer_id": balancer.id,
        "members": [member(A, weight=2)],
        "health_monitor": dict(MONITOR),
        "timeout_member_data": 500,
        "lb_algorithm": "SOURCE_IP",
    }
    pool = world.create("Pool", "it", **program)
    world.by_hand("PATCH", f"{MEMBERS}/{pool.id}/members/{ids_of(pool)[A]}", {"weight": 7})
    world.by_hand("PATCH", f"/v2/lbpools/{pool.id}", {"lb_algorithm": "ROUND_ROBIN", "timeout_member_data": None})
    world.by_hand("DELETE", f"/v1/lbpools/{pool.id}/healthmonitor")
    assert pool.refresh()
    assert pool.inputs["members"] == [member(A, weight=7)]
    assert pool.inputs["lb_algorithm"] == "ROUND_ROBIN"
    assert not {"timeout_member_data", "health_monitor"} & pool.inputs.keys()
    assert pool.diff(**program).changes
    pool.update(**program)
    assert not pool.again().changes


@pytest.mark.parametrize(
    ("after", "replaces", "goes_first"),
    [
        ({"listener_id": NOWHERE}, ("listener_id",), False),
        ({"listener_id": None}, ("listener_id",), False),
        ({"load_balancer_id": NOWHERE}, ("load_balancer_id",), True),
        ({"load_balancer_id": NOWHERE, "listener_id": NOWHERE}, ("load_balancer_id", "listener_id"), False),
        ({"protocol": "TCP"}, (), False),
    ],
)
def test_what_replaces_it(
    after: dict[str, Any], replaces: tuple[str, ...], goes_first: bool, world: World, balancer: Resource
) -> None:
    """A listener has one default pool: on the same listener the old pool goes first."""
    program = {"load_balancer_id": balancer.id, "listener_id": world.listener(balancer).id, "protocol": "HTTP"}
    difference = world.create("Pool", "it", **program).diff(**{**program, **after})
    assert difference.changes
    assert difference.replaces == replaces
    assert difference.delete_before_replace is goes_first


def test_a_listener_that_has_a_pool_is_an_error_and_no_wait(world: World, balancer: Resource) -> None:
    listener = world.listener(balancer)
    world.pool(balancer, "one", listener_id=listener.id, protocol="HTTP")
    before = world.clock.slept
    with pytest.raises(Conflict, match="already has a default pool"):
        world.pool(balancer, "two", listener_id=listener.id, protocol="HTTP")
    assert world.clock.slept - before < 5
    assert len(world.objects("pools")) == 1


WRITES = {
    "create": ("POST", "/cloud/v1/lbpools/{project_id}/{region_id}"),
    "update": ("PATCH", "/cloud/v2/lbpools/{project_id}/{region_id}/{pool_id}"),
    "monitor": ("POST", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"),
    "no monitor": ("DELETE", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}/healthmonitor"),
    "member": ("POST", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"),
    "weight": ("PATCH", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members/{member_id}"),
    "no member": ("DELETE", "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members/{member_id}"),
    "delete": ("DELETE", "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_locked_load_balancer_is_waited_for(name: str, world: World, balancer: Resource) -> None:
    method, route = WRITES[name]
    world.fault(action="lock", method=method, route=route, nth=1, seconds=30)
    before = world.clock.slept
    pool = world.pool(balancer, members=[member(A), member(B)], health_monitor=MONITOR)
    pool.update(
        load_balancer_id=balancer.id,
        members=[member(B, weight=2), member(C)],
        health_monitor={**MONITOR, "type": "PING"},
        lb_algorithm="SOURCE_IP",
    )
    assert not pool.again().changes
    pool.delete()
    assert world.fired == [1]
    assert world.clock.slept - before >= 30
    assert world.objects("pools") == []
