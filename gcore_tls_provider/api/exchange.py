"""One HTTP exchange: a request and its complete response, with limits on the total time and on the size.

A time limit of httpx applies to a single read, so a server that sends a byte now and then would hold a call forever.
Here every read and write is limited to the time that the whole call has left.
"""

from __future__ import annotations

import json
import math
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

if TYPE_CHECKING:
    import httpcore

LARGEST_RESPONSE: Final = 16 * 1024 * 1024
"""Largest body of a response in bytes, compressed and decompressed."""

MOST_VALUES: Final = 2_000_000
"""Most values in the JSON of a response: parsed, each of them takes up to 100 bytes."""

LARGEST_ERROR: Final = 64 * 1024
"""Bytes that are read of the body of an error response; the rest is ignored."""

_CONNECT_SECONDS = 5.0
_WRITE_SIZE = 16 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class CallLimit(threading.local):
    """End of the current thread's call.

    Attributes:
        ends_at: Moment at which the call ends, in seconds of `time.monotonic`.
    """

    ends_at: float = math.inf

    def left(self, timeout: float | None, error: type[httpx.TimeoutException]) -> float:
        """Return the seconds that one step of the call can take; raise `error` if the call has no time left."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise error("the response was not complete within the time limit")
        return left if timeout is None else min(timeout, left)


class UnreadableResponse(Exception):
    """The body of a success response cannot be read.

    Attributes:
        reason: Reason in words.
        text: Body as text, if it helps.
    """

    def __init__(self, reason: str, text: str = "") -> None:
        """Keep the reason and the text."""
        super().__init__(reason)
        self.reason = reason
        self.text = text


@dataclass(frozen=True)
class Response:
    """A complete response.

    Attributes:
        status: HTTP status.
        content: Body, decompressed.
        retry_after: Value of the header `Retry-After`.
        body: Parsed JSON of a success response.
    """

    status: int
    content: bytes
    retry_after: str | None
    body: object = None

    @property
    def text(self) -> str:
        """Body as text. It is UTF-8 whatever the response declares: JSON has no other encoding."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> object:
        """Return the parsed body; None if it is empty.

        Raises:
            ValueError: The body is not JSON in UTF-8, or has text that cannot be written as UTF-8.
            RecursionError: The body is nested too deep.
            UnreadableResponse: The body has too many values.
        """
        if self.status == 204 or not self.content:
            return None
        if sum(map(self.content.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise UnreadableResponse(f"with a body of more than {MOST_VALUES:,} values")
        body: object = json.loads(self.content.decode("utf-8-sig"))
        if b"\\u" in self.content:
            # An escaped half of a surrogate pair is valid JSON, but no text of Pulumi's or of a terminal.
            json.dumps(body, ensure_ascii=False).encode()
        return body


def exchange(
    http: httpx.Client,
    limit: CallLimit,
    method: str,
    path: str,
    query: Mapping[str, str | int | bool],
    content: bytes | None,
    seconds: float,
) -> Response:
    """Send one request and return its response within `seconds`.

    Args:
        http: Client whose transports obey `limit`.
        limit: Limit of the thread's current call.
        method: HTTP method.
        path: Path and no query.
        query: Query parameters.
        content: JSON of the body; None for no body.
        seconds: Time of the whole exchange: connection, request and response.

    Raises:
        httpx.HTTPError: There was no complete response in time.
        UnreadableResponse: The body of a success response is too large, wrongly encoded or not JSON.
    """
    limit.ends_at = time.monotonic() + seconds
    headers = {"Content-Type": "application/json"} if content is not None else None
    params = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in query.items()}
    timeout = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    try:
        request = http.build_request(method, path, params=params, content=content, headers=headers, timeout=timeout)
        response = http.send(request, stream=True)
        try:
            body = _body(response, limit)
        finally:
            response.close()
    finally:
        limit.ends_at = math.inf
    complete = Response(response.status_code, body, response.headers.get("Retry-After"))
    if complete.status >= 300:
        return complete
    try:
        return replace(complete, body=complete.json())
    except (ValueError, RecursionError):
        raise UnreadableResponse(f"{complete.status} with a body that is not JSON", complete.text) from None


def limit_calls(http: httpx.Client, limit: CallLimit) -> None:
    """Let the transports of `http` obey `limit` in every read and write.

    httpcore has a public parameter for its network backend, but httpx does not pass one on.
    """
    for transport in (http._transport, *http._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            backend = transport._pool._network_backend
            transport._pool._network_backend = cast("httpcore.NetworkBackend", _LimitedBackend(backend, limit))


def _body(response: httpx.Response, limit: CallLimit) -> bytes:
    if response.status_code < 300:
        return b"".join(_decoded(response, limit, LARGEST_RESPONSE))
    parts: list[bytes] = []
    # The status is the error; the readable part of the body can explain it.
    with suppress(UnreadableResponse):
        for part in _decoded(response, limit, LARGEST_ERROR):
            parts.append(part)
    return b"".join(parts)


def _decoded(response: httpx.Response, limit: CallLimit, most: int) -> Iterator[bytes]:
    if response.is_stream_consumed:
        # A transport in memory has returned the response as a whole, and httpx has decompressed it.
        yield response.content
        return
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise UnreadableResponse("with a body in a compression that was not asked for")
    inflate = zlib.decompressobj(_GZIP) if "gzip" in coding else None
    received = size = 0
    for chunk in response.iter_raw():
        limit.left(None, httpx.ReadTimeout)
        received += len(chunk)
        part = chunk if inflate is None else _inflated(inflate, chunk, most - size + 1)
        size += len(part)
        yield part[: max(0, len(part) - max(0, size - most))]
        if max(received, size) > most:
            raise UnreadableResponse(f"with a body of more than {most // 1024:,} KiB")
    if inflate is not None and received and (inflate.unused_data or not inflate.eof):
        raise UnreadableResponse("with a compressed body that is cut, or continues after its end")


def _inflated(inflate: Any, chunk: bytes, most: int) -> bytes:
    if inflate.eof:
        raise UnreadableResponse("with a compressed body that continues after its end")
    try:
        return cast(bytes, inflate.decompress(chunk, most))
    except zlib.error:
        raise UnreadableResponse("with a body that is not gzip, as declared") from None


class _LimitedStream:
    """Connection of httpcore whose every read and write ends with the call; an `httpcore.NetworkStream`."""

    def __init__(self, stream: httpcore.NetworkStream, limit: CallLimit) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read once."""
        return self._stream.read(max_bytes, self._limit.left(timeout, httpx.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything, in parts that a slow reader cannot prolong much."""
        for start in range(0, len(buffer), _WRITE_SIZE):
            part = buffer[start : start + _WRITE_SIZE]
            self._stream.write(part, self._limit.left(timeout, httpx.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _LimitedStream:
        """Return the connection with TLS."""
        left = self._limit.left(timeout, httpx.ConnectTimeout)
        return _LimitedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._limit)

    def get_extra_info(self, info: str) -> Any:
        """Return a fact about the connection."""
        return self._stream.get_extra_info(info)


class _LimitedBackend:
    """Network of httpcore whose connections obey a limit; an `httpcore.NetworkBackend`."""

    def __init__(self, backend: httpcore.NetworkBackend, limit: CallLimit) -> None:
        self._backend = backend
        self._limit = limit

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _LimitedStream:
        """Connect to a server."""
        left = self._limit.left(timeout, httpx.ConnectTimeout)
        return _LimitedStream(self._backend.connect_tcp(host, port, timeout=left, **options), self._limit)

    def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> _LimitedStream:
        """Connect to a socket of this machine."""
        left = self._limit.left(timeout, httpx.ConnectTimeout)
        return _LimitedStream(self._backend.connect_unix_socket(path, timeout=left, **options), self._limit)

    def sleep(self, seconds: float) -> None:
        """Sleep between two attempts to connect."""
        self._backend.sleep(seconds)
