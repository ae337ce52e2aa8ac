"""Errors for every unusable response: their class, and the one line that the user reads."""

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
from tests.api.gcore import ScriptedTransport, create_client, error_response, json_response
from tests.fake_clock import FakeClock

CALL = routes.delete_pool("pool-1")
DESCRIPTION = "delete pool pool-1"
ROUTE = "DELETE /cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}"


@pytest.fixture
def error_for(clock: FakeClock) -> Callable[[httpx.Response], ApiError]:
    """Return a function that sends a call and returns the error for the response."""

    def send(response: httpx.Response) -> ApiError:
        client = create_client(ScriptedTransport([response]), clock)
        with pytest.raises(ApiError) as raised:
            client.send(CALL, client.deadline(0.1))
        return raised.value

    return send


ErrorFor = Callable[[httpx.Response], ApiError]


def status_error(error: ApiError) -> HttpStatusError:
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
    (409, Conflict, "run `pulumi up` again"),
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
def test_each_status_raises_its_error_with_its_remedy(
    status: int, kind: type[HttpStatusError], remedy: str, error_for: ErrorFor
) -> None:
    error = status_error(error_for(error_response(status, "ItsClass", request_id="r-77")))
    assert type(error) is kind
    assert error.status == status
    assert error.exception_class == "ItsClass"
    assert error.request_id == "r-77"
    assert error.action == DESCRIPTION
    assert error.reason == f"Gcore answered {status} to {ROUTE}: ItsClass message of {status}"
    assert remedy in error.remedy
    assert str(error) == f"{DESCRIPTION}: {error.reason} (request id r-77). {error.remedy}"


@pytest.mark.parametrize("exception_class", ["NotFoundError", "LoadBalancerNotFoundError", "SecretNotFound"])
def test_a_404_with_gcores_not_found_class_raises_object_not_found(exception_class: str, error_for: ErrorFor) -> None:
    error = status_error(error_for(error_response(404, exception_class)))
    assert type(error) is ObjectNotFound
    assert "gcore:projectId" in error.remedy


@pytest.mark.parametrize(
    "page", ["<html>404</html>", "", '{"detail": "Not Found"}', '{"exception_class": "HTTPError"}']
)
def test_any_other_404_raises_plain_not_found(page: str, error_for: ErrorFor) -> None:
    assert type(error_for(httpx.Response(404, text=page))) is NotFound


def test_every_http_error_class_has_a_status() -> None:
    assert {kind for _status, kind, _remedy in STATUSES} == {HttpStatusError, *HttpStatusError.__subclasses__()}


def test_line_breaks_in_a_message_become_blanks(error_for: ErrorFor) -> None:
    error = error_for(json_response({"exception_class": "X", "message": "first\nsecond\r\n\tthird\u2028fourth"}, 400))
    assert "X first second third fourth" in str(error)
    assert len(str(error).splitlines()) == 1


def test_an_error_without_a_request_id_shows_none(error_for: ErrorFor) -> None:
    assert "request id" not in str(error_for(error_response(400)))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (json_response({"message": "No such flavor."}, 400), "No such flavor"),
        (json_response({"exception_class": "ConflictError"}, 400), "ConflictError"),
        (
            json_response({"message": "Bad", "invalid_fields": {"name": ["too long", "taken"], "port": ["zero"]}}, 400),
            "Bad (name: too long, taken; port: zero)",
        ),
        (json_response({"message": "name: taken", "invalid_fields": {"name": ["taken"]}}, 400), "name: taken"),
        (json_response({"invalid_fields": {"name": "taken"}}, 400), "name: taken"),
        (json_response({"invalid_fields": {"payload": {"certificate": ["no PEM"]}}}, 400), "no PEM"),
        (json_response({"invalid_fields": {"name": [{"code": 7}]}}, 400), "7"),
        (json_response({"detail": "Given token not valid"}, 401), "Given token not valid"),
        (json_response({"message": {"en": "nested"}}, 400), "nested"),
        (json_response(["a", "list"], 400), "list"),
        (json_response({}, 400), "{}"),
        (httpx.Response(404, text="<html><body><h1>404 Not Found</h1>nginx</body></html>"), "404 Not Found"),
        (httpx.Response(502, text="<html>\n<h1>Bad Gateway</h1>\n</html>"), "<h1>Bad Gateway</h1>"),
        (httpx.Response(400, content=b'{"message": "cut'), "cut"),
        (httpx.Response(400, content=b"\xff\xfe\x00binary"), "binary"),
        (httpx.Response(401), "no text"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test/"}), "no text"),
    ],
)
def test_the_reason_quotes_any_form_of_error_body(response: httpx.Response, expected: str, error_for: ErrorFor) -> None:
    error = error_for(response)
    assert f"Gcore answered {response.status_code} to {ROUTE}: " in error.reason
    assert expected in error.reason
    assert len(str(error).splitlines()) == 1


def test_a_long_response_is_truncated(error_for: ErrorFor) -> None:
    error = error_for(httpx.Response(400, text="many words " * 1000))
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
def test_the_error_contains_the_invalid_fields(invalid: object, names: set[str], error_for: ErrorFor) -> None:
    assert (
        status_error(error_for(json_response({"message": "x", "invalid_fields": invalid}, 400))).invalid_fields == names
    )


def test_the_error_contains_the_seconds_of_retry_after(error_for: ErrorFor) -> None:
    assert status_error(error_for(json_response({}, 429, {"Retry-After": "17"}))).retry_after == 17
    assert (
        status_error(error_for(json_response({}, 429, {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}))).retry_after
        == 0
    )
    assert status_error(error_for(json_response({}, 429))).retry_after is None


# Success responses that are malformed.


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(200, text="<html>\n<h1>Sign in</h1></html>"), "not JSON: '<html> <h1>Sign in</h1></html>'"),
        (httpx.Response(200, content=b'{"tasks": ["t1"'), "not JSON"),
        (httpx.Response(200, content=b"\xff\xfe"), "not JSON"),
        (httpx.Response(200, text="<p>" + "many words " * 1000), " [...]'"),
        (httpx.Response(200), "documentation in: the whole body"),
        (httpx.Response(204), "documentation in: the whole body"),
        (json_response([]), "documentation in: the whole body"),
        (json_response(None), "documentation in: the whole body"),
        (json_response({"task_id": "t1"}), "documentation in: tasks"),
        (json_response({"tasks": "t1"}), "documentation in: tasks"),
        (json_response({"tasks": ["t1", {"id": "t2"}]}), "documentation in: tasks.1"),
    ],
)
def test_an_unreadable_success_response_raises_malformed_response(
    response: httpx.Response, expected: str, error_for: ErrorFor
) -> None:
    error = error_for(response)
    assert isinstance(error, MalformedResponse)
    assert str(error).startswith(f"{DESCRIPTION}: ")
    assert expected in str(error)
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 600


def test_unknown_fields_of_a_response_are_ignored(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([json_response({"tasks": [], "new": {"in": "2027"}})]), clock)
    assert client.send(CALL, client.deadline(1)).tasks == []


def test_an_empty_204_satisfies_a_call_without_content(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([httpx.Response(204)]), clock)
    client.send(routes.delete_health_monitor("p"), client.deadline(1))


# No response.


def test_a_refused_connection_raises_unreachable_with_its_remedy(clock: FakeClock) -> None:
    client = create_client(ScriptedTransport([httpx.ConnectError]), clock)
    with pytest.raises(Unreachable) as raised:
        client.send(CALL, client.deadline(1))
    assert str(raised.value) == (
        f"{DESCRIPTION}: no response from http://gcore.test: the network failed. Check the base URL (`gcore:baseUrl` "
        "or GCORE_BASE_URL) and the network, then run `pulumi up` again."
    )
    assert isinstance(raised.value.__cause__, httpx.ConnectError)


def test_a_network_error_without_text_is_named_by_its_class(clock: FakeClock) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    client = create_client(httpx.MockTransport(fail), clock)
    with pytest.raises(Unreachable, match=r"no response from http://gcore\.test: ReadTimeout"):
        client.send(CALL, client.deadline(1))
