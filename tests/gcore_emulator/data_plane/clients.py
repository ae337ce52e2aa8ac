"""Clients of a load balancer: each request on a connection of its own, so that it meets a verdict of its own."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from cryptography import x509

_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What a client got. `certificate` is the load balancer's; None without TLS."""

    status: int
    body: str
    headers: dict[str, str]
    certificate: x509.Certificate | None

    @property
    def said(self) -> Any:
        """The backend's own answer."""
        return json.loads(self.body)


def ask(
    port: int,
    name: str | None = "app.example",
    *,
    tls: bool = True,
    path: str = "/",
    headers: dict[str, str] | None = None,
    source: str = "127.0.0.1",
    ciphers: str | None = None,
) -> Answer:
    """One GET on a fresh connection. `name` is asked for by SNI; None: no SNI."""
    with socket.create_connection(("127.0.0.1", port), _SECONDS, (source, 0)) as plain:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = _tls(plain, name, ciphers) if tls else plain
        try:
            connection.request("GET", path, headers={"Host": name or "127.0.0.1", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            der = connection.sock.getpeercert(binary_form=True) if isinstance(connection.sock, ssl.SSLSocket) else None
            shown = x509.load_der_x509_certificate(der) if der else None
            return Answer(answer.status, text, {key.lower(): value for key, value in answer.getheaders()}, shown)
        finally:
            connection.close()


def _tls(plain: socket.socket, name: str | None, ciphers: str | None) -> ssl.SSLSocket:
    # The tests look at the certificate themselves.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context.wrap_socket(plain, server_hostname=name)


def connected(port: int) -> closing[http.client.HTTPConnection]:
    """A client that keeps its connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), 20)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = context.wrap_socket(plain, server_hostname="app.example")
    return closing(connection)


def status_of(connection: http.client.HTTPConnection) -> int:
    """What a GET on a connection that is kept gets."""
    connection.request("GET", "/", headers={"Host": "app.example"})
    answer = connection.getresponse()
    answer.read()
    return answer.status
