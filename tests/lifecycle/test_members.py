"""Members: many at once, in another subnet, and with instances that Gcore does not return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gcore_tls_provider.api.wire.members import Member
from gcore_tls_provider.errors import BadRequest, ObjectFailed
from gcore_tls_provider.lifecycle.kinds.pool.members import FEW, MemberInputs, member_changes
from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MISSING_ID, FakeStack, Resource, member
from tests.lifecycle.conftest import MakeStack

PUT = "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"
ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"


def addresses(numbers: range) -> list[str]:
    return [f"10.0.{number // 250}.{number % 250 + 1}" for number in numbers]


def ids_of(pool: Resource) -> dict[str, str]:
    """Return the IDs of the members by address."""
    (stored,) = pool.stack.objects("pools")
    return {each.address: each.id for each in stored.members}


def many_members(*ranges: range, **properties: object) -> list[dict[str, object]]:
    return [member(each, **properties) for numbers in ranges for each in addresses(numbers)]


class TestManyMembers:
    def test_two_hundred_new_members_are_one_request(self, make_stack: MakeStack) -> None:
        """One by one, at ten seconds each, they would take longer than the time limit of an update."""
        stack = make_stack(task_seconds=10)
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=many_members(range(3)))
        before, began = ids_of(pool), stack.clock.now()
        (sent,) = pool.update(load_balancer_id=balancer.id, members=many_members(range(203)))
        assert (sent.method, sent.path) == ("PUT", f"/v1/loadbalancers/pools/{pool.id}/members")
        assert len(sent.body) == len(ids_of(pool)) == 203
        assert {address: ids_of(pool)[address] for address in before} == before
        assert stack.clock.now() - began < 60
        assert not pool.saved_diff().changes

    @pytest.mark.parametrize(("added", "methods"), [(FEW, ["POST"] * FEW), (FEW + 1, ["PUT"])])
    def test_a_few_new_members_are_sent_one_by_one(
        self, added: int, methods: list[str], dialect_stack: FakeStack
    ) -> None:
        balancer = dialect_stack.load_balancer()
        pool = dialect_stack.pool(balancer, members=many_members(range(2)))
        sent = pool.update(load_balancer_id=balancer.id, members=many_members(range(2 + added)))
        assert [each.method for each in sent] == methods

    def test_one_request_adds_updates_and_removes_members(self, stack: FakeStack) -> None:
        """Remaining members keep their IDs, and the update repeats the values that only Gcore has."""
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=[*many_members(range(4), subnet_id=MISSING_ID), *many_members(range(4, 8))])
        before = ids_of(pool)
        after = [
            *many_members(range(2)),
            *many_members(range(2, 4), weight=9),
            *many_members(range(10, 14), backup=True),
        ]
        (sent,) = pool.update(load_balancer_id=balancer.id, members=after)
        assert sent.method == "PUT"
        by_address = {each["address"]: each for each in sent.body}
        assert [by_address[each].get("subnet_id") for each in addresses(range(4))] == [MISSING_ID] * 4
        now = ids_of(pool)
        assert now.keys() == set(addresses(range(4))) | set(addresses(range(10, 14)))
        assert {address: now[address] for address in addresses(range(4))} == {
            address: before[address] for address in addresses(range(4))
        }
        assert not pool.saved_diff().changes
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
    def test_members_are_sent_one_by_one_if_the_route_is_missing(
        self, status: int, body: Any, stack: FakeStack
    ) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer)
        stack.inject_fault(action="respond", method="PUT", route=PUT, status=status, body=body)
        sent = pool.update(load_balancer_id=balancer.id, members=many_members(range(8)))
        assert [each.method for each in sent] == ["PUT", *["POST"] * 8]
        assert len(ids_of(pool)) == 8
        assert not pool.saved_diff().changes

    def test_a_rejected_list_of_members_is_an_error(self, make_stack: MakeStack) -> None:
        """Only a missing route makes the provider send members one by one."""
        stack = make_stack(quota={"members": 5}, quota_status="400")
        balancer = stack.load_balancer()
        pool = stack.pool(balancer)
        with stack.writes() as sent, pytest.raises(BadRequest, match="give pool"):
            pool.update(load_balancer_id=balancer.id, members=many_members(range(8)))
        assert [each.method for each in sent] == ["PUT"]

    def test_a_deleted_pool_is_an_error(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer)
        stack.by_hand("DELETE", f"/v1/lbpools/{pool.id}")
        with pytest.raises(ObjectFailed, match="pulumi up --refresh"):
            pool.update(load_balancer_id=balancer.id, members=many_members(range(8)))


class TestAnotherSubnet:
    def test_a_few_members_are_replaced_one_after_the_other(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=many_members(range(3), subnet_id=ONE))
        sent = pool.update(
            load_balancer_id=balancer.id,
            members=[*many_members(range(2), subnet_id=TWO), *many_members(range(2, 4), subnet_id=ONE)],
        )
        assert [each.method for each in sent] == ["POST", "DELETE", "POST", "DELETE", "POST"]
        assert not pool.saved_diff().changes

    def test_many_members_are_replaced_half_by_half(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        pool = stack.pool(balancer, members=many_members(range(9), subnet_id=ONE))
        before = ids_of(pool)
        sent = pool.update(load_balancer_id=balancer.id, members=many_members(range(10), subnet_id=TWO))
        assert [(each.method, len(each.body)) for each in sent] == [("PUT", 5), ("PUT", 10), ("PUT", 6), ("PUT", 10)]
        assert not set(before.values()) & set(ids_of(pool).values())
        assert not pool.saved_diff().changes

    def test_a_single_member_is_deleted_before_its_replacement_is_created(self) -> None:
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


# Instance before and after, and whether that is a change.
INSTANCES: Mapping[str, tuple[object, object, bool]] = {
    "set": (None, ONE, True),
    "changed": (ONE, TWO, True),
    "unchanged": (ONE, ONE, False),
    "in uppercase": (ONE, ONE.upper(), False),
    "removed, which keeps it": (ONE, None, False),
}


class TestInstances:
    """Instances of members, which Gcore never returns."""

    @pytest.mark.parametrize("name", INSTANCES)
    def test_another_instance_replaces_the_member(self, name: str, dialect_stack: FakeStack) -> None:
        before, after, is_change = INSTANCES[name]
        balancer = dialect_stack.load_balancer()
        pool = dialect_stack.pool(balancer, members=[member(instance_id=before), member("10.0.0.12")])
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
            SentRequest("DELETE", f"{members_route}/{ids['10.0.0.11']}"),
            SentRequest("POST", members_route, _complete_member(after)),
        ]
        assert ids_of(pool)["10.0.0.12"] == ids["10.0.0.12"]
        assert not pool.diff(**news).changes
        assert pool.refresh()
        assert not pool.diff(**news).changes

    def test_the_state_keeps_the_instance_after_another_update(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        program: dict[str, Any] = {"load_balancer_id": balancer.id, "members": [member(instance_id=ONE)]}
        pool = stack.create("Pool", "it", **program)
        pool.update(**program, timeout_member_data=5)
        assert not pool.diff(**program, timeout_member_data=5).changes
        more = {**program, "members": [member(instance_id=ONE), member("10.0.0.12")]}
        (sent,) = pool.update(**more, timeout_member_data=5)
        assert sent.method == "POST"
        assert not pool.diff(**more, timeout_member_data=5).changes


def _complete_member(instance_id: object) -> Mapping[str, object]:
    return {**member(instance_id=instance_id), "weight": 1, "backup": False, "admin_state_up": True}


def test_a_subnet_that_gcore_sets_is_no_drift(stack: FakeStack) -> None:
    """A refresh shows a subnet that the program has not set, and changes no input."""
    balancer = stack.load_balancer()
    pool = stack.pool(balancer, members=[member()])
    inputs: Sequence[object] = list(pool.inputs.items())
    live = stack.by_hand("GET", f"/v1/lbpools/{pool.id}")
    assert isinstance(live, dict)
    live["members"][0]["subnet_id"] = ONE  # type: ignore[index,call-overload]  # JSON as it comes
    stack.respond_to_reads_with("/cloud/v1/lbpools/{project_id}/{region_id}/{pool_id}", live)
    assert pool.refresh()
    assert pool.outputs["members"] == [member(subnet_id=ONE)]
    assert sorted(pool.inputs.items(), key=str) == sorted(inputs, key=str)
