"""Clients that go on asking a load balancer while it is changed, and count what they got.

Two kinds: some keep their connection, and some open one for each request. A kept connection that ends while it is idle,
before a byte of the next response, says nothing of that request: RFC 9112, 9.3.1 lets a client send it once more, as
every HTTP library does. Such repeats are counted apart. A fresh connection gets no second chance.
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
"""Between two requests of a client. Handshakes are dear, and the machine has other things to do."""

MOST = 6_000
"""After so many requests a client stops, whatever is still to come."""

_SECONDS = 60.0


@dataclass
class Client:
    """One client, and what it has got.

    Attributes:
        keeps: whether it keeps its connection.
        answered: how many requests were answered with 200.
        failures: the others, each in words.
        repeated: how many requests were sent once more, because the kept connection had ended.
        slowest: seconds that the slowest request took since the count was last begun.
        certificate: SHA-256 of what the load balancer showed last.
    """

    keeps: bool
    port: int
    name: str
    ca: str
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    repeated: int = 0
    slowest: float = 0.0
    certificate: str = ""
    _connection: http.client.HTTPConnection | None = None

    @property
    def asked(self) -> int:
        """How many requests it has made; repeats don't count."""
        return self.answered + len(self.failures)

    def run(self, ended: threading.Event) -> None:
        """Asks until the end, or until it has asked `MOST` times."""
        while not ended.is_set() and self.asked < MOST:
            self.ask()
            ended.wait(PAUSE_SECONDS)
        self._close()

    def ask(self) -> None:
        """One request."""
        begun = time.monotonic()
        try:
            status = self._status()
        except (OSError, http.client.HTTPException) as error:
            self._close()
            self.failures.append(f"{type(error).__name__}: {error}")
        else:
            if status == 200:
                self.answered += 1
            else:
                self.failures.append(str(status))
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if not self.keeps:
            self._close()

    def _status(self) -> int:
        kept = self._connection is not None and self._connection.sock is not None
        try:
            answer = self._begin()
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            if not kept:
                raise
            self.repeated += 1
            self._close()
            answer = self._begin()
        answer.read()
        return answer.status

    def _begin(self) -> http.client.HTTPResponse:
        """Sends a request, and reads the first line of its response."""
        if self._connection is None or self._connection.sock is None:
            self._connection = self._connected()
        self._connection.request("GET", "/", headers={"Host": self.name})
        return self._connection.getresponse()

    def _connected(self) -> http.client.HTTPConnection:
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
    """What all clients together have got since the count was begun."""

    what: str
    asked: int
    failed: int
    repeated: int
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.what}: {self.asked} requests, {self.failed} failed, {self.repeated} repeated after a kept "
            f"connection was closed while idle; the slowest took {self.slowest:.1f} s"
        )


@dataclass
class Load:
    """All clients."""

    clients: list[Client]

    @classmethod
    def of(cls, port: int, names: list[str], ca: str) -> Load:
        """For each name one client that keeps its connection, and one that doesn't."""
        return cls([Client(keeps, port, name, ca) for name in names for keeps in (True, False)])

    @contextmanager
    def running(self) -> Iterator[Load]:
        """They ask from here on, until the end."""
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
    def counting(self, what: str) -> Iterator[list[Count]]:
        """Counts what happens meanwhile, and a few requests of each client more; the count is there afterwards."""
        counted: list[Count] = []
        asked, failures, repeated = self._totals()
        for client in self.clients:
            client.slowest = 0.0
        yield counted
        self.go_on()
        now_asked, now_failures, now_repeated = self._totals()
        slowest = max(client.slowest for client in self.clients)
        counted.append(Count(what, now_asked - asked, now_failures - failures, now_repeated - repeated, slowest))

    def go_on(self, requests: int = 5) -> None:
        """Waits until each client has begun and ended so many requests more."""
        wanted = [client.asked + 1 + requests for client in self.clients]
        deadline = time.monotonic() + _SECONDS
        while any(client.asked < count for client, count in zip(self.clients, wanted, strict=True)):
            assert time.monotonic() < deadline, "the clients don't go on: is the load too small for what is to happen?"
            time.sleep(0.02)

    @property
    def failures(self) -> list[str]:
        """All failures, in words."""
        return [failure for client in self.clients for failure in client.failures]

    def _totals(self) -> tuple[int, int, int]:
        return (
            sum(client.asked for client in self.clients),
            len(self.failures),
            sum(client.repeated for client in self.clients),
        )
