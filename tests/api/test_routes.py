"""The routes against the emulator's own, so that no misspelt path, id, parameter or field can pass."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest

from gcore_emulator import Emulator, serving
from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, RequestVariants, Route
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate
from gcore_tls_provider.api.wire.listeners import ListenerCreate, ListenerPatch
from gcore_tls_provider.api.wire.load_balancers import LoadBalancerCreate, LoadBalancerPatch
from gcore_tls_provider.api.wire.members import MemberCreate, MemberPatch
from gcore_tls_provider.api.wire.pools import PoolCreate, PoolPatch
from gcore_tls_provider.errors import MalformedResponse, ServerError
from tests.api.gcore import NOWHERE, PROJECT, REGION, Script, client_of, connection, tasks
from tests.fake_clock import FakeClock

ROUTES: Mapping[str, Route] = {name: value for name, value in vars(routes).items() if isinstance(value, Route)}

_POOL = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS", ca_secret_id=NOWHERE)

CALLS: Mapping[str, Callable[[], Call[Any] | RequestVariants[Any]]] = {
    "create_secret_v1": lambda: routes.create_secret_v1("ca", "QUJD", expiration="2030-01-01T00:00:00"),
    "create_secret_v2": lambda: routes.create_secret_v2("web", "QUJD"),
    "create_secret_with_key": lambda: routes.create_secret_with_key(
        "web", payload_base64="QUJD", certificate="A", certificate_chain="B", private_key="C"
    ),
    "get_secret": lambda: routes.get_secret(NOWHERE),
    "list_secrets": lambda: routes.list_secrets(1000),
    "delete_secret": lambda: routes.delete_secret(NOWHERE),
    "create_load_balancer": lambda: routes.create_load_balancer(LoadBalancerCreate(name="web", flavor="lb1-1-2")),
    "get_load_balancer": lambda: routes.get_load_balancer(NOWHERE),
    "list_load_balancers": lambda: routes.list_load_balancers(0),
    "update_load_balancer": lambda: routes.update_load_balancer(NOWHERE, LoadBalancerPatch(name="web")),
    "resize_load_balancer": lambda: routes.resize_load_balancer(NOWHERE, "lb1-2-4"),
    "delete_load_balancer": lambda: routes.delete_load_balancer(NOWHERE),
    "list_flavors": lambda: routes.list_flavors(),
    "create_listener": lambda: routes.create_listener(
        ListenerCreate(name="https", protocol="HTTP", protocol_port=80, load_balancer_id=NOWHERE)
    ),
    "get_listener": lambda: routes.get_listener(NOWHERE),
    "list_listeners": lambda: routes.list_listeners(0),
    "update_listener": lambda: routes.update_listener(NOWHERE, ListenerPatch(name="http")),
    "delete_listener": lambda: routes.delete_listener(NOWHERE),
    "create_pool": lambda: routes.create_pool(NOWHERE, NOWHERE, _POOL),
    "get_pool": lambda: routes.get_pool(NOWHERE),
    "list_pools": lambda: routes.list_pools(0),
    "update_pool": lambda: routes.update_pool(NOWHERE, "HTTPS", PoolPatch(secret_id=NOWHERE)),
    "delete_pool": lambda: routes.delete_pool(NOWHERE),
    "create_health_monitor": lambda: routes.create_health_monitor(
        NOWHERE, HealthMonitorCreate(type="TCP", delay=10, timeout=5, max_retries=3)
    ),
    "delete_health_monitor": lambda: routes.delete_health_monitor(NOWHERE),
    "create_member": lambda: routes.create_member(NOWHERE, MemberCreate(address="10.0.0.1", protocol_port=443)),
    "replace_members": lambda: routes.replace_members(NOWHERE, [MemberCreate(address="10.0.0.1", protocol_port=443)]),
    "update_member": lambda: routes.update_member(NOWHERE, NOWHERE, MemberPatch(weight=2)),
    "delete_member": lambda: routes.delete_member(NOWHERE, NOWHERE),
    "get_task": lambda: routes.get_task(NOWHERE),
    "list_active_tasks": lambda: routes.list_active_tasks(),
}
"""One call of every function of the module."""


def spread(operation: Call[Any] | RequestVariants[Any]) -> list[Call[Any]]:
    if isinstance(operation, Call):
        return [operation]
    return [operation.guide, operation.openapi, *operation.named]


NAMED_CALLS = [(f"{name}-{n}", call) for name, make in CALLS.items() for n, call in enumerate(spread(make()))]
ALL_CALLS = [pytest.param(call, id=name) for name, call in NAMED_CALLS]
WITH_BODY = [pytest.param(call, id=name) for name, call in NAMED_CALLS if call.body is not None]


@pytest.fixture(scope="module")
def document() -> Any:
    """The emulator's own OpenAPI document."""
    with serving(Emulator()) as url:
        return httpx.get(f"{url}/openapi.json").json()


def resolved(document: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_every_function_is_called_here() -> None:
    public = {
        name
        for name, value in vars(routes).items()
        if inspect.isfunction(value) and value.__module__ == routes.__name__ and not name.startswith("_")
    }
    assert public == set(CALLS)


def test_every_route_is_used() -> None:
    used = {call.route for make in CALLS.values() for call in spread(make())}
    assert used == set(ROUTES.values())


def test_no_route_is_there_twice() -> None:
    assert len(set(ROUTES.values())) == len(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_the_route_exists(name: str, document: Any) -> None:
    route = ROUTES[name]
    assert route.template in document["paths"]
    assert route.method.lower() in document["paths"][route.template]
    declared = document["paths"][route.template][route.method.lower()]["parameters"]
    assert route.parameters == {each["name"] for each in declared if each["in"] == "path"}


@pytest.mark.parametrize("call", ALL_CALLS)
def test_the_call_fits_its_route(call: Call[Any], document: Any) -> None:
    operation = document["paths"][call.route.template][call.route.method.lower()]
    assert set(call.ids) == call.route.parameters - {"project_id", "region_id"}
    known = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
    assert set(call.query) <= set(known)
    limit = call.query.get("limit", 1)
    assert isinstance(limit, int)
    assert limit <= known.get("limit", {}).get("maximum", 1)
    assert (call.body is not None) == ("requestBody" in operation)


@pytest.mark.parametrize("call", WITH_BODY)
def test_the_body_has_the_fields_of_its_route(call: Call[Any], document: Any) -> None:
    assert call.body is not None
    operation = document["paths"][call.route.template][call.route.method.lower()]
    schema = resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
    body: Any = call.body.model_dump(exclude_unset=True)
    if schema.get("type") == "array":
        schema, (body, *_) = resolved(document, schema["items"]), body
    shapes = [resolved(document, each) for each in schema.get("oneOf", schema.get("anyOf", [schema]))]
    sent = set(body)
    assert any(sent <= set(each["properties"]) and set(each.get("required", ())) <= sent for each in shapes)


@pytest.mark.parametrize("call", ALL_CALLS)
def test_the_answer_is_the_routes(call: Call[Any], document: Any) -> None:
    responses = document["paths"][call.route.template][call.route.method.lower()]["responses"]
    model = getattr(call.response_type, "__self__", None)
    if model is None:
        assert "204" in responses
        assert call.response_type(None) is None
        return
    schema = responses["200"]["content"]["application/json"]["schema"]
    names = {each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema])}
    assert re.sub(r"\W", "_", model.__name__) in names


# How a call goes out.


@pytest.mark.parametrize("call", ALL_CALLS)
def test_the_path_is_filled_in(call: Call[Any], clock: FakeClock) -> None:
    script = Script([tasks()])
    client = client_of(script, clock)
    with suppress(MalformedResponse):
        client.send(call, client.deadline(1))
    (request,) = script.requests
    assert request.method == call.route.method
    assert "{" not in request.url.path
    assert request.headers["Authorization"].startswith("APIKey ")
    assert request.headers["Accept"] == "application/json"
    if "{project_id}" in call.route.template:
        assert f"/{PROJECT}/{REGION}" in request.url.path
    assert ("Content-Type" in request.headers) == (call.body is not None)


def test_query_parameters_are_spelt_as_the_api_reads_them(clock: FakeClock) -> None:
    script = Script([500])
    client = client_of(script, clock)
    for call in (routes.list_pools(2000), routes.list_active_tasks()):
        with pytest.raises(ServerError):
            client.send(call, client.deadline(0.1))
    assert [request.url.query for request in script.requests] == [b"limit=1000&offset=2000&details=true", b"limit=1000"]


@pytest.mark.parametrize(
    ("object_id", "path"),
    [
        ("a/b", b"/cloud/v1/tasks/a%2Fb"),
        ("a?b#c", b"/cloud/v1/tasks/a%3Fb%23c"),
        ("ä %", b"/cloud/v1/tasks/%C3%A4%20%25"),
    ],
)
def test_an_id_cant_lead_elsewhere(object_id: str, path: bytes, clock: FakeClock) -> None:
    script = Script([500])
    client = client_of(script, clock)
    with pytest.raises(ServerError):
        client.send(routes.get_task(object_id), client.deadline(0.1))
    assert script.requests[0].url.raw_path == path


def test_a_base_urls_path_is_kept(clock: FakeClock) -> None:
    script = Script([tasks()])
    client = Client(connection("http://gateway.test/gcore/"), clock=clock, transport=script)
    client.send(routes.delete_pool("p"), client.deadline(1))
    assert script.lines == ["DELETE /gcore/cloud/v1/lbpools/11/22/p"]
