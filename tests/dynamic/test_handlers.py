"""Handlers of the dynamic providers, called in this process."""

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
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties, ResourceInputs
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

# Pickled providers in the state of every user: payload after the two bytes of the protocol, in base64.
PICKLES = {
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


def pickle_of(provider: ResourceProvider) -> str:
    """Return a provider as the SDK writes it into `__provider`."""
    text, contains_secrets = _serialize(True, serialize_provider, provider)
    assert contains_secrets is False
    return str(text)


class TestPickledProviders:
    def test_every_provider_has_a_pickle_and_a_resource_here(self) -> None:
        defined = {
            name for name, each in vars(providers).items() if isinstance(each, type) and name.endswith("Provider")
        } - {"ResourceProvider", "_Provider"}
        assert defined == set(PICKLES) == set(RESOURCES)

    @pytest.mark.parametrize("name", RESOURCES)
    def test_the_pickle_of_a_provider_never_changes(self, name: str) -> None:
        """With another value, Pulumi reports a change of every existing resource."""
        text = pickle_of(getattr(providers, name)())
        assert b64encode(b64decode(text)[2:]).decode() == PICKLES[name]
        assert len(text) < 200

    @pytest.mark.parametrize("name", RESOURCES)
    def test_the_pickle_contains_only_a_reference_to_the_class(self, name: str) -> None:
        provider = getattr(providers, name)()
        raw = b64decode(pickle_of(provider))
        strings = [argument for _, argument, _ in pickletools.genops(raw) if isinstance(argument, str)]
        assert strings == ["gcore_tls_provider.providers", name]
        assert type(dill.loads(raw)) is type(provider)
        assert vars(provider) == {}

    @pytest.mark.parametrize("name", RESOURCES)
    def test_configure_does_not_change_the_pickle(self, name: str, configured: Callable[..., None]) -> None:
        provider = getattr(providers, name)()
        before = pickle_of(provider)
        configured(provider)
        assert pickle_of(provider) == before

    @pytest.mark.parametrize("name", RESOURCES)
    def test_the_pickle_is_not_a_secret(self, name: str) -> None:
        """A secret is encrypted again in every run, so the state would differ each time."""
        assert getattr(providers, name).serialize_as_secret_always is False

    @pytest.mark.parametrize("name", RESOURCES)
    def test_a_provider_belongs_to_the_resource_of_its_name(self, name: str, provider_of: ProviderOf) -> None:
        resource = RESOURCES[name]
        assert resource._dynamic_provider is getattr(providers, name)
        assert resource._resource_type_name == f"dynamic/gcore:{name.removesuffix('Provider')}"


class Teapot(ResourceInputs):
    """Inputs of a kind that exists only in this test."""

    shape: str | None = None


@dataclass
class RecordingLifecycle:
    """Substitute for `plan` and `apply`: it returns or raises a given value, and records its arguments."""

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
    """Kind without fields, whose verbs the recording lifecycle replaces."""

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
    """Return a function that creates handlers of a kind on top of a recording lifecycle."""

    def create(lifecycle: RecordingLifecycle) -> handlers.Handlers:
        monkeypatch.setattr(handlers, "plan", lifecycle)
        monkeypatch.setattr(handlers, "apply", lifecycle)
        return handlers.Handlers(TeapotKind())

    return create


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that configures a provider as the engine does, in a process without a session."""
    monkeypatch.setattr(process, "_process", None)
    monkeypatch.setattr(sys, "argv", ["provider"])
    monkeypatch.setattr(EXPORT, lambda _stack: b'{"deployment": {}}')
    # Set the limit first, so that monkeypatch restores it after the test.
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
    def test_an_error_of_this_package_is_raised_without_its_causes(
        self, handler: str, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        """The engine prints the causes of an error too."""
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
    def test_an_unexpected_error_shows_only_its_type(
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
    def test_an_unexpected_error_is_raised_unchanged_while_debugging(
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

    def test_an_invalid_configuration_value_raises_configuration_error(
        self, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        with pytest.raises(ConfigurationError, match="gcore:parallel"):
            configured(provider_of(RecordingLifecycle()), parallel="many")

    @pytest.mark.parametrize("handler", ["check", "create", "read", "update", "delete"])
    def test_a_handler_fails_before_configure(
        self, handler: str, monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        monkeypatch.setattr(process, "_process", None)
        with pytest.raises(GcoreTlsError, match="before it was configured"):
            HANDLERS[handler](provider_of(RecordingLifecycle()))


class TestValues:
    def test_check_and_diff_convert_unknown_values_of_the_engine(
        self, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        lifecycle = RecordingLifecycle()
        provider = provider_of(lifecycle)
        configured(provider)
        unknown = Unknown()  # type: ignore[no-untyped-call]  # the SDK's class has no types
        news = {"a": rpc.UNKNOWN, "b": [{"c": unknown}, 1.0], "d": "text", "e": {"f": (rpc.UNKNOWN,)}}
        plain = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1.0], "d": "text", "e": {"f": [UNKNOWN]}}
        provider.check({"y": rpc.UNKNOWN}, news)
        provider.diff("id", {"z": 1.0}, news)
        assert lifecycle.received == [({"y": UNKNOWN}, plain), ({"z": 1.0}, plain)]

    def test_check_returns_unknown_values_of_the_engine(
        self, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        inputs = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1], "d": "text"}
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome(inputs, ())))
        configured(provider)
        result = provider.check({}, {})
        assert result.inputs == {"a": rpc.UNKNOWN, "b": [{"c": rpc.UNKNOWN}, 1], "d": "text"}
        assert result.failures == []

    def test_check_returns_errors_as_failures_and_logs_warnings(
        self, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        """A failure names its property only in its reason: the engine prints the value of a failed property."""
        warnings: list[tuple[str, str]] = []
        monkeypatch.setattr(
            "gcore_tls_provider.pulumi_internals.engine_client.EngineClient.warn",
            lambda _self, urn, text: warnings.append((urn, text)),
        )
        warning = Finding("SOON", "warning", "certificate", "It expires soon.", "Renew it.")
        error = Finding("KEY_MISMATCH", "error", "private_key", "It is of another certificate.", "Set the right one.")
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome({}, (warning, error))))
        configured(provider)
        result = provider.check({}, SAVED)
        failures = [(each.property, each.reason) for each in result.failures]
        assert failures == [("", "private_key: It is of another certificate. Set the right one. [KEY_MISMATCH]")]
        assert warnings == [(URN, "certificate: It expires soon. Renew it. [SOON]")]

    @pytest.mark.parametrize("settled", [True, False])
    def test_the_state_is_read_unless_the_program_has_found_it_clean(
        self, settled: bool, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch, provider_of: ProviderOf
    ) -> None:
        exported: list[str] = []

        def export(stack: str) -> bytes:
            exported.append(stack)
            return b'{"deployment": {}}'

        monkeypatch.setattr(EXPORT, export)
        provider = provider_of(RecordingLifecycle(outcome=CheckOutcome({}, ())))
        configured(provider)
        news = {RECORD: {"v": VERSION, "resource": to_json({**RESOURCE, "settled": settled})}}
        provider.check({}, news)
        provider.diff("id", {}, news)
        assert exported == ([] if settled else ["dev"])

    def test_read_of_a_deleted_object_returns_an_empty_id(
        self, configured: Callable[..., None], provider_of: ProviderOf
    ) -> None:
        provider = provider_of(RecordingLifecycle())
        configured(provider)
        result = provider.read("id", SAVED)
        assert (result.id, result.outs) == ("", {})

    def test_all_providers_share_one_session(self, configured: Callable[..., None], provider_of: ProviderOf) -> None:
        configured(provider_of(RecordingLifecycle()), projectId="1")
        session = process._process
        configured(provider_of(RecordingLifecycle()), projectId="2")
        assert process._process is session
