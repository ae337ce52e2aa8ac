"""The life of a load balancer at an emulator."""

from __future__ import annotations

from typing import Any

import pytest

from gcore_tls_provider.errors import BadRequest, DeadlineExceeded, ObjectFailed
from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from tests.fake_engine.account import NOWHERE, World
from tests.fake_engine.requests import Sent
from tests.lifecycle.conftest import Worlds


def test_a_whole_life(spoken: World) -> None:
    with spoken.writes() as sent:
        balancer = spoken.load_balancer(flavor="lb1-1-2", tags={"owner": "me"})
    name = balancer.outputs["name"]
    assert sent == [Sent("POST", "/v1/loadbalancers", {"name": name, "flavor": "lb1-1-2", "tags": {"owner": "me"}})]
    assert str(name).startswith("lb-")
    assert balancer.outputs["provisioning_status"] == "ACTIVE"
    assert balancer.outputs["vip_address"]
    assert balancer.outputs["tags"] == {"owner": "me"}
    assert not balancer.again().changes
    assert balancer.refresh()
    assert not balancer.again().changes
    balancer.delete()
    assert spoken.objects("load_balancers") == []
    assert not balancer.refresh()
    balancer.delete()


def test_the_smallest_one_leaves_all_to_gcore(world: World) -> None:
    with world.writes() as sent:
        balancer = world.load_balancer()
    assert sent[0].body == {"name": balancer.outputs["name"]}
    assert balancer.outputs["flavor"] == "lb1-1-2"
    assert balancer.refresh()
    assert balancer.inputs.keys() == {"__gcore", "project_id", "region_id"}


def test_not_working_from_the_start(spoken: World) -> None:
    with spoken.writes() as sent:
        balancer = spoken.load_balancer(admin_state_up=False)
    assert [each.method for each in sent] == ["POST", "PATCH"]
    assert sent[1].body == {"admin_state_up": False}
    assert balancer.outputs["admin_state_up"] is False
    assert not balancer.again().changes


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
def test_an_update_sends_only_what_changed(name: str, world: World) -> None:
    before, after, body = CHANGES[name]
    balancer = world.load_balancer(**before)
    sent = balancer.update(**after)
    assert sent == [Sent("PATCH", f"/v2/loadbalancers/{balancer.id}", body)]
    assert not balancer.again().changes
    assert balancer.refresh()
    assert not balancer.again().changes
    assert not balancer.diff(**after).changes


def test_another_flavor_is_a_resize(world: World) -> None:
    balancer = world.load_balancer(flavor="lb1-1-2")
    path = f"/v1/loadbalancers/{balancer.id}/resize"
    assert balancer.update(flavor="lb1-2-4") == [Sent("POST", path, {"flavor": "lb1-2-4"})]
    assert balancer.outputs["flavor"] == "lb1-2-4"
    sent = balancer.update(flavor="lb1-4-8", name="three")
    assert [(each.method, each.body) for each in sent] == [
        ("PATCH", {"name": "three"}),
        ("POST", {"flavor": "lb1-4-8"}),
    ]
    assert not balancer.diff().changes


def test_a_flavor_that_does_not_exist(world: World) -> None:
    with pytest.raises(BadRequest, match="flavor") as caught:
        world.load_balancer(flavor="lb9-9-9")
    assert "create load balancer 'lb-" in str(caught.value)
    assert world.objects("load_balancers") == []


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({}, {"vip_network_id": NOWHERE}, ("vip_network_id",)),
        ({"vip_ip_family": "ipv4"}, {"vip_ip_family": "dual"}, ("vip_ip_family",)),
        ({"floating_ip": {"source": "new"}}, {}, ("floating_ip",)),
    ],
)
def test_another_address_is_another_load_balancer(
    before: dict[str, Any], after: dict[str, Any], replaces: tuple[str, ...], world: World
) -> None:
    difference = world.load_balancer(**before).diff(**after)
    assert difference.replaces == replaces
    assert not difference.delete_before_replace


def test_what_can_not_be_held_twice_goes_first(world: World) -> None:
    """A VIP port, or a floating IP that exists: two load balancers can't have it at once."""
    lifecycle = world.load_balancer().kind_data
    port: Properties = {"vip_port_id": NOWHERE}
    assert plan.diff(lifecycle, port, {**port, "vip_ip_family": "dual"}).delete_before_replace
    assert not plan.diff(lifecycle, port, {"vip_port_id": NOWHERE.replace("0", "1")}).delete_before_replace
    floating: Properties = {"floating_ip": {"source": "existing", "existing_floating_id": NOWHERE}}
    assert plan.diff(lifecycle, floating, {**floating, "vip_network_id": NOWHERE}).delete_before_replace
    new: Properties = {"floating_ip": {"source": "new"}}
    assert not plan.diff(lifecycle, new, {**new, "vip_network_id": NOWHERE}).delete_before_replace
    assert not plan.diff(lifecycle, {**port, "project_id": 1}, {**port, "project_id": 2}).delete_before_replace


def test_drift_shows(world: World) -> None:
    balancer = world.load_balancer(tags={"a": "1"}, name="mine")
    world.by_hand("PATCH", f"/v2/loadbalancers/{balancer.id}", {"name": "theirs", "tags": {"b": "2"}})
    world.by_hand("POST", f"/v1/loadbalancers/{balancer.id}/resize", {"flavor": "lb1-2-4"})
    assert balancer.refresh()
    assert balancer.inputs["name"] == "theirs"
    assert balancer.inputs["tags"] == {"a": "1", "b": "2"}
    assert "flavor" not in balancer.inputs
    assert balancer.outputs["flavor"] == "lb1-2-4"
    sent = balancer.update(tags={"a": "1"}, name="mine")
    assert [each.body for each in sent] == [{"name": "mine", "tags": {"a": "1", "b": None}}]


def test_an_update_of_nothing_asks_for_nothing(world: World) -> None:
    balancer = world.load_balancer(tags={"a": "1"})
    with world.requests() as sent:
        outputs = balancer.update_again()
    assert sent == []
    assert outputs == balancer.outputs


def test_what_is_below_goes_along(world: World) -> None:
    balancer = world.load_balancer()
    listener = world.listener(balancer)
    pool = world.pool(balancer, listener_id=listener.id, protocol="HTTP")
    balancer.delete()
    assert world.objects("pools") == world.objects("listeners") == []
    listener.delete()
    pool.delete()


class TestBusy:
    """Somebody else holds the load balancer: that is waited for."""

    ROUTES = (
        ("PATCH", "/cloud/v2/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"),
        ("POST", "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/resize"),
        ("DELETE", "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}"),
    )

    def test_it_is_waited_for(self, world: World) -> None:
        balancer = world.load_balancer(flavor="lb1-1-2")
        for method, route in self.ROUTES:
            world.fault(action="lock", method=method, route=route, nth=1, seconds=20)
        before = world.clock.slept
        with world.writes() as sent:
            balancer.update(flavor="lb1-2-4", name="two")
            balancer.delete()
        assert [each.method for each in sent] == ["PATCH", "PATCH", "POST", "POST", "DELETE", "DELETE"]
        assert world.fired == [1, 1, 1]
        assert world.clock.slept - before >= 60
        assert any(
            f"waiting for load balancer {balancer.id}, which is PENDING_UPDATE" in each for each in world.host.told
        )

    def test_but_not_for_ever(self, world: World) -> None:
        balancer = world.load_balancer()
        balancer.world = world.another_run(world.session.configuration.model_copy(update={"task_timeout": 60.0}))
        world.fault(action="lock", method="PATCH", seconds=100_000)
        before = world.clock.slept
        with pytest.raises(DeadlineExceeded) as caught:
            balancer.update(name="two")
        assert f"load balancer {balancer.id} was still locked (PENDING_UPDATE" in str(caught.value)
        assert 60 <= world.clock.slept - before < 70

    def test_one_in_error_is_not_waited_for(self, worlds: Worlds) -> None:
        world = worlds(failed_task="leave-error-object")
        balancer = world.load_balancer()
        world.fault(action="fail_task", method="PATCH", nth=1)
        before = world.clock.slept
        with pytest.raises(Exception, match="ended in ERROR"):
            balancer.update(name="two")
        with pytest.raises(ObjectFailed, match=f"load balancer {balancer.id} is in provisioning status ERROR"):
            balancer.update(name="three")
        assert world.clock.slept - before < 10
        balancer.delete()
        assert world.objects("load_balancers") == []
