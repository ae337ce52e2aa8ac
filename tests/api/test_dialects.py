"""The three operations that Gcore writes in two ways: which way is taken, and when the other one is tried."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import httpx
import pytest

from gcore_emulator.settings import Dialect as Served
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import RequestVariant, RequestVariants
from gcore_tls_provider.api.connection import Dialect
from gcore_tls_provider.api.wire.load_balancers import LoadBalancerCreate
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolPatch
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.certificates import DevelopmentCa, Identity
from gcore_tls_provider.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HttpStatusError,
    MethodNotAllowed,
    NotFound,
    ServerError,
)
from tests.api.conftest import Emulate
from tests.api.gcore import NOWHERE, Emulated, Outcome, Script, answer, client_of, refusal, tasks
from tests.fake_clock import FakeClock

Operation = Literal["secret", "pool", "update"]

CREATE_SECRET = "POST /cloud/v2/secrets"
GUIDE_POOL = "POST /cloud/v1/loadbalancers pools"
OPENAPI_POOL = "POST /cloud/v1/lbpools"
GUIDE_UPDATE = "PUT /cloud/v1/lbpools"
OPENAPI_UPDATE = "PATCH /cloud/v2/lbpools"


def secret(identity: Identity) -> RequestVariants[TaskIds]:
    return routes.create_secret_with_key(
        "web",
        payload_base64=base64.b64encode(identity.to_pkcs12()).decode(),
        certificate=identity.certificate_pem,
        certificate_chain=identity.certificate_pem,
        private_key=identity.private_key_pem,
    )


def new_pool(load_balancer_id: str = NOWHERE, **secrets: str) -> RequestVariants[TaskIds]:
    body = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS", **secrets)
    return routes.create_pool(load_balancer_id, None, body)


def pool_change(pool_id: str = NOWHERE, **changes: str) -> RequestVariants[TaskIds]:
    return routes.update_pool(pool_id, "HTTPS", PoolPatch.model_validate(changes))


def line(method: str, route: str) -> str:
    """A route without ids: `PUT /cloud/v1/lbpools`."""
    literal = [part for part in route.split("/") if not part.startswith("{")]
    return f"{method} {'/'.join(literal[:4])} {' '.join(literal[4:])}".strip()


# Against emulators of each dialect.


@dataclass
class Prepared:
    """An account with a load balancer and a pool, made beside the API's dialects."""

    account: Emulated
    identity: Identity
    load_balancer_id: str
    pool_id: str

    def operation(self, name: Operation) -> RequestVariants[TaskIds]:
        if name == "secret":
            return secret(self.identity)
        if name == "pool":
            return new_pool(self.load_balancer_id)
        return pool_change(self.pool_id, lb_algorithm="SOURCE_IP")

    def tried(self) -> list[tuple[str, int]]:
        """The writes since the last time, with their statuses."""
        return [(line(call.method, call.route), call.status) for call in self.account.writes()]


class Prepare(Protocol):
    def __call__(self, serves: Served, speaks: Dialect, *settings: str) -> Prepared: ...


@pytest.fixture
def prepare(emulate: Emulate, identity: Identity) -> Prepare:
    def prepared(serves: Served, speaks: Dialect, *settings: str) -> Prepared:
        account = emulate(serves, speaks, *settings)
        balancer_id = account.made("loadbalancers", routes.create_load_balancer(LoadBalancerCreate(name="web")))
        made = new_pool(balancer_id)
        pool_id = account.made("pools", made.guide if serves == "guide" else made.openapi)
        account.calls()
        return Prepared(account, identity, balancer_id, pool_id)

    return prepared


WELL = {
    ("both", "guide", "secret"): [(CREATE_SECRET, 200)],
    ("both", "guide", "pool"): [(GUIDE_POOL, 200)],
    ("both", "guide", "update"): [(GUIDE_UPDATE, 200)],
    ("both", "openapi", "secret"): [(CREATE_SECRET, 200)],
    ("both", "openapi", "pool"): [(OPENAPI_POOL, 200)],
    ("both", "openapi", "update"): [(OPENAPI_UPDATE, 200)],
    ("both", "auto", "secret"): [(CREATE_SECRET, 200)],
    ("both", "auto", "pool"): [(OPENAPI_POOL, 200)],
    ("both", "auto", "update"): [(OPENAPI_UPDATE, 200)],
    ("guide", "guide", "secret"): [(CREATE_SECRET, 200)],
    ("guide", "guide", "pool"): [(GUIDE_POOL, 200)],
    ("guide", "guide", "update"): [(GUIDE_UPDATE, 200)],
    ("guide", "auto", "secret"): [(CREATE_SECRET, 200)],
    ("guide", "auto", "pool"): [(OPENAPI_POOL, 405), (GUIDE_POOL, 200)],
    ("guide", "auto", "update"): [(OPENAPI_UPDATE, 404), (GUIDE_UPDATE, 200)],
    ("openapi", "openapi", "secret"): [(CREATE_SECRET, 200)],
    ("openapi", "openapi", "pool"): [(OPENAPI_POOL, 200)],
    ("openapi", "openapi", "update"): [(OPENAPI_UPDATE, 200)],
    ("openapi", "auto", "secret"): [(CREATE_SECRET, 400), (CREATE_SECRET, 200)],
    ("openapi", "auto", "pool"): [(OPENAPI_POOL, 200)],
    ("openapi", "auto", "update"): [(OPENAPI_UPDATE, 200)],
}
"""What is tried, by what the emulator serves, what the client speaks, and the operation."""


@pytest.mark.parametrize(("serves", "speaks", "name"), WELL)
def test_the_way_that_is_taken(serves: Served, speaks: Dialect, name: Operation, prepare: Prepare) -> None:
    prepared = prepare(serves, speaks)
    prepared.account.run(prepared.operation(name))
    assert prepared.tried() == WELL[serves, speaks, name]
    # What worked is remembered: no second detour.
    prepared.account.run(prepared.operation(name))
    assert prepared.tried() == WELL[serves, speaks, name][-1:]


BADLY: dict[tuple[Served, Dialect, Operation], type[HttpStatusError]] = {
    ("guide", "openapi", "secret"): BadRequest,
    ("guide", "openapi", "pool"): MethodNotAllowed,
    ("guide", "openapi", "update"): NotFound,
    ("openapi", "guide", "secret"): BadRequest,
    ("openapi", "guide", "pool"): NotFound,
    ("openapi", "guide", "update"): MethodNotAllowed,
}


@pytest.mark.parametrize(("serves", "speaks", "name"), BADLY)
def test_a_chosen_dialect_is_never_left(serves: Served, speaks: Dialect, name: Operation, prepare: Prepare) -> None:
    prepared = prepare(serves, speaks)
    with pytest.raises(BADLY[serves, speaks, name]):
        prepared.account.run(prepared.operation(name))
    assert len(prepared.tried()) == 1


@pytest.mark.parametrize("name", ["pool", "update"])
@pytest.mark.parametrize("missing_route", ["404", "405", "not-found-error"])
def test_however_a_missing_route_is_answered(missing_route: str, name: Operation, prepare: Prepare) -> None:
    prepared = prepare("guide", "auto", f"unknown-route={missing_route}")
    prepared.account.run(prepared.operation(name))
    ((_first, refused), (_second, status)) = prepared.tried()
    assert (refused, status) == (405 if missing_route == "405" else 404, 200)


@pytest.mark.parametrize("missing_route", ["by-method", "404", "not-found-error"])
@pytest.mark.parametrize("serves", ["both", "guide", "openapi"])
def test_a_missing_object_is_told_as_such(serves: Served, missing_route: str, prepare: Prepare) -> None:
    prepared = prepare(serves, "auto", f"unknown-route={missing_route}")
    for operation in (new_pool(NOWHERE), pool_change(NOWHERE, lb_algorithm="SOURCE_IP")):
        with pytest.raises(NotFound) as raised:
            prepared.account.run(operation)
        if serves != "guide":
            assert raised.value.exception_class == "NotFoundError"
            assert len(prepared.tried()) == 1
        prepared.account.calls()


def test_a_missing_secret_of_a_pool_is_told_as_such(prepare: Prepare) -> None:
    prepared = prepare("guide", "auto", "unknown-route=not-found-error")
    for operation in (
        new_pool(prepared.load_balancer_id, ca_secret_id=NOWHERE),
        pool_change(prepared.pool_id, secret_id=NOWHERE),
    ):
        with pytest.raises(NotFound):
            prepared.account.run(operation)
        assert len(prepared.tried()) == 1


def test_both_ways_make_the_same_pool(prepare: Prepare, authority: DevelopmentCa) -> None:
    made: list[Pool] = []
    for dialect in ("guide", "openapi"):
        prepared = prepare(dialect, dialect)
        ca = base64.b64encode(authority.certificate_pem.encode()).decode()
        ca_id = prepared.account.made("secrets", routes.create_secret_v1("ca", ca))
        prepared.account.run(pool_change(prepared.pool_id, ca_secret_id=ca_id))
        pool = prepared.account.send(routes.get_pool(prepared.pool_id))
        assert pool.ca_secret_id == ca_id
        assert [each.id for each in pool.loadbalancers] == [prepared.load_balancer_id]
        made.append(
            pool.model_copy(update={"ca_secret_id": None, "loadbalancers": [], "id": "", "creator_task_id": ""})
        )
    assert made[0] == made[1]


# Letter by letter.


def lines_of(shapes: RequestVariants[TaskIds], shape: RequestVariant) -> str:
    call = shapes.of(shape)
    return f"{call.route.method} {call.route.path({**call.ids, 'project_id': 11, 'region_id': 22})}"


SECRET = routes.create_secret_with_key(
    "web", payload_base64="QUJD", certificate="CERT", certificate_chain="CHAIN", private_key="KEY"
)

FIRST_ANSWERS: Sequence[tuple[str, RequestVariants[TaskIds], Outcome, bool]] = [
    ("405", SECRET, refusal(405, "HTTPError"), True),
    ("404 of the route", SECRET, refusal(404, "HTTPError"), True),
    ("404 without a body", SECRET, httpx.Response(404), True),
    ("404 of a proxy", SECRET, httpx.Response(404, text="<h1>404 Not Found</h1>"), True),
    ("404 that is an object's, and the call names none", SECRET, refusal(404, "NotFoundError"), False),
    ("400 about the payload", SECRET, refusal(400, invalid_fields={"payload": ["no"]}), True),
    ("422 about the payload", SECRET, refusal(422, invalid_fields={"payload": ["no"]}), True),
    ("400 about a part of the payload", SECRET, refusal(400, invalid_fields={"payload.certificate": ["no"]}), True),
    ("400 with nested reasons", SECRET, refusal(400, invalid_fields={"payload": {"certificate": ["no"]}}), True),
    ("400 about the encoding", SECRET, refusal(400, invalid_fields={"payload_content_encoding": ["no"]}), True),
    ("400 about the name", SECRET, refusal(400, invalid_fields={"name": ["payload"]}), False),
    ("400 about nothing", SECRET, refusal(400), False),
    ("400 that only speaks of the payload", SECRET, answer({"message": "payload"}, 400), False),
    ("401", SECRET, refusal(401, invalid_fields={"payload": ["no"]}), False),
    ("403", SECRET, refusal(403, invalid_fields={"payload": ["no"]}), False),
    ("409", SECRET, refusal(409, invalid_fields={"payload": ["no"]}), False),
    ("429", SECRET, refusal(429, invalid_fields={"payload": ["no"]}), False),
    ("500", SECRET, refusal(500, invalid_fields={"payload": ["no"]}), False),
    ("400 about a pool's secret", new_pool(), refusal(400, invalid_fields={"ca_secret_id": ["no"]}), False),
    ("400 about a pool's change", pool_change(), refusal(400, invalid_fields={"protocol": ["no"]}), False),
    ("405 for a pool", new_pool(), refusal(405), True),
    ("404 of the route for a pool", pool_change(), refusal(404, "HTTPError"), True),
]


@pytest.mark.parametrize(
    ("shapes", "first", "falls_back"), [each[1:] for each in FIRST_ANSWERS], ids=[each[0] for each in FIRST_ANSWERS]
)
def test_when_the_other_way_is_tried(
    shapes: RequestVariants[TaskIds], first: httpx.Response, falls_back: bool, clock: FakeClock
) -> None:
    script = Script([first, tasks("t1")])
    client = client_of(script, clock)
    if falls_back:
        assert client.send_variant(shapes, client.deadline(0.1)).tasks == ["t1"]
        other: RequestVariant = "guide" if shapes.first == "openapi" else "openapi"
        assert script.lines == [lines_of(shapes, shapes.first), lines_of(shapes, other)]
    else:
        with pytest.raises(HttpStatusError) as raised:
            client.send_variant(shapes, client.deadline(0.1))
        assert raised.value.status == first.status_code
        assert script.lines == [lines_of(shapes, shapes.first)]


@pytest.mark.parametrize(
    "look",
    [refusal(404, "NotFoundError"), refusal(403), refusal(500), httpx.Response(200, text="<html>"), httpx.ReadTimeout],
    ids=["404", "403", "500", "unreadable", "timeout"],
)
def test_a_missing_object_is_looked_for_before_the_route_is_blamed(look: Outcome, clock: FakeClock) -> None:
    """Only a GET that finds everything shows that it is the route that is missing."""
    script = Script([refusal(404, "NotFoundError", request_id="first"), look])
    client = client_of(script, clock)
    with pytest.raises(NotFound) as raised:
        client.send_variant(new_pool(), client.deadline(0.1))
    assert raised.value.request_id == "first"
    assert script.lines[1] == f"GET /cloud/v1/loadbalancers/11/22/{NOWHERE}"
    assert all(each.startswith("GET") for each in script.lines[1:])


def test_both_answers_are_shown_if_both_ways_fail(clock: FakeClock) -> None:
    script = Script(
        [
            answer({"message": "route unknown", "request_id": "r-1"}, 405),
            answer({"exception_class": "ConflictError", "message": "port taken", "request_id": "r-2"}, 409),
        ]
    )
    client = client_of(script, clock)
    with pytest.raises(Conflict) as raised:
        client.send_variant(new_pool(), client.deadline(60))
    error = raised.value
    assert (error.status, error.exception_class, error.request_id) == (409, "ConflictError", "r-2")
    told = str(error)
    assert told.startswith("create pool 'backends': neither way of writing it was taken.")
    assert "As in Gcore's OpenAPI document: Gcore answered 405 to POST /cloud/v1/lbpools/" in told
    assert "As in Gcore's guide: Gcore answered 409 to POST /cloud/v1/loadbalancers/" in told
    assert "route unknown" in told
    assert "port taken" in told
    assert len(told.splitlines()) == 1


def test_both_ways_of_a_secret_are_named_rightly(clock: FakeClock) -> None:
    first = refusal(400, invalid_fields={"payload": ["not a string"]})
    client = client_of(Script([first, refusal(403)]), clock)
    with pytest.raises(Forbidden) as raised:
        client.send_variant(SECRET, client.deadline(60))
    guide, openapi = str(raised.value).split("As in Gcore's OpenAPI document: ")
    assert "As in Gcore's guide: Gcore answered 400" in guide
    assert "Gcore answered 403" in openapi


@pytest.mark.parametrize("second", [refusal(400), refusal(405), httpx.ReadTimeout], ids=["400", "405", "timeout"])
def test_nothing_is_remembered_after_a_failure(second: Outcome, clock: FakeClock) -> None:
    script = Script([refusal(405), second, tasks("t1")])
    client = client_of(script, clock)
    with pytest.raises(Exception, match="create pool"):
        client.send_variant(new_pool(), client.deadline(60))
    client.send_variant(new_pool(), client.deadline(60))
    assert script.lines[0] == script.lines[2] == lines_of(new_pool(), "openapi")


def test_each_operation_is_remembered_by_itself(clock: FakeClock) -> None:
    script = Script([refusal(405), tasks("t1")])
    client = client_of(script, clock)
    for operation in (new_pool(), new_pool(), pool_change(), SECRET):
        client.send_variant(operation, client.deadline(60))
    assert script.lines == [
        lines_of(new_pool(), "openapi"),
        lines_of(new_pool(), "guide"),
        lines_of(new_pool(), "guide"),
        lines_of(pool_change(), "openapi"),
        lines_of(SECRET, "guide"),
    ]


def test_a_remembered_way_is_not_left_for_a_refusal(clock: FakeClock) -> None:
    script = Script([tasks("t1"), refusal(405)])
    client = client_of(script, clock)
    client.send_variant(new_pool(), client.deadline(60))
    with pytest.raises(MethodNotAllowed):
        client.send_variant(new_pool(), client.deadline(60))
    assert len(script.requests) == 2


def test_a_post_of_unknown_outcome_is_not_tried_the_other_way(clock: FakeClock) -> None:
    script = Script([502, tasks("t1")])
    client = client_of(script, clock)
    with pytest.raises(ServerError):
        client.send_variant(new_pool(), client.deadline(60))
    assert len(script.requests) == 1


def test_a_pool_on_a_listener_alone_has_one_way_only(clock: FakeClock) -> None:
    body = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
    script = Script([refusal(405)])
    client = client_of(script, clock)
    with pytest.raises(MethodNotAllowed):
        client.send_variant(routes.create_pool(None, NOWHERE, body), client.deadline(60))
    assert script.lines == ["POST /cloud/v1/lbpools/11/22"]
    assert script.bodies == [
        {"name": "backends", "lb_algorithm": "ROUND_ROBIN", "protocol": "HTTPS", "listener_id": NOWHERE}
    ]


# The bodies.

_POOL = {"name": "backends", "lb_algorithm": "ROUND_ROBIN", "protocol": "HTTPS"}


@pytest.mark.parametrize(
    ("shapes", "guide", "openapi"),
    [
        (
            SECRET,
            {
                "name": "web",
                "secret_type": "certificate",
                "payload": "QUJD",
                "payload_content_type": "application/octet-stream",
                "payload_content_encoding": "base64",
            },
            {"name": "web", "payload": {"certificate": "CERT", "certificate_chain": "CHAIN", "private_key": "KEY"}},
        ),
        (new_pool(), _POOL, {**_POOL, "load_balancer_id": NOWHERE}),
        (
            routes.create_pool(
                NOWHERE, NOWHERE, PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS")
            ),
            {**_POOL, "listener_id": NOWHERE},
            {**_POOL, "listener_id": NOWHERE, "load_balancer_id": NOWHERE},
        ),
        (pool_change(name="new name"), {"name": "new name", "protocol": "HTTPS"}, {"name": "new name"}),
        (
            routes.update_pool(NOWHERE, "HTTP", PoolPatch(ca_secret_id=None)),
            {"ca_secret_id": None, "protocol": "HTTP"},
            {"ca_secret_id": None},
        ),
    ],
    ids=["secret", "pool", "attached pool", "update", "null"],
)
def test_what_is_sent(shapes: RequestVariants[TaskIds], guide: object, openapi: object, clock: FakeClock) -> None:
    for shape, body in (("guide", guide), ("openapi", openapi)):
        script = Script([tasks("t1")])
        client = client_of(script, clock, "guide" if shape == "guide" else "openapi")
        client.send_variant(shapes, client.deadline(60))
        assert script.bodies == [body]
        (request,) = script.requests
        assert request.headers["Content-Type"] == "application/json"
