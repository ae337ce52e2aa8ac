"""The adapters between the engine and the lifecycles, in this process."""

from __future__ import annotations

import pickletools
import sys
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dill  # type: ignore[import-untyped]  # it ships no types
import pytest
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _serialize

from gcore_tls_provider import providers
from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.dynamic import handlers, process
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError, Unauthorized
from gcore_tls_provider.hidden_inputs import RECORD, VERSION, to_json
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties, ResourceInputs, error_finding
from gcore_tls_provider.lifecycle.kind import Kind, LiveObject
from gcore_tls_provider.lifecycle.plan import CheckOutcome, Diff
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.resources.listener import Listener
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.pool import Pool
from gcore_tls_provider.resources.pool_tls_attachment import PoolTlsAttachment, PoolTlsSnapshot
from gcore_tls_provider.resources.resource import GcoreResource
from gcore_tls_provider.resources.secrets import (
    CertificateAuthority,
    ClientCertificate,
    ListenerCertificate,
    RevocationList,
    Secret,
)

CANARY = "1234$canary"
URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/gcore:Secret::it"
RESOURCE: dict[str, Any] = {"urn": URN, "name": "it", "stack": "dev", "timeouts": {}}
SAVED: dict[str, Any] = {RECORD: {"v": VERSION, "resource": to_json(RESOURCE), "nonce": "a"}}
EXPORT = "gcore_tls_provider.pulumi_internals.stack_export.export_stack"

# What stands in every user's state: the pickle's payload after its two bytes of protocol, in base64.
SERIALIZED = {
    "SecretProvider": ("lTYAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwOU2VjcmV0UHJvdmlkZXKUk5QpgZQu"),
    "ListenerCertificateProvider": (
        "lUMAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwbTGlzdGVuZXJDZXJ0aWZpY2F0ZVByb3ZpZGVylJOUKYGULg=="
    ),
    "ClientCertificateProvider": (
        "lUEAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwZQ2xpZW50Q2VydGlmaWNhdGVQcm92aWRlcpSTlCmBlC4="
    ),
    "CertificateAuthorityProvider": (
        "lUQAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwcQ2VydGlmaWNhdGVBdXRob3JpdHlQcm92aWRlcpSTlCmBlC4="
    ),
    "RevocationListProvider": (
        "lT4AAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwWUmV2b2NhdGlvbkxpc3RQcm92aWRlcpSTlCmBlC4="
    ),
    "LoadBalancerProvider": (
        "lTwAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwUTG9hZEJhbGFuY2VyUHJvdmlkZXKUk5QpgZQu"
    ),
    "ListenerProvider": ("lTgAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwQTGlzdGVuZXJQcm92aWRlcpSTlCmBlC4="),
    "PoolProvider": ("lTQAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwMUG9vbFByb3ZpZGVylJOUKYGULg=="),
    "PoolTlsAttachmentProvider": (
        "lUEAAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwZUG9vbFRsc0F0dGFjaG1lbnRQcm92aWRlcpSTlCmBlC4="
    ),
    "PoolTlsSnapshotProvider": (
        "lT8AAAAAAAAAjBxnY29yZV90bHNfcHJvdmlkZXIucHJvdmlkZXJzlIwXUG9vbFRsc1NuYXBzaG90UHJvdmlkZXKUk5QpgZQu"
    ),
}

RESOURCES: Mapping[str, type[GcoreResource]] = {
    "SecretProvider": Secret,
    "ListenerCertificateProvider": ListenerCertificate,
    "ClientCertificateProvider": ClientCertificate,
    "CertificateAuthorityProvider": CertificateAuthority,
    "RevocationListProvider": RevocationList,
    "LoadBalancerProvider": LoadBalancer,
    "ListenerProvider": Listener,
    "PoolProvider": Pool,
    "PoolTlsAttachmentProvider": PoolTlsAttachment,
    "PoolTlsSnapshotProvider": PoolTlsSnapshot,
}


def serialized(provider: ResourceProvider) -> str:
    """As the SDK writes it into `__provider`."""
    text, contains_secrets = _serialize(True, serialize_provider, provider)
    assert contains_secrets is False
    return str(text)


class TestSerialized:
    def test_every_provider_is_here(self) -> None:
        there = {
            name for name, each in vars(providers).items() if isinstance(each, type) and name.endswith("Provider")
        } - {"ResourceProvider", "_Provider"}
        assert there == set(SERIALIZED) == set(RESOURCES)

    @pytest.mark.parametrize("name", RESOURCES)
    def test_it_is_in_every_users_state(self, name: str) -> None:
        """Another value would show as a change of every resource that exists."""
        text = serialized(getattr(providers, name)())
        assert b64encode(b64decode(text)[2:]).decode() == SERIALIZED[name]
        assert len(text) < 200

    @pytest.mark.parametrize("name", RESOURCES)
    def test_it_is_a_reference_and_nothing_else(self, name: str) -> None:
        provider = getattr(providers, name)()
        raw = b64decode(serialized(provider))
        strings = [argument for _, argument, _ in pickletools.genops(raw) if isinstance(argument, str)]
        assert strings == ["gcore_tls_provider.providers", name]
        assert type(dill.loads(raw)) is type(provider)
        assert vars(provider) == {}

    @pytest.mark.parametrize("name", RESOURCES)
    def test_configuring_it_leaves_nothing_in_it(self, name: str, configured: Callable[..., None]) -> None:
        provider = getattr(providers, name)()
        before = serialized(provider)
        configured(provider)
        assert serialized(provider) == before

    @pytest.mark.parametrize("name", RESOURCES)
    def test_it_is_no_secret(self, name: str) -> None:
        """As a secret it would be encrypted anew in every run."""
        assert getattr(providers, name).serialize_as_secret_always is False

    @pytest.mark.parametrize("name", RESOURCES)
    def test_whose_it_is(self, name: str, provider_of: ProviderOf) -> None:
        resource = RESOURCES[name]
        assert resource._dynamic_provider is getattr(providers, name)
        assert resource._resource_type_name == f"dynamic/gcore:{name.removesuffix('Provider')}"


class Teapot(ResourceInputs):
    """Inputs of a kind that exists in this test only."""

    shape: str | None = None


@dataclass
class RecordingLifecycle:
    """Stands for `plan` and `apply`: returns or raises what a test wants, and records what it gets."""

    raises: BaseException | None = None
    outcome: CheckOutcome = field(default_factory=lambda: CheckOutcome({}, ()))
    received: list[Any] = field(default_factory=list)

    def check(self, kind: object, session: object, context: object, certificates: object, *bags: object) -> object:
        self._record(bags)
        return self.outcome

    def diff(self, kind: object, olds: object, news: object, object_id: str) -> Diff:
        self._record((olds, news))
        return Diff(changes=False)

    def create(self, kind: object, session: object, context: object, properties: object) -> object:
        return self._record(properties)

    def read(self, kind: object, session: object, context: object, object_id: str, properties: object) -> None:
        self._record((object_id, properties))

    def update(self, kind: object, session: object, context: object, *arguments: object) -> object:
        return self._record(arguments)

    def delete(self, kind: object, session: object, context: object, *arguments: object) -> None:
        self._record(arguments)

    def _record(self, arguments: object) -> object:
        self.received.append(arguments)
        if self.raises is not None:
            try:
                raise KeyError(CANARY)
            except KeyError as cause:
                raise self.raises from cause
        return arguments


class TeapotKind(Kind[Teapot]):
    """A kind without fields; the recording lifecycle stands before its verbs."""

    name = "teapot"
    inputs = Teapot
    fields = ()

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        raise AssertionError("not called")

    def update_object(
        self, operation: Operation, object_id: str, olds: Properties, inputs: Teapot, fields: Sequence[Field]
    ) -> LiveObject:
        raise AssertionError("not called")

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        raise AssertionError("not called")


ProviderOf = Callable[[RecordingLifecycle], handlers.Handlers]


@pytest.fixture
def provider_of(monkeypatch: pytest.MonkeyPatch) -> ProviderOf:
    """The handlers of a kind, in front of a recording lifecycle."""

    def make(lifecycle: RecordingLifecycle) -> handlers.Handlers:
        monkeypatch.setattr(handlers, "plan", lifecycle)
        monkeypatch.setattr(handlers, "apply", lifecycle)
        return handlers.Handlers(TeapotKind())

    return make


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configures a provider as the engine does, in a process that has no session yet."""
    monkeypatch.setattr(process, "_process", None)
    monkeypatch.setattr(sys, "argv", ["provider"])
    monkeypatch.setattr(EXPORT, lambda _stack: b'{"deployment": {}}')
    # Set first, so that it is put back as it was afterwards.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.delenv(process.DEBUG, raising=False)
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)

    def configure(provider: handlers.Handlers, **values: str) -> None:
        config = {f"gcore:{key}": value for key, value in {"apiKey": CANARY, **values}.items()}
        provider.configure(ConfigureRequest(Config(config, "shop")))

    return configure


HANDLERS: Mapping[str, Callable[[handlers.Handlers], object]] = {
    "check": lambda provider: provider.check({}, {}),
    "diff": lambda provider: provider.diff("id", {}, {}),
    "create": lambda provider: provider.create(SAVED),
    "read": lambda provider: provider.read("id", SAVED),
    "update": lambda provider: provider.update("id", SAVED, SAVED),
    "delete": lambda provider: provider.delete("id", SAVED),
}
every_handler = pytest.mark.parametrize("handler", HANDLERS)


class TestErrors:
    @every_handler
    def test_one_of_ours_comes_without_its_causes(
        self, handler: str, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        """The engine would print them too."""
        error = Unauthorized("read secret 1", "Gcore answered 401", "Check the API key.")
        provider = provider_of(RecordingLifecycle(raises=error))
        configured(provider)
        with pytest.raises(GcoreTlsError) as caught:
            HANDLERS[handler](provider)
        assert caught.value is error
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert CANARY not in "".join(traceback.format_exception(caught.value))

    @every_handler
    def test_an_unforeseen_one_says_its_kind_only(
        self, handler: str, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        provider = provider_of(RecordingLifecycle(raises=ValueError(f"bad key {CANARY}")))
        configured(provider)
        with pytest.raises(GcoreTlsError) as caught:
            HANDLERS[handler](provider)
        printed = "".join(traceback.format_exception(caught.value))
        assert CANARY not in printed
        assert "Unexpected ValueError" in printed
        assert f"{process.DEBUG}=1" in printed
        assert caught.value.__cause__ is None

    @every_handler
    def test_debugging_shows_all_of_it(
        self, handler: str, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        error = ValueError(f"bad key {CANARY}")
        provider = provider_of(RecordingLifecycle(raises=error))
        configured(provider)
        monkeypatch.setenv(process.DEBUG, "1")
        with pytest.raises(ValueError, match="bad key") as caught:
            HANDLERS[handler](provider)
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize(("debug", "limit"), [("", 0), ("0", 0), ("1", 1000), ("yes", 1000)])
    def test_a_traceback_is_one_line_unless_debugging(
        self,
        debug: str,
        limit: int,
        configured: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
        provider_of: ProviderOf,
    ) -> None:
        monkeypatch.setenv(process.DEBUG, debug)
        configured(provider_of(RecordingLifecycle()))
        assert sys.tracebacklimit == limit

    def test_a_wrong_configuration(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        with pytest.raises(ConfigurationError, match="gcore:parallel"):
            configured(provider_of(RecordingLifecycle()), parallel="many")

    @pytest.mark.parametrize("handler", ["check", "create", "read", "update", "delete"])
    def test_before_it_was_configured(
        self, handler: str, monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        monkeypatch.setattr(process, "_process", None)
        with pytest.raises(GcoreTlsError, match="before it was configured"):
            HANDLERS[handler](provider_of(RecordingLifecycle()))


class TestValues:
    def test_unknown_values_on_their_way_in(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        lifecycle = RecordingLifecycle()
        provider = provider_of(lifecycle)
        configured(provider)
        unknown = Unknown()  # type: ignore[no-untyped-call]  # the SDK's class has no types
        news = {"a": rpc.UNKNOWN, "b": [{"c": unknown}, 1.0], "d": "text", "e": {"f": (rpc.UNKNOWN,)}}
        plain = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1.0], "d": "text", "e": {"f": [UNKNOWN]}}
        provider.check({"y": rpc.UNKNOWN}, news)
        provider.diff("id", {"z": 1.0}, news)
        assert lifecycle.received == [({"y": UNKNOWN}, plain), ({"z": 1.0}, plain)]

    def test_unknown_values_on_their_way_out(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        inputs = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1], "d": "text"}
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome(inputs, ())))
        configured(provider)
        result = provider.check({}, {})
        assert result.inputs == {"a": rpc.UNKNOWN, "b": [{"c": rpc.UNKNOWN}, 1], "d": "text"}
        assert result.failures == []

    def test_findings(
        self, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        """Errors are failures, named in their reason only: the engine would print the property's value."""
        warned: list[tuple[str, str]] = []
        monkeypatch.setattr(
            "gcore_tls_provider.pulumi_internals.engine_client.EngineClient.warn",
            lambda _self, urn, text: warned.append((urn, text)),
        )
        warning = Finding("SOON", "warning", "certificate", "It expires soon.", "Renew it.")
        error = error_finding("private_key", "KEY_MISMATCH", "It is another's.", "Give the right one.")
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome({}, (warning, error))))
        configured(provider)
        result = provider.check({}, SAVED)
        failures = [(each.property, each.reason) for each in result.failures]
        assert failures == [("", "private_key: It is another's. Give the right one. [KEY_MISMATCH]")]
        assert warned == [(URN, "certificate: It expires soon. Renew it. [SOON]")]

    @pytest.mark.parametrize("settled", [True, False])
    def test_the_state_is_read_unless_the_program_says_that_nothing_is_under_way(
        self, settled: bool, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        read: list[str] = []

        def export(stack: str) -> bytes:
            read.append(stack)
            return b'{"deployment": {}}'

        monkeypatch.setattr(EXPORT, export)
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome({}, ())))
        configured(provider)
        news = {RECORD: {"v": VERSION, "resource": to_json({**RESOURCE, "settled": settled})}}
        provider.check({}, news)
        provider.diff("id", {}, news)
        assert read == ([] if settled else ["dev"])

    def test_an_object_that_is_gone(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        provider = provider_of(RecordingLifecycle())
        configured(provider)
        result = provider.read("id", SAVED)
        assert (result.id, result.outs) == ("", {})

    def test_one_session_for_all_providers(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        configured(provider_of(RecordingLifecycle()), projectId="1")
        session = process._process
        configured(provider_of(RecordingLifecycle()), projectId="2")
        assert process._process is session
