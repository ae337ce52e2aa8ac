"""Objects that aren't well, and updates that fail half-way: what a user gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, DeadlineExceeded, ObjectFailed, TaskFailed
from tests.fake_engine.account import MONITOR, Resource, World, member, urn_of
from tests.lifecycle.conftest import Worlds

READS = {
    "secret": "/cloud/v1/secrets/{project_id}/{region_id}/{secret_id}",
    "load balancer": "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}",
    "listener": "/cloud/v1/lblisteners/{project_id}/{region_id}/{listener_id}",
    "pool": "/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}",
}
PATHS = {
    "secret": "/v1/secrets",
    "load balancer": "/v1/loadbalancers",
    "listener": "/v1/lblisteners",
    "pool": "/v1/lbpools",
}


def made(world: World, kind: str) -> Resource:
    if kind == "secret":
        return world.ca("it")
    balancer = world.load_balancer("it")
    if kind == "load balancer":
        return balancer
    if kind == "listener":
        return world.listener(balancer, "it")
    return world.pool(balancer, "it", members=[member(), member("10.0.0.12")], health_monitor=MONITOR)


def answered(resource: Resource, kind: str, said: Mapping[str, Any]) -> None:
    """From now on Gcore says this of the object; `members` and `healthmonitor` go into those that it has."""
    body: Any = resource.world.by_hand("GET", f"{PATHS[kind]}/{resource.id}")
    for name, value in said.items():
        if name == "members":
            body["members"][1].update(value)
        elif name == "healthmonitor":
            body["healthmonitor"].update(value)
        else:
            body[name] = value
    resource.world.fault(action="respond", method="GET", route=READS[kind], status=200, body=body)


# What Gcore says, and what the warning says of it; nothing: there is no warning.
STATUSES: Mapping[str, tuple[str, Mapping[str, Any], tuple[str, ...]]] = {
    "load balancer in ERROR": (
        "load balancer",
        {"provisioning_status": "ERROR", "operating_status": "ERROR"},
        ("it is in provisioning status ERROR; it is in operating status ERROR",),
    ),
    "load balancer whose pools are down": (
        "load balancer",
        {"operating_status": "ERROR"},
        ("it is in operating status ERROR", "health probes fail, or that everything below the object does"),
    ),
    "degraded": ("load balancer", {"operating_status": "DEGRADED"}, ()),
    "switched off": ("load balancer", {"operating_status": "OFFLINE"}, ()),
    "listener in ERROR": ("listener", {"provisioning_status": "ERROR"}, ("it is in provisioning status ERROR.",)),
    "pool in ERROR": ("pool", {"provisioning_status": "ERROR"}, ("it is in provisioning status ERROR.",)),
    "member down": (
        "pool",
        {"operating_status": "DEGRADED", "members": {"operating_status": "ERROR"}},
        ("as unhealthy: member 10.0.0.12:8443 is in operating status ERROR.",),
    ),
    "member in ERROR": (
        "pool",
        {"members": {"provisioning_status": "ERROR"}},
        ("member 10.0.0.12:8443 is in provisioning status ERROR",),
    ),
    "members without a monitor": ("pool", {"members": {"operating_status": "NO_MONITOR"}}, ()),
    "health monitor in ERROR": (
        "pool",
        {"healthmonitor": {"provisioning_status": "ERROR"}},
        ("its health monitor is in provisioning status ERROR",),
    ),
    "secret in ERROR": ("secret", {"status": "ERROR"}, ("it is in status ERROR",)),
}


@pytest.mark.parametrize("name", STATUSES)
def test_a_refresh_says_what_is_not_well(name: str, world: World) -> None:
    kind, said, expected = STATUSES[name]
    resource = made(world, kind)
    assert resource.refresh()
    assert world.host.warnings == []
    answered(resource, kind, said)
    assert resource.refresh()
    warnings = world.host.warnings
    assert len(warnings) == bool(expected)
    for urn, warning in warnings:
        assert urn == urn_of(resource.kind, "it")
        assert warning.startswith(f"Gcore reports {kind} '{resource.outputs['name']}' ({resource.id}) as unhealthy: ")
        for part in expected:
            assert part in warning
    for status in ("provisioning_status", "operating_status", "status"):
        if status in said:
            assert resource.outputs[status] == said[status]


class TestAnUpdateThatFails:
    def test_half_way_and_taken_back(self, world: World) -> None:
        """The pool was changed when the monitor failed: the state knows that, and no refresh is needed."""
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        before = pool.live()
        program = {"load_balancer_id": balancer.id, "members": [member()]}
        world.fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program, timeout_member_data=5, health_monitor=MONITOR)
        assert pool.live()["timeout_member_data"] == 5
        assert pool.diff(**program).changes
        pool.update(**program)
        assert pool.live()["timeout_member_data"] == before["timeout_member_data"]
        assert not pool.again().changes

    def test_half_way_and_refreshed(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        program = {"load_balancer_id": balancer.id, "members": [member()]}
        world.fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program, timeout_member_data=5, health_monitor=MONITOR)
        assert pool.refresh()
        assert pool.outputs["timeout_member_data"] == 5
        pool.update(**program)
        assert pool.live()["timeout_member_data"] is None
        assert not pool.again().changes

    def test_half_way_and_failing_again(self, world: World) -> None:
        """Nothing was sent the second time, and it is still half-done."""
        balancer = world.load_balancer(name="one")
        world.fault(action="hang_task", method="PATCH", nth=1)
        for _ in range(2):
            with pytest.raises(DeadlineExceeded):
                balancer.update(name="two")
        world.end_hanging_tasks()
        balancer.update(name="one")
        assert balancer.live()["name"] == "one"
        assert not balancer.again().changes

    def test_half_way_of_what_is_gone_since(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        world.fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(load_balancer_id=balancer.id, timeout_member_data=5, health_monitor=MONITOR)
        world.by_hand("DELETE", f"/v1/lbpools/{pool.id}")
        with pytest.raises(ObjectFailed, match=r"there is no such object any more\..* `pulumi refresh`"):
            pool.update(load_balancer_id=balancer.id, timeout_member_data=5)

    def test_half_way_and_done_again(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        program = {"load_balancer_id": balancer.id, "members": [member("10.0.0.12")], "health_monitor": MONITOR}
        world.fault(action="fail_task", method="DELETE", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program)
        pool.update(**program)
        assert pool.live()["members"] == [member("10.0.0.12")]
        assert not pool.again().changes

    def test_whose_outcome_is_unknown(self, world: World) -> None:
        balancer = world.load_balancer(name="one")
        world.fault(action="hang_task", method="PATCH")
        with pytest.raises(DeadlineExceeded):
            balancer.update(name="two")
        assert balancer.diff(name="one").changes

    def test_that_was_refused_at_once(self, world: World) -> None:
        balancer = world.load_balancer(flavor="lb1-1-2")
        with pytest.raises(BadRequest):
            balancer.update(flavor="lb9-9-9")
        assert not balancer.diff(flavor="lb1-1-2").changes

    def test_of_one_in_error(self, worlds: Worlds) -> None:
        """What a task has left in ERROR is shown by the next refresh."""
        world = worlds(failed_task="leave-error-object")
        balancer = world.load_balancer(name="one")
        world.fault(action="fail_task", method="PATCH", nth=1)
        with pytest.raises(TaskFailed):
            balancer.update(name="two")
        assert balancer.refresh()
        assert balancer.outputs["provisioning_status"] == "ERROR"
        _, warning = world.host.warnings[-1]
        assert "it is in provisioning status ERROR" in warning
