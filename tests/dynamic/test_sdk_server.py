"""The providers in the installed SDK's own server, spoken to as the engine does."""

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
from tests.fake_engine.recording_host import IDENTITY, Making, exported

CANARY = "1234$canary"
URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/gcore:Secret::it"
OF_GRPC = 8
"""Threads that gRPC's own core may start beside those of the executor."""
ATTEMPT = "5f0c4f27d1c3a9e0"
CONTEXT: dict[str, Any] = {"urn": URN, "name": "it", "stack": "dev", "timeouts": {}}


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
    process: int

    def threads(self) -> int:
        """How many threads it has now."""
        return len(list(Path(f"/proc/{self.process}/task").iterdir()))

    def configure(self, url: str, **values: str) -> None:
        args = Struct()
        defaults = {"apiKey": CANARY, "projectId": "1", "regionId": "1", "baseUrl": url}
        args.update({f"gcore:{key}": value for key, value in {**defaults, **values}.items()})
        self.stub.Configure(provider_pb2.ConfigureRequest(args=args))

    def bag(self, kind: str, properties: Mapping[str, Any], **parts: str) -> Struct:
        bag = Struct()
        provider, _ = _serialize(True, serialize_provider, getattr(providers, f"{kind}Provider")())
        record: dict[str, Any] = {"v": 1, "resource": to_json(CONTEXT), "nonce": ATTEMPT, **parts}
        bag.update({**properties, "__provider": provider, RECORD: record})
        return bag

    def check(self, kind: str, **properties: Any) -> provider_pb2.CheckResponse:
        answer: provider_pb2.CheckResponse = self.stub.Check(
            provider_pb2.CheckRequest(olds=Struct(), news=self.bag(kind, properties))
        )
        return answer

    def read(self, kind: str, object_id: str) -> provider_pb2.ReadResponse:
        answer: provider_pb2.ReadResponse = self.stub.Read(
            provider_pb2.ReadRequest(id=object_id, properties=self.bag(kind, {}, explicit="")), timeout=30
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


@contextmanager
def waiting_for(together: int) -> Iterator[str]:
    """The address of a server that answers once so many ask at the same time."""
    handler = type("Together", (Waiting,), {"together": threading.Barrier(together, timeout=20)})
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{web.server_address[1]}"
    finally:
        web.shutdown()
        web.server_close()


class TestInTheSdksServer:
    def test_a_life(self, emulator: tuple[Emulator, str], tmp_path: Path) -> None:
        stored, url = emulator
        certificate = DevelopmentCa.create("Backends CA").certificate_pem
        (tmp_path / "state.json").write_bytes(exported(creating=[Making(URN, {RECORD: {"v": 1, "nonce": ATTEMPT}})]))
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
            assert MessageToDict(olds)["name"] == ObjectNaming.of("it", IDENTITY, URN).name(ATTEMPT)
            assert [each for each in server.engine.logged if each.severity == engine_pb2.WARNING] == []

    def test_what_is_left_half_done_is_told_to_the_engine(self, tmp_path: Path) -> None:
        """In the one way that the engine knows, which the SDK has no name for."""
        behavior = Behavior(failed_task="leave-error-object")
        stored = Emulator(Settings(api_key=CANARY, task_seconds=TaskSeconds(0), behavior=behavior))
        stored.faults.add([FailTask(action="fail_task", method="POST", error="no room")])
        stored.faults.add([Respond(action="respond", method="DELETE", status=403, body={})])
        with serving(stored) as url, dynamic_server(tmp_path) as server:
            server.configure(url)
            checked = server.check("LoadBalancer", tags={"team": "a"})
            with pytest.raises(grpc.RpcError) as caught:
                server.stub.Create(provider_pb2.CreateRequest(properties=checked.inputs), timeout=60)
        assert isinstance(caught.value, grpc.Call)
        assert caught.value.code() is grpc.StatusCode.UNKNOWN
        (raw,) = [each.value for each in caught.value.trailing_metadata() if each.key == "grpc-status-details-bin"]
        (detail,) = status_pb2.Status.FromString(raw).details
        left = provider_pb2.ErrorResourceInitFailed()
        assert detail.Unpack(left)
        assert [left.id] == list(stored.account.load_balancers)
        (reason,) = left.reasons
        assert reason == str(caught.value.details()).strip().partition(": ")[2]
        properties = MessageToDict(left.properties)
        assert properties["tags"] == {"team": "a"}
        assert properties[RECORD]["partial"] == "recreate"
        assert properties["__provider"] == MessageToDict(checked.inputs)["__provider"]
        assert [each for each in server.engine.logged if "cannot keep" in each.message] == []

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
        with waiting_for(12) as url, dynamic_server() as server, ThreadPoolExecutor(max_workers=12) as executor:
            server.configure(url, parallel="12")
            assert server.read("Secret", "first").id == ""
            reads = [executor.submit(server.read, "Secret", f"id{number}") for number in range(12)]
            assert [each.result().id for each in reads] == [""] * 12

    def test_threads_are_as_many_as_work_at_once(self) -> None:
        """Those that wait in line, for Gcore or for each other, have none of their own."""
        with waiting_for(16) as url, dynamic_server() as server, ThreadPoolExecutor(max_workers=96) as executor:
            server.configure(url, parallel="16")
            assert server.read("Secret", "first").id == ""
            before = server.threads()
            reads = [executor.submit(server.read, "Secret", f"id{number}") for number in range(96)]
            most = before
            while not all(each.done() for each in reads):
                most = max(most, server.threads())
                time.sleep(0.01)
            assert [each.result().id for each in reads] == [""] * 96
        # Some of the sixteen were there before; gRPC adds a few of its own where it is busy.
        assert 16 <= most <= before + 16 + OF_GRPC
