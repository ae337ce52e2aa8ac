"""HTTP clients of a load balancer. `fetch` uses a new connection, so that certificates are verified each time."""

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
class Response:
    """Response to a client. `certificate` is that of the load balancer; None without TLS."""

    status: int
    body: str
    headers: dict[str, str]
    certificate: x509.Certificate | None

    @property
    def json(self) -> Any:
        """Body of the backend's response."""
        return json.loads(self.body)


def fetch(
    port: int,
    name: str | None = "app.example",
    *,
    tls: bool = True,
    path: str = "/",
    headers: dict[str, str] | None = None,
    source: str = "127.0.0.1",
    ciphers: str | None = None,
) -> Response:
    """Send a GET on a new connection. `name` is the SNI; None: no SNI."""
    with socket.create_connection(("127.0.0.1", port), _SECONDS, (source, 0)) as plain:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.sock = _tls(plain, name, ciphers) if tls else plain
        try:
            connection.request("GET", path, headers={"Host": name or "127.0.0.1", **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            der = connection.sock.getpeercert(binary_form=True) if isinstance(connection.sock, ssl.SSLSocket) else None
            certificate = x509.load_der_x509_certificate(der) if der else None
            return Response(
                response.status, text, {key.lower(): value for key, value in response.getheaders()}, certificate
            )
        finally:
            connection.close()


def _tls(plain: socket.socket, name: str | None, ciphers: str | None) -> ssl.SSLSocket:
    # The tests check the certificate.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context.wrap_socket(plain, server_hostname=name)


def open_connection(port: int) -> closing[http.client.HTTPConnection]:
    """Return an open connection with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), 20)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = context.wrap_socket(plain, server_hostname="app.example")
    return closing(connection)


def get_status(connection: http.client.HTTPConnection) -> int:
    """Send a GET on an open connection, and return the status of the response."""
    connection.request("GET", "/", headers={"Host": "app.example"})
    response = connection.getresponse()
    response.read()
    return response.status
