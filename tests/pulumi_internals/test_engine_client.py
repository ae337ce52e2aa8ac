"""What is known of the engine beyond the documented interface, each against the real thing it relies on."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from gcore_tls_provider.lifecycle.run.engine_port import EnginePort
from gcore_tls_provider.pulumi_internals.engine_client import EngineClient, raise_max_workers
from tests.fake_clock import FakeClock

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


class TestTelling:
    def test_a_warning_is_a_diagnostic_in_one_line(self, served: tuple[RecordingEngine, str, grpc.Server]) -> None:
        recorded, address, _ = served
        engine: EnginePort = EngineClient(address)
        engine.warn(URN, "expires\n  tomorrow")
        engine.warn(URN, "and today")
        assert [(each.urn, each.message, each.ephemeral) for each in recorded.logged] == [
            (URN, "expires tomorrow", False),
            (URN, "and today", False),
        ]
        assert {each.severity for each in recorded.logged} == {engine_pb2.WARNING}

    def test_progress_is_told_once_a_second_for_each_resource(
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
    def test_nobody_listens(self, address: str | None) -> None:
        engine = EngineClient(address)
        engine.warn(URN, "x")
        engine.progress(URN, "x")


class TestBeingThere:
    def test_an_engine_that_takes_connections(self, served: tuple[RecordingEngine, str, grpc.Server]) -> None:
        assert EngineClient(served[1]).is_alive()

    def test_an_engine_that_is_gone(self) -> None:
        assert not EngineClient(f"127.0.0.1:{closed_port()}").is_alive()

    def test_without_an_engine_work_goes_on(self) -> None:
        assert EngineClient(None).is_alive()

    def test_what_says_nothing_about_the_engine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(*_: object, **__: object) -> socket.socket:
            raise TimeoutError

        monkeypatch.setattr("gcore_tls_provider.pulumi_internals.engine_client.socket.create_connection", slow)
        assert EngineClient("127.0.0.1:1").is_alive()

    @pytest.mark.parametrize(
        ("arguments", "address"),
        [
            (["provider", "127.0.0.1:4711"], "127.0.0.1:4711"),
            (["provider", "127.0.0.1:4711", "--flag"], "127.0.0.1:4711"),
            (["provider"], None),
            (["pytest", "-q"], None),
            (["pytest", "tests/pulumi_internals/test_engine_client.py::test"], None),
            (["pytest", ":80"], None),
        ],
    )
    def test_the_first_argument_is_its_address(
        self, arguments: list[str], address: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "argv", arguments)
        assert EngineClient.of_this_process()._address == address

    def test_the_process_ends_with_it(self) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            program = (
                "import sys, time\n"
                "from gcore_tls_provider import engine\n"
                "engine._LOOK_PAUSE = 0.05\n"
                "engine.Engine.of_this_process().end_with_it()\n"
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

    def test_without_an_engine_nothing_is_watched(self) -> None:
        before = threading.active_count()
        EngineClient(None).exit_with_engine()
        assert threading.active_count() == before


class TestExportedStack:
    """`pulumi` is a program of ours here; the real one is tried by the engine's own tests."""

    @pytest.fixture
    def pulumi(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return tmp_path / "pulumi"

    def write(self, pulumi: Path, script: str) -> None:
        pulumi.write_text(f"#!/bin/sh\n{script}\n")
        pulumi.chmod(0o755)

    def test_what_it_prints(self, pulumi: Path) -> None:
        self.write(pulumi, 'echo "$PULUMI_SKIP_UPDATE_CHECK $*"; echo noise >&2; cat')
        assert (
            EngineClient(None).exported_stack("org/shop/dev")
            == b"1 stack export --stack org/shop/dev --non-interactive\n"
        )

    def test_it_fails(self, pulumi: Path) -> None:
        self.write(pulumi, "echo half; exit 255")
        assert EngineClient(None).exported_stack("dev") is None

    def test_it_takes_too_long(self, pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gcore_tls_provider.pulumi_internals.stack_export._TIME_LIMIT", 0.1)
        self.write(pulumi, "exec sleep 30")
        assert EngineClient(None).exported_stack("dev") is None

    def test_it_is_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert EngineClient(None).exported_stack("dev") is None

    def test_its_environment_is_ours(self, pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///somewhere")
        self.write(pulumi, 'printf %s "$PULUMI_BACKEND_URL"')
        assert EngineClient(None).exported_stack("dev") == b"file:///somewhere"


class TestRaiseParallelism:
    """The real server of the installed SDK is tried in `test_providers.py`."""

    def test_on_a_thread_of_an_executor(self) -> None:
        barrier = threading.Barrier(8, timeout=10)
        with ThreadPoolExecutor(max_workers=2) as executor:
            assert executor.submit(raise_max_workers, 8).result()
            # It takes eight threads at once to get through.
            done = [executor.submit(barrier.wait) for _ in range(8)]
            assert sorted(each.result() for each in done) == list(range(8))

    def test_it_never_lowers(self) -> None:
        with ThreadPoolExecutor(max_workers=6) as executor:
            assert executor.submit(raise_max_workers, 2).result()
            assert executor._max_workers == 6

    def test_elsewhere_it_does_nothing(self) -> None:
        assert not raise_max_workers(64)

    @pytest.mark.parametrize("arguments", [(), ("text",), (lambda: pytest.fail("called"),), (None, 1)])
    def test_on_any_other_thread_it_does_nothing(self, arguments: tuple[object, ...]) -> None:
        found: list[bool] = []

        def work(*_: object) -> None:
            found.append(raise_max_workers(64))

        thread = threading.Thread(target=work, args=arguments)
        thread.start()
        thread.join()
        assert found == [False]
