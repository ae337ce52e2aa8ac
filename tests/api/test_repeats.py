"""What the client repeats, when, and for how long."""

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
from gcore_tls_provider.api.client import FIRST_PATIENCE, LONGEST_BACKOFF, PATIENCE, backoff
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.errors import ApiError, MethodNotAllowed, RateLimited, ServerError, Unreachable
from tests.api.gcore import NOWHERE, Outcome, Script, answer, client_of, refusal, tasks
from tests.fake_clock import FakeClock

CREATE = routes.create_pool(
    NOWHERE, None, PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
).openapi
UPDATE = routes.update_pool(NOWHERE, "HTTPS", PoolPatch(name="renamed"))
READ = routes.get_task("t1")

CALLS: Mapping[Method, Call[object]] = {
    "GET": routes.list_secrets(0),
    "PUT": UPDATE.guide,
    "PATCH": UPDATE.openapi,
    "DELETE": routes.delete_pool(NOWHERE),
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
    "any other status, or an answer that can't be read": (
        *(301, 400, 401, 402, 403, 404, 405, 408, 409, 410, 422, 501, 505, 507, 520),
        httpx.Response(200, text="<html>Welcome</html>"),
        answer({"something": "else"}),
    ),
}
"""For every row of the client's table, what makes it happen."""


def table() -> dict[str, tuple[bool, bool]]:
    """The rows of the client's docstring: whether it repeats all but POST, and whether it repeats POST."""
    documented = re.findall(r"^\| ([^|]+) \| (yes|no)[^|]* \| (yes|no)[^|]* \|$", client_module.__doc__ or "", re.M)
    return {row: (others == "yes", post == "yes") for row, others, post in documented}


def described(value: object) -> str:
    if isinstance(value, httpx.Response):
        return value.text
    return value.__name__ if isinstance(value, type) else str(value)


def good(call: Call[object]) -> httpx.Response:
    return answer({"count": 0, "results": []}) if call is CALLS["GET"] else tasks("t1")


def test_every_row_of_the_table_is_tried() -> None:
    assert set(table()) == set(ROWS)


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("row", "outcome"), [(row, outcome) for row, outcomes in ROWS.items() for outcome in outcomes], ids=described
)
def test_what_is_repeated(row: str, outcome: Outcome, method: Method, clock: FakeClock) -> None:
    call = CALLS[method]
    repeated = table()[row][method == "POST"]
    script = Script([outcome, good(call)])
    client = client_of(script, clock)
    if repeated:
        assert client.send(call, client.deadline(60)) == call.response_type(good(call).json())
        assert len(script.requests) == 2
        assert script.lines[0] == script.lines[1]
        assert script.bodies[0] == script.bodies[1]
        assert len(clock.sleeps) == 1
    else:
        with pytest.raises(ApiError):
            client.send(call, client.deadline(60))
        assert len(script.requests) == 1
        assert clock.sleeps == []


@pytest.mark.parametrize(
    ("failure", "unknown"),
    [
        *((outcome, False) for outcome in ROWS["the connection could not be made"]),
        *((outcome, True) for outcome in ROWS["the connection broke or timed out later"]),
    ],
    ids=described,
)
def test_it_is_told_whether_a_post_may_have_been_done(
    failure: type[httpx.TransportError], unknown: bool, clock: FakeClock
) -> None:
    client = client_of(Script([failure]), clock)
    with pytest.raises(Unreachable) as raised:
        client.send(CREATE, client.deadline(60))
    assert raised.value.outcome_unknown is unknown


def test_a_post_is_never_repeated_once_its_outcome_is_unknown(clock: FakeClock) -> None:
    script = Script([httpx.ConnectError, 429, httpx.ReadTimeout, tasks("t1")])
    client = client_of(script, clock)
    with pytest.raises(Unreachable):
        client.send(CREATE, client.deadline(600))
    assert len(script.requests) == 3


# How long.


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
def test_retry_after(header: str | Callable[[], str], least: float, most: float, clock: FakeClock) -> None:
    # A date is made now: one made when the tests were collected may be past by the time this one runs.
    limited = answer({}, 429, {"Retry-After": header if isinstance(header, str) else header()})
    client = client_of(Script([limited, tasks("t1")]), clock)
    client.send(CREATE, client.deadline(1000))
    (pause,) = clock.sleeps
    assert least <= pause <= most


def test_being_told_to_come_back_at_once_is_no_reason_to_hammer(clock: FakeClock) -> None:
    script = Script([answer({}, 429, {"Retry-After": "0"})])
    client = client_of(script, clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(60))
    assert len(script.requests) < 20


def test_pauses_double_up_to_a_cap(clock: FakeClock) -> None:
    client = client_of(Script([503] * 8 + [answer({"count": 0, "results": []})]), clock)
    client.send(routes.list_secrets(0), client.deadline(1000))
    for pause, expected in zip(clock.sleeps, (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0), strict=True):
        assert 0.75 * expected <= pause <= expected


def test_backoff_bears_any_number_of_attempts() -> None:
    assert [backoff(attempt) for attempt in (1, 2, 10, 100_000)] == [0.5, 1.0, 8.0, 8.0]
    assert backoff(3, first=0.1, most=0.3) == 0.3


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadTimeout])
def test_an_address_that_never_answered_costs_seconds_only(
    failure: type[httpx.TransportError], clock: FakeClock
) -> None:
    script = Script([failure])
    client = client_of(script, clock)
    with pytest.raises(Unreachable):
        client.send(READ, client.deadline(1000))
    assert FIRST_PATIENCE - LONGEST_BACKOFF <= clock.now() <= FIRST_PATIENCE
    assert len(script.requests) == len(clock.sleeps) + 1 == 5


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout, 502, 503], ids=described)
@pytest.mark.parametrize("met_before", [good(CREATE), refusal(404), refusal(500)], ids=["200", "404", "500"])
def test_one_that_has_answered_is_borne_with_for_longer(
    met_before: httpx.Response, fault: Outcome, clock: FakeClock
) -> None:
    script = Script([met_before, fault])
    client = client_of(script, clock)
    if met_before.is_success:
        client.send(CREATE, client.deadline(1000))
    else:
        with pytest.raises(ApiError):
            client.send(CREATE, client.deadline(1000))
    with pytest.raises((Unreachable, ServerError)):
        client.send(READ, client.deadline(1000))
    assert PATIENCE - LONGEST_BACKOFF <= clock.now() <= PATIENCE


def test_a_first_answer_that_is_a_fault_is_an_answer(clock: FakeClock) -> None:
    client = client_of(Script([503]), clock)
    with pytest.raises(ServerError):
        client.send(READ, client.deadline(1000))
    assert PATIENCE - LONGEST_BACKOFF <= clock.now() <= PATIENCE


def test_too_many_requests_are_borne_with_until_the_deadline(clock: FakeClock) -> None:
    client = client_of(Script([429]), clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(1000))
    assert 1000 - LONGEST_BACKOFF <= clock.now() <= 1000


def test_there_is_no_wait_that_the_deadline_would_cut(clock: FakeClock) -> None:
    script = Script([answer({}, 429, {"Retry-After": "30"})])
    client = client_of(script, clock)
    with pytest.raises(RateLimited):
        client.send(CREATE, client.deadline(29))
    assert (len(script.requests), clock.now()) == (1, 0)


@pytest.mark.parametrize("outcome", [httpx.ConnectError, httpx.ReadTimeout, 503, 429], ids=described)
def test_nothing_waits_beyond_the_deadline(outcome: Outcome) -> None:
    random.seed(1)
    for tenths in range(0, 300, 3):
        clock = FakeClock()
        client = client_of(Script([good(CREATE), outcome]), clock)
        client.send(CREATE, client.deadline(1))
        with pytest.raises(ApiError):
            client.send(READ, client.deadline(tenths / 10))
        assert clock.now() <= tenths / 10


@pytest.mark.parametrize(("left", "whole", "connecting"), [(600, 60, 5), (30, 30, 5), (3, 3, 3), (0, 1, 1)])
def test_a_request_has_no_more_time_than_is_left(
    left: float, whole: float, connecting: float, clock: FakeClock
) -> None:
    script = Script([tasks("t1")])
    client = client_of(script, clock)
    client.send(CREATE, client.deadline(left))
    (request,) = script.requests
    assert request.extensions["timeout"] == {"connect": connecting, "read": whole, "write": whole, "pool": whole}


def test_a_refusal_ends_the_repeats(clock: FakeClock) -> None:
    script = Script([503, 503, 405])
    client = client_of(script, clock)
    with pytest.raises(MethodNotAllowed):
        client.send(READ, client.deadline(600))
    assert len(script.requests) == 3
