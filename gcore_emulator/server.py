"""Server of an emulator, on this machine only."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from gcore_emulator.application import create_application
from gcore_emulator.emulator import Emulator

HOST = "127.0.0.1"
"""Only address that an emulator listens on."""

_KEEP_ALIVE_SECONDS = 75
_STARTING_SECONDS = 10
_STOPPING_SECONDS = 10.0


class _AnnouncingServer(uvicorn.Server):
    """Server that calls back when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(emulator: Emulator, port: int, ready: Callable[[str], None]) -> None:
    """Serve until a signal stops the process.

    Args:
        emulator: Emulator to serve.
        port: Port; 0 for any free one.
        ready: Called with the base URL as soon as the server accepts requests.

    Raises:
        OSError: The port is in use.
    """
    listening = _listen(port)
    url = _url(listening)
    _AnnouncingServer(_config(emulator), lambda: ready(url)).run(sockets=[listening])


@contextmanager
def serving(emulator: Emulator, port: int = 0) -> Iterator[str]:
    """Serve in a thread of this process, and yield the base URL."""
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
    # asyncio sets TCP_NODELAY only if the socket names its protocol. Without it each response takes 40 ms longer.
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
    # Without proxy headers no other layer is between the server and the middleware, which needs the server's transport.
    # Without a log configuration the server's records reach the handlers of this process, which make them printable.
    return uvicorn.Config(
        create_application(emulator),
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
