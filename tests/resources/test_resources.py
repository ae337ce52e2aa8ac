"""What a program's arguments become: names, types, secrets, URNs, time limits."""

from __future__ import annotations

import inspect
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

import gcore_tls_provider
from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    RevocationList,
    Secret,
    from_file,
)
from gcore_tls_provider.resources.resource import GcoreResource, duration
from tests.fake_engine.account import LIFECYCLES
from tests.resources.declared import FACTS, GCORE, PROJECT, STACK, Declared, Program, run

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"
ID = "0a000000-0000-4000-8000-000000000001"

Declare = Callable[[str, pulumi.ResourceOptions | None], GcoreResource]

# The smallest of each kind.
KINDS: Mapping[str, Declare] = {
    "Secret": lambda name, opts: Secret(name, payload="YWJj", opts=opts),
    "ListenerCertificate": lambda name, opts: ListenerCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "ClientCertificate": lambda name, opts: ClientCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "CertificateAuthority": lambda name, opts: CertificateAuthority(name, certificate=PEM, opts=opts),
    "RevocationList": lambda name, opts: RevocationList(name, revocation_list=PEM, opts=opts),
    "LoadBalancer": lambda name, opts: LoadBalancer(name, opts=opts),
    "Listener": lambda name, opts: Listener(name, load_balancer=ID, opts=opts),
    "Pool": lambda name, opts: Pool(name, load_balancer=ID, opts=opts),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def declared(write: Callable[[], object]) -> Declared:
    """The one resource of a program."""
    (only,) = run(write).declared.values()
    return only


class TestEveryKind:
    @every_kind
    def test_type_and_urn(self, kind: str) -> None:
        made = declared(lambda: KINDS[kind]("it", None))
        assert made.type == f"{GCORE}{kind}"
        assert made.urn == f"urn:pulumi:{STACK}::{PROJECT}::{GCORE}{kind}::it"
        assert made.context == {
            "urn": made.urn,
            "name": "it",
            "stack": STACK,
            "timeouts": {},
            "errors_deferred": False,
            "reports_errors_of": [],
            "settled": False,
        }

    @every_kind
    def test_what_is_not_set_is_no_input(self, kind: str) -> None:
        made = declared(lambda: KINDS[kind]("it", None))
        signature = inspect.signature(getattr(gcore_tls_provider, kind).__init__)
        required = [each for each in signature.parameters.values() if each.default is inspect.Parameter.empty]
        certificates = ("ListenerCertificate", "ClientCertificate")
        extra = {"certificate", "private_key"} if kind in certificates else set()
        given = {"load_balancer"} if kind == "Pool" else {each.name for each in required}
        expected = (given | extra) - {"self", "resource_name"}
        assert set(made.inputs) == {"load_balancer_id" if name == "load_balancer" else name for name in expected}

    @every_kind
    def test_what_is_the_providers_own_is_one_text_each(self, kind: str) -> None:
        """The engine logs each part of each property, each time that it hands it on."""
        request: Any = declared(lambda: KINDS[kind]("it", None)).request
        internal = {name: each for name, each in rpc.deserialize_properties(request.object).items() if name[:2] == "__"}
        assert {"__context", "__provider"} <= internal.keys()
        assert {name: type(value) for name, value in internal.items()} == dict.fromkeys(internal, str)

    @every_kind
    def test_its_inputs_are_those_of_its_lifecycle(self, kind: str) -> None:
        """Each argument of the constructor gets to the provider under the name that it is known by there."""
        renamed = {
            ("Listener", "load_balancer"): "load_balancer_id",
            ("Listener", "certificate"): "secret_id",
            ("Listener", "sni_certificates"): "sni_secret_id",
            ("Pool", "load_balancer"): "load_balancer_id",
            ("Pool", "listener"): "listener_id",
            ("Pool", "ca"): "ca_secret_id",
            ("Pool", "client_certificate"): "secret_id",
            ("Pool", "crl"): "crl_secret_id",
        }
        arguments = set(inspect.signature(getattr(gcore_tls_provider, kind).__init__).parameters)
        # `related_certificates` is a list of resources, whose public material goes to the rules.
        arguments -= {"self", "resource_name", "opts", "related_certificates"}
        names = {renamed.get((kind, argument), argument) for argument in arguments}
        placement = {"existing_id", "provider_config", "project_id", "region_id"}
        assert names == set(LIFECYCLES[kind].inputs.model_fields) | placement

    @every_kind
    def test_its_urn_has_all_its_parents(self, kind: str) -> None:
        def write() -> None:
            outer = pulumi.ComponentResource("shop:web:Outer", "outer")
            inner = pulumi.ComponentResource("shop:web:Inner", "inner", None, pulumi.ResourceOptions(parent=outer))
            middle = KINDS[kind]("middle", pulumi.ResourceOptions(parent=inner))
            KINDS[kind]("it", pulumi.ResourceOptions(parent=middle))

        made = run(write).declared
        types = f"shop:web:Outer$shop:web:Inner${GCORE}{kind}"
        assert made["middle"].context["urn"] == made["middle"].urn
        assert made["middle"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{types}::middle"
        assert made["it"].context["urn"] == made["it"].urn
        assert made["it"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{types}${GCORE}{kind}::it"

    @every_kind
    def test_its_time_limits(self, kind: str) -> None:
        limits = pulumi.CustomTimeouts(create="1h30m", delete="90s")
        made = declared(lambda: KINDS[kind]("it", pulumi.ResourceOptions(custom_timeouts=limits)))
        assert made.context["timeouts"] == {"create": 5400.0, "delete": 90.0}

    @every_kind
    def test_its_provider_is_no_secret_and_named_in_clear(self, kind: str) -> None:
        request: Any = declared(lambda: KINDS[kind]("it", None)).request
        assert f"{kind}Provider".encode() in b64decode(request.object.fields["__provider"].string_value)

    @every_kind
    def test_get_reads_and_changes_nothing(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        program = run(lambda: cls.get("existing", ID).id)
        made = program.declared["existing"]
        assert made.is_read
        assert made.read_id == ID
        assert made.inputs == {}
        assert made.type == f"{GCORE}{kind}"
        assert program.value == ID

    @every_kind
    def test_get_knows_its_id_in_a_preview(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        assert run(lambda: cls.get("existing", ID).id, preview=True).value == ID

    @every_kind
    def test_every_output_is_declared(self, kind: str) -> None:
        """And one that the provider gives under that name arrives."""
        cls: Any = getattr(gcore_tls_provider, kind)
        names = {
            name
            for each in cls.__mro__
            for name, annotation in inspect.get_annotations(each).items()
            if str(annotation).startswith("pulumi.Output")
        }
        assert "name" in names
        shown = sorted(names & FACTS.keys())

        def write() -> list[object]:
            made = KINDS[kind]("it", None)
            return [getattr(made, name) for name in shown]

        if kind == "Pool":
            # What the program doesn't set comes from the provider.
            assert "listener_id" in shown
        assert run(write).value == [FACTS[name] for name in shown]


# For each kind all that it takes, and which of it is secret.
SECRETS: Mapping[str, tuple[Callable[[], object], frozenset[str]]] = {
    "Secret": (lambda: Secret("it", payload="YWJj", mode="cbc"), frozenset({"payload"})),
    "ListenerCertificate": (
        lambda: ListenerCertificate(
            "it",
            certificate=PEM,
            private_key=KEY,
            certificate_chain=PEM,
            private_key_passphrase="x",
            pkcs12=b"\x30\x82",
            pkcs12_password="x",
            name="mine",
        ),
        frozenset(
            {
                "certificate",
                "private_key",
                "certificate_chain",
                "private_key_passphrase",
                "pkcs12",
                "pkcs12_password",
            }
        ),
    ),
    "ClientCertificate": (
        lambda: ClientCertificate(
            "it", certificate=PEM, private_key=KEY, pkcs12=PEM, pkcs12_password="x", format="PEM"
        ),
        frozenset({"certificate", "private_key", "pkcs12", "pkcs12_password"}),
    ),
    "CertificateAuthority": (lambda: CertificateAuthority("it", certificate=PEM), frozenset({"certificate"})),
    "RevocationList": (
        lambda: RevocationList("it", revocation_list=PEM, ca=PEM, name="mine"),
        frozenset({"revocation_list", "ca"}),
    ),
    "Listener": (
        lambda: Listener("it", load_balancer=ID, user_list=[{"username": "ann", "encrypted_password": "x"}]),
        frozenset({"user_list"}),
    ),
    "LoadBalancer": (lambda: LoadBalancer("it", tags={"a": "1"}), frozenset()),
    "Pool": (lambda: Pool("it", load_balancer=ID, members=[]), frozenset()),
}


@pytest.mark.parametrize("kind", SECRETS)
def test_what_is_secret(kind: str) -> None:
    """All material, public or not: a private key that was put in its place by mistake must not be shown either."""
    write, secret = SECRETS[kind]
    assert declared(write).secret == secret


def test_a_users_list_is_a_secret_output_too() -> None:
    request: Any = declared(SECRETS["Listener"][0]).request
    assert list(request.additionalSecretOutputs) == ["user_list"]


def test_the_users_own_options_stay() -> None:
    opts = pulumi.ResourceOptions(protect=True, additional_secret_outputs=["name"])
    request: Any = declared(lambda: Listener("it", load_balancer=ID, opts=opts)).request
    assert request.protect
    assert set(request.additionalSecretOutputs) == {"user_list", "name"}
    assert opts.additional_secret_outputs == ["name"]


class TestMaterial:
    @pytest.mark.parametrize(
        ("given", "arrives"),
        [
            (PEM, PEM),
            (PEM.encode(), PEM),
            (b"\x30\x82\x01\x00", b64encode(b"\x30\x82\x01\x00").decode()),
            (pulumi.Output.from_input(PEM), PEM),
            (pulumi.Output.secret(PEM), PEM),
        ],
        ids=["text", "bytes of text", "bytes", "output", "secret"],
    )
    def test_as_users_have_it(self, given: Any, arrives: str) -> None:
        made = declared(lambda: CertificateAuthority("it", certificate=given))
        assert made.inputs["certificate"] == arrives
        assert "certificate" in made.secret

    def test_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text(PEM)
        (tmp_path / "ca.der").write_bytes(b"\x30\x82\x01\x00")
        (tmp_path / "empty.pem").touch()
        assert from_file(tmp_path / "ca.pem") == PEM
        assert from_file(str(tmp_path / "ca.der")) == b64encode(b"\x30\x82\x01\x00").decode()
        assert from_file(tmp_path / "empty.pem") == ""

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(pulumi.RunError, match=r"ca\.pem") as caught:
            from_file(tmp_path / "ca.pem")
        assert caught.value.__cause__ is None


class TestReferences:
    def test_resources_or_ids(self) -> None:
        def write() -> None:
            balancer = LoadBalancer("lb")
            one, two = (KINDS["ListenerCertificate"](name, None) for name in ("one", "two"))
            assert isinstance(one, ListenerCertificate)
            assert isinstance(two, ListenerCertificate)
            listener = Listener("listener", load_balancer=balancer, certificate=one, sni_certificates=[two, ID])
            Pool(
                "pool",
                load_balancer=balancer,
                listener=listener,
                ca=CertificateAuthority("ca", certificate=PEM),
                client_certificate=ClientCertificate("client", certificate=PEM, private_key=KEY),
                crl=RevocationList("crl", revocation_list=PEM),
            )
            Pool("by-id", listener=ID, ca=ID, client_certificate=pulumi.Output.from_input(ID), crl=ID)

        made = run(write).declared
        assert made["listener"].inputs == {
            "load_balancer_id": "lb-id",
            "secret_id": "one-id",
            "sni_secret_id": ["two-id", ID],
        }
        assert made["pool"].inputs == {
            "load_balancer_id": "lb-id",
            "listener_id": "listener-id",
            "ca_secret_id": "ca-id",
            "secret_id": "client-id",
            "crl_secret_id": "crl-id",
        }
        assert made["by-id"].inputs == dict.fromkeys(("listener_id", "ca_secret_id", "secret_id", "crl_secret_id"), ID)

    def test_members_and_monitors_may_hold_outputs(self) -> None:
        def write() -> None:
            address = pulumi.Output.from_input("10.0.0.1")
            Pool(
                "pool",
                load_balancer=ID,
                members=[{"address": address, "protocol_port": pulumi.Output.from_input(443)}],
                health_monitor={"type": "TCP", "delay": pulumi.Output.from_input(10), "timeout": 5, "max_retries": 3},
            )

        made = declared(write)
        assert made.inputs["members"] == [{"address": "10.0.0.1", "protocol_port": 443}]
        assert made.inputs["health_monitor"]["delay"] == 10


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("1m0.5s", 60.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5min", "-5m", "1h 30m", "m5", "5m!"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(pulumi.RunError, match="is not a duration"):
        duration(text)


def test_a_wrong_duration_ends_the_program() -> None:
    limits = pulumi.CustomTimeouts(create="soon")
    with pytest.raises(pulumi.RunError, match="custom_timeouts: 'soon' is not a duration"):
        run(lambda: LoadBalancer("it", opts=pulumi.ResourceOptions(custom_timeouts=limits)))


def test_the_harness_runs_what_it_is_given() -> None:
    """Else no test here could fail."""

    def write() -> pulumi.Output[str]:
        def fail(name: str) -> str:
            raise AssertionError(name)

        return LoadBalancer("it").id.apply(fail)

    with pytest.raises(AssertionError, match="it-id"):
        run(write)
    assert run(lambda: "done") == Program(value="done")
