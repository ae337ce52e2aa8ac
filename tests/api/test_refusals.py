"""Every answer that isn't what was asked for, as an error: its class, and the one line that the user reads."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    HttpStatusError,
    MalformedResponse,
    MethodNotAllowed,
    NotFound,
    ObjectNotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    Unreachable,
)
from tests.api.gcore import Script, answer, client_of, refusal
from tests.fake_clock import FakeClock

CALL = routes.delete_pool("pool-1")
ASKED = "delete pool pool-1"
ROUTE = "DELETE /cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}"


@pytest.fixture
def met(clock: FakeClock) -> Callable[[httpx.Response], ApiError]:
    """The error that an answer becomes."""

    def send(response: httpx.Response) -> ApiError:
        client = client_of(Script([response]), clock)
        with pytest.raises(ApiError) as raised:
            client.send(CALL, client.deadline(0.1))
        return raised.value

    return send


Met = Callable[[httpx.Response], ApiError]


def refused(error: ApiError) -> HttpStatusError:
    assert isinstance(error, HttpStatusError)
    return error


STATUSES = [
    (301, HttpStatusError, "gcore:baseUrl"),
    (400, BadRequest, "Fix"),
    (401, Unauthorized, "gcore:apiKey"),
    (402, HttpStatusError, "gcore:baseUrl"),
    (403, Forbidden, "quota"),
    (404, NotFound, "gcore:baseUrl"),
    (405, MethodNotAllowed, "gcore:dialect"),
    (408, HttpStatusError, "gcore:baseUrl"),
    (409, Conflict, "run again"),
    (418, HttpStatusError, "gcore:baseUrl"),
    (422, BadRequest, "Fix"),
    (429, RateLimited, "gcore:parallel"),
    (500, ServerError, "later"),
    (501, ServerError, "later"),
    (502, ServerError, "later"),
    (503, ServerError, "later"),
    (504, ServerError, "later"),
    (599, ServerError, "later"),
]


@pytest.mark.parametrize(("status", "kind", "remedy"), STATUSES)
def test_the_error_of_a_status(status: int, kind: type[HttpStatusError], remedy: str, met: Met) -> None:
    error = refused(met(refusal(status, "ItsClass", request_id="r-77")))
    assert type(error) is kind
    assert error.status == status
    assert error.exception_class == "ItsClass"
    assert error.request_id == "r-77"
    assert error.action == ASKED
    assert error.reason == f"Gcore answered {status} to {ROUTE}: ItsClass said {status}"
    assert remedy in error.remedy
    assert str(error) == f"{ASKED}: {error.reason} (request id r-77). {error.remedy}"


@pytest.mark.parametrize("exception_class", ["NotFoundError", "LoadBalancerNotFoundError", "SecretNotFound"])
def test_only_gcores_own_word_means_that_the_object_is_gone(exception_class: str, met: Met) -> None:
    error = refused(met(refusal(404, exception_class)))
    assert type(error) is ObjectNotFound
    assert "gcore:projectId" in error.remedy


@pytest.mark.parametrize(
    "page", ["<html>404</html>", "", '{"detail": "Not Found"}', '{"exception_class": "HTTPError"}']
)
def test_any_other_404_does_not(page: str, met: Met) -> None:
    assert type(met(httpx.Response(404, text=page))) is NotFound


def test_every_kind_of_refusal_has_its_status() -> None:
    assert {kind for _status, kind, _remedy in STATUSES} == {HttpStatusError, *HttpStatusError.__subclasses__()}


def test_the_line_stays_one_line(met: Met) -> None:
    error = met(answer({"exception_class": "X", "message": "first\nsecond\r\n\tthird\u2028fourth"}, 400))
    assert "X first second third fourth" in str(error)
    assert len(str(error).splitlines()) == 1


def test_without_a_request_id_none_is_shown(met: Met) -> None:
    assert "request id" not in str(met(refusal(400)))


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (answer({"message": "No such flavor."}, 400), "No such flavor"),
        (answer({"exception_class": "ConflictError"}, 400), "ConflictError"),
        (
            answer({"message": "Bad", "invalid_fields": {"name": ["too long", "taken"], "port": ["zero"]}}, 400),
            "Bad (name: too long, taken; port: zero)",
        ),
        (answer({"message": "name: taken", "invalid_fields": {"name": ["taken"]}}, 400), "name: taken"),
        (answer({"invalid_fields": {"name": "taken"}}, 400), "name: taken"),
        (answer({"invalid_fields": {"payload": {"certificate": ["no PEM"]}}}, 400), "no PEM"),
        (answer({"invalid_fields": {"name": [{"code": 7}]}}, 400), "7"),
        (answer({"detail": "Given token not valid"}, 401), "Given token not valid"),
        (answer({"message": {"en": "nested"}}, 400), "nested"),
        (answer(["a", "list"], 400), "list"),
        (answer({}, 400), "{}"),
        (httpx.Response(404, text="<html><body><h1>404 Not Found</h1>nginx</body></html>"), "404 Not Found"),
        (httpx.Response(502, text="<html>\n<h1>Bad Gateway</h1>\n</html>"), "<h1>Bad Gateway</h1>"),
        (httpx.Response(400, content=b'{"message": "cut'), "cut"),
        (httpx.Response(400, content=b"\xff\xfe\x00binary"), "binary"),
        (httpx.Response(401), "no text"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test/"}), "no text"),
    ],
)
def test_whatever_the_answer_looks_like_it_is_told(response: httpx.Response, said: str, met: Met) -> None:
    error = met(response)
    assert f"Gcore answered {response.status_code} to {ROUTE}: " in error.reason
    assert said in error.reason
    assert len(str(error).splitlines()) == 1


def test_a_long_answer_is_cut(met: Met) -> None:
    error = met(httpx.Response(400, text="many words " * 1000))
    assert len(str(error)) < 1000
    assert error.reason.count("many words") > 10
    assert error.reason.endswith(" [...]")


@pytest.mark.parametrize(
    ("invalid", "names"),
    [
        ({"payload": ["x"], "payload.certificate": ["y"]}, {"payload", "payload.certificate"}),
        ({"payload": {"certificate": ["x"]}}, {"payload"}),
        ({"name": "x"}, {"name"}),
        ({}, set()),
        (None, set()),
    ],
)
def test_the_invalid_fields_are_kept(invalid: object, names: set[str], met: Met) -> None:
    assert refused(met(answer({"message": "x", "invalid_fields": invalid}, 400))).invalid_fields == names


def test_when_to_come_back_is_kept(met: Met) -> None:
    assert refused(met(answer({}, 429, {"Retry-After": "17"}))).retry_after == 17
    assert refused(met(answer({}, 429, {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}))).retry_after == 0
    assert refused(met(answer({}, 429))).retry_after is None


# Answers that look good and aren't.


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(200, text="<html>\n<h1>Sign in</h1></html>"), "isn't JSON: '<html> <h1>Sign in</h1></html>'"),
        (httpx.Response(200, content=b'{"tasks": ["t1"'), "isn't JSON"),
        (httpx.Response(200, content=b"\xff\xfe"), "isn't JSON"),
        (httpx.Response(200, text="<p>" + "many words " * 1000), " [...]'"),
        (httpx.Response(200), "documented, at: the whole"),
        (httpx.Response(204), "documented, at: the whole"),
        (answer([]), "documented, at: the whole"),
        (answer(None), "documented, at: the whole"),
        (answer({"task_id": "t1"}), "documented, at: tasks"),
        (answer({"tasks": "t1"}), "documented, at: tasks"),
        (answer({"tasks": ["t1", {"id": "t2"}]}), "documented, at: tasks.1"),
    ],
)
def test_an_answer_that_cant_be_read(response: httpx.Response, said: str, met: Met) -> None:
    error = met(response)
    assert isinstance(error, MalformedResponse)
    assert str(error).startswith(f"{ASKED}: ")
    assert said in str(error)
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 600


def test_unknown_fields_of_an_answer_are_borne_with(clock: FakeClock) -> None:
    client = client_of(Script([answer({"tasks": [], "new": {"in": "2027"}})]), clock)
    assert client.send(CALL, client.deadline(1)).tasks == []


def test_an_answer_without_content_is_enough_where_none_is_awaited(clock: FakeClock) -> None:
    client = client_of(Script([httpx.Response(204)]), clock)
    client.send(routes.delete_health_monitor("p"), client.deadline(1))


# No answer at all.


def test_nobody_there(clock: FakeClock) -> None:
    client = client_of(Script([httpx.ConnectError]), clock)
    with pytest.raises(Unreachable) as raised:
        client.send(CALL, client.deadline(1))
    assert str(raised.value) == (
        f"{ASKED}: no answer from http://gcore.test: the network failed. Check the base URL (`gcore:baseUrl` or "
        "GCORE_BASE_URL) and the network, then run again."
    )
    assert isinstance(raised.value.__cause__, httpx.ConnectError)


def test_a_failure_without_words_is_named(clock: FakeClock) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    client = client_of(httpx.MockTransport(fail), clock)
    with pytest.raises(Unreachable, match=r"no answer from http://gcore\.test: ReadTimeout"):
        client.send(CALL, client.deadline(1))
