"""Registration of resources: types, URNs, inputs, signatures and outputs of every kind."""

from __future__ import annotations

import inspect
import re
from base64 import b64decode
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

import gcore_tls_provider
from gcore_tls_provider import Listener, LoadBalancer
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.resources.kinds import ID, PEM, PROGRAMS, every_kind, only_resource
from tests.resources.program import GCORE, OUTPUTS, PROJECT, STACK, ProgramResult, run


class TestEveryKind:
    @every_kind
    def test_provider_gets_the_urn_and_the_description_of_the_resource(self, kind: str) -> None:
        resource = only_resource(lambda: PROGRAMS[kind]("it", None))
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
    def test_unset_arguments_are_not_inputs(self, kind: str) -> None:
        resource = only_resource(lambda: PROGRAMS[kind]("it", None))
        signature = inspect.signature(getattr(gcore_tls_provider, kind).__init__)
        required = [each for each in signature.parameters.values() if each.default is inspect.Parameter.empty]
        certificates = ("ListenerCertificate", "ClientCertificate")
        extra = {"certificate", "private_key"} if kind in certificates else set()
        given = {"load_balancer"} if kind == "Pool" else {each.name for each in required}
        expected = (given | extra) - {"self", "resource_name"}
        assert set(resource.inputs) == {"load_balancer_id" if name == "load_balancer" else name for name in expected}

    @every_kind
    def test_record_is_the_only_hidden_input_of_the_package_and_its_parts_are_strings(self, kind: str) -> None:
        """The engine logs each part of each property whenever it passes the property on."""
        resource = only_resource(lambda: PROGRAMS[kind]("it", None))
        request: Any = resource.request
        properties = rpc.deserialize_properties(request.object)
        assert {name for name in properties if name.startswith("__")} == {"__gcore", "__provider"}
        parts = dict(resource.record)
        assert parts.pop("v") == 1
        expected = {"resource", "nonce"} | ({"references"} if kind in ("Listener", "Pool") else set())
        assert {name: type(value) for name, value in parts.items()} == dict.fromkeys(expected, str)
        assert re.fullmatch("[0-9a-f]{16}", parts["nonce"])

    @every_kind
    def test_nonce_is_unknown_in_a_preview_and_absent_for_get(self, kind: str) -> None:
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
    def test_pickled_provider_is_plaintext_and_not_a_secret(self, kind: str) -> None:
        request: Any = only_resource(lambda: PROGRAMS[kind]("it", None)).request
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
    def test_get_returns_the_id_in_a_preview(self, kind: str) -> None:
        cls: Any = getattr(gcore_tls_provider, kind)
        assert run(lambda: cls.get("existing", ID).id, preview=True).value == ID

    @every_kind
    def test_outputs_resolve_to_the_values_of_the_provider(self, kind: str) -> None:
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


def test_subclass_with_its_own_constructor_accepts_shared_arguments() -> None:
    class Web(LoadBalancer, module="gcore", name="LoadBalancer"):
        def __init__(self, name: str, flavor: str) -> None:
            super().__init__(name, flavor=flavor, region_id=7)

    assert only_resource(lambda: Web("it", "lb1-1-2")).inputs == {"flavor": "lb1-1-2", "region_id": 7}


def test_options_of_the_user_are_kept_and_not_modified() -> None:
    opts = pulumi.ResourceOptions(protect=True, additional_secret_outputs=["name"])
    request: Any = only_resource(lambda: Listener("it", load_balancer=ID, opts=opts)).request
    assert request.protect
    assert set(request.additionalSecretOutputs) == {"user_list", "name"}
    assert opts.additional_secret_outputs == ["name"]


def test_run_executes_the_program_and_its_callbacks() -> None:
    """A mock engine that skipped callbacks would hide failures in all other tests."""

    def write() -> pulumi.Output[str]:
        def fail(name: str) -> str:
            raise AssertionError(name)

        return LoadBalancer("it").id.apply(fail)

    with pytest.raises(AssertionError, match="it-id"):
        run(write)
    assert run(lambda: "done") == ProgramResult(value="done")
