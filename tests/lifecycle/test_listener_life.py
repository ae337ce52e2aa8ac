"""The life of a listener at an emulator."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import Conflict
from tests.fake_engine.account import NOWHERE, Resource, World
from tests.fake_engine.requests import Sent

CREATE = "/cloud/v1/lblisteners/{project_id}/{region_id}"
ONE = CREATE + "/{listener_id}"
UPDATE = "/cloud/v2/lblisteners/{project_id}/{region_id}/{listener_id}"


@pytest.fixture
def balancer(world: World) -> Resource:
    return world.load_balancer()


def test_a_whole_life(spoken: World) -> None:
    server, balancer = spoken.listener_certificate(), spoken.load_balancer()
    with spoken.writes() as sent:
        listener = spoken.create("Listener", "web", load_balancer_id=balancer.id, secret_id=server.id)
    name = str(listener.outputs["name"])
    assert name.startswith("web-")
    body = {"name": name, "load_balancer_id": balancer.id, "secret_id": server.id}
    assert sent == [Sent("POST", "/v1/lblisteners", {**body, "protocol": "TERMINATED_HTTPS", "protocol_port": 443})]
    assert listener.outputs["provisioning_status"] == "ACTIVE"
    assert listener.outputs["protocol_port"] == 443
    assert not listener.again().changes
    assert listener.refresh()
    assert "protocol_port" not in listener.inputs
    assert not listener.again().changes
    with spoken.writes() as sent:
        listener.delete()
    assert sent == [Sent("DELETE", f"/v1/lblisteners/{listener.id}")]
    assert spoken.objects("listeners") == []
    assert not listener.refresh()
    listener.delete()
    balancer.delete()
    listener.delete()


def test_ids_in_capitals_are_no_change(spoken: World) -> None:
    server, balancer = spoken.listener_certificate(), spoken.load_balancer()
    tls = {"secret_id": server.id.upper(), "sni_secret_id": [server.id.upper()]}
    listener = spoken.create("Listener", "web", load_balancer_id=balancer.id.upper(), **tls)
    assert not listener.again().changes
    assert listener.refresh()
    assert not listener.diff(load_balancer_id=balancer.id.upper(), **tls).changes


def test_not_working_from_the_start(spoken: World) -> None:
    balancer = spoken.load_balancer()
    with spoken.writes() as sent:
        listener = spoken.listener(balancer, admin_state_up=False)
    assert [each.method for each in sent] == ["POST", "PATCH"]
    assert "admin_state_up" not in sent[0].body
    assert sent[1].body == {"admin_state_up": False}
    assert listener.outputs["admin_state_up"] is False
    assert not listener.again().changes


USER = {"username": "ann", "encrypted_password": "$5$hash"}

# Before, after, and the body of the one PATCH.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "name": ({"name": "one"}, {"name": "two"}, {"name": "two"}),
    "limit set": ({}, {"connection_limit": 5}, {"connection_limit": 5}),
    "limit to the default": ({"connection_limit": 5}, {"connection_limit": -1}, {"connection_limit": -1}),
    "limit unset": ({"connection_limit": 5}, {}, {"connection_limit": 100_000}),
    "networks set": ({}, {"allowed_cidrs": ["10.0.0.0/8"]}, {"allowed_cidrs": ["10.0.0.0/8"]}),
    "networks unset": ({"allowed_cidrs": ["10.0.0.0/8"]}, {}, {"allowed_cidrs": None}),
    "timeout set": ({}, {"timeout_client_data": 500}, {"timeout_client_data": 500}),
    "timeout unset": ({"timeout_client_data": 500}, {}, {"timeout_client_data": None}),
    "users set": ({}, {"user_list": [USER]}, {"user_list": [USER]}),
    "users unset": ({"user_list": [USER]}, {}, {"user_list": []}),
    "state set": ({}, {"admin_state_up": False}, {"admin_state_up": False}),
    "state unset": ({"admin_state_up": False}, {}, {"admin_state_up": True}),
    "two at once": (
        {"connection_limit": 5, "timeout_client_data": 500},
        {"connection_limit": 6, "admin_state_up": True},
        {"connection_limit": 6, "timeout_client_data": None},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_update_sends_only_what_changed(name: str, world: World, balancer: Resource) -> None:
    before, after, body = CHANGES[name]
    plain = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    listener = world.create("Listener", "it", **plain, **before)
    sent = listener.update(**plain, **after)
    assert sent == [Sent("PATCH", f"/v2/lblisteners/{listener.id}", body)]
    assert not listener.again().changes
    assert listener.refresh()
    assert not listener.diff(**plain, **after).changes


def test_certificates_change_in_place(spoken: World) -> None:
    one, two, three = (spoken.listener_certificate(name) for name in ("one", "two", "three"))
    balancer = spoken.load_balancer()
    listener = spoken.create("Listener", "it", load_balancer_id=balancer.id, secret_id=one.id)

    def bodies(**properties: object) -> list[Any]:
        return [each.body for each in listener.update(load_balancer_id=balancer.id, **properties)]

    assert bodies(secret_id=two.id) == [{"secret_id": two.id}]
    assert bodies(secret_id=two.id, sni_secret_id=[one.id, three.id]) == [{"sni_secret_id": [one.id, three.id]}]
    assert not listener.diff(
        load_balancer_id=balancer.id, secret_id=two.id, sni_secret_id=[three.id, one.id, one.id]
    ).changes
    assert bodies(sni_secret_id=[one.id]) == [{"secret_id": None, "sni_secret_id": [one.id]}]
    assert bodies(secret_id=two.id) == [{"secret_id": two.id, "sni_secret_id": []}]
    assert listener.live()["secret_id"] == two.id
    assert listener.live()["sni_secret_id"] == []


def test_a_certificate_that_somebody_added_is_taken_away(world: World, balancer: Resource) -> None:
    """Certificates are ours even where the program never named any."""
    one, two = world.listener_certificate("one"), world.listener_certificate("two")
    program = {"load_balancer_id": balancer.id, "secret_id": one.id}
    listener = world.create("Listener", "it", **program)
    world.by_hand("PATCH", f"/v2/lblisteners/{listener.id}", {"sni_secret_id": [two.id], "connection_limit": 5})
    assert listener.refresh()
    assert listener.inputs["sni_secret_id"] == [two.id]
    assert "connection_limit" not in listener.inputs
    assert [each.body for each in listener.update(**program)] == [{"sni_secret_id": []}]


def test_drift_shows(world: World, balancer: Resource) -> None:
    program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "connection_limit": 5, "timeout_client_data": 500}
    listener = world.create("Listener", "it", **program)
    by_hand = {"connection_limit": 7, "timeout_client_data": None, "name": "theirs"}
    world.by_hand("PATCH", f"/v2/lblisteners/{listener.id}", by_hand)
    assert listener.refresh()
    assert listener.inputs["connection_limit"] == 7
    assert "timeout_client_data" not in listener.inputs
    assert "name" not in listener.inputs
    assert listener.outputs["name"] == "theirs"
    (sent,) = listener.update(**program)
    assert sent.body == {"connection_limit": 5, "timeout_client_data": 500}


@pytest.mark.parametrize(
    ("after", "replaces", "goes_first"),
    [
        ({"protocol": "TCP"}, ("protocol",), True),
        ({"protocol_port": 8080}, ("protocol_port",), False),
        ({"load_balancer_id": NOWHERE}, ("load_balancer_id",), False),
        ({"load_balancer_id": NOWHERE, "protocol": "TCP"}, ("load_balancer_id", "protocol"), False),
        ({"insert_x_forwarded": True}, ("insert_x_forwarded",), True),
        ({"insert_x_forwarded": False}, (), False),
        ({"default_pool_id": NOWHERE}, ("default_pool_id",), True),
    ],
)
def test_what_replaces_it(
    after: dict[str, Any], replaces: tuple[str, ...], goes_first: bool, world: World, balancer: Resource
) -> None:
    """Two listeners can't have one port of one load balancer: then the old one goes first."""
    plain = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    difference = world.create("Listener", "it", **plain).diff(**{**plain, **after})
    assert difference.replaces == replaces
    assert difference.changes is bool(replaces)
    assert difference.delete_before_replace is goes_first


def test_what_is_never_given_back_is_kept(world: World, balancer: Resource) -> None:
    listener = world.listener(balancer, insert_x_forwarded=True)
    assert listener.refresh()
    assert listener.inputs["insert_x_forwarded"] is True
    assert not listener.again().changes


def test_a_pool_that_was_made_before(world: World, balancer: Resource) -> None:
    pool = world.pool(balancer, protocol="HTTP")
    listener = world.listener(balancer, default_pool_id=pool.id)
    assert pool.live()["listener_id"] == listener.id
    assert not listener.again().changes


def test_a_port_that_is_taken_is_an_error_and_no_wait(world: World, balancer: Resource) -> None:
    world.listener(balancer, "one")
    before = world.clock.slept
    with world.writes() as sent, pytest.raises(Conflict, match="protocol_port 80") as caught:
        world.listener(balancer, "two")
    assert str(caught.value).startswith("create listener 'two-")
    assert world.clock.slept - before < 5
    assert len(sent) == 3
    assert len(world.objects("listeners")) == 1


@pytest.mark.parametrize(("method", "route"), [("POST", CREATE), ("PATCH", UPDATE), ("DELETE", ONE)])
def test_a_locked_load_balancer_is_waited_for(method: str, route: str, world: World, balancer: Resource) -> None:
    world.fault(action="lock", method=method, route=route, nth=1, seconds=30)
    before = world.clock.slept
    with world.writes() as sent:
        listener = world.listener(balancer)
        listener.update(**{**listener.inputs, "connection_limit": 5})
        listener.delete()
    assert world.fired == [1]
    assert sorted(each.method for each in sent) == sorted(["POST", "PATCH", "DELETE", method])
    assert world.clock.slept - before >= 30
    assert world.objects("listeners") == []
