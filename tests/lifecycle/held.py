"""What Gcore holds of an object's fields, and the one request that changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_engine.account import MONITOR, Resource, member
from tests.fake_engine.requests import Sent

# What Gcore shows of a field, where it isn't under its own name.
HELD: Mapping[str, Callable[[Any], Any]] = {
    "flavor": lambda body: body["flavor"]["flavor_name"],
    "health_monitor": lambda body: _known(body["healthmonitor"], MONITOR),
    "members": lambda body: [_known(each, member()) for each in body["members"]],
    "tags": lambda body: {each["key"]: each["value"] for each in body["tags_v2"]},
    "secret_id": lambda body: body["secret_id"] or None,
    "logging": lambda body: _without_null(body["logging"]),
    "session_persistence": lambda body: _without_null(body["session_persistence"]),
    "listener_id": lambda body: next((each["id"] for each in body["listeners"]), None),
    "load_balancer_id": lambda body: (
        body["load_balancer_id"] if "load_balancer_id" in body else body["loadbalancers"][0]["id"]
    ),
}


def _known(part: Any, names: Mapping[str, object]) -> Any:
    return part and {name: part[name] for name in names}


def _without_null(value: Any) -> Any:
    return value and {key: each for key, each in value.items() if each is not None}


ROUTES = {"LoadBalancer": "loadbalancers", "Listener": "lblisteners", "Pool": "lbpools", "Secret": "secrets"}


def held(resource: Resource, name: str) -> Any:
    """What Gcore holds of a field."""
    body: Any = resource.world.by_hand("GET", f"/v1/{ROUTES[resource.kind]}/{resource.id}")
    return HELD[name](body) if name in HELD else body[name]


def update_of(resource: Resource, body: Mapping[str, object]) -> Sent:
    """The one request that changes an object, as the world's dialect writes it."""
    path = f"/{ROUTES[resource.kind]}/{resource.id}"
    if resource.kind == "Pool" and resource.world.session.configuration.dialect == "guide":
        return Sent("PUT", f"/v1{path}", {"protocol": resource.inputs.get("protocol", "HTTPS"), **body})
    return Sent("PATCH", f"/v2{path}", body)
