"""Load balancers at an emulator: create, read, update, replace and delete."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, DeadlineExceeded, ObjectFailed
from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, FakeStack
from tests.lifecycle.conftest import MakeStack


def test_a_load_balancer_is_created_refreshed_and_deleted(dialect_stack: FakeStack) -> None:
    with dialect_stack.writes() as sent:
        balancer = dialect_stack.load_balancer(flavor="lb1-1-2", tags={"owner": "me"})
    name = balancer.outputs["name"]
    assert sent == [
        SentRequest("POST", "/v1/loadbalancers", {"name": name, "flavor": "lb1-1-2", "tags": {"owner": "me"}})
    ]
    assert str(name).startswith("lb-")
    assert balancer.outputs["provisioning_status"] == "ACTIVE"
    assert balancer.outputs["vip_address"]
    assert balancer.outputs["tags"] == {"owner": "me"}
    assert not balancer.saved_diff().changes
    assert balancer.refresh()
    assert not balancer.saved_diff().changes
    balancer.delete()
    assert dialect_stack.objects("load_balancers") == []
    assert not balancer.refresh()
    balancer.delete()


def test_a_load_balancer_without_properties_has_gcores_defaults(stack: FakeStack) -> None:
    with stack.writes() as sent:
        balancer = stack.load_balancer()
    assert sent[0].body == {"name": balancer.outputs["name"]}
    assert balancer.outputs["flavor"] == "lb1-1-2"
    assert balancer.refresh()
    assert balancer.inputs.keys() == {"__gcore", "project_id", "region_id"}


def test_a_load_balancer_that_is_created_down_is_switched_off_after_the_create(dialect_stack: FakeStack) -> None:
    with dialect_stack.writes() as sent:
        balancer = dialect_stack.load_balancer(admin_state_up=False)
    assert [each.method for each in sent] == ["POST", "PATCH"]
    assert sent[1].body == {"admin_state_up": False}
    assert balancer.outputs["admin_state_up"] is False
    assert not balancer.saved_diff().changes


# Before, after, and the body of the one PATCH.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "name": ({"name": "one"}, {"name": "two"}, {"name": "two"}),
    "connectivity set": ({}, {"preferred_connectivity": "L3"}, {"preferred_connectivity": "L3"}),
    "connectivity unset": ({"preferred_connectivity": "L3"}, {}, {"preferred_connectivity": "L2"}),
    "state set": ({}, {"admin_state_up": False}, {"admin_state_up": False}),
    "state unset": ({"admin_state_up": False}, {}, {"admin_state_up": True}),
    "tags set": ({}, {"tags": {"a": "1"}}, {"tags": {"a": "1"}}),
    "tags changed": (
        {"tags": {"a": "1", "b": "2"}},
        {"tags": {"b": "3", "c": "4"}},
        {"tags": {"a": None, "b": "3", "c": "4"}},
    ),
    "tags unset": ({"tags": {"a": "1", "b": "2"}}, {}, {"tags": {"a": None, "b": None}}),
    "tags emptied": ({"tags": {"a": "1"}}, {"tags": {}}, {"tags": {"a": None}}),
    "logging set": (
        {},
        {"logging": {"enabled": True, "destination_region_id": 7, "topic_name": "logs"}},
        {"logging": {"enabled": True, "destination_region_id": 7, "topic_name": "logs"}},
    ),
    "logging unset": ({"logging": {"enabled": True, "topic_name": "logs"}}, {}, {"logging": {"enabled": False}}),
    "two at once": (
        {"tags": {"a": "1"}, "admin_state_up": True},
        {"tags": {"a": "1"}, "admin_state_up": False, "name": "two"},
        {"admin_state_up": False, "name": "two"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_update_sends_only_what_changed(name: str, stack: FakeStack) -> None:
    before, after, body = CHANGES[name]
    balancer = stack.load_balancer(**before)
    sent = balancer.update(**after)
    assert sent == [SentRequest("PATCH", f"/v2/loadbalancers/{balancer.id}", body)]
    assert not balancer.saved_diff().changes
    assert balancer.refresh()
    assert not balancer.saved_diff().changes
    assert not balancer.diff(**after).changes


def test_another_flavor_resizes_the_load_balancer(stack: FakeStack) -> None:
    balancer = stack.load_balancer(flavor="lb1-1-2")
    path = f"/v1/loadbalancers/{balancer.id}/resize"
    assert balancer.update(flavor="lb1-2-4") == [SentRequest("POST", path, {"flavor": "lb1-2-4"})]
    assert balancer.outputs["flavor"] == "lb1-2-4"
    sent = balancer.update(flavor="lb1-4-8", name="three")
    assert [(each.method, each.body) for each in sent] == [
        ("PATCH", {"name": "three"}),
        ("POST", {"flavor": "lb1-4-8"}),
    ]
    assert not balancer.diff().changes


def test_a_flavor_that_does_not_exist_is_an_error(stack: FakeStack) -> None:
    with pytest.raises(BadRequest, match="flavor") as caught:
        stack.load_balancer(flavor="lb9-9-9")
    assert "create load balancer 'lb-" in str(caught.value)
    assert stack.objects("load_balancers") == []


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({}, {"vip_network_id": MISSING_ID}, ("vip_network_id",)),
        ({"vip_ip_family": "ipv4"}, {"vip_ip_family": "dual"}, ("vip_ip_family",)),
        ({"floating_ip": {"source": "new"}}, {}, ("floating_ip",)),
    ],
)
def test_another_address_replaces_the_load_balancer(
    before: dict[str, Any], after: dict[str, Any], replaces: tuple[str, ...], stack: FakeStack
) -> None:
    difference = stack.load_balancer(**before).diff(**after)
    assert difference.replaces == replaces
    assert not difference.delete_before_replace


def test_a_load_balancer_with_an_exclusive_address_is_deleted_before_its_replacement(stack: FakeStack) -> None:
    """Two load balancers cannot have the same VIP port or existing floating IP at once."""
    lifecycle = stack.load_balancer().kind_data
    port: Properties = {"vip_port_id": MISSING_ID}
    assert plan.diff(lifecycle, port, {**port, "vip_ip_family": "dual"}).delete_before_replace
    assert not plan.diff(lifecycle, port, {"vip_port_id": MISSING_ID.replace("0", "1")}).delete_before_replace
    floating: Properties = {"floating_ip": {"source": "existing", "existing_floating_id": MISSING_ID}}
    assert plan.diff(lifecycle, floating, {**floating, "vip_network_id": MISSING_ID}).delete_before_replace
    new: Properties = {"floating_ip": {"source": "new"}}
    assert not plan.diff(lifecycle, new, {**new, "vip_network_id": MISSING_ID}).delete_before_replace
    assert not plan.diff(lifecycle, {**port, "project_id": 1}, {**port, "project_id": 2}).delete_before_replace


def test_drift_is_shown_and_reverted(stack: FakeStack) -> None:
    balancer = stack.load_balancer(tags={"a": "1"}, name="mine")
    stack.by_hand("PATCH", f"/v2/loadbalancers/{balancer.id}", {"name": "theirs", "tags": {"b": "2"}})
    stack.by_hand("POST", f"/v1/loadbalancers/{balancer.id}/resize", {"flavor": "lb1-2-4"})
    assert balancer.refresh()
    assert balancer.inputs["name"] == "theirs"
    assert balancer.inputs["tags"] == {"a": "1", "b": "2"}
    assert "flavor" not in balancer.inputs
    assert balancer.outputs["flavor"] == "lb1-2-4"
    sent = balancer.update(tags={"a": "1"}, name="mine")
    assert [each.body for each in sent] == [{"name": "mine", "tags": {"a": "1", "b": None}}]


def test_an_update_without_changes_sends_no_request(stack: FakeStack) -> None:
    balancer = stack.load_balancer(tags={"a": "1"})
    with stack.requests() as sent:
        outputs = balancer.update_with_saved_inputs()
    assert sent == []
    assert outputs == balancer.outputs


def test_a_delete_removes_listeners_and_pools_too(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    listener = stack.listener(balancer)
    pool = stack.pool(balancer, listener_id=listener.id, protocol="HTTP")
    balancer.delete()
    assert stack.objects("pools") == stack.objects("listeners") == []
    listener.delete()
    pool.delete()


class TestLockedLoadBalancer:
    """A load balancer that an operation of somebody else has locked."""

    ROUTES = (
        ("PATCH", "/cloud/v2/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"),
        ("POST", "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/resize"),
        ("DELETE", "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"),
    )

    def test_a_write_waits_until_the_load_balancer_is_unlocked(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer(flavor="lb1-1-2")
        for method, route in self.ROUTES:
            stack.inject_fault(action="lock", method=method, route=route, nth=1, seconds=20)
        before = stack.clock.slept
        with stack.writes() as sent:
            balancer.update(flavor="lb1-2-4", name="two")
            balancer.delete()
        assert [each.method for each in sent] == ["PATCH", "PATCH", "POST", "POST", "DELETE", "DELETE"]
        assert stack.fault_counts == [1, 1, 1]
        assert stack.clock.slept - before >= 60
        assert any(
            f"waiting for load balancer {balancer.id}, which is PENDING_UPDATE" in each
            for each in stack.engine.progress_texts
        )

    def test_a_write_that_waits_for_a_lock_fails_at_its_deadline(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        balancer.stack = stack.next_run(stack.session.configuration.model_copy(update={"task_timeout": 60.0}))
        stack.inject_fault(action="lock", method="PATCH", seconds=100_000)
        before = stack.clock.slept
        with pytest.raises(DeadlineExceeded) as caught:
            balancer.update(name="two")
        assert f"load balancer {balancer.id} was still locked (PENDING_UPDATE" in str(caught.value)
        assert 60 <= stack.clock.slept - before < 70

    def test_a_write_does_not_wait_for_a_load_balancer_in_error(self, make_stack: MakeStack) -> None:
        stack = make_stack(failed_task="leave-error-object")
        balancer = stack.load_balancer()
        stack.inject_fault(action="fail_task", method="PATCH", nth=1)
        before = stack.clock.slept
        with pytest.raises(Exception, match="ended in ERROR"):
            balancer.update(name="two")
        with pytest.raises(ObjectFailed, match=f"load balancer {balancer.id} is in provisioning status ERROR"):
            balancer.update(name="three")
        assert stack.clock.slept - before < 10
        balancer.delete()
        assert stack.objects("load_balancers") == []
