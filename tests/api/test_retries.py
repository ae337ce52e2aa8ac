"""Retries of the client: which outcomes it retries, after which pauses, and for how long."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest

from gcore_tls_provider.api import client as client_module
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, Method
from gcore_tls_provider.api.client import FIRST_RETRY_SECONDS, LONGEST_BACKOFF, RETRY_SECONDS, backoff
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.errors import ApiError, MethodNotAllowed, RateLimited, ServerError, Unreachable
from tests.api.gcore import (
    UNKNOWN_ID,
    Outcome,
    ScriptedTransport,
    create_client,
    error_response,
    json_response,
    task_ids_response,
)
from tests.fake_clock import FakeClock

CREATE = routes.create_pool(
    UNKNOWN_ID, None, PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
).openapi
UPDATE = routes.update_pool(UNKNOWN_ID, "HTTPS", PoolPatch(name="renamed"))
READ = routes.get_task("t1")

CALLS: Mapping[Method, Call[object]] = {
    "GET": routes.list_secrets(0),
    "PUT": UPDATE.guide,
    "PATCH": UPDATE.openapi,
    "DELETE": routes.delete_pool(UNKNOWN_ID),
    "POST": CREATE,
}

ROWS: Mapping[str, Sequence[Outcome]] = {
    "the connection could not be made": (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout),
    "the connection broke or timed out later": (
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.WriteError,
        httpx.WriteTimeout,
        httpx.RemoteProtocolError,
    ),
    "429": (429,),
    "500, 502, 503, 504": (500, 502, 503, 504),
    "any other status, or a malformed response": (
        *(301, 400, 401, 402, 403, 404, 405, 408, 409, 410, 422, 501, 505, 507, 520),
        httpx.Response(200, text="<html>Welcome</html>"),
        json_response({"something": "else"}),
    ),
}
"""Outcomes for every row of the client's table."""


def documented_table() -> dict[str, tuple[bool, bool]]:
    """Return the rows of the client's docstring: whether it retries other methods than POST, and POST."""
    documented = re.findall(r"^\| ([^|]+) \| (yes|no)[^|]* \| (yes|no)[^|]* \|$", client_module.__doc__ or "", re.M)
    return {row: (others == "yes", post == "yes") for row, others, post in documented}


def describe(value: object) -> str:
    if isinstance(value, httpx.Response):
        return value.text
    return value.__name__ if isinstance(value, type) else str(value)


def success(call: Call[object]) -> httpx.Response:
    return json_response({"count": 0, "results": []}) if call is CALLS["GET"] else task_ids_response("t1")


def test_every_row_of_the_documented_table_has_cases() -> None:
    assert set(documented_table()) == set(ROWS)


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("row", "outcome"), [(row, outcome) for row, outcomes in ROWS.items() for outcome in outcomes], ids=describe
)
def test_a_call_is_retried_as_documented(row: str, outcome: Outcome, method: Method, clock: FakeClock) -> None:
    call = CALLS[method]
    is_retried = documented_table()[row][method == "POST"]
    transport = ScriptedTransport([outcome, success(call)])
    client = create_client(transport, clock)
    if is_retried:
        assert client.send(call, client.deadline(60)) == call.response_type(success(call).json())
        assert len(transport.requests) == 2
        assert transport.request_lines[0] == transport.request_lines[1]
        assert transport.bodies[0] == transport.bodies[1]
        assert len(clock.sleeps) == 1
    else:
        with pytest.raises(ApiError):
            client.send(call, client.deadline(60))
        assert len(transport.requests) == 1
        assert clock.sleeps == []


@pytest.mark.parametrize(
    ("failure", "outcome_unknown"),
    [
        *((outcome, False) for outcome in ROWS["the connection could not be made"]),
        *((outcome, True) for outcome in ROWS["the connection broke or timed out later"]),
    ],
    ids=describe,
)
def test_the_outcome_of_a_post_is_unknown_once_it_was_sent(
    failure: type[httpx.TransportError], outcome_unknown: bool, clock: FakeClock
) -> None:
    client = create_client(ScriptedTransport([failure]), clock)
    with pytest.raises(Unreachable) as raised:
        client.send(CREATE, client.deadline(60))
    assert raised.value.outcome_unknown is outcome_unknown


def test_a_post_is_not_retried_once_its_outcome_is_unknown(clock: FakeClock) -> None:
    transport = ScriptedTransport([httpx.ConnectError, 429, httpx.ReadTimeout, task_ids_response("t1")])
    client = create_client(transport, clock)
    with pytest.raises(Unreachable):
        client.send(CREATE, client.deadline(600))
    assert len(transport.requests) == 3


# Pauses and limits.


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("3", 3.0, 3.0),
        ("1.5", 1.5, 1.5),
        ("86400", 300.0, 300.0),
        ("inf", 0.375, 0.5),
        ("nan", 0.375, 0.5),
        ("0", 0.375, 0.5),
        ("-5", 0.375, 0.5),
        ("soon", 0.375, 0.5),
        ("", 0.375, 0.5),
        pytest.param(lambda: in_seconds(200), 100.0, 200.0, id="a date"),
        pytest.param(lambda: in_seconds(-200), 0.375, 0.5, id="a past date"),
        pytest.param(lambda: in_seconds(86400), 300.0, 300.0, id="a distant date"),
        pytest.param(lambda: in_seconds(200).replace("GMT", "-0000"), 100.0, 200.0, id="a date without a zone"),
        ("Mon, 99 Jan 2026 00:00:00 GMT", 0.375, 0.5),
    ],
)
def test_the_pause_follows_the_retry_after_header(
    header: str | Callable[[], str], least: float, most: float, clock: FakeClock
) -> None:
    # Create the date here: a date from the collection of the tests can be past when this test runs.
    limited = json_response({}, 429, {"Retry-After": header if isinstance(header, str) else header()})
    client = create_client(ScriptedTransport([limited, task_ids_response("t1")]), clock)
    client.send(CREATE, client.deadline(1000))
    (pause,) = clock.sleeps
    assert least <= pause <= most


def test_retry_after_zero_keeps_the_usual_pauses(clock: FakeClock) -> None:
    transport = ScriptedTransport([json_response({}, 429, {"Retry-After": "0"})])
    client = create_client(transport, clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(60))
    assert len(transport.requests) < 20


def test_pauses_double_up_to_a_cap(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([503] * 8 + [json_response({"count": 0, "results": []})]), clock)
    client.send(routes.list_secrets(0), client.deadline(1000))
    for pause, expected in zip(clock.sleeps, (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0), strict=True):
        assert 0.75 * expected <= pause <= expected


def test_backoff_accepts_any_number_of_attempts() -> None:
    assert [backoff(attempt) for attempt in (1, 2, 10, 100_000)] == [0.5, 1.0, 8.0, 8.0]
    assert backoff(3, first=0.1, most=0.3) == 0.3


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout])
def test_retries_without_any_response_end_after_the_first_retry_seconds(
    failure: type[httpx.TransportError], clock: FakeClock
) -> None:
    transport = ScriptedTransport([failure])
    client = create_client(transport, clock)
    with pytest.raises(Unreachable):
        client.send(READ, client.deadline(1000))
    assert FIRST_RETRY_SECONDS - LONGEST_BACKOFF <= clock.now() <= FIRST_RETRY_SECONDS
    assert len(transport.requests) == len(clock.sleeps) + 1 == 5


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout, 502, 503], ids=describe)
@pytest.mark.parametrize(
    "first_response", [success(CREATE), error_response(404), error_response(500)], ids=["200", "404", "500"]
)
def test_retries_after_a_first_response_last_longer(
    first_response: httpx.Response, failure: Outcome, clock: FakeClock
) -> None:
    transport = ScriptedTransport([first_response, failure])
    client = create_client(transport, clock)
    if first_response.is_success:
        client.send(CREATE, client.deadline(1000))
    else:
        with pytest.raises(ApiError):
            client.send(CREATE, client.deadline(1000))
    with pytest.raises((Unreachable, ServerError)):
        client.send(READ, client.deadline(1000))
    assert RETRY_SECONDS - LONGEST_BACKOFF <= clock.now() <= RETRY_SECONDS


def test_a_503_counts_as_a_first_response(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([503]), clock)
    with pytest.raises(ServerError):
        client.send(READ, client.deadline(1000))
    assert RETRY_SECONDS - LONGEST_BACKOFF <= clock.now() <= RETRY_SECONDS


def test_a_429_is_retried_until_the_deadline(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([429]), clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(1000))
    assert 1000 - LONGEST_BACKOFF <= clock.now() <= 1000


def test_no_pause_starts_that_would_exceed_the_deadline(clock: FakeClock) -> None:
    transport = ScriptedTransport([json_response({}, 429, {"Retry-After": "30"})])
    client = create_client(transport, clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(29))
    assert (len(transport.requests), clock.now()) == (1, 0)


@pytest.mark.parametrize("outcome", [httpx.ConnectError, httpx.ReadTimeout, 503, 429], ids=describe)
def test_retries_never_exceed_the_deadline(outcome: Outcome) -> None:
    random.seed(1)
    for tenths in range(0, 300, 3):
        clock = FakeClock()
        client = create_client(ScriptedTransport([success(CREATE), outcome]), clock)
        client.send(CREATE, client.deadline(1))
        with pytest.raises(ApiError):
            client.send(READ, client.deadline(tenths / 10))
        assert clock.now() <= tenths / 10


@pytest.mark.parametrize(("remaining", "total", "connect"), [(600, 60, 5), (30, 30, 5), (3, 3, 3), (0, 1, 1)])
def test_the_timeout_of_a_request_is_capped_at_the_remaining_time(
    remaining: float, total: float, connect: float, clock: FakeClock
) -> None:
    transport = ScriptedTransport([task_ids_response("t1")])
    client = create_client(transport, clock)
    client.send(CREATE, client.deadline(remaining))
    (request,) = transport.requests
    assert request.extensions["timeout"] == {"connect": connect, "read": total, "write": total, "pool": total}


def test_a_status_that_is_not_retried_ends_the_retries(clock: FakeClock) -> None:
    transport = ScriptedTransport([503, 503, 405])
    client = create_client(transport, clock)
    with pytest.raises(MethodNotAllowed):
        client.send(READ, client.deadline(600))
    assert len(transport.requests) == 3
