"""Listeners at an emulator: create, read, update, replace and delete."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import Conflict
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, FakeStack, Resource

CREATE = "/cloud/v1/lblisteners/{project_id}/{region_id}"
ONE = CREATE + "/{listener_id}"
UPDATE = "/cloud/v2/lblisteners/{project_id}/{region_id}/{listener_id}"


@pytest.fixture
def balancer(stack: FakeStack) -> Resource:
    return stack.load_balancer()


def test_a_listener_is_created_refreshed_and_deleted(dialect_stack: FakeStack) -> None:
    server, balancer = dialect_stack.listener_certificate(), dialect_stack.load_balancer()
    with dialect_stack.writes() as sent:
        listener = dialect_stack.create("Listener", "web", load_balancer_id=balancer.id, secret_id=server.id)
    name = str(listener.outputs["name"])
    assert name.startswith("web-")
    body = {"name": name, "load_balancer_id": balancer.id, "secret_id": server.id}
    assert sent == [
        SentRequest("POST", "/v1/lblisteners", {**body, "protocol": "TERMINATED_HTTPS", "protocol_port": 443})
    ]
    assert listener.outputs["provisioning_status"] == "ACTIVE"
    assert listener.outputs["protocol_port"] == 443
    assert not listener.saved_diff().changes
    assert listener.refresh()
    assert "protocol_port" not in listener.inputs
    assert not listener.saved_diff().changes
    with dialect_stack.writes() as sent:
        listener.delete()
    assert sent == [SentRequest("DELETE", f"/v1/lblisteners/{listener.id}")]
    assert dialect_stack.objects("listeners") == []
    assert not listener.refresh()
    listener.delete()
    balancer.delete()
    listener.delete()


def test_ids_in_uppercase_are_no_change(dialect_stack: FakeStack) -> None:
    server, balancer = dialect_stack.listener_certificate(), dialect_stack.load_balancer()
    tls = {"secret_id": server.id.upper(), "sni_secret_id": [server.id.upper()]}
    listener = dialect_stack.create("Listener", "web", load_balancer_id=balancer.id.upper(), **tls)
    assert not listener.saved_diff().changes
    assert listener.refresh()
    assert not listener.diff(load_balancer_id=balancer.id.upper(), **tls).changes


def test_a_listener_that_is_created_down_is_switched_off_after_the_create(dialect_stack: FakeStack) -> None:
    balancer = dialect_stack.load_balancer()
    with dialect_stack.writes() as sent:
        listener = dialect_stack.listener(balancer, admin_state_up=False)
    assert [each.method for each in sent] == ["POST", "PATCH"]
    assert "admin_state_up" not in sent[0].body
    assert sent[1].body == {"admin_state_up": False}
    assert listener.outputs["admin_state_up"] is False
    assert not listener.saved_diff().changes


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
def test_an_update_sends_only_what_changed(name: str, stack: FakeStack, balancer: Resource) -> None:
    before, after, body = CHANGES[name]
    plain = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    listener = stack.create("Listener", "it", **plain, **before)
    sent = listener.update(**plain, **after)
    assert sent == [SentRequest("PATCH", f"/v2/lblisteners/{listener.id}", body)]
    assert not listener.saved_diff().changes
    assert listener.refresh()
    assert not listener.diff(**plain, **after).changes


def test_certificates_are_updated_in_place(dialect_stack: FakeStack) -> None:
    one, two, three = (dialect_stack.listener_certificate(name) for name in ("one", "two", "three"))
    balancer = dialect_stack.load_balancer()
    listener = dialect_stack.create("Listener", "it", load_balancer_id=balancer.id, secret_id=one.id)

    def bodies(**properties: object) -> list[Any]:
        return [each.body for each in listener.update(load_balancer_id=balancer.id, **properties)]

    assert bodies(secret_id=two.id) == [{"secret_id": two.id}]
    assert bodies(secret_id=two.id, sni_secret_id=[one.id, three.id]) == [{"sni_secret_id": [one.id, three.id]}]
    assert not listener.diff(
        load_balancer_id=balancer.id, secret_id=two.id, sni_secret_id=[three.id, one.id, one.id]
    ).changes
    assert bodies(sni_secret_id=[one.id]) == [{"secret_id": None, "sni_secret_id": [one.id]}]
    assert bodies(secret_id=two.id) == [{"secret_id": two.id, "sni_secret_id": []}]
    assert listener.live_properties()["secret_id"] == two.id
    assert listener.live_properties()["sni_secret_id"] == []


def test_a_certificate_that_somebody_else_has_added_is_removed(stack: FakeStack, balancer: Resource) -> None:
    """The program owns the certificates of its listener even if it has never set any."""
    one, two = stack.listener_certificate("one"), stack.listener_certificate("two")
    program = {"load_balancer_id": balancer.id, "secret_id": one.id}
    listener = stack.create("Listener", "it", **program)
    stack.by_hand("PATCH", f"/v2/lblisteners/{listener.id}", {"sni_secret_id": [two.id], "connection_limit": 5})
    assert listener.refresh()
    assert listener.inputs["sni_secret_id"] == [two.id]
    assert "connection_limit" not in listener.inputs
    assert [each.body for each in listener.update(**program)] == [{"sni_secret_id": []}]


def test_drift_is_shown_and_reverted(stack: FakeStack, balancer: Resource) -> None:
    program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "connection_limit": 5, "timeout_client_data": 500}
    listener = stack.create("Listener", "it", **program)
    by_hand = {"connection_limit": 7, "timeout_client_data": None, "name": "theirs"}
    stack.by_hand("PATCH", f"/v2/lblisteners/{listener.id}", by_hand)
    assert listener.refresh()
    assert listener.inputs["connection_limit"] == 7
    assert "timeout_client_data" not in listener.inputs
    assert "name" not in listener.inputs
    assert listener.outputs["name"] == "theirs"
    (sent,) = listener.update(**program)
    assert sent.body == {"connection_limit": 5, "timeout_client_data": 500}


@pytest.mark.parametrize(
    ("after", "replaces", "delete_first"),
    [
        ({"protocol": "TCP"}, ("protocol",), True),
        ({"protocol_port": 8080}, ("protocol_port",), False),
        ({"load_balancer_id": MISSING_ID}, ("load_balancer_id",), False),
        ({"load_balancer_id": MISSING_ID, "protocol": "TCP"}, ("load_balancer_id", "protocol"), False),
        ({"insert_x_forwarded": True}, ("insert_x_forwarded",), True),
        ({"insert_x_forwarded": False}, (), False),
        ({"default_pool_id": MISSING_ID}, ("default_pool_id",), True),
    ],
)
def test_a_property_that_cannot_be_updated_replaces_the_listener(
    after: dict[str, Any], replaces: tuple[str, ...], delete_first: bool, stack: FakeStack, balancer: Resource
) -> None:
    """Two listeners of a load balancer cannot have the same port: the old listener is deleted first."""
    plain = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    difference = stack.create("Listener", "it", **plain).diff(**{**plain, **after})
    assert difference.replaces == replaces
    assert difference.changes is bool(replaces)
    assert difference.delete_before_replace is delete_first


def test_a_refresh_keeps_a_property_that_gcore_does_not_return(stack: FakeStack, balancer: Resource) -> None:
    listener = stack.listener(balancer, insert_x_forwarded=True)
    assert listener.refresh()
    assert listener.inputs["insert_x_forwarded"] is True
    assert not listener.saved_diff().changes


def test_a_listener_takes_an_existing_pool_as_its_default_pool(stack: FakeStack, balancer: Resource) -> None:
    pool = stack.pool(balancer, protocol="HTTP")
    listener = stack.listener(balancer, default_pool_id=pool.id)
    assert pool.live_properties()["listener_id"] == listener.id
    assert not listener.saved_diff().changes


def test_a_port_in_use_is_an_error_without_a_wait(stack: FakeStack, balancer: Resource) -> None:
    stack.listener(balancer, "one")
    before = stack.clock.slept
    with stack.writes() as sent, pytest.raises(Conflict, match="protocol_port 80") as caught:
        stack.listener(balancer, "two")
    assert str(caught.value).startswith("create listener 'two-")
    assert stack.clock.slept - before < 5
    assert len(sent) == 3
    assert len(stack.objects("listeners")) == 1


@pytest.mark.parametrize(("method", "route"), [("POST", CREATE), ("PATCH", UPDATE), ("DELETE", ONE)])
def test_a_write_waits_for_a_locked_load_balancer(
    method: str, route: str, stack: FakeStack, balancer: Resource
) -> None:
    stack.inject_fault(action="lock", method=method, route=route, nth=1, seconds=30)
    before = stack.clock.slept
    with stack.writes() as sent:
        listener = stack.listener(balancer)
        listener.update(**{**listener.inputs, "connection_limit": 5})
        listener.delete()
    assert stack.fault_counts == [1]
    assert sorted(each.method for each in sent) == sorted(["POST", "PATCH", "DELETE", method])
    assert stack.clock.slept - before >= 30
    assert stack.objects("listeners") == []
