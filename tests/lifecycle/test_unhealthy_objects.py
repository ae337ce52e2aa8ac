"""Unhealthy objects and partially applied updates: warnings and the next run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, DeadlineExceeded, ObjectFailed, TaskFailed
from tests.fake_engine.stack import MONITOR, FakeStack, Resource, member, urn_of
from tests.lifecycle.conftest import MakeStack

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


def create_object(stack: FakeStack, kind: str) -> Resource:
    if kind == "secret":
        return stack.ca("it")
    balancer = stack.load_balancer("it")
    if kind == "load balancer":
        return balancer
    if kind == "listener":
        return stack.listener(balancer, "it")
    return stack.pool(balancer, "it", members=[member(), member("10.0.0.12")], health_monitor=MONITOR)


def merge_into_responses(resource: Resource, kind: str, values: Mapping[str, Any]) -> None:
    """Merge values into all later responses about the object; `members` applies to its second member."""
    body: Any = resource.stack.by_hand("GET", f"{PATHS[kind]}/{resource.id}")
    for name, value in values.items():
        if name == "members":
            body["members"][1].update(value)
        elif name == "healthmonitor":
            body["healthmonitor"].update(value)
        else:
            body[name] = value
    resource.stack.inject_fault(action="respond", method="GET", route=READS[kind], status=200, body=body)


# Kind, values of the response, and parts of the warning; empty if there is no warning.
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
    "degraded load balancer": ("load balancer", {"operating_status": "DEGRADED"}, ()),
    "load balancer that is off": ("load balancer", {"operating_status": "OFFLINE"}, ()),
    "listener in ERROR": ("listener", {"provisioning_status": "ERROR"}, ("it is in provisioning status ERROR.",)),
    "pool in ERROR": ("pool", {"provisioning_status": "ERROR"}, ("it is in provisioning status ERROR.",)),
    "member that is down": (
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
def test_a_refresh_warns_about_an_unhealthy_object(name: str, stack: FakeStack) -> None:
    kind, values, expected = STATUSES[name]
    resource = create_object(stack, kind)
    assert resource.refresh()
    assert stack.engine.warnings == []
    merge_into_responses(resource, kind, values)
    assert resource.refresh()
    warnings = stack.engine.warnings
    assert len(warnings) == bool(expected)
    for urn, warning in warnings:
        assert urn == urn_of(resource.kind, "it")
        assert warning.startswith(f"Gcore reports {kind} '{resource.outputs['name']}' ({resource.id}) as unhealthy: ")
        for part in expected:
            assert part in warning
    for status in ("provisioning_status", "operating_status", "status"):
        if status in values:
            assert resource.outputs[status] == values[status]


class TestFailedUpdate:
    def test_a_partially_applied_update_can_be_reverted(self, stack: FakeStack) -> None:
        """The state shows that the pool was updated before its monitor failed, so that no refresh is needed."""
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        before = pool.live_properties()
        program = {"load_balancer_id": balancer.id, "members": [member()]}
        stack.inject_fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program, timeout_member_data=5, health_monitor=MONITOR)
        assert pool.live_properties()["timeout_member_data"] == 5
        assert pool.diff(**program).changes
        pool.update(**program)
        assert pool.live_properties()["timeout_member_data"] == before["timeout_member_data"]
        assert not pool.saved_diff().changes

    def test_a_partially_applied_update_can_be_reverted_after_a_refresh(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        program = {"load_balancer_id": balancer.id, "members": [member()]}
        stack.inject_fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program, timeout_member_data=5, health_monitor=MONITOR)
        assert pool.refresh()
        assert pool.outputs["timeout_member_data"] == 5
        pool.update(**program)
        assert pool.live_properties()["timeout_member_data"] is None
        assert not pool.saved_diff().changes

    def test_an_update_that_fails_twice_can_be_reverted(self, stack: FakeStack) -> None:
        """The second attempt sends nothing, and the update is still partially applied."""
        balancer = stack.load_balancer(name="one")
        stack.inject_fault(action="hang_task", method="PATCH", nth=1)
        for _ in range(2):
            with pytest.raises(DeadlineExceeded):
                balancer.update(name="two")
        stack.finish_hanging_tasks()
        balancer.update(name="one")
        assert balancer.live_properties()["name"] == "one"
        assert not balancer.saved_diff().changes

    def test_the_error_about_an_update_of_a_deleted_object_recommends_a_refresh(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        stack.inject_fault(action="fail_task", method="POST", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(load_balancer_id=balancer.id, timeout_member_data=5, health_monitor=MONITOR)
        stack.by_hand("DELETE", f"/v1/lbpools/{pool.id}")
        with pytest.raises(ObjectFailed, match=r"there is no such object any more\..* `pulumi up --refresh`"):
            pool.update(load_balancer_id=balancer.id, timeout_member_data=5)

    def test_a_partially_applied_update_can_be_repeated(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[member()])
        program = {"load_balancer_id": balancer.id, "members": [member("10.0.0.12")], "health_monitor": MONITOR}
        stack.inject_fault(action="fail_task", method="DELETE", nth=1)
        with pytest.raises(TaskFailed):
            pool.update(**program)
        pool.update(**program)
        assert pool.live_properties()["members"] == [member("10.0.0.12")]
        assert not pool.saved_diff().changes

    def test_an_update_with_an_unknown_outcome_is_a_change(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer(name="one")
        stack.inject_fault(action="hang_task", method="PATCH")
        with pytest.raises(DeadlineExceeded):
            balancer.update(name="two")
        assert balancer.diff(name="one").changes

    def test_a_rejected_update_is_no_change(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer(flavor="lb1-1-2")
        with pytest.raises(BadRequest):
            balancer.update(flavor="lb9-9-9")
        assert not balancer.diff(flavor="lb1-1-2").changes

    def test_a_refresh_reports_the_error_status_after_a_failed_task(self, make_stack: MakeStack) -> None:
        """The next refresh reports the status that the task has caused."""
        stack = make_stack(failed_task="leave-error-object")
        balancer = stack.load_balancer(name="one")
        stack.inject_fault(action="fail_task", method="PATCH", nth=1)
        with pytest.raises(TaskFailed):
            balancer.update(name="two")
        assert balancer.refresh()
        assert balancer.outputs["provisioning_status"] == "ERROR"
        _, warning = stack.engine.warnings[-1]
        assert "it is in provisioning status ERROR" in warning
