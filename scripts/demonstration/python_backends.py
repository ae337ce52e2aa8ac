"""Backends that need only Python: `python -m demonstration.python_backends SETTINGS`.

Standard error has the errors of failed handshakes, as OpenSSL reports them.
"""

from __future__ import annotations

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509

from demonstration.backends import BackendResponse, Settings

HANDSHAKE_SECONDS = 30


class Server(ThreadingHTTPServer):
    """One backend."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], name: str, context: ssl.SSLContext) -> None:
        super().__init__(address, Handler)
        self.name = name
        self.context = context

    def handle_error(self, request: object, client_address: object) -> None:
        """Print the error as one line."""
        print(sys.exc_info()[1], file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    """Handler of requests. Its response contains the subject of the client certificate."""

    protocol_version = "HTTP/1.1"
    server: Server
    request: ssl.SSLSocket

    def setup(self) -> None:
        """Perform the handshake in the connection's thread."""
        self.request.settimeout(HANDSHAKE_SECONDS)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_GET(self) -> None:
        """Send the response."""
        der = self.request.getpeercert(binary_form=True)
        client = x509.load_der_x509_certificate(der).subject.rfc4514_string() if der else ""
        body = BackendResponse(backend=self.server.name, client=client).model_dump_json().encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: the log contains only errors."""


def main(path: Path) -> None:
    """Serve until the process ends."""
    settings = Settings.model_validate_json(path.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.certificate, settings.private_key)
    context.load_verify_locations(settings.client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    # Without tickets, every handshake verifies the certificate.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    servers = [Server((address, settings.port), name, context) for address, name in settings.names.items()]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
