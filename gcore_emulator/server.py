"""Serves an emulator on this machine only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from gcore_emulator.application import create_application
from gcore_emulator.emulator import Emulator

HOST = "127.0.0.1"
"""The only address that an emulator listens on."""

_KEEP_ALIVE_SECONDS = 75
_STARTING_SECONDS = 10
_STOPPING_SECONDS = 10.0


class _AnnouncingServer(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(emulator: Emulator, port: int, ready: Callable[[str], None]) -> None:
    """Serves until the process is told to stop.

    Args:
        emulator: what to serve.
        port: 0 for any that is free.
        ready: called with the base URL, once it can be used.

    Raises:
        OSError: if the port is taken.
    """
    listening = _listen(port)
    url = _url(listening)
    _AnnouncingServer(_config(emulator), lambda: ready(url)).run(sockets=[listening])


@contextmanager
def serving(emulator: Emulator, port: int = 0) -> Iterator[str]:
    """Serves in a thread of this process, and gives the base URL."""
    listening = _listen(port)
    started = threading.Event()
    server = _AnnouncingServer(_config(emulator), started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        if not started.wait(_STARTING_SECONDS):
            raise RuntimeError(f"The emulator did not start within {_STARTING_SECONDS} s.")
        yield _url(listening)
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(_STOPPING_SECONDS)
        listening.close()


def _listen(port: int) -> socket.socket:
    # Only where the protocol is named does asyncio switch off the delay of small packets, 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


def _config(emulator: Emulator) -> uvicorn.Config:
    # Without proxy headers nothing stands between the server and the doorway, which needs its transport.
    return uvicorn.Config(
        create_application(emulator),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
