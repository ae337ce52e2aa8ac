"""Every response matches the response models of Gcore's own SDK exactly: no missing and no unknown field."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from fastapi.routing import APIRoute
from gcore.pagination import SyncOffsetPage
from gcore.types import cloud as sdk
from pydantic import BaseModel, TypeAdapter

from gcore_emulator import TaskSeconds
from gcore_emulator.application import ROUTERS
from tests.gcore_emulator.emulated_api import Api, blob, member_body, monitor_body, pool_body

NOTHING = None
TASKS = sdk.TaskIDList
V1, V2, SCOPE = "/cloud/v1", "/cloud/v2", "{project_id}/{region_id}"

RESPONSE_TYPES: dict[tuple[str, str], Any] = {
    ("GET", f"{V1}/secrets/{SCOPE}"): SyncOffsetPage[sdk.Secret],
    ("POST", f"{V1}/secrets/{SCOPE}"): TASKS,
    ("POST", f"{V2}/secrets/{SCOPE}"): TASKS,
    ("GET", f"{V1}/secrets/{SCOPE}/{{secret_id}}"): sdk.Secret,
    ("DELETE", f"{V1}/secrets/{SCOPE}/{{secret_id}}"): TASKS,
    ("GET", f"{V1}/lbflavors/{SCOPE}"): sdk.LoadBalancerFlavorList,
    ("GET", f"{V1}/loadbalancers/{SCOPE}"): SyncOffsetPage[sdk.LoadBalancer],
    ("POST", f"{V1}/loadbalancers/{SCOPE}"): TASKS,
    ("GET", f"{V1}/loadbalancers/{SCOPE}/status"): sdk.LoadBalancerStatusList,
    ("GET", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}"): sdk.LoadBalancer,
    ("PATCH", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}"): sdk.LoadBalancer,
    ("PATCH", f"{V2}/loadbalancers/{SCOPE}/{{load_balancer_id}}"): TASKS,
    ("DELETE", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}"): TASKS,
    ("GET", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}/status"): sdk.LoadBalancerStatus,
    ("POST", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}/resize"): TASKS,
    ("POST", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}/failover"): TASKS,
    ("POST", f"{V1}/loadbalancers/{SCOPE}/{{load_balancer_id}}/pools"): TASKS,
    ("GET", f"{V1}/lblisteners/{SCOPE}"): sdk.LoadBalancerListenerList,
    ("POST", f"{V1}/lblisteners/{SCOPE}"): TASKS,
    ("GET", f"{V1}/lblisteners/{SCOPE}/{{listener_id}}"): sdk.LoadBalancerListenerDetail,
    ("PATCH", f"{V1}/lblisteners/{SCOPE}/{{listener_id}}"): sdk.LoadBalancerListenerDetail,
    ("PATCH", f"{V2}/lblisteners/{SCOPE}/{{listener_id}}"): TASKS,
    ("DELETE", f"{V1}/lblisteners/{SCOPE}/{{listener_id}}"): TASKS,
    ("GET", f"{V1}/lbpools/{SCOPE}"): sdk.LoadBalancerPoolList,
    ("POST", f"{V1}/lbpools/{SCOPE}"): TASKS,
    ("GET", f"{V1}/lbpools/{SCOPE}/{{pool_id}}"): sdk.LoadBalancerPool,
    ("PATCH", f"{V1}/lbpools/{SCOPE}/{{pool_id}}"): TASKS,
    ("PATCH", f"{V2}/lbpools/{SCOPE}/{{pool_id}}"): TASKS,
    ("PUT", f"{V1}/lbpools/{SCOPE}/{{pool_id}}"): TASKS,
    ("DELETE", f"{V1}/lbpools/{SCOPE}/{{pool_id}}"): TASKS,
    ("GET", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/healthmonitor"): sdk.HealthMonitor,
    ("POST", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/healthmonitor"): TASKS,
    ("PATCH", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/healthmonitor"): TASKS,
    ("DELETE", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/healthmonitor"): NOTHING,
    ("POST", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/member"): TASKS,
    ("DELETE", f"{V1}/lbpools/{SCOPE}/{{pool_id}}/member/{{member_id}}"): TASKS,
    ("GET", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members"): SyncOffsetPage[sdk.Member],
    ("POST", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members"): TASKS,
    ("PUT", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members"): TASKS,
    ("GET", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members/{{member_id}}"): sdk.Member,
    ("PATCH", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members/{{member_id}}"): TASKS,
    ("DELETE", f"{V1}/loadbalancers/{SCOPE}/pools/{{pool_id}}/members/{{member_id}}"): TASKS,
    ("GET", f"{V1}/tasks"): SyncOffsetPage[sdk.Task],
    ("GET", f"{V1}/tasks/{SCOPE}/active"): SyncOffsetPage[sdk.Task],
    ("GET", f"{V1}/tasks/{{task_id}}"): sdk.Task,
    ("POST", f"{V1}/tasks/{{task_id}}/acknowledge"): sdk.Task,
    ("POST", f"{V1}/tasks/acknowledge"): NOTHING,
    ("POST", f"{V1}/tasks/acknowledge_all"): NOTHING,
}
"""Response model of the SDK for each route."""


def differences(value: Any, expected: Any, where: str = "response") -> list[str]:
    """Return the differences between a JSON value and a type of the SDK."""
    origin = get_origin(expected)
    if expected in (Any, object):
        return []
    if origin in (Union, types.UnionType):
        found = [differences(value, option, where) for option in get_args(expected)]
        return [] if [] in found else min(found, key=len)
    if origin is Literal:
        return [] if value in get_args(expected) else [f"{where}: {value!r} is none of {get_args(expected)}"]
    if inspect.isclass(expected) and issubclass(expected, BaseModel):
        return _differences_of_object(value, expected, where)
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [
            d for index, row in enumerate(value) for d in differences(row, get_args(expected)[0], f"{where}.{index}")
        ]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        return [d for key, row in value.items() for d in differences(row, get_args(expected)[1], f"{where}.{key}")]
    if expected is datetime:
        if not isinstance(value, str):
            return [f"{where}: {value!r} is no time"]
        TypeAdapter(datetime).validate_python(value)
        return []
    if expected is float:
        expected = (int, float)
    if expected is type(None):
        return [] if value is None else [f"{where}: {value!r} is not null"]
    fits = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r} is no {expected}"]


def _differences_of_object(value: Any, model: type[BaseModel], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    found = [f"{where}: missing {name}" for name in fields.keys() - value.keys()]
    found += [f"{where}: unknown {name}" for name in value.keys() - fields.keys()]
    for name in fields.keys() & value.keys():
        found += differences(value[name], fields[name].annotation, f"{where}.{name}")
    return found


@pytest.fixture
def recorded(start: Callable[..., Api]) -> list[tuple[str, str, int, Any]]:
    """Every response of a walk through all routes: method, path, status, body."""
    api = start(TaskSeconds(0))
    responses = []

    def record(method: str, path: str, json: Any = None, **params: Any) -> Any:
        response = api.call(method, path, json=json, params=params)
        responses.append(
            (method, response.request.url.path, response.status_code, response.json() if response.content else None)
        )
        return responses[-1][3]

    def do(method: str, path: str, json: Any = None, **params: Any) -> Any:
        tasks = record(method, path, json, **params)["tasks"]
        return record("GET", f"/v1/tasks/{tasks[0]}")["created_resources"] if tasks else None

    web = do("POST", "/v2/secrets/@", {"name": "web", "payload": api.material.server_pem_payload})["secrets"][0]
    ca, crl = (
        do("POST", "/v1/secrets/@", blob(name, payload, expiration="2030-01-01T00:00:00Z"))["secrets"][0]
        for name, payload in (("ca", api.material.ca_payload), ("crl", api.material.crl_payload))
    )
    listener: dict[str, Any] = {"name": "https", "protocol": "TERMINATED_HTTPS", "protocol_port": 443, "secret_id": web}
    listener["user_list"] = [{"username": "tester", "encrypted_password": "$5$"}]
    listener["pools"] = [
        pool_body(
            ca_secret_id=ca,
            crl_secret_id=crl,
            members=[member_body()],
            healthmonitor=monitor_body(type="HTTP", http_version="1.1", url_path="/health"),
            session_persistence={"type": "APP_COOKIE", "cookie_name": "session"},
        )
    ]
    body: dict[str, Any] = {
        "name": "web",
        "listeners": [listener],
        "tags": {"a": "1"},
        "vip_ip_family": "dual",
        "floating_ip": {"source": "new"},
        "logging": {"enabled": True, "topic_name": "logs", "retention_policy": {"period": 3}},
    }
    created = do("POST", "/v1/loadbalancers/@", body)
    lb, listener_id, pool = (created[kind][0] for kind in ("loadbalancers", "listeners", "pools"))
    members = f"/v1/loadbalancers/@/pools/{pool}/members"
    monitor = f"/v1/lbpools/@/{pool}/healthmonitor"

    record("GET", "/v1/lbflavors/@")
    record("GET", "/v1/lbflavors/@", include_prices=True)
    for path in ("secrets", "loadbalancers", "loadbalancers/@/status", "lblisteners", "lbpools"):
        record("GET", f"/v1/{path}" if "@" in path else f"/v1/{path}/@")
    for one in (web, ca):
        record("GET", f"/v1/secrets/@/{one}")
    for show in (False, True):
        record("GET", f"/v1/loadbalancers/@/{lb}", show_stats=show)
        record("GET", f"/v1/lblisteners/@/{listener_id}", show_stats=show)
        record("GET", "/v1/lbpools/@", details=show)
    record("GET", f"/v1/loadbalancers/@/{lb}/status")
    record("GET", f"/v1/lbpools/@/{pool}")
    record("PATCH", f"/v1/loadbalancers/@/{lb}", {"name": "renamed"})
    do("PATCH", f"/v2/loadbalancers/@/{lb}", {"name": "again"})
    do("POST", f"/v1/loadbalancers/@/{lb}/resize", {"flavor": "lb1-2-4"})
    do("POST", f"/v1/loadbalancers/@/{lb}/failover")
    record("PATCH", f"/v1/lblisteners/@/{listener_id}", {"name": "renamed"})
    do("PATCH", f"/v2/lblisteners/@/{listener_id}", {"name": "again"})
    do("PATCH", f"/v1/lbpools/@/{pool}", {"name": "first"})
    do("PATCH", f"/v2/lbpools/@/{pool}", {"name": "second"})
    do("PATCH", f"/v2/lbpools/@/{pool}", {"name": "second"})
    do("PUT", f"/v1/lbpools/@/{pool}", {"name": "third"})
    record("GET", monitor)
    do("PATCH", monitor, {"delay": 20})
    record("DELETE", monitor)
    do("POST", monitor, monitor_body())
    record("GET", members)
    member = do("POST", members, member_body("10.0.0.2", monitor_port=1, monitor_address="10.0.0.3"))["members"][0]
    record("GET", f"{members}/{member}")
    do("PATCH", f"{members}/{member}", {"weight": 3})
    do("DELETE", f"{members}/{member}")
    do("PUT", members, [member_body("10.0.0.4")])
    member = do("POST", f"/v1/lbpools/@/{pool}/member", member_body("10.0.0.5"))["members"][0]
    do("DELETE", f"/v1/lbpools/@/{pool}/member/{member}")
    other = do("POST", "/v1/lbpools/@", pool_body(load_balancer_id=lb))["pools"][0]
    do("POST", f"/v1/loadbalancers/@/{lb}/pools", pool_body())
    do("DELETE", f"/v1/lbpools/@/{other}")
    body = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": lb}
    do("DELETE", f"/v1/lblisteners/@/{do('POST', '/v1/lblisteners/@', body)['listeners'][0]}")
    api.add_fault(action="hang_task", nth=1)
    api.add_fault(action="fail_task", nth=2)
    hanging = record("POST", "/v1/secrets/@", blob("hanging", api.material.ca_payload))["tasks"][0]
    do("POST", "/v1/secrets/@", blob("failing", api.material.ca_payload))
    record("GET", "/v1/tasks/@/active")
    record("POST", f"/v1/tasks/{hanging}/acknowledge")
    record("POST", "/v1/tasks/acknowledge", {})
    record("POST", "/v1/tasks/acknowledge_all")
    record("GET", "/v1/tasks", limit=1000)
    do("DELETE", f"/v1/loadbalancers/@/{lb}")
    do("DELETE", f"/v1/secrets/@/{web}")
    assert {status for _, _, status, _ in responses} <= {200, 204}
    return responses


def _template(api_routes: list[APIRoute], method: str, path: str) -> str:
    for route in api_routes:
        if method in (route.methods or ()) and route.path_regex.match(path):
            return route.path
    raise AssertionError(f"{method} {path} is no route")


def test_every_response_matches_the_sdk_models(recorded: list[tuple[str, str, int, Any]]) -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    visited = set()
    found = []
    for method, path, status, body in recorded:
        template = _template(routes, method, path)
        visited.add((method, template))
        expected = RESPONSE_TYPES[method, template]
        if expected is NOTHING:
            assert (status, body) == (204, None)
        else:
            found += differences(body, expected, f"{method} {template}")
    assert found == []
    everything = {(method, route.path) for route in routes for method in route.methods or ()}
    assert visited == everything == set(RESPONSE_TYPES)


def test_comparison_finds_each_kind_of_difference() -> None:
    secret = {
        "id": "x",
        "algorithm": None,
        "bit_length": None,
        "content_types": {"default": "a"},
        "created": "2026-01-01T00:00:00+0000",
        "expiration": None,
        "mode": None,
        "name": "x",
        "secret_type": "certificate",
        "status": "ACTIVE",
    }
    assert differences(secret, sdk.Secret) == []
    wrong_ones: list[dict[str, Any]] = [
        {**secret, "tags": []},
        {name: value for name, value in secret.items() if name != "mode"},
        {**secret, "secret_type": "tls"},
        {**secret, "bit_length": "1"},
        {**secret, "content_types": {"default": 1}},
        {**secret, "created": None},
    ]
    for wrong in wrong_ones:
        assert len(differences(wrong, sdk.Secret)) == 1
    assert differences({"count": 1, "results": [{}]}, SyncOffsetPage[sdk.Secret])
    assert differences({"count": True, "results": []}, sdk.LoadBalancerFlavorList)
