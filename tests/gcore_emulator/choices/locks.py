"""Load balancers that are busy."""

from __future__ import annotations

from tests.gcore_emulator.choices.choice import choice
from tests.gcore_emulator.emulated_api import TASK_SECONDS, Api


def two_writes(api: Api) -> tuple[str, str]:
    balancer = api.load_balancer()
    api.begin("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "second"})
    return balancer, f"/v2/loadbalancers/@/{balancer}"


@choice("locked-load-balancer", "409")
def a_busy_one_refuses(api: Api) -> None:
    _, path = two_writes(api)
    api.refused("PATCH", path, 409, "ConflictError", json={"name": "third"})


@choice("locked-load-balancer", "queue")
def a_busy_one_queues(api: Api) -> None:
    balancer, path = two_writes(api)
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": balancer}
    third = api.begin("PATCH", path, {"name": "third"})
    fourth = api.begin("POST", "/v1/lblisteners/@", listener)
    fifth = api.begin("POST", "/v1/lblisteners/@", listener)
    api.clock.advance(TASK_SECONDS)
    assert [api.task(task)["state"] for task in (third, fourth, fifth)] == ["NEW", "NEW", "NEW"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["task_id"] == third
    api.clock.advance(TASK_SECONDS)
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "third"
    assert api.finish(fourth)["listeners"]
    api.clock.advance(TASK_SECONDS)
    assert "already using" in api.task(fifth)["error"]


@choice("locked-load-balancer", "task-error")
def a_busy_one_fails_later(api: Api) -> None:
    balancer, path = two_writes(api)
    assert "immutable" in api.fail("PATCH", path, {"name": "third"})
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "second"
