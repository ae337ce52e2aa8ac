"""Values of an object's fields at Gcore, and the one request that updates them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MONITOR, Resource, member

# Functions that read a field from a response that does not contain it under its own name.
_LIVE_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "flavor": lambda body: body["flavor"]["flavor_name"],
    "health_monitor": lambda body: _only_names_of(body["healthmonitor"], MONITOR),
    "members": lambda body: [_only_names_of(each, member()) for each in body["members"]],
    "tags": lambda body: {each["key"]: each["value"] for each in body["tags_v2"]},
    "secret_id": lambda body: body["secret_id"] or None,
    "logging": lambda body: _without_null(body["logging"]),
    "session_persistence": lambda body: _without_null(body["session_persistence"]),
    "listener_id": lambda body: next((each["id"] for each in body["listeners"]), None),
    "load_balancer_id": lambda body: (
        body["load_balancer_id"] if "load_balancer_id" in body else body["loadbalancers"][0]["id"]
    ),
}


def _only_names_of(part: Any, names: Mapping[str, object]) -> Any:
    return part and {name: part[name] for name in names}


def _without_null(value: Any) -> Any:
    return value and {key: each for key, each in value.items() if each is not None}


PATHS = {"LoadBalancer": "loadbalancers", "Listener": "lblisteners", "Pool": "lbpools", "Secret": "secrets"}


def live_field(resource: Resource, name: str) -> Any:
    """Return the value of a field at Gcore."""
    body: Any = resource.stack.by_hand("GET", f"/v1/{PATHS[resource.kind]}/{resource.id}")
    return _LIVE_VALUES[name](body) if name in _LIVE_VALUES else body[name]


def update_request(resource: Resource, body: Mapping[str, object]) -> SentRequest:
    """Return the one request that updates an object, as the stack's dialect writes it."""
    path = f"/{PATHS[resource.kind]}/{resource.id}"
    if resource.kind == "Pool" and resource.stack.session.configuration.dialect == "guide":
        return SentRequest("PUT", f"/v1{path}", {"protocol": resource.inputs.get("protocol", "HTTPS"), **body})
    return SentRequest("PATCH", f"/v2{path}", body)
