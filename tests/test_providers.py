"""The adapters between the engine and the lifecycles: in this process, and in the installed SDK's own server."""

from __future__ import annotations

import os
import pickletools
import subprocess
import sys
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import dill  # type: ignore[import-untyped]  # it ships no types
import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _serialize
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from gcore_tls_provider import providers
from gcore_tls_provider.certificates import DevelopmentAuthority, Finding
from gcore_tls_provider.emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError, Unauthorized
from gcore_tls_provider.lifecycle.configuration import ENVIRONMENT
from gcore_tls_provider.lifecycle.lifecycle import Checked, Lifecycle
from gcore_tls_provider.lifecycle.names import Names
from gcore_tls_provider.lifecycle.properties import UNKNOWN, ResourceInputs, fault
from gcore_tls_provider.resources.listener import Listener
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.pool import Pool
from gcore_tls_provider.resources.pool_tls import PoolTlsAttachment, PoolTlsSnapshot
from gcore_tls_provider.resources.resource import GcoreResource
from gcore_tls_provider.resources.secrets import (
    CertificateAuthority,
    ClientCertificate,
    ListenerCertificate,
    RevocationList,
    Secret,
)
from tests.lifecycle.world import IDENTITY, exported

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
    checked: Checked = field(default_factory=lambda: Checked({}, ()))
    seen: list[Any] = field(default_factory=list)

    def check(self, session: object, olds: Mapping[str, object], news: Mapping[str, object]) -> Checked:
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


def provider_of(lifecycle: MadeUp) -> ResourceProvider:
    provider: ResourceProvider = type("TeapotProvider", (providers._Provider,), {"lifecycle": lifecycle})()
    return provider


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configures a provider as the engine does, in a process that has no session yet."""
    monkeypatch.setattr(providers, "_session", None)
    monkeypatch.setattr(sys, "argv", ["provider"])
    # Set first, so that it is put back as it was afterwards.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.delenv(providers.DEBUG, raising=False)
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)

    def configure(provider: ResourceProvider, **values: str) -> None:
        config = {f"gcore:{key}": value for key, value in {"apiKey": CANARY, **values}.items()}
        provider.configure(ConfigureRequest(Config(config, "shop")))

    return configure


HANDLERS: Mapping[str, Callable[[ResourceProvider], object]] = {
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
        assert f"{providers.DEBUG}=1" in printed
        assert caught.value.__cause__ is None

    @every_handler
    def test_debugging_shows_all_of_it(
        self, handler: str, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = ValueError(f"bad key {CANARY}")
        provider = provider_of(MadeUp(raises=error))
        configured(provider)
        monkeypatch.setenv(providers.DEBUG, "1")
        with pytest.raises(ValueError, match="bad key") as caught:
            HANDLERS[handler](provider)
        assert isinstance(caught.value.__cause__, KeyError)

    @pytest.mark.parametrize(("debug", "limit"), [("", 0), ("0", 0), ("1", 1000), ("yes", 1000)])
    def test_a_traceback_is_one_line_unless_debugging(
        self, debug: str, limit: int, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(providers.DEBUG, debug)
        configured(provider_of(MadeUp()))
        assert sys.tracebacklimit == limit

    def test_a_wrong_configuration(self, configured: Callable[..., None]) -> None:
        with pytest.raises(ConfigurationError, match="gcore:parallel"):
            configured(provider_of(MadeUp()), parallel="many")

    @pytest.mark.parametrize("handler", ["check", "create", "read", "update", "delete"])
    def test_before_it_was_configured(self, handler: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(providers, "_session", None)
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
        provider = provider_of(MadeUp(checked=Checked(inputs, ())))
        configured(provider)
        result = provider.check({}, {})
        assert result.inputs == {"a": rpc.UNKNOWN, "b": [{"c": rpc.UNKNOWN}, 1], "d": "text"}
        assert result.failures == []

    def test_findings(self, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
        """Errors are failures, named in their reason only: the engine would print the property's value."""
        warned: list[tuple[str, str]] = []
        monkeypatch.setattr(
            "gcore_tls_provider.engine.Engine.warn", lambda _self, urn, text: warned.append((urn, text))
        )
        warning = Finding("SOON", "warning", "certificate", "It expires soon.", "Renew it.")
        error = fault("private_key", "KEY_MISMATCH", "It is another's.", "Give the right one.")
        provider = provider_of(MadeUp(checked=Checked({}, (warning, error))))
        configured(provider)
        result = provider.check({}, {"__context": CONTEXT})
        failures = [(each.property, each.reason) for each in result.failures]
        assert failures == [("", "private_key: It is another's. Give the right one. [KEY_MISMATCH]")]
        assert warned == [(URN, "certificate: It expires soon. Renew it. [SOON]")]

    def test_an_object_that_is_gone(self, configured: Callable[..., None]) -> None:
        provider = provider_of(MadeUp())
        configured(provider)
        result = provider.read("id", {})
        assert (result.id, result.outs) == ("", {})

    def test_one_session_for_all_providers(self, configured: Callable[..., None]) -> None:
        configured(provider_of(MadeUp()), projectId="1")
        session = providers._session
        configured(provider_of(MadeUp()), projectId="2")
        assert providers._session is session


class RecordingEngine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.logged: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, context: object) -> Empty:
        self.logged.append(request)
        return Empty()


@dataclass
class DynamicServer:
    """The SDK's own provider process, spoken to as the engine does."""

    stub: provider_pb2_grpc.ResourceProviderStub
    engine: RecordingEngine

    def configure(self, url: str, **values: str) -> None:
        args = Struct()
        defaults = {"apiKey": CANARY, "projectId": "1", "regionId": "1", "baseUrl": url}
        args.update({f"gcore:{key}": value for key, value in {**defaults, **values}.items()})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=args))

    def bag(self, kind: str, properties: Mapping[str, Any]) -> Struct:
        bag = Struct()
        provider = serialized(getattr(providers, f"{kind}Provider")())
        bag.update({**properties, "__provider": provider, "__context": CONTEXT})
        return bag

    def check(self, kind: str, **properties: Any) -> provider_pb2.CheckResponse:
        answer: provider_pb2.CheckResponse = self.stub.Check(
            provider_pb2.CheckRequest(olds=Struct(), news=self.bag(kind, properties))
        )
        return answer

    def read(self, kind: str, object_id: str) -> provider_pb2.ReadResponse:
        answer: provider_pb2.ReadResponse = self.stub.Read(
            provider_pb2.ReadRequest(id=object_id, properties=self.bag(kind, {"__set": []})), timeout=30
        )
        return answer


@contextmanager
def dynamic_server(path: Path | None = None) -> Iterator[DynamicServer]:
    """Starts it; `path` is a folder of programs that come before all others."""
    engine, host = RecordingEngine(), grpc.server(ThreadPoolExecutor(max_workers=4))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, host)
    address = f"127.0.0.1:{host.add_insecure_port('127.0.0.1:0')}"
    host.start()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", address],
        env={**os.environ, "PATH": f"{path or ''}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield DynamicServer(provider_pb2_grpc.ResourceProviderStub(channel), engine)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        host.stop(0)


@pytest.fixture(scope="module")
def emulator() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator(Settings(api_key=CANARY, task_seconds=TaskSeconds(0)))
    with serving(emulator) as url:
        yield emulator, url


class Waiting(BaseHTTPRequestHandler):
    """Answers that no secret exists, but only once so many ask at the same time."""

    together: threading.Barrier

    def do_GET(self) -> None:
        if not self.path.endswith("first"):
            self.together.wait()
        body = b'{"exception_class": "NotFoundError", "message": "not found"}'
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class TestInTheSdksServer:
    def test_a_life(self, emulator: tuple[Emulator, str], tmp_path: Path) -> None:
        stored, url = emulator
        certificate = DevelopmentAuthority.create("Backends CA").certificate_pem
        (tmp_path / "state.json").write_bytes(exported(creating=[URN]))
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\nexec cat {tmp_path}/state.json\n")
        (tmp_path / "pulumi").chmod(0o755)
        with dynamic_server(tmp_path) as server:
            server.configure(url)
            checked = server.check("CertificateAuthority", certificate=certificate)
            assert list(checked.failures) == []
            assert MessageToDict(checked.inputs)["subject"] == "CN=Backends CA"
            created = server.stub.Create(provider_pb2.CreateRequest(properties=checked.inputs))
            assert set(stored.account.secrets) == {created.id}
            olds = created.properties
            diff = server.stub.Diff(provider_pb2.DiffRequest(id=created.id, olds=olds, news=checked.inputs))
            assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE
            read = server.stub.Read(provider_pb2.ReadRequest(id=created.id, properties=olds))
            assert read.id == created.id
            assert MessageToDict(read.properties) == MessageToDict(olds)
            assert MessageToDict(read.inputs) == MessageToDict(checked.inputs)
            server.stub.Delete(provider_pb2.DeleteRequest(id=created.id, properties=olds))
            assert stored.account.secrets == {}
            assert server.stub.Read(provider_pb2.ReadRequest(id=created.id, properties=olds)).id == ""
            assert MessageToDict(olds)["name"] == Names.of("it", IDENTITY, URN).name(
                MessageToDict(olds)["content_sha256"]
            )
            assert [each for each in server.engine.logged if each.severity == engine_pb2.WARNING] == []

    def test_an_unknown_value(self, emulator: tuple[Emulator, str]) -> None:
        with dynamic_server() as server:
            server.configure(emulator[1])
            checked = server.check("CertificateAuthority", certificate=rpc.UNKNOWN)
            assert list(checked.failures) == []
            assert MessageToDict(checked.inputs)["fingerprint_sha256"] == rpc.UNKNOWN

    def test_an_error_is_one_line(self, emulator: tuple[Emulator, str]) -> None:
        with dynamic_server() as server:
            server.configure(emulator[1], apiKey="wrong$canary")
            with pytest.raises(grpc.RpcError) as caught:
                server.read("Secret", "00000000-0000-4000-8000-000000000000")
        details = caught.value.details()
        assert details is not None
        assert details.startswith("gcore_tls_provider.errors.Unauthorized: read secret 00000000")
        assert details.count("\n") == 1
        assert details.endswith("\n")
        assert "canary" not in details

    def test_more_than_four_at_once(self) -> None:
        """The server starts with four threads: with those, the twelve would wait for each other for ever."""
        handler = type("Twelve", (Waiting,), {"together": threading.Barrier(12, timeout=20)})
        web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        try:
            with dynamic_server() as server, ThreadPoolExecutor(max_workers=12) as executor:
                server.configure(f"http://127.0.0.1:{web.server_address[1]}", parallel="12")
                assert server.read("Secret", "first").id == ""
                reads = [executor.submit(server.read, "Secret", f"id{number}") for number in range(12)]
                assert [each.result().id for each in reads] == [""] * 12
        finally:
            web.shutdown()
            web.server_close()
