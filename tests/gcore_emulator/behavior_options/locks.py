"""Writes to locked load balancers."""

from __future__ import annotations

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import TASK_SECONDS, Api


def two_writes(api: Api) -> tuple[str, str]:
    balancer = api.load_balancer()
    api.start_task("PATCH", f"/v2/loadbalancers/@/{balancer}", {"name": "second"})
    return balancer, f"/v2/loadbalancers/@/{balancer}"


@checks_value("locked-load-balancer", "409")
def write_to_a_locked_load_balancer_is_rejected(api: Api) -> None:
    _, path = two_writes(api)
    api.rejected("PATCH", path, 409, "ConflictError", json={"name": "third"})


@checks_value("locked-load-balancer", "queue")
def write_to_a_locked_load_balancer_is_queued(api: Api) -> None:
    balancer, path = two_writes(api)
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": balancer}
    third = api.start_task("PATCH", path, {"name": "third"})
    fourth = api.start_task("POST", "/v1/lblisteners/@", listener)
    fifth = api.start_task("POST", "/v1/lblisteners/@", listener)
    api.clock.advance(TASK_SECONDS)
    assert [api.task(task)["state"] for task in (third, fourth, fifth)] == ["NEW", "NEW", "NEW"]
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["task_id"] == third
    api.clock.advance(TASK_SECONDS)
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "third"
    assert api.finish(fourth)["listeners"]
    api.clock.advance(TASK_SECONDS)
    assert "already using" in api.task(fifth)["error"]


@checks_value("locked-load-balancer", "task-error")
def write_to_a_locked_load_balancer_fails_as_a_task(api: Api) -> None:
    balancer, path = two_writes(api)
    assert "immutable" in api.fail("PATCH", path, {"name": "third"})
    assert api.get(f"/v1/loadbalancers/@/{balancer}")["name"] == "second"
