"""Clients that send requests to a load balancer while it changes, and count the responses.

Some clients keep their connection, and others open one for each request. If a kept connection ends while it is idle,
before the first byte of the next response, the client repeats the request once, as RFC 9112, 9.3.1 allows and every
HTTP library does. The repeats are counted separately. A failed request on a new connection is not repeated.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

PAUSE_SECONDS = 0.1
"""Pause between two requests of a client. Handshakes are expensive, and HAProxy needs processor time, too."""

MAX_REQUESTS = 6_000
"""Maximum number of requests of a client."""

_SECONDS = 60.0


@dataclass
class Client:
    """Client and its counts.

    Attributes:
        keeps_connection: Whether the client keeps its connection.
        port: Port of the listener.
        name: Server name.
        ca: CA that the client trusts, PEM.
        succeeded: Number of responses with status 200.
        failures: Descriptions of all other responses and errors.
        repeated: Number of requests that were repeated because a kept connection had ended.
        slowest: Duration of the slowest request since the last start of a count, in seconds.
        certificate: SHA-256 fingerprint of the last listener certificate.
    """

    keeps_connection: bool
    port: int
    name: str
    ca: str
    succeeded: int = 0
    failures: list[str] = field(default_factory=list)
    repeated: int = 0
    slowest: float = 0.0
    certificate: str = ""
    _connection: http.client.HTTPConnection | None = None

    @property
    def sent(self) -> int:
        """Number of requests without repeats."""
        return self.succeeded + len(self.failures)

    def run(self, ended: threading.Event) -> None:
        """Send requests until the event is set, or up to `MAX_REQUESTS`."""
        while not ended.is_set() and self.sent < MAX_REQUESTS:
            self.send_request()
            ended.wait(PAUSE_SECONDS)
        self._close()

    def send_request(self) -> None:
        """Send one request and count its response."""
        started = time.monotonic()
        try:
            status = self._status()
        except (OSError, http.client.HTTPException) as error:
            self._close()
            self.failures.append(f"{type(error).__name__}: {error}")
        else:
            if status == 200:
                self.succeeded += 1
            else:
                self.failures.append(str(status))
        self.slowest = max(self.slowest, time.monotonic() - started)
        if not self.keeps_connection:
            self._close()

    def _status(self) -> int:
        was_connected = self._connection is not None and self._connection.sock is not None
        try:
            response = self._send()
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            if not was_connected:
                raise
            self.repeated += 1
            self._close()
            response = self._send()
        response.read()
        return response.status

    def _send(self) -> http.client.HTTPResponse:
        """Send a request and read the headers of its response."""
        if self._connection is None or self._connection.sock is None:
            self._connection = self._connect()
        self._connection.request("GET", "/", headers={"Host": self.name})
        return self._connection.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        context = ssl.create_default_context(cadata=self.ca)
        plain = socket.create_connection(("127.0.0.1", self.port), _SECONDS)
        try:
            secured = context.wrap_socket(plain, server_hostname=self.name)
        except BaseException:
            plain.close()
            raise
        self.certificate = sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        connection.sock = secured
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class Count:
    """Responses to all clients during an operation."""

    operation: str
    sent: int
    failed: int
    repeated: int
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.operation}: {self.sent} requests, {self.failed} failed, {self.repeated} repeated after a kept "
            f"connection was closed while idle; the slowest took {self.slowest:.1f} s"
        )


@dataclass
class Load:
    """Load of several clients."""

    clients: list[Client]

    @classmethod
    def of(cls, port: int, names: list[str], ca: str) -> Load:
        """Create two clients for each name: one that keeps its connection, and one that does not."""
        return cls([Client(keeps_connection, port, name, ca) for name in names for keeps_connection in (True, False)])

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Run the clients during the block."""
        ended = threading.Event()
        threads = [threading.Thread(target=client.run, args=(ended,), daemon=True) for client in self.clients]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            ended.set()
            for thread in threads:
                thread.join(_SECONDS)

    @contextmanager
    def counting(self, operation: str) -> Iterator[list[Count]]:
        """Count requests during the block, and a few more of each client. Fill the list at the end."""
        counts: list[Count] = []
        sent, failures, repeated = self._totals()
        for client in self.clients:
            client.slowest = 0.0
        yield counts
        self.wait_for_requests()
        now_sent, now_failures, now_repeated = self._totals()
        slowest = max(client.slowest for client in self.clients)
        counts.append(Count(operation, now_sent - sent, now_failures - failures, now_repeated - repeated, slowest))

    def wait_for_requests(self, requests: int = 5) -> None:
        """Wait until each client has started and completed this number of further requests."""
        wanted = [client.sent + 1 + requests for client in self.clients]
        deadline = time.monotonic() + _SECONDS
        while any(client.sent < count for client, count in zip(self.clients, wanted, strict=True)):
            assert time.monotonic() < deadline, "the clients send no more requests. Increase MAX_REQUESTS."
            time.sleep(0.02)

    @property
    def failures(self) -> list[str]:
        """Failures of all clients."""
        return [failure for client in self.clients for failure in client.failures]

    def _totals(self) -> tuple[int, int, int]:
        return (
            sum(client.sent for client in self.clients),
            len(self.failures),
            sum(client.repeated for client in self.clients),
        )
