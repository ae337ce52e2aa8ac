"""What a hostile reviewer has found: each once broke something, and must not again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import JsonValue

from gcore_tls_provider.api.wire.load_balancers import LoggingSet
from gcore_tls_provider.errors import BadRequest, DeadlineExceeded, NotFound, ObjectFailed, TaskFailed
from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.account import MONITOR, World, as_engine, member, urn_of
from tests.lifecycle.conftest import Worlds


@pytest.mark.parametrize("kind", ["load_balancer", "secret"])
def test_another_servers_404_is_not_a_deletion(kind: str, world: World) -> None:
    """A wrong base URL or a proxy: the object is there, and must stay in the state."""
    there = world.load_balancer() if kind == "load_balancer" else world.ca()
    world.fault(action="respond", status=404, body="<html>nothing here</html>")
    with pytest.raises(NotFound, match="gcore:baseUrl"):
        there.refresh()
    with pytest.raises(NotFound, match="gcore:baseUrl"):
        there.delete()


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Listener", {"secret_id": "{key}", "load_balancer_id": "{key}"}),
        ("Pool", {"secret_id": "{key}", "members": [{"address": "{key}", "protocol_port": 1}]}),
        ("LoadBalancer", {"name": "{key}", "vip_network_id": "{key}"}),
    ],
)
def test_a_key_in_the_wrong_place_is_not_shown(kind: str, properties: Mapping[str, object], world: World) -> None:
    key = world.material.server.private_key_pem

    def filled(value: object) -> object:
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [filled(each) for each in value]
        return key if value == "{key}" else value

    findings = world.findings(kind, {name: filled(value) for name, value in properties.items()})
    said = " ".join(map(str, findings))
    assert f"A text of {len(key)} characters" in said
    assert not any(line in said for line in key.splitlines())


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Listener", {"protocol": "HTTP", "protocol_port": "8080", "connection_limit": "50", "admin_state_up": "true"}),
        ("Pool", {"timeout_member_data": "5000", "members": [{"address": "2001:DB8::1", "protocol_port": "1"}]}),
        ("Pool", {"members": [], "health_monitor": {**MONITOR, "delay": "20"}}),
    ],
)
def test_numbers_as_texts_are_no_change_for_ever(kind: str, properties: dict[str, object], world: World) -> None:
    balancer = world.load_balancer()
    properties["load_balancer_id"] = balancer.id.upper()
    it = world.create(kind, "it", **properties)
    assert not it.diff(**properties).changes
    assert it.refresh()
    assert not it.diff(**properties).changes


def test_nothing_is_written_after_the_deadline(world: World) -> None:
    properties = world.checked("CertificateAuthority", "it", {"certificate": world.material.ca.certificate_pem})
    record = Record.of(properties)
    properties = record.update(resource={**record.resource, "timeouts": {"create": 2.0}}).into(properties)
    world.host.readable = False
    with world.writes() as sent, pytest.raises(DeadlineExceeded, match="before the request could be sent"):
        world.create_from("CertificateAuthority", as_engine(properties))
    assert sent == []


def test_a_create_that_fails_after_its_task_leaves_nothing(world: World) -> None:
    balancer = world.load_balancer()
    world.fault(action="fail_task", error="no", method="PATCH")
    with pytest.raises(TaskFailed):
        world.listener(balancer, "it", admin_state_up=False, name="exact-name")
    assert world.objects("listeners") == []


def test_a_pool_that_a_second_listener_shares_stays_the_firsts(world: World) -> None:
    balancer = world.load_balancer()
    first = world.listener(balancer, "first")
    pool = world.pool(balancer, listener_id=first.id, members=[member()], protocol="HTTP")
    second = world.listener(balancer, "second", protocol_port=81, default_pool_id=pool.id)
    (stored,) = world.objects("pools")
    world.emulator.account.put(replace(stored, listener_ids=(second.id, first.id)))
    assert pool.refresh()
    assert pool.outputs["listener_id"] == first.id
    pool.update(load_balancer_id=balancer.id, listener_id=first.id, members=[member(weight=2)], protocol="HTTP")
    assert pool.outputs["listener_id"] == first.id


def test_a_task_that_gcore_has_forgotten(worlds: Worlds) -> None:
    """The object tells."""
    world = worlds(finished_task_retention=0.001)
    balancer = world.load_balancer()
    pool = world.pool(balancer, members=[member()])
    pool.update(load_balancer_id=balancer.id, members=[member(weight=3)], lb_algorithm="SOURCE_IP")
    assert pool.live()["lb_algorithm"] == "SOURCE_IP"
    pool.delete()
    assert world.objects("pools") == []


@pytest.mark.parametrize(
    ("kind", "properties", "where"),
    [
        ("LoadBalancer", {"logging": {"enabled": True, "topic_name": "My_Topic"}}, "logging.topic_name"),
        ("LoadBalancer", {"logging": {"retention_policy": {}}}, "logging.retention_policy.period"),
        ("Listener", {"user_list": [{"username": "a@b", "encrypted_password": "x"}]}, "user_list[0].username"),
        ("Secret", {"payload": "QQ==", "expiration": "next week"}, "expiration"),
    ],
)
def test_what_the_api_would_refuse_is_refused_in_the_preview(
    kind: str, properties: Mapping[str, object], where: str, world: World
) -> None:
    assert where in {each.property for each in world.findings(kind, properties)}


def test_what_gcore_fills_in_is_no_change(world: World) -> None:
    lifecycle = KINDS["LoadBalancer"]
    said = world.checked("LoadBalancer", "it", {"logging": {"enabled": True, "topic_name": "logs"}})
    filled = {"enabled": True, "topic_name": "logs", "destination_region_id": 7, "retention_policy": {"period": 30}}
    olds = Record.of(said).update(explicit=frozenset({"logging"})).into({**said, "logging": filled})
    assert not plan.diff(lifecycle, olds, said).changes


def test_a_family_that_is_no_longer_said_makes_no_other_load_balancer(world: World) -> None:
    balancer = world.load_balancer(vip_ip_family="ipv4")
    assert not balancer.diff().changes


def test_new_time_limits_get_to_where_a_delete_finds_them(world: World) -> None:
    balancer = world.load_balancer()
    context = {"urn": urn_of("LoadBalancer", "lb"), "name": "lb", "stack": "dev", "timeouts": {"delete": 60.0}}
    news = Record.of(balancer.inputs).update(resource=context).into(balancer.inputs)
    difference = plan.diff(KINDS["LoadBalancer"], as_engine(balancer.outputs), as_engine(news))
    assert difference.changes and not difference.replaces
    with world.writes() as sent:
        balancer.inputs = news
        outputs = balancer.update_again()
    assert sent == []
    assert Record.of(outputs).resource == context


def test_an_update_of_what_was_deleted_by_hand_says_so(world: World) -> None:
    balancer = world.load_balancer()
    world.by_hand("DELETE", f"/v1/loadbalancers/{balancer.id}")
    with pytest.raises(ObjectFailed, match="pulumi refresh"):
        balancer.update(tags={"team": "a"})


def test_a_password_that_gcore_repeats_is_hidden(world: World) -> None:
    balancer = world.load_balancer()
    password = "$6$canary-of-a-hash"
    body: JsonValue = {"exception_class": "ValidationError", "message": f"user_list: {password} is too weak"}
    world.fault(
        action="respond", status=400, body=body, method="POST", route="/cloud/v1/lblisteners/{project_id}/{region_id}"
    )
    with pytest.raises(BadRequest) as raised:
        world.listener(balancer, user_list=[{"username": "admin", "encrypted_password": password}])
    assert password not in str(raised.value)


def test_members_that_somebody_else_has_set_to_what_no_program_says(world: World) -> None:
    balancer = world.load_balancer()
    pool = world.pool(balancer, members=[member()])
    (stored,) = world.objects("pools")
    odd = [replace(each, weight=0) for each in stored.members]
    world.emulator.account.put(replace(stored, members=type(stored.members)(odd)))
    assert pool.refresh()
    assert pool.diff(load_balancer_id=balancer.id, members=[member()]).changes


def test_what_gcore_fills_in_is_no_change_after_a_refresh_either(world: World) -> None:
    """A refresh knows the outputs only, and they have what Gcore has filled in: the program hasn't said it."""
    said = {"enabled": True, "topic_name": "logs"}
    balancer = world.load_balancer(logging=said)
    (stored,) = world.objects("load_balancers")
    filled = {**said, "destination_region_id": 7, "retention_policy": {"period": 30}}
    world.emulator.account.put(replace(stored, logging=LoggingSet.model_validate(filled)))
    for _ in range(2):
        assert balancer.refresh()
        assert balancer.outputs["logging"] == filled
        assert balancer.inputs["logging"] == said
        assert not balancer.diff(logging=said).changes
    assert balancer.diff(logging={"enabled": True}).changes


@pytest.mark.parametrize("logging", [{}, {"enabled": False}, {"topic_name": "logs"}, {"enabled": True}])
def test_logging_in_all_its_ways_is_no_change_for_ever(logging: Mapping[str, object], world: World) -> None:
    balancer = world.load_balancer(logging=logging)
    assert not balancer.diff(logging=logging).changes
    assert balancer.refresh()
    assert not balancer.diff(logging=logging).changes
    assert not balancer.again().changes


def test_a_retention_policy_without_a_period_is_none(world: World) -> None:
    """So that a program can say what is there."""
    balancer = world.load_balancer(logging={"enabled": True, "topic_name": "logs"})
    (stored,) = world.objects("load_balancers")
    odd = {"enabled": True, "topic_name": "logs", "retention_policy": {"period": None}}
    world.emulator.account.put(replace(stored, logging=LoggingSet.model_validate(odd)))
    assert balancer.live()["logging"] == {"enabled": True, "topic_name": "logs"}


@pytest.mark.parametrize("topic", ["a..b", "-a", "a-", "A", "a_b", "a" * 224])
def test_a_topic_that_the_api_would_refuse_is_refused_in_the_preview(topic: str, world: World) -> None:
    (finding,) = world.findings("LoadBalancer", {"logging": {"enabled": True, "topic_name": topic}})
    assert finding.property == "logging.topic_name"


def test_a_flavor_that_an_answer_leaves_out_is_no_resize(world: World) -> None:
    """A resize cuts all connections."""
    balancer = world.load_balancer(flavor="lb1-1-2")
    body: JsonValue = world.by_hand("GET", f"/v1/loadbalancers/{balancer.id}")
    assert isinstance(body, dict)
    body["flavor"] = None
    world.answer_with("/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}", body)
    assert balancer.refresh()
    assert world.fired == [1]
    assert not balancer.diff(flavor="lb1-1-2").changes


def test_the_order_of_users_means_nothing(world: World) -> None:
    ann, bob = ({"username": name, "encrypted_password": "hash"} for name in ("ann", "bob"))
    balancer = world.load_balancer()
    program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    listener = world.create("Listener", "it", **program, user_list=[ann, bob])
    (stored,) = world.objects("listeners")
    world.emulator.account.put(replace(stored, user_list=tuple(reversed(stored.user_list))))
    assert listener.refresh()
    assert not listener.diff(**program, user_list=[ann, bob]).changes
    assert listener.diff(**program, user_list=[bob]).changes
    assert listener.diff(**program, user_list=[{**ann, "encrypted_password": "other"}, bob]).changes
