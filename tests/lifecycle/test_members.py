"""Members in numbers, in new places, and what Gcore doesn't give back of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gcore_tls_provider.api.wire.members import Member
from gcore_tls_provider.errors import BadRequest, ObjectFailed
from gcore_tls_provider.lifecycle.kinds.pool.members import FEW, MemberInputs, member_changes
from tests.fake_engine.account import NOWHERE, Resource, World, member
from tests.fake_engine.requests import Sent
from tests.lifecycle.conftest import Worlds

PUT = "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"
ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"


def addresses(numbers: range) -> list[str]:
    return [f"10.0.{number // 250}.{number % 250 + 1}" for number in numbers]


def ids_of(pool: Resource) -> dict[str, str]:
    """The members' ids by address."""
    (stored,) = pool.world.objects("pools")
    return {each.address: each.id for each in stored.members}


def many(*ranges: range, **properties: object) -> list[dict[str, object]]:
    return [member(each, **properties) for numbers in ranges for each in addresses(numbers)]


class TestNumbers:
    def test_two_hundred_new_ones_are_one_request(self, worlds: Worlds) -> None:
        """One by one, at ten seconds each, they would take longer than an update may."""
        world = worlds(task_seconds=10)
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=many(range(3)))
        before, began = ids_of(pool), world.clock.now()
        (sent,) = pool.update(load_balancer_id=balancer.id, members=many(range(203)))
        assert (sent.method, sent.path) == ("PUT", f"/v1/loadbalancers/pools/{pool.id}/members")
        assert len(sent.body) == len(ids_of(pool)) == 203
        assert {address: ids_of(pool)[address] for address in before} == before
        assert world.clock.now() - began < 60
        assert not pool.again().changes

    @pytest.mark.parametrize(("added", "methods"), [(FEW, ["POST"] * FEW), (FEW + 1, ["PUT"])])
    def test_a_few_are_sent_one_by_one(self, added: int, methods: list[str], spoken: World) -> None:
        balancer = spoken.load_balancer()
        pool = spoken.pool(balancer, members=many(range(2)))
        sent = pool.update(load_balancer_id=balancer.id, members=many(range(2 + added)))
        assert [each.method for each in sent] == methods

    def test_all_kinds_of_changes_in_one_list(self, world: World) -> None:
        """What stays keeps its id, and what only Gcore knew of it is sent again."""
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[*many(range(4), subnet_id=NOWHERE), *many(range(4, 8))])
        before = ids_of(pool)
        after = [*many(range(2)), *many(range(2, 4), weight=9), *many(range(10, 14), backup=True)]
        (sent,) = pool.update(load_balancer_id=balancer.id, members=after)
        assert sent.method == "PUT"
        by_address = {each["address"]: each for each in sent.body}
        assert [by_address[each].get("subnet_id") for each in addresses(range(4))] == [NOWHERE] * 4
        now = ids_of(pool)
        assert now.keys() == set(addresses(range(4))) | set(addresses(range(10, 14)))
        assert {address: now[address] for address in addresses(range(4))} == {
            address: before[address] for address in addresses(range(4))
        }
        assert not pool.again().changes
        assert pool.refresh()
        assert not pool.diff(load_balancer_id=balancer.id, members=after).changes

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (405, {"exception_class": "HTTPError", "message": "HTTP 405: Method Not Allowed"}),
            (404, {"exception_class": "HTTPError", "message": "HTTP 404: Not Found"}),
            (404, {"exception_class": "NotFoundError", "message": "The requested resource could not be found"}),
        ],
    )
    def test_without_that_route_they_are_sent_one_by_one(self, status: int, body: Any, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer)
        world.fault(action="respond", method="PUT", route=PUT, status=status, body=body)
        sent = pool.update(load_balancer_id=balancer.id, members=many(range(8)))
        assert [each.method for each in sent] == ["PUT", *["POST"] * 8]
        assert len(ids_of(pool)) == 8
        assert not pool.again().changes

    def test_a_list_that_is_refused_is_an_error(self, worlds: Worlds) -> None:
        """Another refusal than that of the route isn't tried in another way."""
        world = worlds(quota={"members": 5}, quota_status="400")
        balancer = world.load_balancer()
        pool = world.pool(balancer)
        with world.writes() as sent, pytest.raises(BadRequest, match="give pool"):
            pool.update(load_balancer_id=balancer.id, members=many(range(8)))
        assert [each.method for each in sent] == ["PUT"]

    def test_a_pool_that_is_gone_is_an_error(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer)
        world.by_hand("DELETE", f"/v1/lbpools/{pool.id}")
        with pytest.raises(ObjectFailed, match="pulumi refresh"):
            pool.update(load_balancer_id=balancer.id, members=many(range(8)))


class TestAnotherPlace:
    def test_one_by_one_the_others_keep_working(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=many(range(3), subnet_id=ONE))
        sent = pool.update(
            load_balancer_id=balancer.id, members=[*many(range(2), subnet_id=TWO), *many(range(2, 4), subnet_id=ONE)]
        )
        assert [each.method for each in sent] == ["POST", "DELETE", "POST", "DELETE", "POST"]
        assert not pool.again().changes

    def test_half_of_many_keep_working(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=many(range(9), subnet_id=ONE))
        before = ids_of(pool)
        sent = pool.update(load_balancer_id=balancer.id, members=many(range(10), subnet_id=TWO))
        assert [(each.method, len(each.body)) for each in sent] == [("PUT", 5), ("PUT", 10), ("PUT", 6), ("PUT", 10)]
        assert not set(before.values()) & set(ids_of(pool).values())
        assert not pool.again().changes

    def test_one_alone(self) -> None:
        live = Member.model_validate(
            {
                **member("10.0.0.1", subnet_id=ONE),
                "id": "m",
                "admin_state_up": True,
                "backup": False,
                "weight": 1,
                "operating_status": "ONLINE",
                "provisioning_status": "ACTIVE",
            }
        )
        changes = member_changes([live], [MemberInputs.model_validate(member("10.0.0.1", subnet_id=TWO))])
        assert [len(each) for each in changes.lists] == [0, 1]
        assert [each for each, _ in changes.replaced] == ["m"]


# Members before and after, and whether that is a change.
INSTANCES: Mapping[str, tuple[object, object, bool]] = {
    "set": (None, ONE, True),
    "changed": (ONE, TWO, True),
    "as it was": (ONE, ONE, False),
    "in capitals": (ONE, ONE.upper(), False),
    "removed: stays as it is": (ONE, None, False),
}


class TestInstances:
    """Gcore never gives back which instance a member is."""

    @pytest.mark.parametrize("name", INSTANCES)
    def test_a_change_is_seen(self, name: str, spoken: World) -> None:
        before, after, is_change = INSTANCES[name]
        balancer = spoken.load_balancer()
        pool = spoken.pool(balancer, members=[member(instance_id=before), member("10.0.0.12")])
        assert pool.refresh()
        ids = ids_of(pool)
        news: dict[str, Any] = {
            "load_balancer_id": balancer.id,
            "members": [member(instance_id=after), member("10.0.0.12")],
        }
        assert pool.diff(**news).changes is is_change
        if not is_change:
            return
        sent = pool.update(**news)
        members_route = f"/v1/loadbalancers/pools/{pool.id}/members"
        assert sent == [
            Sent("DELETE", f"{members_route}/{ids['10.0.0.11']}"),
            Sent("POST", members_route, _whole(after)),
        ]
        assert ids_of(pool)["10.0.0.12"] == ids["10.0.0.12"]
        assert not pool.diff(**news).changes
        assert pool.refresh()
        assert not pool.diff(**news).changes

    def test_another_update_remembers_it(self, world: World) -> None:
        balancer = world.load_balancer()
        program: dict[str, Any] = {"load_balancer_id": balancer.id, "members": [member(instance_id=ONE)]}
        pool = world.create("Pool", "it", **program)
        pool.update(**program, timeout_member_data=5)
        assert not pool.diff(**program, timeout_member_data=5).changes
        more = {**program, "members": [member(instance_id=ONE), member("10.0.0.12")]}
        (sent,) = pool.update(**more, timeout_member_data=5)
        assert sent.method == "POST"
        assert not pool.diff(**more, timeout_member_data=5).changes


def _whole(instance_id: object) -> Mapping[str, object]:
    return {**member(instance_id=instance_id), "weight": 1, "backup": False, "admin_state_up": True}


def test_what_gcore_fills_in_is_no_drift(world: World) -> None:
    """A subnet that the program never named is shown, and a refresh changes no input."""
    balancer = world.load_balancer()
    pool = world.pool(balancer, members=[member()])
    inputs: Sequence[object] = list(pool.inputs.items())
    live = world.by_hand("GET", f"/v1/lbpools/{pool.id}")
    assert isinstance(live, dict)
    live["members"][0]["subnet_id"] = ONE  # type: ignore[index,call-overload]  # JSON as it comes
    world.answer_with("/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}", live)
    assert pool.refresh()
    assert pool.outputs["members"] == [member(subnet_id=ONE)]
    assert sorted(pool.inputs.items(), key=str) == sorted(inputs, key=str)
