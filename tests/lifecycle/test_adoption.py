"""Adoption: findings of the preview, requests, and objects that stay unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.errors import ObjectFailed
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.session import Session
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, MONITOR, FakeStack, Resource, engine_value, member, urn_of

Program = dict[str, object]


def _secret(stack: FakeStack) -> tuple[str, Program]:
    properties: Program = {"payload": "YWJj", "secret_type": "opaque"}
    return stack.create("Secret", "foreign", **properties).id, properties


def _listener_certificate(stack: FakeStack) -> tuple[str, Program]:
    return stack.listener_certificate("foreign").id, {**stack.material.pem(stack.material.server)}


def _client_certificate(stack: FakeStack) -> tuple[str, Program]:
    return stack.client_certificate("foreign").id, {**stack.material.pem(stack.material.client)}


def _ca(stack: FakeStack) -> tuple[str, Program]:
    return stack.ca("foreign").id, {"certificate": stack.material.ca.certificate_pem}


def _crl(stack: FakeStack) -> tuple[str, Program]:
    return stack.crl("foreign").id, {"revocation_list": stack.material.crl}


def _load_balancer(stack: FakeStack) -> tuple[str, Program]:
    properties: Program = {"flavor": "lb1-1-2", "tags": {"owner": "them"}}
    return stack.load_balancer("foreign", **properties).id, properties


def _listener(stack: FakeStack) -> tuple[str, Program]:
    balancer = stack.load_balancer("foreign-lb")
    properties: Program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    return stack.create("Listener", "foreign", **properties).id, properties


def _pool(stack: FakeStack) -> tuple[str, Program]:
    balancer = stack.load_balancer("foreign-lb")
    properties: Program = {
        "load_balancer_id": balancer.id,
        "protocol": "HTTP",
        "members": [member()],
        "health_monitor": dict(MONITOR),
    }
    return stack.create("Pool", "foreign", **properties).id, properties


FOREIGN: Mapping[str, Callable[[FakeStack], tuple[str, Program]]] = {
    "Secret": _secret,
    "ListenerCertificate": _listener_certificate,
    "ClientCertificate": _client_certificate,
    "CertificateAuthority": _ca,
    "RevocationList": _crl,
    "LoadBalancer": _load_balancer,
    "Listener": _listener,
    "Pool": _pool,
}
every_kind = pytest.mark.parametrize("kind", FOREIGN)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.property, each.code) for each in findings]


def foreign_object(stack: FakeStack, kind: str) -> tuple[FakeStack, str, Program]:
    """Return an object of somebody else, and a stack whose state does not contain it."""
    id_, properties = FOREIGN[kind](stack)
    clean = stack.next_run()
    clean.engine.ids.clear()
    return clean, id_, properties


def adopt(stack: FakeStack, kind: str, id_: str, properties: Program) -> tuple[Resource, list[SentRequest]]:
    with stack.writes() as sent:
        resource = stack.create(kind, "it", **properties, existing_id=id_)
    return resource, sent


def test_every_adoptable_kind_has_a_case() -> None:
    assert set(FOREIGN) == {kind for kind, lifecycle in KINDS.items() if lifecycle.adoptable}


@every_kind
def test_a_matching_object_is_adopted_without_a_write(kind: str, stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, kind)
    findings = stack.findings(kind, {**properties, "existing_id": id_})
    assert {each.severity for each in findings} == {"warning"}
    assert codes(findings)[0] == ("existing_id", "ADOPTION")
    assert not [each for each in findings if each.code == "ADOPTION_CHANGES"]
    before = len(stack.objects("secrets")) + len(stack.objects("pools"))
    resource, sent = adopt(stack, kind, id_, properties)
    assert sent == []
    assert resource.id == id_
    assert len(stack.objects("secrets")) + len(stack.objects("pools")) == before
    assert str(resource.outputs["name"]).startswith("foreign-")
    assert not resource.diff(**properties, existing_id=id_).changes
    assert resource.refresh()
    assert not resource.saved_diff().changes


@every_kind
def test_existing_id_can_be_removed_after_the_adoption(kind: str, stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, kind)
    resource, _ = adopt(stack, kind, id_, properties)
    with stack.requests() as sent:
        assert not resource.diff(**properties).changes
        assert not resource.diff(**properties, existing_id=id_.upper()).changes
    assert sent == []
    assert resource.refresh()
    assert not resource.diff(**properties).changes
    resource.delete()
    assert not resource.refresh()


@every_kind
def test_a_check_sends_one_get_before_the_adoption_and_none_after_it(kind: str, stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, kind)
    with stack.requests() as sent:
        stack.findings(kind, {**properties, "existing_id": id_})
    assert [each.method for each in sent] == ["GET"]
    resource, _ = adopt(stack, kind, id_, properties)
    with stack.requests() as sent:
        assert stack.findings(kind, {**properties, "existing_id": id_}, resource.inputs) == ()
    assert sent == []


@every_kind
def test_a_missing_object_is_an_error(kind: str, stack: FakeStack) -> None:
    stack, _, properties = foreign_object(stack, kind)
    findings = stack.findings(kind, {**properties, "existing_id": MISSING_ID})
    assert codes(findings) == [("existing_id", "ADOPTION_MISSING")]
    assert findings[0].severity == "error"


@every_kind
def test_another_existing_id_replaces_the_resource(kind: str, stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, kind)
    resource, _ = adopt(stack, kind, id_, properties)
    stack.engine.urns_by_id[id_] = urn_of(kind, "it")
    difference = resource.diff(**properties, existing_id=MISSING_ID)
    assert difference.replaces == ("existing_id",)
    assert not difference.delete_before_replace
    findings = stack.findings(kind, {**properties, "existing_id": MISSING_ID}, resource.inputs)
    assert ("existing_id", "ADOPTION_OF_ANOTHER") in codes(findings)


def test_the_id_of_an_object_that_the_stack_created_is_no_change(stack: FakeStack) -> None:
    balancer = stack.load_balancer("it")
    later = stack.next_run()
    later.engine.urns_by_id[balancer.id] = urn_of("LoadBalancer", "it")
    assert later.findings("LoadBalancer", {"existing_id": balancer.id}, balancer.inputs) == ()
    assert not balancer.diff(existing_id=balancer.id).changes


POOL_CHANGES: Mapping[str, tuple[Program, list[str], list[str]]] = {
    "a field": ({"lb_algorithm": "SOURCE_IP"}, ["lb_algorithm"], ["PATCH"]),
    "a name": ({"name": "mine"}, ["name"], ["PATCH"]),
    "members": ({"members": [member(), member("10.0.0.12")]}, ["members"], ["POST"]),
    "members that are not set": ({"members": None}, ["members"], ["DELETE"]),
    "the health monitor": ({"health_monitor": {**MONITOR, "delay": 20}}, ["health_monitor"], ["PATCH"]),
    "a health monitor that is not set": ({"health_monitor": None}, [], []),
    "several fields": (
        {"lb_algorithm": "SOURCE_IP", "members": [member(weight=7)]},
        ["lb_algorithm", "members"],
        ["PATCH", "PATCH"],
    ),
}


@pytest.mark.parametrize(("changed", "differs", "methods"), POOL_CHANGES.values(), ids=POOL_CHANGES)
def test_each_different_field_is_reported_and_updated(
    changed: Program, differs: list[str], methods: list[str], stack: FakeStack
) -> None:
    stack, id_, properties = foreign_object(stack, "Pool")
    program = {name: value for name, value in {**properties, **changed}.items() if value is not None}
    findings = stack.findings("Pool", {**program, "existing_id": id_})
    assert [each.property for each in findings if each.code == "ADOPTION_CHANGES"] == differs
    assert {each.severity for each in findings} == {"warning"}
    resource, sent = adopt(stack, "Pool", id_, program)
    assert [each.method for each in sent] == methods
    assert not resource.diff(**program).changes
    assert resource.refresh()
    assert not resource.diff(**program).changes


def test_the_finding_about_a_change_shows_both_values(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "Pool")
    findings = stack.findings("Pool", {**properties, "lb_algorithm": "SOURCE_IP", "existing_id": id_})
    (change,) = (each for each in findings if each.code == "ADOPTION_CHANGES")
    assert change.sentence == 'Adoption changes it from "ROUND_ROBIN" to "SOURCE_IP".'


def test_findings_do_not_show_the_passwords_of_users(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "Listener")
    users = [{"username": "ann", "encrypted_password": "canary"}]
    findings = stack.findings("Listener", {**properties, "user_list": users, "existing_id": id_})
    assert ("user_list", "ADOPTION_CHANGES") in codes(findings)
    assert "canary" not in repr(findings)


UNCHANGEABLE: Mapping[str, tuple[str, Program, str]] = {
    "another load balancer": ("Listener", {"load_balancer_id": MISSING_ID}, "load_balancer"),
    "another load balancer of a pool": ("Pool", {"load_balancer_id": MISSING_ID}, "load_balancer"),
    "another port": ("Listener", {"protocol_port": 81}, "protocol_port"),
    "another protocol": ("Listener", {"protocol": "TCP"}, "protocol"),
    "another listener of a pool": ("Pool", {"listener_id": MISSING_ID}, "listener"),
    "another VIP port": ("LoadBalancer", {"vip_port_id": MISSING_ID}, "vip_port_id"),
    "another name of a secret": ("CertificateAuthority", {"name": "mine"}, "name"),
    "another type of a secret": ("Secret", {"secret_type": "private"}, "secret_type"),
}


@pytest.mark.parametrize(("kind", "changed", "where"), UNCHANGEABLE.values(), ids=UNCHANGEABLE)
def test_a_difference_that_cannot_be_changed_is_an_error_without_a_write(
    kind: str, changed: Program, where: str, stack: FakeStack
) -> None:
    stack, id_, properties = foreign_object(stack, kind)
    program = {**properties, **changed, "existing_id": id_}
    errors = [each for each in stack.findings(kind, program) if each.severity == "error"]
    assert [(each.property, each.code) for each in errors] == [(where, "ADOPTION_DIFFERS")]
    # A value that is unknown in the preview can reveal the difference only in the create.
    inputs = engine_value(stack.check(kind, {}, stack.program_inputs(kind, "it", program)).inputs)
    with stack.writes() as sent, pytest.raises(ObjectFailed, match=f"adopt .* {id_}: .* cannot be changed in place"):
        stack.create_outside_state(kind, inputs)
    assert sent == []


def test_a_secret_of_another_type_cannot_be_adopted_as_a_certificate(stack: FakeStack) -> None:
    stack, id_, _ = foreign_object(stack, "Secret")
    properties = {"certificate": stack.material.ca.certificate_pem, "existing_id": id_}
    findings = stack.findings("CertificateAuthority", properties)
    assert codes(findings) == [("existing_id", "ADOPTION_UNFIT")]
    assert "'opaque'" in str(findings[0])


def test_adoption_of_a_certificate_warns_that_its_content_is_not_compared(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "CertificateAuthority")
    findings = stack.findings("CertificateAuthority", {**properties, "existing_id": id_})
    assert codes(findings) == [("existing_id", "ADOPTION"), ("existing_id", "ADOPTION_TRUSTED")]
    assert "content_sha256" in str(findings[1])


@pytest.mark.parametrize(
    ("status", "code", "severity"),
    [("operating_status", "ADOPTED_OBJECT_UNHEALTHY", "warning"), ("provisioning_status", "ADOPTION_UNFIT", "error")],
)
def test_the_error_status_of_an_object_is_reported(status: str, code: str, severity: str, stack: FakeStack) -> None:
    clean, id_, properties = foreign_object(stack, "LoadBalancer")
    body = clean.by_hand("GET", f"/v1/loadbalancers/{id_}")
    assert isinstance(body, dict)
    route = "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"
    clean.inject_fault(action="respond", method="GET", route=route, status=200, body={**body, status: "ERROR"})
    found = {each.code: each for each in clean.findings("LoadBalancer", {**properties, "existing_id": id_})}
    assert f"it is in {status.replace('_', ' ')} ERROR" in found[code].sentence
    assert found[code].severity == severity


def test_unknown_values_are_listed_and_the_others_are_compared(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "Pool")
    program = {**properties, "load_balancer_id": UNKNOWN, "ca_secret_id": UNKNOWN, "lb_algorithm": "SOURCE_IP"}
    findings = stack.findings("Pool", {**program, "existing_id": id_})
    assert ("lb_algorithm", "ADOPTION_CHANGES") in codes(findings)
    (unknown,) = (each for each in findings if each.code == "ADOPTION_UNKNOWN")
    assert unknown.sentence.startswith("ca_secret_id, load_balancer_id")
    findings = stack.findings("Pool", {**properties, "existing_id": UNKNOWN})
    assert codes(findings) == [("existing_id", "ADOPTION_UNKNOWN")]


def test_a_malformed_existing_id_is_an_error(stack: FakeStack) -> None:
    findings = stack.findings("LoadBalancer", {"existing_id": "web"})
    assert codes(findings) == [("existing_id", "NOT_AN_ID")]


def test_a_preview_without_an_api_key_warns_that_nothing_was_compared(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "LoadBalancer")
    keyless = Session.start(Configuration(project_id=11, region_id=22), stack.engine, clock=stack.clock)
    bag = stack.program_inputs("LoadBalancer", "it", {**properties, "existing_id": id_})
    checked = replace(stack, session=keyless).check("LoadBalancer", {}, bag)
    assert [(each.code, each.severity) for each in checked.findings] == [("ADOPTION_NOT_COMPARED", "warning")]
    assert "gcore:apiKey" in str(checked.findings[0])


def test_a_failed_read_is_an_error(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "LoadBalancer")
    stack.inject_fault(method="GET", action="respond", status=403)
    findings = stack.findings("LoadBalancer", {**properties, "existing_id": id_})
    assert codes(findings) == [("existing_id", "ADOPTION_NOT_READ")]
    assert findings[0].severity == "error"


class TestObjectsThatAreManagedAlready:
    def test_an_object_of_another_resource_is_an_error(self, stack: FakeStack) -> None:
        stack, id_, properties = foreign_object(stack, "LoadBalancer")
        stack.engine.urns_by_id[id_] = urn_of("LoadBalancer", "other")
        findings = stack.findings("LoadBalancer", {**properties, "existing_id": id_})
        assert codes(findings) == [("existing_id", "ADOPTED_TWICE")]
        assert urn_of("LoadBalancer", "other") in str(findings[0])
        inputs = {**engine_value(stack.program_inputs("LoadBalancer", "it", properties)), "existing_id": id_}
        with pytest.raises(ObjectFailed, match="managed by"):
            stack.create_outside_state("LoadBalancer", inputs)

    def test_a_second_resource_with_the_same_id_is_an_error(self, stack: FakeStack) -> None:
        stack, id_, properties = foreign_object(stack, "LoadBalancer")
        adopt(stack, "LoadBalancer", id_, properties)
        bag = stack.program_inputs("LoadBalancer", "other", {**properties, "existing_id": id_})
        findings = stack.check("LoadBalancer", {}, bag).findings
        assert codes(findings) == [("existing_id", "ADOPTED_TWICE")]

    def test_an_unreadable_state_stops_the_adoption(self, stack: FakeStack) -> None:
        stack, id_, properties = foreign_object(stack, "LoadBalancer")
        stack.engine.readable = False
        with stack.writes() as sent, pytest.raises(ObjectFailed, match="pulumi stack export"):
            adopt(stack, "LoadBalancer", id_, properties)
        assert sent == []

    @pytest.mark.parametrize("kind", ["LoadBalancer", "CertificateAuthority"])
    def test_a_replacement_creates_a_new_object(self, kind: str, stack: FakeStack) -> None:
        """The engine creates the new object, then deletes the old one: they must be different objects."""
        stack, id_, properties = foreign_object(stack, kind)
        adopt(stack, kind, id_, properties)
        later = stack.next_run()
        later.engine.urns_by_id[id_] = urn_of(kind, "it")
        findings = later.findings(kind, {**properties, "existing_id": id_})
        assert codes(findings) == [("existing_id", "EXISTING_ID_IGNORED")]
        new, _ = adopt(later, kind, id_, properties)
        assert new.id != id_
        assert not new.diff(**properties, existing_id=id_).changes


def test_the_next_run_finishes_a_partial_adoption(stack: FakeStack) -> None:
    stack, id_, properties = foreign_object(stack, "Pool")
    program = {**properties, "lb_algorithm": "SOURCE_IP", "members": [member("10.0.0.12")]}
    stack.inject_fault(method="POST", nth=1, action="respond", status=403)
    with pytest.raises(Exception, match="403"):
        adopt(stack, "Pool", id_, program)
    assert [each.id for each in stack.objects("pools")] == [id_]
    later = stack.next_run()
    resource, sent = adopt(later, "Pool", id_, program)
    assert [each.method for each in sent] == ["POST", "DELETE"]
    assert not resource.diff(**program).changes
