"""HTTP server of raw bytes on 127.0.0.1: it sends what no HTTP library would."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Respond = Callable[[socket.socket, bytes, threading.Event], None]
"""Send the response to a request; stop when the event is set."""


@dataclass
class HostileServer:
    """Server whose connections are all handled by `respond`.

    Attributes:
        respond: Response to each request; a test can replace it.
        url: Address of the server.
        requests: Heads and bodies of the requests so far.
    """

    respond: Respond
    url: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def hostile_server(respond: Respond) -> Iterator[HostileServer]:
    """Serve until the block ends."""
    stopped = threading.Event()
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        server = HostileServer(respond, f"http://127.0.0.1:{listening.getsockname()[1]}")

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                while request := read_request(connection):
                    server.requests.append(request)
                    server.respond(connection, request, stopped)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connections.append(connection)
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            stopped.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def read_request(connection: socket.socket) -> bytes:
    """Return one request; nothing once the client has closed the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < sum(lengths):
        part = connection.recv(65536)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


def send_all(data: bytes) -> Respond:
    """Return a function that sends `data` at once."""

    def respond(connection: socket.socket, _request: bytes, _stopped: threading.Event) -> None:
        connection.sendall(data)

    return respond


def gzip_bomb(megabytes: int) -> bytes:
    """Return the compressed form of very many blanks, without the memory for them."""
    compressing = zlib.compressobj(wbits=31)
    blanks = b" " * 1024 * 1024
    return b"".join([*(compressing.compress(blanks) for _ in range(megabytes)), compressing.flush()])


def drip(first: bytes, repeated: bytes, pause: float = 0.05) -> Respond:
    """Return a function that sends `first`, and then `repeated` again and again."""

    def respond(connection: socket.socket, _request: bytes, stopped: threading.Event) -> None:
        connection.sendall(first)
        while not stopped.wait(pause):
            connection.sendall(repeated)

    return respond


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return the bytes of a response with a correct length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
