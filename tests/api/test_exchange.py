"""Limits of one HTTP exchange on a real connection: total time, size, compression, encoding, nesting."""

from __future__ import annotations

import gzip
import json
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable

import httpx
import pytest

from gcore_tls_provider.api import exchange as exchange_module
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.exchange import LARGEST_ERROR, LARGEST_RESPONSE, MOST_VALUES
from gcore_tls_provider.errors import ApiError, MalformedResponse, ServerError, Unauthorized, Unreachable
from tests.api.gcore import connection
from tests.api.hostile_server import Respond, drip, gzip_bomb, hostile_server, response, send_all

LIST = routes.list_secrets(0)
DELETE = routes.delete_secret("00000000-0000-4000-8000-000000000000")
LIMIT = 1.0
"""Seconds of the deadline; the server would go on forever."""


def failure(respond: Respond, seconds: float = LIMIT) -> ApiError:
    """Return the error of one call to a server that responds this way."""
    with hostile_server(respond) as server:
        client = Client(connection(server.url))
        try:
            with pytest.raises(ApiError) as raised:
                client.send(LIST, client.deadline(seconds))
        finally:
            client.close()
    assert len(str(raised.value).splitlines()) == 1
    str(raised.value).encode()
    return raised.value


DRIPS = {
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "chunked body": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "body without a length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "compressed body of nothing": drip(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"")[:10], pause=0.02
    ),
    "body of an error": drip(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100000\r\n\r\n", b" "),
    "header": drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n"),
    "status line": drip(b"HTTP/1.1 200 ", b"O"),
    "1xx responses": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "1xx responses without a pause": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, pause=0),
    "nothing": drip(b"", b""),
}


@pytest.mark.parametrize("dripping", DRIPS)
def test_a_response_that_drips_ends_at_the_deadline(dripping: str) -> None:
    began = time.monotonic()
    failed = failure(DRIPS[dripping])
    assert time.monotonic() - began < LIMIT + 1.5
    assert isinstance(failed, (Unreachable, MalformedResponse))


def test_a_call_is_limited_as_a_whole_although_no_read_waits_long() -> None:
    failed = failure(DRIPS["headers"])
    assert isinstance(failed, Unreachable)
    assert isinstance(failed.__cause__, httpx.ReadTimeout)


def test_a_call_after_one_that_timed_out_has_its_own_time() -> None:
    with hostile_server(DRIPS["body"]) as server:
        client = Client(connection(server.url))
        with pytest.raises(Unreachable):
            client.send(LIST, client.deadline(LIMIT))
        server.respond = send_all(response(b'{"count": 0, "results": []}'))
        assert client.send(LIST, client.deadline(LIMIT)).results == []
        client.close()


def peak_of(function: Callable[[], object]) -> int:
    """Return the most memory that `function` has taken at a time, in bytes."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOMB = gzip_bomb(320)
LARGE = {
    "gzip bomb": response(BOMB, "Content-Encoding: gzip"),
    "gzip bomb in one line": response(BOMB, "Content-Encoding: x-gzip"),
    "large body": response(b" " * (LARGEST_RESPONSE + 1)),
    "large body in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"10000\r\n" + b" " * 65536 + b"\r\n") * (LARGEST_RESPONSE // 65536 + 2),
}


@pytest.mark.parametrize("sent", LARGE)
def test_a_response_is_refused_at_its_largest_size(sent: str) -> None:
    errors: list[ApiError] = []
    peak = peak_of(lambda: errors.append(failure(send_all(LARGE[sent]), 30)))
    assert isinstance(errors[0], MalformedResponse)
    assert f"more than {LARGEST_RESPONSE // 1024:,} KiB" in str(errors[0])
    assert peak < 4 * LARGEST_RESPONSE


def test_a_response_with_millions_of_values_is_refused_before_it_is_parsed() -> None:
    body = b'{"count": 0, "results": [' + b"[]," * MOST_VALUES + b"[]]}"
    errors: list[ApiError] = []
    peak = peak_of(lambda: errors.append(failure(send_all(response(body)), 30)))
    assert "values" in str(errors[0])
    assert peak < 4 * LARGEST_RESPONSE


def test_a_large_response_within_the_limit_is_read() -> None:
    body = b'{"count": 0, "results": []}' + b" " * (LARGEST_RESPONSE // 2)
    with hostile_server(send_all(response(gzip.compress(body, 1), "Content-Encoding: gzip"))) as server:
        client = Client(connection(server.url))
        assert client.send(LIST, client.deadline(30)).results == []
        client.close()


@pytest.mark.parametrize(("status", "kind"), [("401 Unauthorized", Unauthorized), ("503 Busy", ServerError)])
@pytest.mark.parametrize("body", [b"x" * (3 * LARGEST_ERROR), BOMB], ids=["large", "compressed"])
def test_a_large_error_response_is_still_the_error_of_its_status(
    status: str, kind: type[ApiError], body: bytes
) -> None:
    coding = ("Content-Encoding: gzip",) if body is BOMB else ()
    assert isinstance(failure(send_all(response(body, *coding, status=status))), kind)


EMPTY = b'{"count": 0, "results": []}'
UNREADABLE = {
    "deep arrays": response(b"[" * 200_000),
    "deep objects": response(b'{"a":' * 100_000),
    "deep and complete": response(b"[" * 5000 + b"]" * 5000),
    "charset rot13": response(b"\xff{", "Content-Type: application/json; charset=rot13"),
    "charset hex": response(b"\xffzz", "Content-Type: text/html; charset=hex"),
    "unknown charset": response(b"<html>", "Content-Type: text/html; charset=klingon"),
    "charset with NUL": response(b"<html>", "Content-Type: text/html; charset=\x7f"),
    "lone surrogate": response(b'{"count": 0, "results": [], "more": "\\ud800"}'),
    "lone surrogate as a key": response(b'{"count": 0, "results": [], "\\udfff": 1}'),
    "lone surrogate in bytes": response(b'{"count": 0, "results": [], "more": "\xed\xa0\x80"}'),
    "UTF-16": response(EMPTY.decode().encode("utf-16")),
    "huge number": response(b'{"count": ' + b"9" * 10_000 + b"}"),
    "infinite number": response(b'{"count": Infinity, "results": []}'),
    "not gzip": response(EMPTY, "Content-Encoding: gzip"),
    "cut gzip": response(gzip.compress(EMPTY)[:-6], "Content-Encoding: gzip"),
    "two compressions": response(gzip.compress(gzip.compress(EMPTY)), "Content-Encoding: gzip, gzip"),
    "unknown compression": response(EMPTY, "Content-Encoding: br"),
    "data after the end": response(gzip.compress(EMPTY) + gzip.compress(EMPTY), "Content-Encoding: gzip"),
    "deflate": response(zlib.compress(EMPTY), "Content-Encoding: deflate"),
}


@pytest.mark.parametrize("sent", UNREADABLE)
def test_an_unreadable_response_is_one_error_in_one_line(sent: str) -> None:
    assert isinstance(failure(send_all(UNREADABLE[sent]), 5), (MalformedResponse, Unreachable))


@pytest.mark.parametrize("sent", UNREADABLE)
def test_an_unreadable_error_response_is_the_error_of_its_status(sent: str) -> None:
    sent_bytes = UNREADABLE[sent].replace(b"200 OK", b"401 Unauthorized")
    assert isinstance(failure(send_all(sent_bytes), 5), Unauthorized)


@pytest.mark.parametrize("depth", [300, 600, 900, 990])
def test_nested_reasons_of_an_error_response_are_no_other_exception(depth: int) -> None:
    body = b'{"message": "bad", "invalid_fields": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    assert isinstance(failure(send_all(response(body, status="401 Unauthorized"))), Unauthorized)


def test_a_response_compressed_by_gzip_is_read() -> None:
    with hostile_server(send_all(response(gzip.compress(EMPTY), "Content-Encoding: GZIP"))) as server:
        client = Client(connection(server.url))
        assert client.send(LIST, client.deadline(5)).results == []
        client.send(LIST, client.deadline(5))
        assert b"accept-encoding: gzip\r\n" in server.requests[0].lower()
        client.close()


def test_no_cookie_of_a_server_is_kept() -> None:
    with hostile_server(send_all(response(EMPTY, "Set-Cookie: canary=1; Path=/"))) as server:
        client = Client(connection(server.url))
        for _ in range(2):
            client.send(LIST, client.deadline(5))
        client.close()
        assert b"canary" not in server.requests[1]


def test_the_parts_of_a_body_are_complete_whatever_their_sizes() -> None:
    random.seed(24)
    rows = json.dumps({"count": 0, "results": [], "more": random.randbytes(50_000).hex()}).encode()
    parts, rest = [], gzip.compress(rows)
    while rest:
        size = random.randint(1, 5000)
        parts.append(f"{len(rest[:size]):x}\r\n".encode() + rest[:size] + b"\r\n")
        rest = rest[size:]
    sent = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with hostile_server(send_all(sent + b"".join(parts) + b"0\r\n\r\n")) as server, httpx.Client() as http:
        found = exchange_module.exchange(http, exchange_module.CallLimit(), "GET", server.url, {}, None, 5.0)
    assert found.content == rows


def test_a_write_of_unknown_outcome_that_times_out_is_not_retried() -> None:
    with hostile_server(DRIPS["headers"]) as server:
        client = Client(connection(server.url))
        with pytest.raises(Unreachable) as raised:
            client.send(routes.create_secret_v1("web", "QUJD"), client.deadline(LIMIT))
        assert raised.value.outcome_unknown
        assert len(server.requests) == 1
        client.close()
