"""Adoption: what the preview says, what is sent, and which objects are left alone."""

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
from tests.fake_engine.account import MONITOR, NOWHERE, Resource, World, as_engine, member, urn_of
from tests.fake_engine.requests import Sent

Program = dict[str, object]


def _secret(world: World) -> tuple[str, Program]:
    properties: Program = {"payload": "YWJj", "secret_type": "opaque"}
    return world.create("Secret", "foreign", **properties).id, properties


def _listener_certificate(world: World) -> tuple[str, Program]:
    return world.listener_certificate("foreign").id, {**world.material.pem(world.material.server)}


def _client_certificate(world: World) -> tuple[str, Program]:
    return world.client_certificate("foreign").id, {**world.material.pem(world.material.client)}


def _authority(world: World) -> tuple[str, Program]:
    return world.ca("foreign").id, {"certificate": world.material.ca.certificate_pem}


def _list(world: World) -> tuple[str, Program]:
    return world.crl("foreign").id, {"revocation_list": world.material.crl}


def _load_balancer(world: World) -> tuple[str, Program]:
    properties: Program = {"flavor": "lb1-1-2", "tags": {"owner": "them"}}
    return world.load_balancer("foreign", **properties).id, properties


def _listener(world: World) -> tuple[str, Program]:
    balancer = world.load_balancer("foreign-lb")
    properties: Program = {"load_balancer_id": balancer.id, "protocol": "HTTP", "protocol_port": 80}
    return world.create("Listener", "foreign", **properties).id, properties


def _pool(world: World) -> tuple[str, Program]:
    balancer = world.load_balancer("foreign-lb")
    properties: Program = {
        "load_balancer_id": balancer.id,
        "protocol": "HTTP",
        "members": [member()],
        "health_monitor": dict(MONITOR),
    }
    return world.create("Pool", "foreign", **properties).id, properties


FOREIGN: Mapping[str, Callable[[World], tuple[str, Program]]] = {
    "Secret": _secret,
    "ListenerCertificate": _listener_certificate,
    "ClientCertificate": _client_certificate,
    "CertificateAuthority": _authority,
    "RevocationList": _list,
    "LoadBalancer": _load_balancer,
    "Listener": _listener,
    "Pool": _pool,
}
every_kind = pytest.mark.parametrize("kind", FOREIGN)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.property, each.code) for each in findings]


def foreign(world: World, kind: str) -> tuple[World, str, Program]:
    """An object of somebody else, as a stack sees it that has none of it."""
    id_, properties = FOREIGN[kind](world)
    clean = world.another_run()
    clean.host.ids.clear()
    return clean, id_, properties


def adopt(world: World, kind: str, id_: str, properties: Program) -> tuple[Resource, list[Sent]]:
    with world.writes() as sent:
        resource = world.create(kind, "it", **properties, existing_id=id_)
    return resource, sent


def test_all_kinds_are_here() -> None:
    assert set(FOREIGN) == {kind for kind, lifecycle in KINDS.items() if lifecycle.adoptable}


@every_kind
def test_what_is_as_the_program_says_is_adopted_without_a_write(kind: str, world: World) -> None:
    world, id_, properties = foreign(world, kind)
    findings = world.findings(kind, {**properties, "existing_id": id_})
    assert {each.severity for each in findings} == {"warning"}
    assert codes(findings)[0] == ("existing_id", "ADOPTION")
    assert not [each for each in findings if each.code == "ADOPTION_CHANGES"]
    before = len(world.objects("secrets")) + len(world.objects("pools"))
    resource, sent = adopt(world, kind, id_, properties)
    assert sent == []
    assert resource.id == id_
    assert len(world.objects("secrets")) + len(world.objects("pools")) == before
    assert str(resource.outputs["name"]).startswith("foreign-")
    assert not resource.diff(**properties, existing_id=id_).changes
    assert resource.refresh()
    assert not resource.again().changes


@every_kind
def test_afterwards_existing_id_may_go(kind: str, world: World) -> None:
    world, id_, properties = foreign(world, kind)
    resource, _ = adopt(world, kind, id_, properties)
    with world.requests() as sent:
        assert not resource.diff(**properties).changes
        assert not resource.diff(**properties, existing_id=id_.upper()).changes
    assert sent == []
    assert resource.refresh()
    assert not resource.diff(**properties).changes
    resource.delete()
    assert not resource.refresh()


@every_kind
def test_one_get_while_it_is_not_adopted_and_none_later(kind: str, world: World) -> None:
    world, id_, properties = foreign(world, kind)
    with world.requests() as sent:
        world.findings(kind, {**properties, "existing_id": id_})
    assert [each.method for each in sent] == ["GET"]
    resource, _ = adopt(world, kind, id_, properties)
    with world.requests() as sent:
        assert world.findings(kind, {**properties, "existing_id": id_}, resource.inputs) == ()
    assert sent == []


@every_kind
def test_what_is_not_there_is_a_finding(kind: str, world: World) -> None:
    world, _, properties = foreign(world, kind)
    findings = world.findings(kind, {**properties, "existing_id": NOWHERE})
    assert codes(findings) == [("existing_id", "ADOPTION_MISSING")]
    assert findings[0].severity == "error"


@every_kind
def test_another_id_later_is_another_object(kind: str, world: World) -> None:
    world, id_, properties = foreign(world, kind)
    resource, _ = adopt(world, kind, id_, properties)
    world.host.resources[id_] = urn_of(kind, "it")
    difference = resource.diff(**properties, existing_id=NOWHERE)
    assert difference.replaces == ("existing_id",)
    assert not difference.delete_before_replace
    findings = world.findings(kind, {**properties, "existing_id": NOWHERE}, resource.inputs)
    assert ("existing_id", "ADOPTION_OF_ANOTHER") in codes(findings)


def test_the_id_of_what_the_stack_has_made_is_no_change(world: World) -> None:
    balancer = world.load_balancer("it")
    later = world.another_run()
    later.host.resources[balancer.id] = urn_of("LoadBalancer", "it")
    assert later.findings("LoadBalancer", {"existing_id": balancer.id}, balancer.inputs) == ()
    assert not balancer.diff(existing_id=balancer.id).changes


POOL_CHANGES: Mapping[str, tuple[Program, list[str], list[str]]] = {
    "a field": ({"lb_algorithm": "SOURCE_IP"}, ["lb_algorithm"], ["PATCH"]),
    "a name": ({"name": "mine"}, ["name"], ["PATCH"]),
    "members": ({"members": [member(), member("10.0.0.12")]}, ["members"], ["POST"]),
    "members that aren't named": ({"members": None}, ["members"], ["DELETE"]),
    "the health monitor": ({"health_monitor": {**MONITOR, "delay": 20}}, ["health_monitor"], ["PATCH"]),
    "what isn't said": ({"health_monitor": None}, [], []),
    "several": (
        {"lb_algorithm": "SOURCE_IP", "members": [member(weight=7)]},
        ["lb_algorithm", "members"],
        ["PATCH", "PATCH"],
    ),
}


@pytest.mark.parametrize(("said", "differs", "methods"), POOL_CHANGES.values(), ids=POOL_CHANGES)
def test_what_differs_is_shown_field_by_field_and_changed(
    said: Program, differs: list[str], methods: list[str], world: World
) -> None:
    world, id_, properties = foreign(world, "Pool")
    program = {name: value for name, value in {**properties, **said}.items() if value is not None}
    findings = world.findings("Pool", {**program, "existing_id": id_})
    assert [each.property for each in findings if each.code == "ADOPTION_CHANGES"] == differs
    assert {each.severity for each in findings} == {"warning"}
    resource, sent = adopt(world, "Pool", id_, program)
    assert [each.method for each in sent] == methods
    assert not resource.diff(**program).changes
    assert resource.refresh()
    assert not resource.diff(**program).changes


def test_the_sentence_shows_both_values(world: World) -> None:
    world, id_, properties = foreign(world, "Pool")
    findings = world.findings("Pool", {**properties, "lb_algorithm": "SOURCE_IP", "existing_id": id_})
    (change,) = (each for each in findings if each.code == "ADOPTION_CHANGES")
    assert change.sentence == 'Adoption changes it from "ROUND_ROBIN" to "SOURCE_IP".'


def test_passwords_of_users_are_not_shown(world: World) -> None:
    world, id_, properties = foreign(world, "Listener")
    users = [{"username": "ann", "encrypted_password": "canary"}]
    findings = world.findings("Listener", {**properties, "user_list": users, "existing_id": id_})
    assert ("user_list", "ADOPTION_CHANGES") in codes(findings)
    assert "canary" not in repr(findings)


UNCHANGEABLE: Mapping[str, tuple[str, Program, str]] = {
    "another load balancer": ("Listener", {"load_balancer_id": NOWHERE}, "load_balancer"),
    "another load balancer of a pool": ("Pool", {"load_balancer_id": NOWHERE}, "load_balancer"),
    "another port": ("Listener", {"protocol_port": 81}, "protocol_port"),
    "another protocol": ("Listener", {"protocol": "TCP"}, "protocol"),
    "a listener that isn't its own": ("Pool", {"listener_id": NOWHERE}, "listener"),
    "another VIP port": ("LoadBalancer", {"vip_port_id": NOWHERE}, "vip_port_id"),
    "another name of a secret": ("CertificateAuthority", {"name": "mine"}, "name"),
    "another type of a secret": ("Secret", {"secret_type": "private"}, "secret_type"),
}


@pytest.mark.parametrize(("kind", "said", "where"), UNCHANGEABLE.values(), ids=UNCHANGEABLE)
def test_what_cannot_be_changed_is_an_error_and_nothing_is_written(
    kind: str, said: Program, where: str, world: World
) -> None:
    world, id_, properties = foreign(world, kind)
    program = {**properties, **said, "existing_id": id_}
    errors = [each for each in world.findings(kind, program) if each.severity == "error"]
    assert [(each.property, each.code) for each in errors] == [(where, "ADOPTION_DIFFERS")]
    # What was unknown in the preview may turn out so in the create alone.
    inputs = as_engine(world.check(kind, {}, world.bag(kind, "it", program)).inputs)
    with world.writes() as sent, pytest.raises(ObjectFailed, match=f"adopt .* {id_}: .* cannot be changed in place"):
        world.create_from(kind, inputs)
    assert sent == []


def test_a_secret_of_another_type_is_no_certificate(world: World) -> None:
    world, id_, _ = foreign(world, "Secret")
    properties = {"certificate": world.material.ca.certificate_pem, "existing_id": id_}
    findings = world.findings("CertificateAuthority", properties)
    assert codes(findings) == [("existing_id", "ADOPTION_UNFIT")]
    assert "'opaque'" in str(findings[0])


def test_a_secrets_content_is_trusted_and_that_is_said(world: World) -> None:
    world, id_, properties = foreign(world, "CertificateAuthority")
    findings = world.findings("CertificateAuthority", {**properties, "existing_id": id_})
    assert codes(findings) == [("existing_id", "ADOPTION"), ("existing_id", "ADOPTION_TRUSTED")]
    assert "content_sha256" in str(findings[1])


@pytest.mark.parametrize(
    ("status", "code", "severity"),
    [("operating_status", "ADOPTED_OBJECT_UNHEALTHY", "warning"), ("provisioning_status", "ADOPTION_UNFIT", "error")],
)
def test_one_in_error_is_shown_as_such(status: str, code: str, severity: str, world: World) -> None:
    clean, id_, properties = foreign(world, "LoadBalancer")
    body = clean.by_hand("GET", f"/v1/loadbalancers/{id_}")
    assert isinstance(body, dict)
    route = "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"
    clean.fault(action="respond", method="GET", route=route, status=200, body={**body, status: "ERROR"})
    said = {each.code: each for each in clean.findings("LoadBalancer", {**properties, "existing_id": id_})}
    assert f"it is in {status.replace('_', ' ')} ERROR" in said[code].sentence
    assert said[code].severity == severity


def test_unknown_values_are_named_and_the_rest_is_compared(world: World) -> None:
    world, id_, properties = foreign(world, "Pool")
    program = {**properties, "load_balancer_id": UNKNOWN, "ca_secret_id": UNKNOWN, "lb_algorithm": "SOURCE_IP"}
    findings = world.findings("Pool", {**program, "existing_id": id_})
    assert ("lb_algorithm", "ADOPTION_CHANGES") in codes(findings)
    (unknown,) = (each for each in findings if each.code == "ADOPTION_UNKNOWN")
    assert unknown.sentence.startswith("ca_secret_id, load_balancer_id")
    findings = world.findings("Pool", {**properties, "existing_id": UNKNOWN})
    assert codes(findings) == [("existing_id", "ADOPTION_UNKNOWN")]


def test_an_id_that_is_none(world: World) -> None:
    findings = world.findings("LoadBalancer", {"existing_id": "web"})
    assert codes(findings) == [("existing_id", "NOT_AN_ID")]


def test_a_preview_without_a_key_warns_that_nothing_was_compared(world: World) -> None:
    world, id_, properties = foreign(world, "LoadBalancer")
    keyless = Session.start(Configuration(project_id=11, region_id=22), world.host, clock=world.clock)
    bag = world.bag("LoadBalancer", "it", {**properties, "existing_id": id_})
    checked = replace(world, session=keyless).check("LoadBalancer", {}, bag)
    assert [(each.code, each.severity) for each in checked.findings] == [("ADOPTION_NOT_COMPARED", "warning")]
    assert "gcore:apiKey" in str(checked.findings[0])


def test_a_fault_of_gcore_is_an_error(world: World) -> None:
    world, id_, properties = foreign(world, "LoadBalancer")
    world.fault(method="GET", action="respond", status=403)
    findings = world.findings("LoadBalancer", {**properties, "existing_id": id_})
    assert codes(findings) == [("existing_id", "ADOPTION_NOT_READ")]
    assert findings[0].severity == "error"


class TestNotTwice:
    def test_what_another_resource_manages(self, world: World) -> None:
        world, id_, properties = foreign(world, "LoadBalancer")
        world.host.resources[id_] = urn_of("LoadBalancer", "other")
        findings = world.findings("LoadBalancer", {**properties, "existing_id": id_})
        assert codes(findings) == [("existing_id", "ADOPTED_TWICE")]
        assert urn_of("LoadBalancer", "other") in str(findings[0])
        inputs = {**as_engine(world.bag("LoadBalancer", "it", properties)), "existing_id": id_}
        with pytest.raises(ObjectFailed, match="managed by"):
            world.create_from("LoadBalancer", inputs)

    def test_two_resources_of_one_run(self, world: World) -> None:
        world, id_, properties = foreign(world, "LoadBalancer")
        adopt(world, "LoadBalancer", id_, properties)
        bag = world.bag("LoadBalancer", "other", {**properties, "existing_id": id_})
        findings = world.check("LoadBalancer", {}, bag).findings
        assert codes(findings) == [("existing_id", "ADOPTED_TWICE")]

    def test_a_state_that_cannot_be_read_stops_the_adoption(self, world: World) -> None:
        world, id_, properties = foreign(world, "LoadBalancer")
        world.host.readable = False
        with world.writes() as sent, pytest.raises(ObjectFailed, match="pulumi stack export"):
            adopt(world, "LoadBalancer", id_, properties)
        assert sent == []

    @pytest.mark.parametrize("kind", ["LoadBalancer", "CertificateAuthority"])
    def test_a_replacement_makes_a_new_one(self, kind: str, world: World) -> None:
        """The engine asks for a create of what it then deletes the old one of: that must not be the same object."""
        world, id_, properties = foreign(world, kind)
        adopt(world, kind, id_, properties)
        later = world.another_run()
        later.host.resources[id_] = urn_of(kind, "it")
        findings = later.findings(kind, {**properties, "existing_id": id_})
        assert codes(findings) == [("existing_id", "EXISTING_ID_IGNORED")]
        new, _ = adopt(later, kind, id_, properties)
        assert new.id != id_
        assert not new.diff(**properties, existing_id=id_).changes


def test_a_run_that_died_in_the_middle_goes_on(world: World) -> None:
    world, id_, properties = foreign(world, "Pool")
    program = {**properties, "lb_algorithm": "SOURCE_IP", "members": [member("10.0.0.12")]}
    world.fault(method="POST", nth=1, action="respond", status=403)
    with pytest.raises(Exception, match="403"):
        adopt(world, "Pool", id_, program)
    assert [each.id for each in world.objects("pools")] == [id_]
    later = world.another_run()
    resource, sent = adopt(later, "Pool", id_, program)
    assert [each.method for each in sent] == ["POST", "DELETE"]
    assert not resource.diff(**program).changes
