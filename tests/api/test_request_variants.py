"""Choice between the two variants of a request, and the body of each."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariant, RequestVariants
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.errors import Conflict, Forbidden, HttpStatusError, MethodNotAllowed, NotFound, ServerError
from tests.api.gcore import (
    UNKNOWN_ID,
    Outcome,
    ScriptedTransport,
    create_client,
    error_response,
    json_response,
    task_ids_response,
)
from tests.api.variants import SECRET_VARIANTS, create_pool_variants, update_pool_variants
from tests.fake_clock import FakeClock


def request_line(variants: RequestVariants[TaskIds], variant: RequestVariant) -> str:
    call = variants.of(variant)
    return f"{call.route.method} {call.route.path({**call.ids, 'project_id': 11, 'region_id': 22})}"


FIRST_RESPONSES: Sequence[tuple[str, RequestVariants[TaskIds], Outcome, bool]] = [
    ("405", SECRET_VARIANTS, error_response(405, "HTTPError"), True),
    ("404 of the route", SECRET_VARIANTS, error_response(404, "HTTPError"), True),
    ("404 without a body", SECRET_VARIANTS, httpx.Response(404), True),
    ("404 of a proxy", SECRET_VARIANTS, httpx.Response(404, text="<h1>404 Not Found</h1>"), True),
    ("404 of an object, and the call refers to none", SECRET_VARIANTS, error_response(404, "NotFoundError"), False),
    ("400 about the payload", SECRET_VARIANTS, error_response(400, invalid_fields={"payload": ["no"]}), True),
    ("422 about the payload", SECRET_VARIANTS, error_response(422, invalid_fields={"payload": ["no"]}), True),
    (
        "400 about a part of the payload",
        SECRET_VARIANTS,
        error_response(400, invalid_fields={"payload.certificate": ["no"]}),
        True,
    ),
    (
        "400 with nested reasons",
        SECRET_VARIANTS,
        error_response(400, invalid_fields={"payload": {"certificate": ["no"]}}),
        True,
    ),
    (
        "400 about the encoding",
        SECRET_VARIANTS,
        error_response(400, invalid_fields={"payload_content_encoding": ["no"]}),
        True,
    ),
    ("400 about the name", SECRET_VARIANTS, error_response(400, invalid_fields={"name": ["payload"]}), False),
    ("400 without fields", SECRET_VARIANTS, error_response(400), False),
    ("400 with the payload in its message only", SECRET_VARIANTS, json_response({"message": "payload"}, 400), False),
    ("401", SECRET_VARIANTS, error_response(401, invalid_fields={"payload": ["no"]}), False),
    ("403", SECRET_VARIANTS, error_response(403, invalid_fields={"payload": ["no"]}), False),
    ("409", SECRET_VARIANTS, error_response(409, invalid_fields={"payload": ["no"]}), False),
    ("429", SECRET_VARIANTS, error_response(429, invalid_fields={"payload": ["no"]}), False),
    ("500", SECRET_VARIANTS, error_response(500, invalid_fields={"payload": ["no"]}), False),
    (
        "400 about a pool's secret",
        create_pool_variants(),
        error_response(400, invalid_fields={"ca_secret_id": ["no"]}),
        False,
    ),
    (
        "400 about a pool's change",
        update_pool_variants(),
        error_response(400, invalid_fields={"protocol": ["no"]}),
        False,
    ),
    ("405 for a pool", create_pool_variants(), error_response(405), True),
    ("404 of the route for a pool", update_pool_variants(), error_response(404, "HTTPError"), True),
]


@pytest.mark.parametrize(
    ("variants", "first", "falls_back"),
    [each[1:] for each in FIRST_RESPONSES],
    ids=[each[0] for each in FIRST_RESPONSES],
)
def test_auto_tries_the_other_variant_only_if_the_first_is_not_understood(
    variants: RequestVariants[TaskIds], first: httpx.Response, falls_back: bool, clock: FakeClock
) -> None:
    transport = ScriptedTransport([first, task_ids_response("t1")])
    client = create_client(transport, clock)
    if falls_back:
        assert client.send_variant(variants, client.deadline(0.1)).tasks == ["t1"]
        other: RequestVariant = "guide" if variants.first == "openapi" else "openapi"
        assert transport.request_lines == [request_line(variants, variants.first), request_line(variants, other)]
    else:
        with pytest.raises(HttpStatusError) as raised:
            client.send_variant(variants, client.deadline(0.1))
        assert raised.value.status == first.status_code
        assert transport.request_lines == [request_line(variants, variants.first)]


@pytest.mark.parametrize(
    "check_response",
    [
        error_response(404, "NotFoundError"),
        error_response(403),
        error_response(500),
        httpx.Response(200, text="<html>"),
        httpx.ReadTimeout,
    ],
    ids=["404", "403", "500", "malformed", "timeout"],
)
def test_a_404_is_raised_unless_every_object_of_the_call_exists(check_response: Outcome, clock: FakeClock) -> None:
    """A 404 means that the route is missing only if GETs find every object of the call."""
    transport = ScriptedTransport([error_response(404, "NotFoundError", request_id="first"), check_response])
    client = create_client(transport, clock)
    with pytest.raises(NotFound) as raised:
        client.send_variant(create_pool_variants(), client.deadline(0.1))
    assert raised.value.request_id == "first"
    assert transport.request_lines[1] == f"GET /cloud/v1/loadbalancers/11/22/{UNKNOWN_ID}"
    assert all(each.startswith("GET") for each in transport.request_lines[1:])


def test_the_error_contains_both_reasons_if_both_variants_fail(clock: FakeClock) -> None:
    transport = ScriptedTransport(
        [
            json_response({"message": "route unknown", "request_id": "r-1"}, 405),
            json_response({"exception_class": "ConflictError", "message": "port taken", "request_id": "r-2"}, 409),
        ]
    )
    client = create_client(transport, clock)
    with pytest.raises(Conflict) as raised:
        client.send_variant(create_pool_variants(), client.deadline(60))
    error = raised.value
    assert (error.status, error.exception_class, error.request_id) == (409, "ConflictError", "r-2")
    message = str(error)
    assert message.startswith("create pool 'backends': Gcore accepts neither variant of this request.")
    assert "As in Gcore's OpenAPI document: Gcore answered 405 to POST /cloud/v1/lbpools/" in message
    assert "As in Gcore's guide: Gcore answered 409 to POST /cloud/v1/loadbalancers/" in message
    assert "route unknown" in message
    assert "port taken" in message
    assert len(message.splitlines()) == 1


def test_the_error_names_the_document_of_each_variant_of_a_secret(clock: FakeClock) -> None:
    first = error_response(400, invalid_fields={"payload": ["not a string"]})
    client = create_client(ScriptedTransport([first, error_response(403)]), clock)
    with pytest.raises(Forbidden) as raised:
        client.send_variant(SECRET_VARIANTS, client.deadline(60))
    guide, openapi = str(raised.value).split("As in Gcore's OpenAPI document: ")
    assert "As in Gcore's guide: Gcore answered 400" in guide
    assert "Gcore answered 403" in openapi


@pytest.mark.parametrize(
    "second", [error_response(400), error_response(405), httpx.ReadTimeout], ids=["400", "405", "timeout"]
)
def test_no_variant_is_remembered_if_both_fail(second: Outcome, clock: FakeClock) -> None:
    transport = ScriptedTransport([error_response(405), second, task_ids_response("t1")])
    client = create_client(transport, clock)
    with pytest.raises(Exception, match="create pool"):
        client.send_variant(create_pool_variants(), client.deadline(60))
    client.send_variant(create_pool_variants(), client.deadline(60))
    assert transport.request_lines[0] == transport.request_lines[2] == request_line(create_pool_variants(), "openapi")


def test_the_variant_is_remembered_per_operation(clock: FakeClock) -> None:
    transport = ScriptedTransport([error_response(405), task_ids_response("t1")])
    client = create_client(transport, clock)
    for operation in (create_pool_variants(), create_pool_variants(), update_pool_variants(), SECRET_VARIANTS):
        client.send_variant(operation, client.deadline(60))
    assert transport.request_lines == [
        request_line(create_pool_variants(), "openapi"),
        request_line(create_pool_variants(), "guide"),
        request_line(create_pool_variants(), "guide"),
        request_line(update_pool_variants(), "openapi"),
        request_line(SECRET_VARIANTS, "guide"),
    ]


def test_an_error_does_not_change_a_remembered_variant(clock: FakeClock) -> None:
    transport = ScriptedTransport([task_ids_response("t1"), error_response(405)])
    client = create_client(transport, clock)
    client.send_variant(create_pool_variants(), client.deadline(60))
    with pytest.raises(MethodNotAllowed):
        client.send_variant(create_pool_variants(), client.deadline(60))
    assert len(transport.requests) == 2


def test_a_post_of_unknown_outcome_is_not_sent_in_the_other_variant(clock: FakeClock) -> None:
    transport = ScriptedTransport([502, task_ids_response("t1")])
    client = create_client(transport, clock)
    with pytest.raises(ServerError):
        client.send_variant(create_pool_variants(), client.deadline(60))
    assert len(transport.requests) == 1


def test_a_pool_with_only_a_listener_has_one_variant(clock: FakeClock) -> None:
    body = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
    transport = ScriptedTransport([error_response(405)])
    client = create_client(transport, clock)
    with pytest.raises(MethodNotAllowed):
        client.send_variant(routes.create_pool(None, UNKNOWN_ID, body), client.deadline(60))
    assert transport.request_lines == ["POST /cloud/v1/lbpools/11/22"]
    assert transport.bodies == [
        {"name": "backends", "lb_algorithm": "ROUND_ROBIN", "protocol": "HTTPS", "listener_id": UNKNOWN_ID}
    ]


# Bodies.

_POOL = {"name": "backends", "lb_algorithm": "ROUND_ROBIN", "protocol": "HTTPS"}


@pytest.mark.parametrize(
    ("variants", "guide", "openapi"),
    [
        (
            SECRET_VARIANTS,
            {
                "name": "web",
                "secret_type": "certificate",
                "payload": "QUJD",
                "payload_content_type": "application/octet-stream",
                "payload_content_encoding": "base64",
            },
            {"name": "web", "payload": {"certificate": "CERT", "certificate_chain": "CHAIN", "private_key": "KEY"}},
        ),
        (create_pool_variants(), _POOL, {**_POOL, "load_balancer_id": UNKNOWN_ID}),
        (
            routes.create_pool(
                UNKNOWN_ID, UNKNOWN_ID, PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
            ),
            {**_POOL, "listener_id": UNKNOWN_ID},
            {**_POOL, "listener_id": UNKNOWN_ID, "load_balancer_id": UNKNOWN_ID},
        ),
        (update_pool_variants(name="new name"), {"name": "new name", "protocol": "HTTPS"}, {"name": "new name"}),
        (
            routes.update_pool(UNKNOWN_ID, "HTTP", PoolPatch(ca_secret_id=None)),
            {"ca_secret_id": None, "protocol": "HTTP"},
            {"ca_secret_id": None},
        ),
    ],
    ids=["secret", "pool", "attached pool", "update", "null"],
)
def test_each_variant_sends_its_documented_body(
    variants: RequestVariants[TaskIds], guide: object, openapi: object, clock: FakeClock
) -> None:
    for variant, body in (("guide", guide), ("openapi", openapi)):
        transport = ScriptedTransport([task_ids_response("t1")])
        client = create_client(transport, clock, "guide" if variant == "guide" else "openapi")
        client.send_variant(variants, client.deadline(60))
        assert transport.bodies == [body]
        (request,) = transport.requests
        assert request.headers["Content-Type"] == "application/json"
