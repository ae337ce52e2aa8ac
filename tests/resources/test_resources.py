"""Inputs that a program's arguments become: names, types, secrets, URNs, timeouts."""

from __future__ import annotations

import inspect
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown
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
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.pulumi_internals import pending_operations
from gcore_tls_provider.resources.resource import GcoreResource, parse_duration
from tests.resources.declared import GCORE, OUTPUTS, PROJECT, STACK, Declared, Program, run

PEM = "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n"
ID = "0a000000-0000-4000-8000-000000000001"

Declare = Callable[[str, pulumi.ResourceOptions | None], GcoreResource]

# Every kind with its required arguments only.
PROGRAMS: Mapping[str, Declare] = {
    "Secret": lambda name, opts: Secret(name, payload="YWJj", opts=opts),
    "ListenerCertificate": lambda name, opts: ListenerCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "ClientCertificate": lambda name, opts: ClientCertificate(name, certificate=PEM, private_key=KEY, opts=opts),
    "CertificateAuthority": lambda name, opts: CertificateAuthority(name, certificate=PEM, opts=opts),
    "RevocationList": lambda name, opts: RevocationList(name, revocation_list=PEM, opts=opts),
    "LoadBalancer": lambda name, opts: LoadBalancer(name, opts=opts),
    "Listener": lambda name, opts: Listener(name, load_balancer=ID, opts=opts),
    "Pool": lambda name, opts: Pool(name, load_balancer=ID, opts=opts),
}
every_kind = pytest.mark.parametrize("kind", PROGRAMS)


def declared(write: Callable[[], object]) -> Declared:
    """Return the only resource of a program."""
    (only,) = run(write).declared.values()
    return only


class TestEveryKind:
    @every_kind
    def test_provider_gets_the_urn_and_the_description_of_the_resource(self, kind: str) -> None:
        resource = declared(lambda: PROGRAMS[kind]("it", None))
        assert resource.type == f"{GCORE}{kind}"
        assert resource.urn == f"urn:pulumi:{STACK}::{PROJECT}::{GCORE}{kind}::it"
        assert resource.context == {
            "urn": resource.urn,
            "name": "it",
            "stack": STACK,
            "timeouts": {},
            "errors_deferred": False,
            "reports_errors_of": [],
            "settled": False,
        }

    @every_kind
    def test_unset_arguments_are_no_inputs(self, kind: str) -> None:
        resource = declared(lambda: PROGRAMS[kind]("it", None))
        signature = inspect.signature(getattr(gcore_tls_provider, kind).__init__)
        required = [each for each in signature.parameters.values() if each.default is inspect.Parameter.empty]
        certificates = ("ListenerCertificate", "ClientCertificate")
        extra = {"certificate", "private_key"} if kind in certificates else set()
        given = {"load_balancer"} if kind == "Pool" else {each.name for each in required}
        expected = (given | extra) - {"self", "resource_name"}
        assert set(resource.inputs) == {"load_balancer_id" if name == "load_balancer" else name for name in expected}

    @every_kind
    def test_hidden_record_is_the_only_hidden_input_and_its_parts_are_texts(self, kind: str) -> None:
        """The engine logs each part of each property whenever it passes the property on."""
        resource = declared(lambda: PROGRAMS[kind]("it", None))
        request: Any = resource.request
        properties = rpc.deserialize_properties(request.object)
        assert {name for name in properties if name.startswith("__")} == {"__gcore", "__provider"}
        parts = dict(resource.record)
        assert parts.pop("v") == 1
        expected = {"resource", "nonce"} | ({"references"} if kind in ("Listener", "Pool") else set())
        assert {name: type(value) for name, value in parts.items()} == dict.fromkeys(expected, str)
        assert re.fullmatch("[0-9a-f]{16}", parts["nonce"])

    @every_kind
    def test_nonce_is_unknown_in_a_preview_and_absent_after_get(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)

        def write() -> None:
            PROGRAMS[kind]("it", None)
            cls.get("existing", ID)

        resources = run(write, preview=True).declared
        assert isinstance(resources["it"].record["nonce"], Unknown)
        assert "nonce" not in resources["existing"].record

    @every_kind
    def test_unknown_argument_is_rejected_by_name(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        required = {"load_balancer": ID} if kind in ("Listener", "Pool") else {}
        required |= {"payload": "YWJj"} if kind == "Secret" else {}
        required |= {"certificate": PEM} if kind == "CertificateAuthority" else {}
        required |= {"revocation_list": PEM} if kind == "RevocationList" else {}
        with pytest.raises(TypeError, match=rf"{kind}\(\) got an unexpected keyword argument 'region'"):
            run(lambda: cls("it", **required, region=7))
        with pytest.raises(TypeError, match=rf"{kind}\.get\(\) got an unexpected keyword argument 'region'"):
            run(lambda: cls.get("it", ID, region=7))

    @every_kind
    def test_signature_and_docstring_list_the_shared_arguments(self, kind: str) -> None:
        constructor = getattr(gcore_tls_provider, kind).__init__
        arguments = list(inspect.signature(constructor).parameters)
        assert arguments[-1] == "opts"
        assert {"provider_config", "project_id", "region_id", "name", "existing_id"} <= set(arguments)
        for each in set(arguments) - {"self"}:
            assert re.search(rf"^    {each}: \S", str(inspect.getdoc(constructor)), re.MULTILINE), each
        assert "shared" not in str(inspect.getdoc(constructor))

    @every_kind
    def test_arguments_match_the_inputs_model_of_the_kind(self, kind: str) -> None:
        """The provider gets each argument of the constructor under the name of its inputs model."""
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
        # `related_certificates` is a list of resources, whose certificates the rules read.
        arguments -= {"self", "resource_name", "opts", "related_certificates"}
        names = {renamed.get((kind, argument), argument) for argument in arguments}
        placement = {"existing_id", "provider_config", "project_id", "region_id"}
        assert names == set(KINDS[kind].inputs.model_fields) | placement

    @every_kind
    def test_urn_contains_the_types_of_all_parents(self, kind: str) -> None:
        def write() -> None:
            outer = pulumi.ComponentResource("shop:web:Outer", "outer")
            inner = pulumi.ComponentResource("shop:web:Inner", "inner", None, pulumi.ResourceOptions(parent=outer))
            middle = PROGRAMS[kind]("middle", pulumi.ResourceOptions(parent=inner))
            PROGRAMS[kind]("it", pulumi.ResourceOptions(parent=middle))

        resources = run(write).declared
        types = f"shop:web:Outer$shop:web:Inner${GCORE}{kind}"
        assert resources["middle"].context["urn"] == resources["middle"].urn
        assert resources["middle"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{types}::middle"
        assert resources["it"].context["urn"] == resources["it"].urn
        assert resources["it"].urn == f"urn:pulumi:{STACK}::{PROJECT}::{types}${GCORE}{kind}::it"

    @every_kind
    def test_custom_timeouts_reach_the_provider_in_seconds(self, kind: str) -> None:
        limits = pulumi.CustomTimeouts(create="1h30m", delete="90s")
        resource = declared(lambda: PROGRAMS[kind]("it", pulumi.ResourceOptions(custom_timeouts=limits)))
        assert resource.context["timeouts"] == {"create": 5400.0, "delete": 90.0}

    @every_kind
    def test_pickled_provider_is_plaintext_and_no_secret(self, kind: str) -> None:
        request: Any = declared(lambda: PROGRAMS[kind]("it", None)).request
        assert f"{kind}Provider".encode() in b64decode(request.object.fields["__provider"].string_value)

    @every_kind
    def test_get_reads_the_object_without_inputs(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        program = run(lambda: cls.get("existing", ID).id)
        resource = program.declared["existing"]
        assert resource.is_read
        assert resource.read_id == ID
        assert resource.inputs == {}
        assert resource.type == f"{GCORE}{kind}"
        assert program.value == ID

    @every_kind
    def test_get_knows_the_id_in_a_preview(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        assert run(lambda: cls.get("existing", ID).id, preview=True).value == ID

    @every_kind
    def test_declared_outputs_resolve_to_values_of_the_provider(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        names = {
            name
            for each in cls.__mro__
            for name, annotation in inspect.get_annotations(each).items()
            if str(annotation).startswith("pulumi.Output")
        }
        assert "name" in names
        shown = sorted(names & OUTPUTS.keys())

        def write() -> list[object]:
            resource = PROGRAMS[kind]("it", None)
            return [getattr(resource, name) for name in shown]

        if kind == "Pool":
            # The provider returns values that the program does not set.
            assert "listener_id" in shown
        assert run(write).value == [OUTPUTS[name] for name in shown]


# Every kind with its material, and the names of the secret inputs.
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
def test_all_material_is_secret(kind: str) -> None:
    """Certificates are secret too: a user can pass a private key in their place by mistake."""
    write, secret = SECRETS[kind]
    assert declared(write).secret == secret


def test_subclass_with_its_own_constructor_accepts_shared_arguments() -> None:
    class Web(LoadBalancer, module="gcore", name="LoadBalancer"):
        def __init__(self, name: str, flavor: str) -> None:
            super().__init__(name, flavor=flavor, region_id=7)

    assert declared(lambda: Web("it", "lb1-1-2")).inputs == {"flavor": "lb1-1-2", "region_id": 7}


def test_related_certificate_of_the_wrong_class_is_an_error() -> None:
    wrong: Any = [LoadBalancer]
    with pytest.raises(pulumi.RunError, match="related_certificates contains a type, but must contain"):
        run(lambda: Listener("it", load_balancer=ID, related_certificates=wrong))


def test_user_list_is_a_secret_output() -> None:
    request: Any = declared(SECRETS["Listener"][0]).request
    assert list(request.additionalSecretOutputs) == ["user_list"]


def test_options_of_the_user_are_kept_and_not_modified() -> None:
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
    def test_material_is_accepted_as_text_bytes_and_outputs(self, given: Any, arrives: str) -> None:
        resource = declared(lambda: CertificateAuthority("it", certificate=given))
        assert resource.inputs["certificate"] == arrives
        assert "certificate" in resource.secret

    def test_from_file_returns_pem_or_base64(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text(PEM)
        (tmp_path / "ca.der").write_bytes(b"\x30\x82\x01\x00")
        (tmp_path / "empty.pem").touch()
        assert from_file(tmp_path / "ca.pem") == PEM
        assert from_file(str(tmp_path / "ca.der")) == b64encode(b"\x30\x82\x01\x00").decode()
        assert from_file(tmp_path / "empty.pem") == ""

    def test_from_file_starts_reading_the_state_of_a_pulumi_program(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Programs read their files before they declare the first resource."""
        started: list[bool] = []
        monkeypatch.setattr(pending_operations, "start_reading", lambda: started.append(True))
        (tmp_path / "ca.pem").write_text(PEM)
        from_file(tmp_path / "ca.pem")
        assert started == []
        monkeypatch.setattr(pending_operations, "is_pulumi_program", lambda: True)
        from_file(tmp_path / "ca.pem")
        assert started == [True]

    def test_from_file_names_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(pulumi.RunError, match=r"ca\.pem") as caught:
            from_file(tmp_path / "ca.pem")
        assert caught.value.__cause__ is None


class TestReferences:
    def test_references_accept_resources_and_ids(self) -> None:
        def write() -> None:
            balancer = LoadBalancer("lb")
            one, two = (PROGRAMS["ListenerCertificate"](name, None) for name in ("one", "two"))
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

        resources = run(write).declared
        assert resources["listener"].inputs == {
            "load_balancer_id": "lb-id",
            "secret_id": "one-id",
            "sni_secret_id": ["two-id", ID],
        }
        assert resources["pool"].inputs == {
            "load_balancer_id": "lb-id",
            "listener_id": "listener-id",
            "ca_secret_id": "ca-id",
            "secret_id": "client-id",
            "crl_secret_id": "crl-id",
        }
        assert resources["by-id"].inputs == dict.fromkeys(
            ("listener_id", "ca_secret_id", "secret_id", "crl_secret_id"), ID
        )

    def test_members_and_health_monitors_can_contain_outputs(self) -> None:
        def write() -> None:
            address = pulumi.Output.from_input("10.0.0.1")
            Pool(
                "pool",
                load_balancer=ID,
                members=[{"address": address, "protocol_port": pulumi.Output.from_input(443)}],
                health_monitor={"type": "TCP", "delay": pulumi.Output.from_input(10), "timeout": 5, "max_retries": 3},
            )

        resource = declared(write)
        assert resource.inputs["members"] == [{"address": "10.0.0.1", "protocol_port": 443}]
        assert resource.inputs["health_monitor"]["delay"] == 10


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
def test_duration_is_parsed_to_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5min", "-5m", "1h 30m", "m5", "5m!"])
def test_text_that_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(pulumi.RunError, match="is not a duration"):
        parse_duration(text)


def test_invalid_custom_timeout_ends_the_program() -> None:
    limits = pulumi.CustomTimeouts(create="soon")
    with pytest.raises(pulumi.RunError, match="custom_timeouts: 'soon' is not a duration"):
        run(lambda: LoadBalancer("it", opts=pulumi.ResourceOptions(custom_timeouts=limits)))


def test_run_executes_the_program_and_its_callbacks() -> None:
    """Otherwise no test here could fail."""

    def write() -> pulumi.Output[str]:
        def fail(name: str) -> str:
            raise AssertionError(name)

        return LoadBalancer("it").id.apply(fail)

    with pytest.raises(AssertionError, match="it-id"):
        run(write)
    assert run(lambda: "done") == Program(value="done")
