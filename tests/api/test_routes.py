"""Comparison of the routes with the emulator's OpenAPI document: paths, IDs, parameters and fields."""

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
from tests.api.gcore import PROJECT, REGION, UNKNOWN_ID, ScriptedTransport, connection, create_client, task_ids_response
from tests.fake_clock import FakeClock

ROUTES: Mapping[str, Route] = {name: value for name, value in vars(routes).items() if isinstance(value, Route)}

_POOL = PoolCreate(name="backends", lb_algorithm="ROUND_ROBIN", protocol="HTTPS", ca_secret_id=UNKNOWN_ID)

CALLS: Mapping[str, Callable[[], Call[Any] | RequestVariants[Any]]] = {
    "create_secret_v1": lambda: routes.create_secret_v1("ca", "QUJD", expiration="2030-01-01T00:00:00"),
    "create_secret_v2": lambda: routes.create_secret_v2("web", "QUJD"),
    "create_secret_with_key": lambda: routes.create_secret_with_key(
        "web", payload_base64="QUJD", certificate="A", certificate_chain="B", private_key="C"
    ),
    "get_secret": lambda: routes.get_secret(UNKNOWN_ID),
    "list_secrets": lambda: routes.list_secrets(1000),
    "delete_secret": lambda: routes.delete_secret(UNKNOWN_ID),
    "create_load_balancer": lambda: routes.create_load_balancer(LoadBalancerCreate(name="web", flavor="lb1-1-2")),
    "get_load_balancer": lambda: routes.get_load_balancer(UNKNOWN_ID),
    "list_load_balancers": lambda: routes.list_load_balancers(0),
    "update_load_balancer": lambda: routes.update_load_balancer(UNKNOWN_ID, LoadBalancerPatch(name="web")),
    "resize_load_balancer": lambda: routes.resize_load_balancer(UNKNOWN_ID, "lb1-2-4"),
    "delete_load_balancer": lambda: routes.delete_load_balancer(UNKNOWN_ID),
    "list_flavors": lambda: routes.list_flavors(),
    "create_listener": lambda: routes.create_listener(
        ListenerCreate(name="https", protocol="HTTP", protocol_port=80, load_balancer_id=UNKNOWN_ID)
    ),
    "get_listener": lambda: routes.get_listener(UNKNOWN_ID),
    "list_listeners": lambda: routes.list_listeners(0),
    "update_listener": lambda: routes.update_listener(UNKNOWN_ID, ListenerPatch(name="http")),
    "delete_listener": lambda: routes.delete_listener(UNKNOWN_ID),
    "create_pool": lambda: routes.create_pool(UNKNOWN_ID, UNKNOWN_ID, _POOL),
    "get_pool": lambda: routes.get_pool(UNKNOWN_ID),
    "list_pools": lambda: routes.list_pools(0),
    "update_pool": lambda: routes.update_pool(UNKNOWN_ID, "HTTPS", PoolPatch(secret_id=UNKNOWN_ID)),
    "delete_pool": lambda: routes.delete_pool(UNKNOWN_ID),
    "create_health_monitor": lambda: routes.create_health_monitor(
        UNKNOWN_ID, HealthMonitorCreate(type="TCP", delay=10, timeout=5, max_retries=3)
    ),
    "delete_health_monitor": lambda: routes.delete_health_monitor(UNKNOWN_ID),
    "create_member": lambda: routes.create_member(UNKNOWN_ID, MemberCreate(address="10.0.0.1", protocol_port=443)),
    "replace_members": lambda: routes.replace_members(
        UNKNOWN_ID, [MemberCreate(address="10.0.0.1", protocol_port=443)]
    ),
    "update_member": lambda: routes.update_member(UNKNOWN_ID, UNKNOWN_ID, MemberPatch(weight=2)),
    "delete_member": lambda: routes.delete_member(UNKNOWN_ID, UNKNOWN_ID),
    "get_task": lambda: routes.get_task(UNKNOWN_ID),
    "list_active_tasks": lambda: routes.list_active_tasks(),
}
"""One call per function of the module."""


def calls_of(operation: Call[Any] | RequestVariants[Any]) -> list[Call[Any]]:
    if isinstance(operation, Call):
        return [operation]
    return [operation.guide, operation.openapi, *operation.existence_checks]


NAMED_CALLS = [(f"{name}-{n}", call) for name, create in CALLS.items() for n, call in enumerate(calls_of(create()))]
ALL_CALLS = [pytest.param(call, id=name) for name, call in NAMED_CALLS]
WITH_BODY = [pytest.param(call, id=name) for name, call in NAMED_CALLS if call.body is not None]


@pytest.fixture(scope="module")
def document() -> Any:
    """Return the emulator's own OpenAPI document."""
    with serving(Emulator()) as url:
        return httpx.get(f"{url}/openapi.json").json()


def resolve(document: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_every_public_function_has_a_call_here() -> None:
    public = {
        name
        for name, value in vars(routes).items()
        if inspect.isfunction(value) and value.__module__ == routes.__name__ and not name.startswith("_")
    }
    assert public == set(CALLS)


def test_every_route_is_used_by_a_call() -> None:
    used = {call.route for create in CALLS.values() for call in calls_of(create())}
    assert used == set(ROUTES.values())


def test_no_route_is_defined_twice() -> None:
    assert len(set(ROUTES.values())) == len(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_the_emulator_declares_the_route_with_the_same_parameters(name: str, document: Any) -> None:
    route = ROUTES[name]
    assert route.template in document["paths"]
    assert route.method.lower() in document["paths"][route.template]
    declared = document["paths"][route.template][route.method.lower()]["parameters"]
    assert route.parameters == {each["name"] for each in declared if each["in"] == "path"}


@pytest.mark.parametrize("call", ALL_CALLS)
def test_the_ids_query_and_body_of_a_call_match_its_route(call: Call[Any], document: Any) -> None:
    operation = document["paths"][call.route.template][call.route.method.lower()]
    assert set(call.ids) == call.route.parameters - {"project_id", "region_id"}
    parameters = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
    assert set(call.query) <= set(parameters)
    limit = call.query.get("limit", 1)
    assert isinstance(limit, int)
    assert limit <= parameters.get("limit", {}).get("maximum", 1)
    assert (call.body is not None) == ("requestBody" in operation)


@pytest.mark.parametrize("call", WITH_BODY)
def test_the_fields_of_a_body_match_a_schema_of_its_route(call: Call[Any], document: Any) -> None:
    assert call.body is not None
    operation = document["paths"][call.route.template][call.route.method.lower()]
    schema = resolve(document, operation["requestBody"]["content"]["application/json"]["schema"])
    body: Any = call.body.model_dump(exclude_unset=True)
    if schema.get("type") == "array":
        schema, (body, *_) = resolve(document, schema["items"]), body
    variants = [resolve(document, each) for each in schema.get("oneOf", schema.get("anyOf", [schema]))]
    sent = set(body)
    assert any(sent <= set(each["properties"]) and set(each.get("required", ())) <= sent for each in variants)


@pytest.mark.parametrize("call", ALL_CALLS)
def test_the_response_type_of_a_call_matches_its_route(call: Call[Any], document: Any) -> None:
    responses = document["paths"][call.route.template][call.route.method.lower()]["responses"]
    model = getattr(call.response_type, "__self__", None)
    if model is None:
        assert "204" in responses
        assert call.response_type(None) is None
        return
    schema = responses["200"]["content"]["application/json"]["schema"]
    names = {each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema])}
    assert re.sub(r"\W", "_", model.__name__) in names


# Requests that calls send.


@pytest.mark.parametrize("call", ALL_CALLS)
def test_a_request_has_its_path_filled_in_and_its_headers_set(call: Call[Any], clock: FakeClock) -> None:
    transport = ScriptedTransport([task_ids_response()])
    client = create_client(transport, clock)
    with suppress(MalformedResponse):
        client.send(call, client.deadline(1))
    (request,) = transport.requests
    assert request.method == call.route.method
    assert "{" not in request.url.path
    assert request.headers["Authorization"].startswith("APIKey ")
    assert request.headers["Accept"] == "application/json"
    if "{project_id}" in call.route.template:
        assert f"/{PROJECT}/{REGION}" in request.url.path
    assert ("Content-Type" in request.headers) == (call.body is not None)


def test_query_parameters_are_spelled_as_the_api_expects(clock: FakeClock) -> None:
    transport = ScriptedTransport([500])
    client = create_client(transport, clock)
    for call in (routes.list_pools(2000), routes.list_active_tasks()):
        with pytest.raises(ServerError):
            client.send(call, client.deadline(0.1))
    assert [request.url.query for request in transport.requests] == [
        b"limit=1000&offset=2000&details=true",
        b"limit=1000",
    ]


def test_the_path_of_the_base_url_is_kept(clock: FakeClock) -> None:
    transport = ScriptedTransport([task_ids_response()])
    client = Client(connection("http://gateway.test/gcore/"), clock=clock, transport=transport)
    client.send(routes.delete_pool("p"), client.deadline(1))
    assert transport.request_lines == ["DELETE /gcore/cloud/v1/lbpools/11/22/p"]
