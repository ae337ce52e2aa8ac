"""The Pulumi engine, as this process of a dynamic provider meets it.

The engine tells a dynamic provider little: not which resource a call is for, not that a run was cancelled. What is
known beyond the documented interface stands here, and every piece falls back silently where it isn't so:

- the first argument of the process is the address of the engine's gRPC server, which takes log messages;
- the handlers run on a thread pool of four threads, whatever the engine's own parallelism is;
- the working directory is the project's folder, and `pulumi` is on PATH;
- an error that carries `ErrorResourceInitFailed` among its details has the engine save an object that is half-done; the
  SDK knows no way to say that, but its servicer's call can be found in the frames above a handler.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from google.protobuf import any_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, status_pb2

from gcore_tls_provider.api.clock import Clock, SystemClock
from gcore_tls_provider.errors import one_line
from gcore_tls_provider.pulumi_internals import stack_export

_PROGRESS_PAUSE: Final = 1.0
_LOG_TIME_LIMIT: Final = 5.0
_LOOK_PAUSE: Final = 2.0
_MISSED_LOOKS: Final = 2
_FRAMES: Final = 50
_DETAILS: Final = "grpc-status-details-bin"


class EngineClient:
    """The engine behind this process; a `Host` for the lifecycle.

    Args:
        address: the engine's address, `host:port`; None where there is none, as in tests without an engine.
        clock: whose time it is.
    """

    def __init__(self, address: str | None, clock: Clock | None = None) -> None:
        """Connects lazily."""
        self._address = address
        self._clock: Clock = clock or SystemClock()
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._lock = threading.Lock()
        self._last_progress: dict[str, float] = {}
        self._said: set[tuple[str, str]] = set()

    @classmethod
    def of_this_process(cls) -> EngineClient:
        """The engine that has started this process."""
        argument = sys.argv[1] if len(sys.argv) > 1 else ""
        host, _, port = argument.rpartition(":")
        return cls(argument if host and port.isdigit() else None)

    def progress(self, urn: str, text: str) -> None:
        """Shows `text` on the resource's row, once a second at most."""
        now = self._clock.now()
        with self._lock:
            if now - self._last_progress.get(urn, -_PROGRESS_PAUSE) < _PROGRESS_PAUSE:
                return
            self._last_progress[urn] = now
        self._log(engine_pb2.INFO, urn, text, ephemeral=True)

    def warn(self, urn: str, text: str) -> None:
        """Adds a warning to the resource's diagnostics; the same one only once, however often a run checks it."""
        self._log_once(engine_pb2.WARNING, urn, text)

    def error(self, urn: str, text: str) -> None:
        """Adds an error to the resource's diagnostics, the same one only once. It stops nothing by itself."""
        self._log_once(engine_pb2.ERROR, urn, text)

    def exported_stack(self, stack: str) -> bytes | None:
        """What `pulumi stack export` prints; it needs no passphrase and shows no secret in clear."""
        return stack_export.export_stack(stack)

    def is_alive(self) -> bool:
        """Whether the engine still takes connections."""
        if self._address is None:
            return True
        host, _, port = self._address.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=2.0):
                return True
        except ConnectionRefusedError:
            return False
        except OSError:
            # Anything else says nothing about the engine: a machine under load may not answer in time.
            return True

    def exit_with_engine(self) -> None:
        """Ends this process soon after the engine has gone, from a thread of its own.

        A provider outlives an engine that was killed, and would go on with work whose results nobody saves.
        """
        if self._address is not None:
            threading.Thread(target=self._watch, name="engine-watch", daemon=True).start()

    def _watch(self) -> None:
        missed = 0
        while missed < _MISSED_LOOKS:
            self._clock.sleep(_LOOK_PAUSE)
            missed = 0 if self.is_alive() else missed + 1
        os._exit(1)

    def _log_once(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str) -> None:
        with self._lock:
            if (urn, text) in self._said:
                return
            self._said.add((urn, text))
        self._log(severity, urn, text, ephemeral=False)

    def _log(self, severity: engine_pb2.LogSeverity.ValueType, urn: str, text: str, *, ephemeral: bool) -> None:
        if self._address is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=one_line(text), urn=urn, ephemeral=ephemeral)
        try:
            with self._lock:
                if self._stub is None:
                    self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
            self._stub.Log(request, timeout=_LOG_TIME_LIMIT)
        except grpc.RpcError:
            # What is told is a courtesy; the work goes on without it.
            return


def raise_max_workers(threads: int) -> bool:
    """Lets this process handle `threads` resources at once; to be called from a handler.

    Four threads are what Pulumi's dynamic provider server starts with, and a load balancer takes minutes.

    Returns:
        Whether the executor was found and now has at least that many threads.
    """
    arguments = getattr(threading.current_thread(), "_args", None)
    reference = arguments[0] if isinstance(arguments, tuple) and arguments else None
    executor = reference() if isinstance(reference, weakref.ref) else None
    if not isinstance(executor, ThreadPoolExecutor) or not isinstance(getattr(executor, "_max_workers", None), int):
        return False
    executor._max_workers = max(executor._max_workers, threads)
    return True


def save_partial_state(object_id: str, properties: Mapping[str, Any], reason: str) -> bool:
    """Has the engine save what a handler leaves half-done; to be called from a create or update that then raises.

    The next run is then called for the object even if its program is unchanged, and a destroy deletes it.

    Args:
        object_id: the object's id.
        properties: its properties; what is secret among the inputs is encrypted here too.
        reason: why it isn't done: the line that the engine shows.

    Returns:
        Whether the engine is told.
    """
    call = _enclosing_grpc_context()
    if call is None:
        return False
    loop = asyncio.new_event_loop()
    try:
        serialized = loop.run_until_complete(rpc.serialize_properties(dict(properties), {}))
    finally:
        loop.close()
    detail = any_pb2.Any()
    detail.Pack(provider_pb2.ErrorResourceInitFailed(id=object_id, properties=serialized, reasons=[reason]))
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
    call.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    return True


def _enclosing_grpc_context() -> grpc.ServicerContext | None:
    """The gRPC call that a handler works for."""
    frame = sys._getframe()
    for _ in range(_FRAMES):
        context = frame.f_locals.get("context")
        if isinstance(context, grpc.ServicerContext):
            return context
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None
