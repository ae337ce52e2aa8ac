"""Client of the engine, against a real gRPC server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from gcore_tls_provider.lifecycle.run.engine_port import EnginePort
from gcore_tls_provider.pulumi_internals.engine_client import EngineClient
from tests.fake_clock import FakeClock
from tests.hostile_text import HOSTILE_TEXTS, is_harmless

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/gcore:Secret::ca"


class RecordingEngine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.logged: list[engine_pb2.LogRequest] = []

    def Log(self, request: engine_pb2.LogRequest, context: object) -> Empty:
        self.logged.append(request)
        return Empty()


@pytest.fixture
def served() -> Iterator[tuple[RecordingEngine, str, grpc.Server]]:
    engine, server = RecordingEngine(), grpc.server(ThreadPoolExecutor(max_workers=2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield engine, f"127.0.0.1:{port}", server
    server.stop(0)


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class TestMessages:
    def test_warning_becomes_one_line_in_the_diagnostics(
        self, served: tuple[RecordingEngine, str, grpc.Server]
    ) -> None:
        recorded, address, _ = served
        engine: EnginePort = EngineClient(address)
        engine.warn(URN, "expires\n  tomorrow")
        engine.warn(URN, "and today")
        assert [(each.urn, each.message, each.ephemeral) for each in recorded.logged] == [
            (URN, "expires tomorrow", False),
            (URN, "and today", False),
        ]
        assert {each.severity for each in recorded.logged} == {engine_pb2.WARNING}

    def test_control_characters_do_not_reach_the_terminal_of_the_engine(
        self, served: tuple[RecordingEngine, str, grpc.Server]
    ) -> None:
        recorded, address, _ = served
        engine = EngineClient(address)
        for show in (engine.warn, engine.error, engine.progress):
            for name, text in HOSTILE_TEXTS.items():
                show(f"{URN}-{show.__name__}-{name}", text)
        assert len(recorded.logged) == 3 * len(HOSTILE_TEXTS)
        assert all(is_harmless(each.message) and "\n" not in each.message for each in recorded.logged)

    def test_progress_is_shown_once_per_second_and_resource(
        self, served: tuple[RecordingEngine, str, grpc.Server], clock: FakeClock
    ) -> None:
        recorded, address, _ = served
        engine, began = EngineClient(address, clock), clock.now()
        for seconds in (0.0, 0.5, 0.4, 0.2, 3.0):
            clock.advance(seconds)
            engine.progress(URN, f"at {clock.now() - began:.1f} s")
        engine.progress(URN + "2", "another")
        assert [each.message for each in recorded.logged] == ["at 0.0 s", "at 1.1 s", "at 4.1 s", "another"]
        assert {(each.severity, each.ephemeral) for each in recorded.logged} == {(engine_pb2.INFO, True)}

    @pytest.mark.parametrize("address", [None, "127.0.0.1:9"])
    def test_messages_without_a_reachable_engine_are_dropped(self, address: str | None) -> None:
        engine = EngineClient(address)
        engine.warn(URN, "x")
        engine.progress(URN, "x")


class TestLifetime:
    def test_engine_that_accepts_connections_is_alive(self, served: tuple[RecordingEngine, str, grpc.Server]) -> None:
        assert EngineClient(served[1]).is_alive()

    def test_engine_that_refuses_connections_is_not_alive(self) -> None:
        assert not EngineClient(f"127.0.0.1:{closed_port()}").is_alive()

    def test_process_without_an_engine_counts_as_alive(self) -> None:
        assert EngineClient(None).is_alive()

    def test_engine_counts_as_alive_after_a_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(*_: object, **__: object) -> socket.socket:
            raise TimeoutError

        monkeypatch.setattr("gcore_tls_provider.pulumi_internals.engine_client.socket.create_connection", slow)
        assert EngineClient("127.0.0.1:1").is_alive()

    @pytest.mark.parametrize(
        ("arguments", "address"),
        [
            (["provider", "127.0.0.1:4711"], "127.0.0.1:4711"),
            (["provider", "127.0.0.1:4711", "--flag"], "127.0.0.1:4711"),
            (["provider", "--logtostderr", "-v=9", "127.0.0.1:4711"], "127.0.0.1:4711"),
            (["provider", "-v=9", "--tracing", "tcp://127.0.0.1:7831", "127.0.0.1:4711"], "127.0.0.1:4711"),
            (["provider", "--tracing"], None),
            (["provider"], None),
            (["pytest", "-q"], None),
            (["pytest", "tests/pulumi_internals/test_engine_client.py::test"], None),
            (["pytest", ":80"], None),
        ],
    )
    def test_first_argument_after_the_options_is_the_address(
        self, arguments: list[str], address: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", arguments)
        assert EngineClient.of_this_process()._address == address

    def test_process_exits_after_the_engine(self) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            program = (
                "import sys, time\n"
                "from gcore_tls_provider.pulumi_internals import engine_client\n"
                "engine_client._CHECK_INTERVAL = 0.05\n"
                "engine_client.EngineClient.of_this_process().exit_with_engine()\n"
                "print('ready', flush=True)\n"
                "time.sleep(60)\n"
            )
            address = f"127.0.0.1:{listening.getsockname()[1]}"
            process = subprocess.Popen([sys.executable, "-c", program, address], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            assert process.poll() is None
        try:
            assert process.wait(timeout=20) == 1
        finally:
            process.kill()
            process.stdout.close()

    def test_process_exits_after_a_sigterm_to_the_shell_that_has_started_it(self) -> None:
        program = (
            "import os, sys, time\n"
            "from gcore_tls_provider.pulumi_internals import engine_client\n"
            "engine_client._CHECK_INTERVAL = 0.05\n"
            "engine_client.EngineClient.of_this_process().exit_with_engine()\n"
            "print(os.getpid(), flush=True)\n"
            "time.sleep(60)\n"
        )
        with socket.socket() as engine:
            engine.bind(("127.0.0.1", 0))
            engine.listen()
            address = f"127.0.0.1:{engine.getsockname()[1]}"
            script = '"$0" -c "$1" "$2"; exit $?'  # like Pulumi's script: no exec
            shell = subprocess.Popen(
                ["/bin/sh", "-c", script, sys.executable, program, address], stdout=subprocess.PIPE, text=True
            )
            assert shell.stdout is not None
            provider = int(shell.stdout.readline())
            assert provider != shell.pid
            shell.terminate()
            shell.wait(timeout=20)
            try:
                # The pipe ends with the last process that holds it.
                assert shell.communicate(timeout=20)[0] == ""
            finally:
                with suppress(ProcessLookupError):
                    os.kill(provider, signal.SIGKILL)

    def test_no_thread_is_started_without_an_engine(self) -> None:
        before = threading.active_count()
        EngineClient(None).exit_with_engine()
        assert threading.active_count() == before
