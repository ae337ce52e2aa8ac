"""Regressions: defects of earlier versions that must not return."""

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
from tests.fake_engine.stack import MONITOR, FakeStack, engine_value, member, urn_of
from tests.lifecycle.conftest import MakeStack


@pytest.mark.parametrize("kind", ["load_balancer", "secret"])
def test_a_404_of_another_server_does_not_count_as_deleted(kind: str, stack: FakeStack) -> None:
    """A wrong base URL or a proxy can respond with 404: the object exists and must stay in the state."""
    resource = stack.load_balancer() if kind == "load_balancer" else stack.ca()
    stack.inject_fault(action="respond", status=404, body="<html>nothing here</html>")
    with pytest.raises(NotFound, match="gcore:baseUrl"):
        resource.refresh()
    with pytest.raises(NotFound, match="gcore:baseUrl"):
        resource.delete()


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Listener", {"secret_id": "{key}", "load_balancer_id": "{key}"}),
        ("Pool", {"secret_id": "{key}", "members": [{"address": "{key}", "protocol_port": 1}]}),
        ("LoadBalancer", {"name": "{key}", "vip_network_id": "{key}"}),
    ],
)
def test_a_private_key_in_another_property_is_not_shown(
    kind: str, properties: Mapping[str, object], stack: FakeStack
) -> None:
    key = stack.material.server.private_key_pem

    def insert_key(value: object) -> object:
        if isinstance(value, dict):
            return {name: insert_key(each) for name, each in value.items()}
        if isinstance(value, list):
            return [insert_key(each) for each in value]
        return key if value == "{key}" else value

    findings = stack.findings(kind, {name: insert_key(value) for name, value in properties.items()})
    shown = " ".join(map(str, findings))
    assert f"A text of {len(key)} characters" in shown
    assert not any(line in shown for line in key.splitlines())


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Listener", {"protocol": "HTTP", "protocol_port": "8080", "connection_limit": "50", "admin_state_up": "true"}),
        ("Pool", {"timeout_member_data": "5000", "members": [{"address": "2001:DB8::1", "protocol_port": "1"}]}),
        ("Pool", {"members": [], "health_monitor": {**MONITOR, "delay": "20"}}),
    ],
)
def test_numbers_given_as_strings_are_no_permanent_change(
    kind: str, properties: dict[str, object], stack: FakeStack
) -> None:
    balancer = stack.load_balancer()
    properties["load_balancer_id"] = balancer.id.upper()
    resource = stack.create(kind, "it", **properties)
    assert not resource.diff(**properties).changes
    assert resource.refresh()
    assert not resource.diff(**properties).changes


def test_no_write_is_sent_after_the_deadline(stack: FakeStack) -> None:
    properties = stack.checked_inputs("CertificateAuthority", "it", {"certificate": stack.material.ca.certificate_pem})
    record = Record.of(properties)
    properties = record.update(resource={**record.resource, "timeouts": {"create": 2.0}}).into(properties)
    stack.engine.readable = False
    with stack.writes() as sent, pytest.raises(DeadlineExceeded, match="before the request could be sent"):
        stack.create_outside_state("CertificateAuthority", engine_value(properties))
    assert sent == []


def test_a_create_that_fails_after_its_task_deletes_the_object(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    stack.inject_fault(action="fail_task", error="no", method="PATCH")
    with pytest.raises(TaskFailed):
        stack.listener(balancer, "it", admin_state_up=False, name="exact-name")
    assert stack.objects("listeners") == []


def test_a_pool_shared_with_a_second_listener_keeps_its_listener_id(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    first = stack.listener(balancer, "first")
    pool = stack.pool(balancer, listener_id=first.id, members=[member()], protocol="HTTP")
    second = stack.listener(balancer, "second", protocol_port=81, default_pool_id=pool.id)
    (stored,) = stack.objects("pools")
    stack.emulator.account.put(replace(stored, listener_ids=(second.id, first.id)))
    assert pool.refresh()
    assert pool.outputs["listener_id"] == first.id
    pool.update(load_balancer_id=balancer.id, listener_id=first.id, members=[member(weight=2)], protocol="HTTP")
    assert pool.outputs["listener_id"] == first.id


def test_an_operation_succeeds_after_gcore_has_removed_its_task(make_stack: MakeStack) -> None:
    """The object shows that the task has finished."""
    stack = make_stack(finished_task_retention=0.001)
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, members=[member()])
    pool.update(load_balancer_id=balancer.id, members=[member(weight=3)], lb_algorithm="SOURCE_IP")
    assert pool.live_properties()["lb_algorithm"] == "SOURCE_IP"
    pool.delete()
    assert stack.objects("pools") == []


@pytest.mark.parametrize(
    ("kind", "properties", "where"),
    [
        ("LoadBalancer", {"logging": {"enabled": True, "topic_name": "My_Topic"}}, "logging.topic_name"),
        ("LoadBalancer", {"logging": {"retention_policy": {}}}, "logging.retention_policy.period"),
        ("Listener", {"user_list": [{"username": "a@b", "encrypted_password": "x"}]}, "user_list[0].username"),
        ("Secret", {"payload": "QQ==", "expiration": "next week"}, "expiration"),
    ],
)
def test_a_value_that_the_api_rejects_is_an_error_in_the_preview(
    kind: str, properties: Mapping[str, object], where: str, stack: FakeStack
) -> None:
    assert where in {each.property for each in stack.findings(kind, properties)}


def test_parts_that_gcore_adds_are_no_change(stack: FakeStack) -> None:
    lifecycle = KINDS["LoadBalancer"]
    inputs = stack.checked_inputs("LoadBalancer", "it", {"logging": {"enabled": True, "topic_name": "logs"}})
    filled = {"enabled": True, "topic_name": "logs", "destination_region_id": 7, "retention_policy": {"period": 30}}
    olds = Record.of(inputs).update(explicit=frozenset({"logging"})).into({**inputs, "logging": filled})
    assert not plan.diff(lifecycle, olds, inputs).changes


def test_removing_the_ip_family_does_not_replace_the_load_balancer(stack: FakeStack) -> None:
    balancer = stack.load_balancer(vip_ip_family="ipv4")
    assert not balancer.diff().changes


def test_new_time_limits_are_saved_for_the_delete(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    context = {"urn": urn_of("LoadBalancer", "lb"), "name": "lb", "stack": "dev", "timeouts": {"delete": 60.0}}
    news = Record.of(balancer.inputs).update(resource=context).into(balancer.inputs)
    difference = plan.diff(KINDS["LoadBalancer"], engine_value(balancer.outputs), engine_value(news))
    assert difference.changes and not difference.replaces
    with stack.writes() as sent:
        balancer.inputs = news
        outputs = balancer.update_with_saved_inputs()
    assert sent == []
    assert Record.of(outputs).resource == context


def test_the_error_about_an_update_of_a_deleted_object_recommends_a_refresh(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    stack.by_hand("DELETE", f"/v1/loadbalancers/{balancer.id}")
    with pytest.raises(ObjectFailed, match="pulumi up --refresh"):
        balancer.update(tags={"team": "a"})


def test_a_password_in_a_response_is_redacted(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    password = "$6$canary-of-a-hash"
    body: JsonValue = {"exception_class": "ValidationError", "message": f"user_list: {password} is too weak"}
    stack.inject_fault(
        action="respond", status=400, body=body, method="POST", route="/cloud/v1/lblisteners/{project_id}/{region_id}"
    )
    with pytest.raises(BadRequest) as raised:
        stack.listener(balancer, user_list=[{"username": "admin", "encrypted_password": password}])
    assert password not in str(raised.value)


def test_a_refresh_reads_members_with_values_that_no_program_can_set(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, members=[member()])
    (stored,) = stack.objects("pools")
    changed = [replace(each, weight=0) for each in stored.members]
    stack.emulator.account.put(replace(stored, members=type(stored.members)(changed)))
    assert pool.refresh()
    assert pool.diff(load_balancer_id=balancer.id, members=[member()]).changes


def test_parts_that_gcore_adds_are_no_change_after_a_refresh(stack: FakeStack) -> None:
    """A refresh has only the outputs, which contain parts that Gcore has added and the program has not set."""
    logging = {"enabled": True, "topic_name": "logs"}
    balancer = stack.load_balancer(logging=logging)
    (stored,) = stack.objects("load_balancers")
    filled = {**logging, "destination_region_id": 7, "retention_policy": {"period": 30}}
    stack.emulator.account.put(replace(stored, logging=LoggingSet.model_validate(filled)))
    for _ in range(2):
        assert balancer.refresh()
        assert balancer.outputs["logging"] == filled
        assert balancer.inputs["logging"] == logging
        assert not balancer.diff(logging=logging).changes
    assert balancer.diff(logging={"enabled": True}).changes


@pytest.mark.parametrize("logging", [{}, {"enabled": False}, {"topic_name": "logs"}, {"enabled": True}])
def test_every_form_of_logging_is_no_permanent_change(logging: Mapping[str, object], stack: FakeStack) -> None:
    balancer = stack.load_balancer(logging=logging)
    assert not balancer.diff(logging=logging).changes
    assert balancer.refresh()
    assert not balancer.diff(logging=logging).changes
    assert not balancer.saved_diff().changes


def test_a_retention_policy_without_a_period_counts_as_not_set(stack: FakeStack) -> None:
    """A program can then declare the live value."""
    balancer = stack.load_balancer(logging={"enabled": True, "topic_name": "logs"})
    (stored,) = stack.objects("load_balancers")
    changed = {"enabled": True, "topic_name": "logs", "retention_policy": {"period": None}}
    stack.emulator.account.put(replace(stored, logging=LoggingSet.model_validate(changed)))
    assert balancer.live_properties()["logging"] == {"enabled": True, "topic_name": "logs"}


@pytest.mark.parametrize("topic", ["a..b", "-a", "a-", "A", "a_b", "a" * 224])
def test_a_topic_name_that_the_api_rejects_is_an_error_in_the_preview(topic: str, stack: FakeStack) -> None:
    (finding,) = stack.findings("LoadBalancer", {"logging": {"enabled": True, "topic_name": topic}})
    assert finding.property == "logging.topic_name"


def test_a_response_without_a_flavor_causes_no_resize(stack: FakeStack) -> None:
    """A resize cuts all connections."""
    balancer = stack.load_balancer(flavor="lb1-1-2")
    body: JsonValue = stack.by_hand("GET", f"/v1/loadbalancers/{balancer.id}")
    assert isinstance(body, dict)
    body["flavor"] = None
    stack.respond_to_reads_with("/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}", body)
    assert balancer.refresh()
    assert stack.fault_counts == [1]
    assert not balancer.diff(flavor="lb1-1-2").changes


def test_the_order_of_users_is_no_change(stack: FakeStack) -> None:
    ann, bob = ({"username": name, "encrypted_password": "hash"} for name in ("ann", "bob"))
    balancer = stack.load_balancer()
    program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    listener = stack.create("Listener", "it", **program, user_list=[ann, bob])
    (stored,) = stack.objects("listeners")
    stack.emulator.account.put(replace(stored, user_list=tuple(reversed(stored.user_list))))
    assert listener.refresh()
    assert not listener.diff(**program, user_list=[ann, bob]).changes
    assert listener.diff(**program, user_list=[bob]).changes
    assert listener.diff(**program, user_list=[{**ann, "encrypted_password": "other"}, bob]).changes
