"""Random hostile responses to every route: the outcome is a result or an error of this package, in time."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import socket
import struct
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from gcore_tls_provider.api.client import Client
from gcore_tls_provider.errors import ApiError, GcoreTlsError
from tests.api.gcore import API_KEY, connection
from tests.api.hostile_server import gzip_bomb, hostile_server
from tests.api.test_routes import NAMED_CALLS

SEED_VARIABLE = "GCORE_TLS_FUZZ_SEED"
"""Environment variable: seed of a run to repeat."""

BUDGET = 25.0
"""Seconds of the test; every route gets at least one response, whatever that takes."""

LIMIT = 0.3
"""Seconds of each deadline; a single request has a second at least."""

MOST_SECONDS = 2.5
"""Longest time of a call on a machine under load."""

MOST_MEGABYTES = 250
"""Most memory that client and server take at a time."""

VALUES: tuple[object, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 1.5, "", "x", [], {}, [[]], {"": {}}, "\x00", "\x1b[2J", "\u202e"),
    *("\ud800", "\U0010ffff", "a\r\nb", "..", "../../x", "9" * 5000, "x" * 70_000, API_KEY, [None] * 50),
)
ENCODINGS: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    lambda key: "".join(f"%{ord(each):02X}" for each in key),
    lambda key: base64.b64encode(key.encode()).decode(),
    lambda key: base64.b64encode(b"x" + key.encode() + b"yz").decode(),
    lambda key: base64.urlsafe_b64encode(b"APIKey " + key.encode()).decode(),
    lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    lambda key: quote(base64.b64encode(b"ab" + key.encode()).decode(), safe=""),
)
HEADERS = (
    *("Content-Type: application/json; charset=rot13", "Content-Type: text/html; charset=klingon", "Content-Type:"),
    *("Content-Length: 0", "Content-Length: -1", "Content-Length: x", "Content-Length: 99999999999999999999"),
    *("Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Connection: close", "Connection: upgrade"),
    *("Content-Encoding: gzip", "Content-Encoding: br", "Content-Encoding: gzip, gzip", "Content-Encoding: \xff"),
    *("Retry-After: 99999999999", "Retry-After: nan", "Retry-After: Thu, 99 Foo 0000", "Retry-After: -1"),
    *("Retry-After: Fri, 31 Dec 9999 23:59:59 -2359", "Retry-After: \xb2", "Retry-After: 1e999"),
    *("Location: http://[", "Location: //\x80/", "Location: javascript:x", "Location: http://x:99999999/"),
    *("Set-Cookie: a=b", "Set-Cookie: =;;;\xff", "X-Long: " + "x" * 150_000, "no colon", ": no name", "X\x00: y"),
    f"Proxy-Authorization: {API_KEY}",
)
STATUSES = (*(200,) * 20, 201, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 405, 409, 418, 422, 429)
MORE_STATUSES = (500, 501, 502, 503, 504, 599, 600, 999)
RAW = (
    *(
        b"",
        b"\r\n\r\n",
        b"HTTP/0.9 hello",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 99 x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
    ),
    *(b"\x00" * 5000, b"\x16\x03\x01\x02\x00", b"HTTP/1.1 200 OK\n\n{}", b"HTTP/1.1 101 Switch\r\n\r\n{}"),
    *(b"<html>" * 1000, b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000),
)


class Mutator:
    """Source of hostile responses; equal seeds give equal responses."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def value(self, schema: Any, definitions: Any, wrong: float) -> object:
        """Return a value for a JSON schema; each part is something else with the probability `wrong`."""
        if self.chance(wrong):
            return self.random.choice(VALUES)
        if "$ref" in schema:
            return self.value(definitions[schema["$ref"].rpartition("/")[2]], definitions, wrong)
        if "anyOf" in schema:
            return self.value(self.random.choice(schema["anyOf"]), definitions, wrong)
        if "enum" in schema or "const" in schema:
            return self.random.choice(schema.get("enum", [schema.get("const")]))
        if schema.get("type") == "object":
            return {
                name: self.value(inner, definitions, wrong)
                for name, inner in schema.get("properties", {}).items()
                if name in schema.get("required", ()) or self.chance(0.5)
            }
        if schema.get("type") == "array":
            return [self.value(schema.get("items", {}), definitions, wrong) for _ in range(self.random.randint(0, 2))]
        if schema.get("format") == "date-time":
            return "2026-01-01T00:00:00"
        simple: dict[str, object] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
        return simple.get(schema.get("type", ""), "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25")

    def body(self, response_type: Any) -> bytes:
        """Return a body: right, wrong in its types, or damaged."""
        model = getattr(response_type, "__self__", None)
        schema = model.model_json_schema() if model is not None else {"type": "null"}
        value = self.value(schema, schema.get("$defs", {}), self.random.choice((0.0, 0.02, 0.2)))
        if self.chance(0.25):
            quoted = self.random.choice(ENCODINGS)(API_KEY)
            value = {"exception_class": quoted, "message": f"was {quoted}!", "invalid_fields": {quoted: [value]}}
        body = json.dumps(value, ensure_ascii=self.chance(0.5)).encode("utf-8", "surrogatepass")
        damage = self.random.randrange(24)
        at = self.random.randint(0, len(body))
        if damage == 0:
            return body[:at]
        if damage == 1:
            return body[:at] + self.random.randbytes(3) + body[at:]
        if damage == 2:
            return self.random.choice((b"[", b'{"a":', b"[[],")) * self.random.choice((500, 990, 100_000))
        if damage == 3:
            return body.decode("utf-8", "replace").encode(self.random.choice(("utf-16", "utf-32", "utf-8-sig")))
        if damage == 4:
            return b"[" + b"{}," * self.random.choice((10, 3_000_000)) + b"{}]" if self.chance(0.2) else b"NaN"
        if damage == 5:
            return f"<html>{self.random.choice(ENCODINGS)(API_KEY)}</html>".encode()
        return body

    def response(self, response_type: Any) -> bytes:
        """Return a whole response."""
        if self.chance(0.07):
            return self.random.choice(RAW)
        body = self.body(response_type)
        headers: list[str] = []
        compression = self.random.randrange(20)
        if compression < 3:
            headers.append("Content-Encoding: gzip")
            body = gzip.compress(body, 1)
        if compression == 1:
            body = body[: self.random.randint(0, len(body))]
        if compression == 2 and self.chance(0.3):
            body = BOMB
        if self.chance(0.95):
            headers.insert(0, f"Content-Length: {len(body)}")
        else:
            headers.append("Connection: close")
        for _ in range(self.random.choice((0, 0, 0, 0, 0, 1, 3))):
            headers.insert(self.random.randint(0, len(headers)), self.random.choice(HEADERS))
        status = self.random.choice(STATUSES if self.chance(0.8) else MORE_STATUSES)
        reason = self.random.choice(("OK", "", "\xff", API_KEY, "x" * 1000))
        head = "\r\n".join([f"HTTP/1.1 {status} {reason}", *headers]).encode("latin-1")
        return head + b"\r\n\r\n" + body


BOMB = gzip_bomb(320)


def send(connection: socket.socket, sent: bytes, timing: int, stopped: threading.Event) -> None:
    """Send a response at once, in parts, slowly, incompletely or not at all; then perhaps break the connection."""
    if timing < 33:
        connection.sendall(sent)
    elif timing < 37:
        for part in (sent[: len(sent) // 3], sent[len(sent) // 3 :]):
            connection.sendall(part)
            stopped.wait(0.01)
    elif timing == 37:
        connection.sendall(sent[: len(sent) // 2])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif timing == 38:
        for at in range(len(sent)):
            connection.sendall(sent[at : at + 1])
            if stopped.wait(0.02):
                return
    else:
        stopped.wait(0.1)
    if timing > 35 or b"close" in sent[:300] or sent in RAW:
        connection.close()


def shown(text: str) -> Iterator[str]:
    """Yield the API key's traces in a text: pieces of it as it is, and of its base64 at every offset."""
    forms = [API_KEY]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + API_KEY.encode()).decode()
        forms.append(encoded[4 if offset else 0 :].rstrip("="))
    for form in forms:
        yield from (form[at : at + 11] for at in range(len(form) - 10) if form[at : at + 11] in text)


@pytest.mark.timeout(180)
def test_every_route_survives_hostile_responses() -> None:
    seed = int(os.environ.get(SEED_VARIABLE, random.SystemRandom().randrange(10**9)))
    print(f"{SEED_VARIABLE}={seed}")
    mutator = Mutator(seed)
    current: list[tuple[bytes, int]] = [(b"", 0)]
    tracemalloc.start()
    began, count, results = time.monotonic(), 0, 0
    with hostile_server(lambda to, _request, stopped: send(to, *current[0], stopped)) as server:
        client = Client(connection(server.url))
        while time.monotonic() - began < BUDGET or count < len(NAMED_CALLS):
            name, call = NAMED_CALLS[count % len(NAMED_CALLS)]
            count += 1
            current[0] = mutator.response(call.response_type), mutator.random.randrange(40)
            about = f"{SEED_VARIABLE}={seed}: response {count} to {name}, {current[0][1]}: {current[0][0][:300]!r}"
            started = time.monotonic()
            try:
                client.send(call, client.deadline(LIMIT))
                results += 1
            except GcoreTlsError as error:
                text = str(error)
                assert isinstance(error, ApiError), about
                assert len(text.splitlines()) == 1, about
                assert text.isprintable(), about
                assert len(text) < 2500, about
                everything = f"{text}\n{''.join(traceback.format_exception(error))}\n{error!r}"
                assert not list(shown(everything)), about
            except Exception as error:
                pytest.fail(f"{type(error).__name__}: {about}")
            assert time.monotonic() - started < MOST_SECONDS, about
        client.close()
    peak = tracemalloc.get_traced_memory()[1] / 1024**2
    tracemalloc.stop()
    print(f"{count} responses, {results} results, {peak:.0f} MB")
    assert results > len(NAMED_CALLS) / 10
    assert peak < MOST_MEGABYTES
