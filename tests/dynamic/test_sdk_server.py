"""Providers in the server of the installed SDK, called over gRPC as the engine does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime._serialization import _serialize
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_emulator.behavior import Behavior
from gcore_emulator.faults import FailTask, Respond
from gcore_tls_provider import providers
from gcore_tls_provider.certificates import DevelopmentCa
from gcore_tls_provider.hidden_inputs import RECORD, to_json
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from tests.fake_engine.recording_engine import IDENTITY, PendingCreateRecord, make_export

CANARY = "1234$canary"
URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/gcore:Secret::it"
GRPC_THREADS = 8
"""Maximum number of threads that gRPC's core starts in addition to those of the executor."""
NONCE = "5f0c4f27d1c3a9e0"
CONTEXT: dict[str, Any] = {"urn": URN, "name": "it", "stack": "dev", "timeouts": {}}


class RecordingEngine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.logged: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, context: object) -> Empty:
        self.logged.append(request)
        return Empty()


@dataclass
class DynamicServer:
    """Provider process of the SDK, called over gRPC as the engine does."""

    stub: provider_pb2_grpc.ResourceProviderStub
    engine: RecordingEngine
    process: int

    def threads(self) -> int:
        """Return the current number of its threads."""
        return len(list(Path(f"/proc/{self.process}/task").iterdir()))

    def configure(self, url: str, **values: str) -> None:
        args = Struct()
        defaults = {"apiKey": CANARY, "projectId": "1", "regionId": "1", "baseUrl": url}
        args.update({f"gcore:{key}": value for key, value in {**defaults, **values}.items()})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=args))

    def bag(self, kind: str, properties: Mapping[str, Any], **parts: str) -> Struct:
        bag = Struct()
        provider, _ = _serialize(True, serialize_provider, getattr(providers, f"{kind}Provider")())
        record: dict[str, Any] = {"v": 1, "resource": to_json(CONTEXT), "nonce": NONCE, **parts}
        bag.update({**properties, "__provider": provider, RECORD: record})
        return bag

    def check(self, kind: str, **properties: Any) -> provider_pb2.CheckResponse:
        response: provider_pb2.CheckResponse = self.stub.Check(
            provider_pb2.CheckRequest(olds=Struct(), news=self.bag(kind, properties))
        )
        return response

    def read(self, kind: str, object_id: str) -> provider_pb2.ReadResponse:
        response: provider_pb2.ReadResponse = self.stub.Read(
            provider_pb2.ReadRequest(id=object_id, properties=self.bag(kind, {}, explicit="")), timeout=30
        )
        return response


@contextmanager
def dynamic_server(path: Path | None = None) -> Iterator[DynamicServer]:
    """Start the process; `path` is a folder of executables that precedes the others in PATH."""
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
            yield DynamicServer(provider_pb2_grpc.ResourceProviderStub(channel), engine, process.pid)
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


class BarrierHandler(BaseHTTPRequestHandler):
    """Request handler that returns 404, but only once a given number of requests is waiting."""

    barrier: threading.Barrier

    def do_GET(self) -> None:
        if not self.path.endswith("first"):
            self.barrier.wait()
        body = b'{"exception_class": "NotFoundError", "message": "not found"}'
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server_with_barrier(requests: int) -> Iterator[str]:
    """Yield the URL of a server that responds once this number of requests is waiting."""
    handler = type("BarrierHandlerOfOneServer", (BarrierHandler,), {"barrier": threading.Barrier(requests, timeout=20)})
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{web.server_address[1]}"
    finally:
        web.shutdown()
        web.server_close()


class TestSdkServer:
    def test_an_object_is_checked_created_diffed_read_and_deleted(
        self, emulator: tuple[Emulator, str], tmp_path: Path
    ) -> None:
        emulated, url = emulator
        certificate = DevelopmentCa.create("Backends CA").certificate_pem
        pending = PendingCreateRecord(URN, {RECORD: {"v": 1, "nonce": NONCE}})
        (tmp_path / "state.json").write_bytes(make_export(pending_creates=[pending]))
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\nexec cat {tmp_path}/state.json\n")
        (tmp_path / "pulumi").chmod(0o755)
        with dynamic_server(tmp_path) as server:
            server.configure(url)
            checked = server.check("CertificateAuthority", certificate=certificate)
            assert list(checked.failures) == []
            assert MessageToDict(checked.inputs)["subject"] == "CN=Backends CA"
            created = server.stub.Create(provider_pb2.CreateRequest(properties=checked.inputs))
            assert set(emulated.account.secrets) == {created.id}
            olds = created.properties
            diff = server.stub.Diff(provider_pb2.DiffRequest(id=created.id, olds=olds, news=checked.inputs))
            assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE
            read = server.stub.Read(provider_pb2.ReadRequest(id=created.id, properties=olds))
            assert read.id == created.id
            assert MessageToDict(read.properties) == MessageToDict(olds)
            assert MessageToDict(read.inputs) == MessageToDict(checked.inputs)
            server.stub.Delete(provider_pb2.DeleteRequest(id=created.id, properties=olds))
            assert emulated.account.secrets == {}
            assert server.stub.Read(provider_pb2.ReadRequest(id=created.id, properties=olds)).id == ""
            assert MessageToDict(olds)["name"] == ObjectNaming.of("it", IDENTITY, URN).name(NONCE)
            assert [each for each in server.engine.logged if each.severity == engine_pb2.WARNING] == []

    def test_a_failed_create_returns_the_partial_state_to_the_engine(self, tmp_path: Path) -> None:
        """The engine saves it from `ErrorResourceInitFailed`, for which the SDK has no function."""
        behavior = Behavior(failed_task="leave-error-object")
        emulated = Emulator(Settings(api_key=CANARY, task_seconds=TaskSeconds(0), behavior=behavior))
        emulated.faults.add([FailTask(action="fail_task", method="POST", error="no room")])
        emulated.faults.add([Respond(action="respond", method="DELETE", status=403, body={})])
        with serving(emulated) as url, dynamic_server(tmp_path) as server:
            server.configure(url)
            checked = server.check("LoadBalancer", tags={"team": "a"})
            with pytest.raises(grpc.RpcError) as caught:
                server.stub.Create(provider_pb2.CreateRequest(properties=checked.inputs), timeout=60)
        assert isinstance(caught.value, grpc.Call)
        assert caught.value.code() is grpc.StatusCode.UNKNOWN
        (raw,) = [each.value for each in caught.value.trailing_metadata() if each.key == "grpc-status-details-bin"]
        (detail,) = status_pb2.Status.FromString(raw).details
        partial = provider_pb2.ErrorResourceInitFailed()
        assert detail.Unpack(partial)
        assert [partial.id] == list(emulated.account.load_balancers)
        (reason,) = partial.reasons
        assert reason == str(caught.value.details()).strip().partition(": ")[2]
        properties = MessageToDict(partial.properties)
        assert properties["tags"] == {"team": "a"}
        assert properties[RECORD]["partial"] == "recreate"
        assert properties["__provider"] == MessageToDict(checked.inputs)["__provider"]
        assert [each for each in server.engine.logged if "cannot keep" in each.message] == []

    def test_check_accepts_an_unknown_value_and_returns_unknown_outputs(self, emulator: tuple[Emulator, str]) -> None:
        with dynamic_server() as server:
            server.configure(emulator[1])
            checked = server.check("CertificateAuthority", certificate=rpc.UNKNOWN)
            assert list(checked.failures) == []
            assert MessageToDict(checked.inputs)["fingerprint_sha256"] == rpc.UNKNOWN

    def test_the_details_of_an_error_are_one_line_without_the_key(self, emulator: tuple[Emulator, str]) -> None:
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

    def test_twelve_requests_run_at_the_same_time(self) -> None:
        """With the server's four initial threads, twelve requests would wait for each other permanently."""
        with server_with_barrier(12) as url, dynamic_server() as server, ThreadPoolExecutor(max_workers=12) as executor:
            server.configure(url, parallel="12")
            assert server.read("Secret", "first").id == ""
            reads = [executor.submit(server.read, "Secret", f"id{number}") for number in range(12)]
            assert [each.result().id for each in reads] == [""] * 12

    def test_the_number_of_threads_is_limited_to_the_configured_parallelism(self) -> None:
        """Queued requests have no threads of their own."""
        with server_with_barrier(16) as url, dynamic_server() as server, ThreadPoolExecutor(max_workers=96) as executor:
            server.configure(url, parallel="16")
            assert server.read("Secret", "first").id == ""
            before = server.threads()
            reads = [executor.submit(server.read, "Secret", f"id{number}") for number in range(96)]
            most = before
            while not all(each.done() for each in reads):
                most = max(most, server.threads())
                time.sleep(0.01)
            assert [each.result().id for each in reads] == [""] * 96
        # Some of the sixteen existed before; gRPC adds a few of its own under load.
        assert 16 <= most <= before + 16 + GRPC_THREADS
