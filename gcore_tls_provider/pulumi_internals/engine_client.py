"""Client of the Pulumi engine that has started this provider process.

The engine passes a dynamic provider no logger and no cancellation. It serves gRPC at the address in the process's first
argument after the options, accepts log messages there, and refuses connections once it has exited.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Sequence
from typing import Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from gcore_tls_provider.api.clock import Clock, SystemClock
from gcore_tls_provider.printable import printable
from gcore_tls_provider.pulumi_internals import stack_export

_PROGRESS_INTERVAL: Final = 1.0
_LOG_TIMEOUT: Final = 5.0
_CHECK_INTERVAL: Final = 2.0
_MAX_FAILED_CHECKS: Final = 2


class EngineClient:
    """The engine that has started this process; the lifecycle's `EnginePort`.

    Args:
        address: Address of the engine, `host:port`; None in a process that no engine has started.
        clock: Clock for intervals. Defaults to the system's.
    """

    def __init__(self, address: str | None, clock: Clock | None = None) -> None:
        """Connect at the first message."""
        self._address = address
        self._clock: Clock = clock or SystemClock()
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._lock = threading.Lock()
        self._last_progress: dict[str, float] = {}
        self._logged: set[tuple[str, str]] = set()

    @classmethod
    def of_this_process(cls) -> EngineClient:
        """Return the client for the engine whose address is this process's first argument that is no option."""
        argument = _first_argument(sys.argv[1:])
        host, _, port = argument.rpartition(":")
        return cls(argument if host and port.isdigit() else None)

    def progress(self, urn: str, text: str) -> None:
        """Show `text` in the resource's row, at most once per second."""
        now = self._clock.now()
        with self._lock:
            if now - self._last_progress.get(urn, -_PROGRESS_INTERVAL) < _PROGRESS_INTERVAL:
                return
            self._last_progress[urn] = now
        self._log(engine_pb2.INFO, urn, text, ephemeral=True)

    def warn(self, urn: str, text: str) -> None:
        """Add a warning to the resource's diagnostics, once per run."""
        self._log_once(engine_pb2.WARNING, urn, text)

    def error(self, urn: str, text: str) -> None:
        """Add an error to the resource's diagnostics, once per run. The error alone does not stop the run."""
        self._log_once(engine_pb2.ERROR, urn, text)

    def exported_stack(self, stack: str) -> bytes | None:
        """Return the stack's state as JSON, with secrets encrypted; None if it cannot be read."""
        return stack_export.export_stack(stack)

    def is_alive(self) -> bool:
        """Return whether the engine still accepts connections; True if that is uncertain."""
        if self._address is None:
            return True
        host, _, port = self._address.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=2.0):
                return True
        except ConnectionRefusedError:
            return False
        except OSError:
            # Any other error is no evidence: a machine under load can miss the timeout.
            return True

    def exit_with_engine(self) -> None:
        """Start a thread that exits this process soon after the engine, or the parent process, has exited.

        A provider process survives a killed engine, and would continue work whose results nobody saves. The engine
        starts Python from a shell script, and a SIGTERM ends the shell only.
        """
        if self._address is not None:
            threading.Thread(target=self._watch, args=(os.getppid(),), name="engine-watch", daemon=True).start()

    def _watch(self, parent: int) -> None:
        failed_checks = 0
        while failed_checks < _MAX_FAILED_CHECKS and os.getppid() == parent:
            self._clock.sleep(_CHECK_INTERVAL)
            failed_checks = 0 if self.is_alive() else failed_checks + 1
        os._exit(1)

    def _log_once(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str) -> None:
        with self._lock:
            if (urn, text) in self._logged:
                return
            self._logged.add((urn, text))
        self._log(severity, urn, text, ephemeral=False)

    def _log(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str, *, ephemeral: bool) -> None:
        if self._address is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=printable(text), urn=urn, ephemeral=ephemeral)
        try:
            with self._lock:
                if self._stub is None:
                    self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
            self._stub.Log(request, timeout=_LOG_TIMEOUT)
        except grpc.RpcError:
            # Messages are a convenience; the operation continues without them.
            return


def _first_argument(arguments: Sequence[str]) -> str:
    """Return the first argument after the options that `pulumi --logflow` and `pulumi --tracing` pass on."""
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--tracing":
            next(remaining, None)  # its value can look like an address
        elif not argument.startswith("-"):
            return argument
    return ""
