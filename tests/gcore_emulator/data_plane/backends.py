"""Backends on 127.0.0.1 with TLS and a required client certificate. They record requests and TLS alerts."""

from __future__ import annotations

import json
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SECONDS = 20.0


@dataclass(frozen=True)
class Request:
    """Request that a backend received. `subject` is the common name of the client certificate."""

    line: str
    headers: dict[str, str]
    subject: str | None
    serial: int | None
    sni: str | None
    version: str | None


@dataclass
class Backend:
    """Server that responds to every request with 200 and its name.

    A test can replace `context`; the next connection uses the new one. None: plaintext HTTP.
    """

    name: str
    context: ssl.SSLContext | None
    alerts: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    proxied: bool = False
    _released: threading.Event = field(default_factory=threading.Event)
    _holds: bool = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold each response after its first byte until `release`, or the end."""
        self._holds = True
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Send the rest of all held responses."""
        self._holds = False
        self._released.set()

    @contextmanager
    def running(self) -> Iterator[Backend]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listening,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                # Only a shutdown interrupts the thread that waits in accept.
                with suppress(OSError):
                    listening.shutdown(socket.SHUT_RDWR)
                thread.join(_SECONDS)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(_SECONDS)
        connection: socket.socket = plain
        with suppress(OSError), plain:
            if self.proxied:
                _skip_proxy_header(plain)
            if self.context is not None:
                names: list[str | None] = []
                self.context.sni_callback = lambda _socket, name, _context: names.append(name)
                try:
                    connection = self.context.wrap_socket(plain, server_side=True)
                except ssl.SSLError as error:
                    self.alerts.append(error.reason or str(error))
                    return
                with connection:
                    self._respond(connection, names[-1] if names else None)
            else:
                self._respond(connection, None)

    def _respond(self, connection: socket.socket, sni: str | None) -> None:
        lines = connection.makefile("rb")
        while True:
            try:
                first = lines.readline().decode()
                if not first:
                    return
                headers = {}
                while (line := lines.readline().decode().strip()) != "":
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
            except (ssl.SSLError, UnicodeDecodeError) as error:  # UnicodeDecodeError: TLS on a plaintext connection
                self.alerts.append(error.reason or str(error))
                return
            certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
            subject = _subject(certificate)
            serial = int(str(certificate["serialNumber"]), 16) if certificate else None
            version = connection.version() if isinstance(connection, ssl.SSLSocket) else None
            self.requests.append(Request(first.strip(), headers, subject.get("commonName"), serial, sni, version))
            body = json.dumps({"backend": self.name, "client": subject.get("commonName")}).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
            if self._holds:
                connection.sendall(body[:1])
                body = body[1:]
                self._released.wait(_SECONDS)
            connection.sendall(body)


def _subject(certificate: Any) -> dict[str, str]:
    """Return the subject of a certificate in the format of Python's ssl."""
    return {key: value for pairs in (certificate or {}).get("subject", ()) for key, value in pairs}


def _skip_proxy_header(connection: socket.socket) -> None:
    """Read a header of the PROXY protocol, version 1 or 2."""
    start = _read_exactly(connection, 16)
    if start.startswith(b"PROXY "):
        while not start.endswith(b"\r\n"):
            start += _read_exactly(connection, 1)
    else:
        _read_exactly(connection, int.from_bytes(start[14:16], "big"))


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count:
        part = connection.recv(count - len(read))
        if not part:
            raise OSError("the peer closed the connection")
        read += part
    return read


def server_context(
    bundle: str,
    client_ca: str | None = None,
    *,
    version: ssl.TLSVersion | None = None,
    alpn: list[str] | None = None,
    weak: bool = False,
) -> ssl.SSLContext:
    """Return the TLS context of a backend.

    Args:
        bundle: Certificate, key and chain (PEM).
        client_ca: CA (PEM) of the required client certificate; None: no client certificate is required.
        version: Only TLS version that the backend supports; None: all.
        alpn: Protocols that the backend supports.
        weak: Allow RSA keys of 1,024 bits and SHA-1.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    # Without session tickets every handshake verifies the certificates again.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(alpn)
    with _private_file(bundle) as path:
        context.load_cert_chain(path)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca)
    return context


@contextmanager
def _private_file(text: str) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        yield Path(name)
    finally:
        os.unlink(name)
