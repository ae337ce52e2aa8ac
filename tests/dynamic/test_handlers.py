"""The adapters between the engine and the lifecycles, in this process."""

from __future__ import annotations

import pickletools
import sys
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import dill  # type: ignore[import-untyped]  # it ships no types
import pytest
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _serialize

from gcore_tls_provider import providers
from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.dynamic import handlers
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError, Unauthorized
from gcore_tls_provider.hidden_inputs import to_json
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, ResourceInputs, error_finding
from gcore_tls_provider.lifecycle.kind import CheckOutcome, Lifecycle
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT
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
CONTEXT: dict[str, Any] = {"urn": URN, "name": "it", "stack": "dev", "timeouts": {}}

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
    def test_whose_it_is(self, name: str) -> None:
        resource = RESOURCES[name]
        assert resource._dynamic_provider is getattr(providers, name)
        assert resource._resource_type_name == f"dynamic/gcore:{name.removesuffix('Provider')}"


class Teapot(ResourceInputs):
    """What the made-up lifecycle takes."""

    shape: str | None = None


@dataclass
class MadeUp:
    """A lifecycle that answers what it is told to, and keeps what it was asked."""

    kind: ClassVar[str] = "teapot"
    raises: BaseException | None = None
    checked: CheckOutcome = field(default_factory=lambda: CheckOutcome({}, ()))
    seen: list[Any] = field(default_factory=list)

    def check(self, session: object, olds: Mapping[str, object], news: Mapping[str, object]) -> CheckOutcome:
        self._note((olds, news))
        return self.checked

    def diff(self, olds: Mapping[str, object], news: Mapping[str, object], object_id: str) -> object:
        self._note((olds, news))
        return Lifecycle.diff(_Plain(), dict(olds), dict(news))

    def create(self, session: object, properties: Mapping[str, object]) -> object:
        return self._note(properties)

    def read(self, session: object, object_id: str, properties: Mapping[str, object]) -> None:
        self._note((object_id, properties))

    def update(self, session: object, object_id: str, olds: object, news: object) -> object:
        return self._note((object_id, olds, news))

    def delete(self, session: object, object_id: str, properties: Mapping[str, object]) -> None:
        self._note((object_id, properties))

    def _note(self, seen: object) -> object:
        self.seen.append(seen)
        if self.raises is not None:
            try:
                raise KeyError(CANARY)
            except KeyError as cause:
                raise self.raises from cause
        return seen


class _Plain(Lifecycle[Teapot]):
    """A kind of which nothing can be compared."""

    kind = "teapot"
    inputs = Teapot
    fields = ()
    # Never called: this one overrides what calls them.
    make = look = change = remove = None  # type: ignore[assignment]


def provider_of(lifecycle: Any) -> handlers.Handlers:
    return handlers.Handlers(lifecycle)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configures a provider as the engine does, in a process that has no session yet."""
    monkeypatch.setattr(handlers, "_session", None)
    monkeypatch.setattr(sys, "argv", ["provider"])
    # Set first, so that it is put back as it was afterwards.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.delenv(handlers.DEBUG, raising=False)
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)

    def configure(provider: handlers.Handlers, **values: str) -> None:
        config = {f"gcore:{key}": value for key, value in {"apiKey": CANARY, **values}.items()}
        provider.configure(ConfigureRequest(Config(config, "shop")))

    return configure


HANDLERS: Mapping[str, Callable[[handlers.Handlers], object]] = {
    "check": lambda provider: provider.check({}, {}),
    "diff": lambda provider: provider.diff("id", {}, {}),
    "create": lambda provider: provider.create({}),
    "read": lambda provider: provider.read("id", {}),
    "update": lambda provider: provider.update("id", {}, {}),
    "delete": lambda provider: provider.delete("id", {}),
}
every_handler = pytest.mark.parametrize("handler", HANDLERS)


class TestErrors:
    @every_handler
    def test_one_of_ours_comes_without_its_causes(self, handler: str, configured: Callable[..., None]) -> None:
        """The engine would print them too."""
        error = Unauthorized("read secret 1", "Gcore answered 401", "Check the API key.")
        provider = provider_of(MadeUp(raises=error))
        configured(provider)
        with pytest.raises(GcoreTlsError) as caught:
            HANDLERS[handler](provider)
        assert caught.value is error
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert CANARY not in "".join(traceback.format_exception(caught.value))

    @every_handler
    def test_an_unforeseen_one_says_its_kind_only(self, handler: str, configured: Callable[..., None]) -> None:
        provider = provider_of(MadeUp(raises=ValueError(f"bad key {CANARY}")))
        configured(provider)
        with pytest.raises(GcoreTlsError) as caught:
            HANDLERS[handler](provider)
        printed = "".join(traceback.format_exception(caught.value))
        assert CANARY not in printed
        assert "(ValueError)" in printed
        assert f"{handlers.DEBUG}=1" in printed
        assert caught.value.__cause__ is None

    @every_handler
    def test_debugging_shows_all_of_it(
        self, handler: str, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = ValueError(f"bad key {CANARY}")
        provider = provider_of(MadeUp(raises=error))
        configured(provider)
        monkeypatch.setenv(handlers.DEBUG, "1")
        with pytest.raises(ValueError, match="bad key") as caught:
            HANDLERS[handler](provider)
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize(("debug", "limit"), [("", 0), ("0", 0), ("1", 1000), ("yes", 1000)])
    def test_a_traceback_is_one_line_unless_debugging(
        self, debug: str, limit: int, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(handlers.DEBUG, debug)
        configured(provider_of(MadeUp()))
        assert sys.tracebacklimit == limit

    def test_a_wrong_configuration(self, configured: Callable[..., None]) -> None:
        with pytest.raises(ConfigurationError, match="gcore:parallel"):
            configured(provider_of(MadeUp()), parallel="many")

    @pytest.mark.parametrize("handler", ["check", "create", "read", "update", "delete"])
    def test_before_it_was_configured(self, handler: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handlers, "_session", None)
        with pytest.raises(GcoreTlsError, match="before it was configured"):
            HANDLERS[handler](provider_of(MadeUp()))


class TestValues:
    def test_unknown_values_on_their_way_in(self, configured: Callable[..., None]) -> None:
        lifecycle = MadeUp()
        provider = provider_of(lifecycle)
        configured(provider)
        unknown = Unknown()  # type: ignore[no-untyped-call]  # the SDK's class has no types
        news = {"a": rpc.UNKNOWN, "b": [{"c": unknown}, 1.0], "d": "text", "e": {"f": (rpc.UNKNOWN,)}}
        plain = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1.0], "d": "text", "e": {"f": [UNKNOWN]}}
        provider.check({"y": rpc.UNKNOWN}, news)
        provider.diff("id", {"z": 1.0}, news)
        assert lifecycle.seen == [({"y": UNKNOWN}, plain), ({"z": 1.0}, plain)]

    def test_unknown_values_on_their_way_out(self, configured: Callable[..., None]) -> None:
        inputs = {"a": UNKNOWN, "b": [{"c": UNKNOWN}, 1], "d": "text"}
        provider = provider_of(MadeUp(checked=CheckOutcome(inputs, ())))
        configured(provider)
        result = provider.check({}, {})
        assert result.inputs == {"a": rpc.UNKNOWN, "b": [{"c": rpc.UNKNOWN}, 1], "d": "text"}
        assert result.failures == []

    def test_findings(self, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
        """Errors are failures, named in their reason only: the engine would print the property's value."""
        warned: list[tuple[str, str]] = []
        monkeypatch.setattr(
            "gcore_tls_provider.pulumi_internals.engine_client.EngineClient.warn",
            lambda _self, urn, text: warned.append((urn, text)),
        )
        warning = Finding("SOON", "warning", "certificate", "It expires soon.", "Renew it.")
        error = error_finding("private_key", "KEY_MISMATCH", "It is another's.", "Give the right one.")
        provider = provider_of(MadeUp(checked=CheckOutcome({}, (warning, error))))
        configured(provider)
        result = provider.check({}, {"__context": CONTEXT})
        failures = [(each.property, each.reason) for each in result.failures]
        assert failures == [("", "private_key: It is another's. Give the right one. [KEY_MISMATCH]")]
        assert warned == [(URN, "certificate: It expires soon. Renew it. [SOON]")]

    @pytest.mark.parametrize("settled", [True, False])
    def test_the_state_is_read_unless_the_program_says_that_nothing_is_under_way(
        self, settled: bool, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[str] = []

        def export(stack: str) -> bytes:
            read.append(stack)
            return b'{"deployment": {}}'

        monkeypatch.setattr("gcore_tls_provider.pulumi_internals.stack_export.export_stack", export)
        provider = provider_of(MadeUp(checked=CheckOutcome({}, ())))
        configured(provider)
        context = to_json({**CONTEXT, "settled": settled})
        provider.check({}, {"__context": context})
        provider.diff("id", {}, {"__context": context})
        assert read == ([] if settled else ["dev"])

    def test_an_object_that_is_gone(self, configured: Callable[..., None]) -> None:
        provider = provider_of(MadeUp())
        configured(provider)
        result = provider.read("id", {})
        assert (result.id, result.outs) == ("", {})

    def test_one_session_for_all_providers(self, configured: Callable[..., None]) -> None:
        configured(provider_of(MadeUp()), projectId="1")
        session = handlers._session
        configured(provider_of(MadeUp()), projectId="2")
        assert handlers._session is session
