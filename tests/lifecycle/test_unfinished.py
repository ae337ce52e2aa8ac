"""What a failed create leaves and can't remove: it is in the state, and the next run, or a destroy, removes it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gcore_tls_provider.errors import ApiError, DeadlineExceeded, TaskFailed
from tests.fake_engine.account import Resource, World, member
from tests.lifecycle.conftest import Worlds

KINDS = ("CertificateAuthority", "LoadBalancer", "Listener", "Pool")
TABLES = {
    "CertificateAuthority": "secrets",
    "LoadBalancer": "load_balancers",
    "Listener": "listeners",
    "Pool": "pools",
}

LISTS = {
    "CertificateAuthority": "/cloud/v1/secrets/{project_id}/{region_id}",
    "LoadBalancer": "/cloud/v1/loadbalancers/{project_id}/{region_id}",
    "Listener": "/cloud/v1/lblisteners/{project_id}/{region_id}",
    "Pool": "/cloud/v1/lbpools/{project_id}/{region_id}",
}


def program(world: World, kind: str) -> Mapping[str, object]:
    if kind == "CertificateAuthority":
        return {"certificate": world.material.ca.certificate_pem}
    if kind == "LoadBalancer":
        return {}
    world.under = world.under or world.load_balancer("under")
    where = {"load_balancer_id": world.under.id}
    return {**where, "protocol": "HTTP", "protocol_port": 80} if kind == "Listener" else where


def left_by(world: World, kind: str, error: type[ApiError]) -> Resource:
    """What a create that fails leaves in the state; faults are over when it is given."""
    properties = program(world, kind)
    with pytest.raises(error) as caught:
        world.create(kind, "it", **properties)
    assert "Run again" in str(caught.value)
    world.faultless()
    (half,) = world.half_done
    world.half_done.clear()
    return half


def existing(world: World, kind: str) -> set[str]:
    own = {world.under.id} if world.under is not None and kind == "LoadBalancer" else set()
    return {each.id for each in world.objects(TABLES[kind])} - own


@pytest.mark.parametrize("kind", ["LoadBalancer", "Listener", "Pool"])
class TestWhatCanNotBeRemoved:
    def half(self, worlds: Worlds, kind: str) -> Resource:
        world = worlds("openapi", failed_task="leave-error-object")
        program(world, kind)
        world.fault(action="fail_task", method="POST", nth=1)
        world.fault(action="respond", status=403, body={}, method="DELETE")
        half = left_by(world, kind, TaskFailed)
        assert existing(world, kind) == {half.id}
        return half

    def test_the_next_run_makes_it_anew(self, kind: str, worlds: Worlds) -> None:
        half = self.half(worlds, kind)
        difference = half.diff(**program(half.world, kind))
        assert difference.changes
        assert difference.replaces
        assert difference.delete_before_replace
        half.delete()
        made = half.world.another_run().create(kind, "it", **program(half.world, kind))
        assert existing(half.world, kind) == {made.id}

    def test_a_destroy_removes_it(self, kind: str, worlds: Worlds) -> None:
        half = self.half(worlds, kind)
        half.delete()
        assert existing(half.world, kind) == set()

    def test_a_refresh_keeps_it(self, kind: str, worlds: Worlds) -> None:
        half = self.half(worlds, kind)
        assert half.refresh()
        assert half.diff(**program(half.world, kind)).replaces


@pytest.mark.parametrize("kind", KINDS)
class TestWhatHasNoKnownEnd:
    def half(self, worlds: Worlds, kind: str) -> Resource:
        """The task hangs, and nobody answers when the name is looked for."""
        world = worlds("openapi")
        program(world, kind)
        world.fault(action="hang_task", method="POST", nth=1)
        world.fault(action="drop_before", method="GET", route=LISTS[kind])
        half = left_by(world, kind, DeadlineExceeded)
        assert half.id.startswith("unknown:it-")
        return half

    def test_it_comes_into_being_later_and_is_removed(self, kind: str, worlds: Worlds) -> None:
        half = self.half(worlds, kind)
        half.world.end_hanging_tasks()
        assert len(existing(half.world, kind)) == 1
        assert half.refresh()
        assert half.diff(**program(half.world, kind)).replaces
        half.delete()
        assert existing(half.world, kind) == set()

    def test_it_never_comes_into_being(self, kind: str, worlds: Worlds) -> None:
        half = self.half(worlds, kind)
        half.world.end_hanging_tasks("given up")
        assert not half.refresh()
        half.delete()


def test_what_hangs_and_is_there_already(worlds: Worlds) -> None:
    """Its id is known then."""
    world = worlds("openapi")
    balancer = world.load_balancer()
    world.fault(action="hang_task", method="PATCH", nth=1)
    with pytest.raises(DeadlineExceeded):
        world.pool(balancer, "it", members=[member()], admin_state_up=False)
    (half,) = world.half_done
    (pool,) = world.objects("pools")
    assert half.id == pool.id


def test_under_a_name_of_the_users_own_nothing_is_left_to_chance(world: World) -> None:
    """Whoever has that name next may be somebody else: nothing is kept that would delete it."""
    world.fault(action="hang_task", method="POST", nth=1)
    world.fault(action="drop_before", method="GET", route=LISTS["LoadBalancer"], nth=2, times=100)
    with pytest.raises(DeadlineExceeded, match="it is unknown whether load balancer 'mine' was created"):
        world.load_balancer("it", name="mine")
    assert world.half_done == []
