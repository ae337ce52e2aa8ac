"""Exactly once: lost answers, tasks that fail, names that are taken, engines that are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gcore_tls_provider.errors import (
    DeadlineExceeded,
    ObjectFailed,
    PropertyError,
    ServerError,
    TaskFailed,
    Unreachable,
)
from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle import apply
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.operation import READ_LIMIT
from tests.fake_engine.account import MONITOR, STACK, Resource, World, member, urn_of
from tests.fake_engine.recording_host import Making
from tests.fake_engine.requests import PROJECT, REGION
from tests.lifecycle.conftest import Worlds

Make = Callable[[World], Resource]

TIME_LIMITS = {
    "Secret": 300,
    "CertificateAuthority": 300,
    "LoadBalancer": 1800,
    "Listener": 900,
    "Pool": 900,
    "PoolTlsAttachment": 900,
    "PoolTlsSnapshot": 300,
}


SECRET_V1 = "/cloud/v1/secrets/{project_id}/{region_id}"
SECRET_V2 = "/cloud/v2/secrets/{project_id}/{region_id}"
BALANCER = "/cloud/v1/loadbalancers/{project_id}/{region_id}"
LISTENER = "/cloud/v1/lblisteners/{project_id}/{region_id}"
POOL = "/cloud/v1/lbpools/{project_id}/{region_id}"
POOL_GUIDE = "/cloud/v1/loadbalancers/{project_id}/{region_id}/{load_balancer_id}/pools"

# For each POST that makes something: its route, the dialect, where the objects are, and a resource that it makes.
CREATES: Mapping[str, tuple[str, str, str, Make]] = {
    "secret": (SECRET_V1, "openapi", "secrets", lambda world: world.ca("it")),
    "secret with a key, guide": (SECRET_V2, "guide", "secrets", lambda world: world.client_certificate("it")),
    "secret with a key, openapi": (SECRET_V2, "openapi", "secrets", lambda world: world.client_certificate("it")),
    "load balancer": (BALANCER, "openapi", "load_balancers", lambda world: world.load_balancer("it")),
    "listener": (LISTENER, "openapi", "listeners", lambda world: world.listener(under(world), "it")),
    "pool, guide": (POOL_GUIDE, "guide", "pools", lambda world: world.pool(under(world), "it", members=[member()])),
    "pool, openapi": (POOL, "openapi", "pools", lambda world: world.pool(under(world), "it", members=[member()])),
}
every_create = pytest.mark.parametrize("name", CREATES)


def under(world: World) -> Resource:
    """The load balancer that others are made on; there before any fault."""
    assert world.under is not None
    return world.under


@pytest.fixture
def prepare(worlds: Worlds) -> Callable[..., tuple[World, str, str, Make]]:
    def prepared(name: str, **choices: object) -> tuple[World, str, str, Make]:
        route, dialect, table, make = CREATES[name]
        world = worlds(dialect, **choices)
        if table in ("listeners", "pools"):
            world.under = world.load_balancer("under")
        return world, route, table, make

    return prepared


Prepare = Callable[..., tuple[World, str, str, Make]]


class TestLostAnswers:
    @every_create
    @pytest.mark.parametrize("fault", ["dropped", "500", "503"])
    def test_done_all_the_same(self, name: str, fault: str, prepare: Prepare) -> None:
        """The work was done and nobody was told: what was made is found by its name."""
        world, route, table, make = prepare(name)
        if fault == "dropped":
            world.fault(action="drop_after", method="POST", route=route, nth=1)
        else:
            world.fault(action="respond", status=int(fault), after=True, method="POST", route=route, nth=1)
        with world.writes() as sent:
            made = make(world)
        assert world.fired == [1]
        assert [each.method for each in sent] == ["POST"]
        assert [each.id for each in world.objects(table)] == [made.id]
        assert not made.again().changes
        assert world.host.warnings == []

    @every_create
    @pytest.mark.parametrize("fault", ["dropped", "500", "502"])
    def test_never_done(self, name: str, fault: str, prepare: Prepare) -> None:
        """The work was not done: it is asked for again, after looking."""
        world, route, table, make = prepare(name)
        if fault == "dropped":
            world.fault(action="drop_before", method="POST", route=route, nth=1)
        else:
            world.fault(action="respond", status=int(fault), method="POST", route=route, nth=1)
        with world.writes() as sent:
            made = make(world)
        assert world.fired == [1]
        assert [each.method for each in sent] == ["POST", "POST"]
        assert [each.id for each in world.objects(table)] == [made.id]

    @every_create
    def test_it_is_not_asked_for_without_end(self, name: str, prepare: Prepare) -> None:
        world, route, table, make = prepare(name)
        world.fault(action="respond", status=500, method="POST", route=route)
        with world.writes() as sent, pytest.raises(ServerError):
            make(world)
        assert len(sent) == 3
        assert world.objects(table) == []

    def test_under_a_name_of_the_users_own_only_what_is_new_is_ours(self, world: World) -> None:
        """Another object may have the name: that is not taken for ours, and nothing is sent twice."""
        certificate = world.material.ca.certificate_pem
        other = world.create("CertificateAuthority", "other", certificate=certificate, name="CA")
        world.clock.advance(60)
        world.fault(action="drop_after", method="POST", nth=1)
        with world.writes() as sent:
            made = world.create("CertificateAuthority", "it", certificate=certificate, name="CA")
        assert len(sent) == 1
        assert {each.id for each in world.objects("secrets")} == {other.id, made.id}
        assert made.id != other.id

    def test_one_that_is_still_being_made_is_waited_for(self, worlds: Worlds) -> None:
        """The list shows it late; the list of active tasks says that it comes."""
        world = worlds(read_lag=3)
        world.fault(action="drop_after", method="POST", nth=1)
        balancer = world.load_balancer()
        assert [each.id for each in world.objects("load_balancers")] == [balancer.id]
        assert balancer.outputs["provisioning_status"] == "ACTIVE"

    def test_nobody_answers_at_all(self, world: World) -> None:
        world.fault(action="drop_before")
        with pytest.raises(Unreachable):
            world.ca()
        assert world.clock.slept < 300


class TestFailedTasks:
    @every_create
    @pytest.mark.parametrize("leaves", ["leave-nothing", "leave-error-object"])
    def test_nothing_is_left(self, name: str, leaves: str, prepare: Prepare) -> None:
        world, route, table, make = prepare(name, failed_task=leaves)
        world.fault(action="fail_task", error="no room", method="POST", route=route, nth=1)
        with pytest.raises(TaskFailed) as caught:
            make(world)
        assert world.fired == [1]
        message = str(caught.value)
        kind = name.split(",")[0].split(" with")[0]
        assert message.startswith(f"create {kind} 'it-")
        assert "no room" in message
        assert caught.value.task_id in message
        assert world.objects(table) == []
        assert make(world.another_run()).refresh()

    def test_what_can_not_be_removed_is_named(self, worlds: Worlds) -> None:
        world = worlds(failed_task="leave-error-object")
        world.fault(action="fail_task", error="no room", method="POST", route=BALANCER, nth=1)
        world.fault(action="respond", status=403, body={"message": "not yours"}, method="DELETE")
        with pytest.raises(TaskFailed) as caught:
            world.load_balancer()
        (left,) = world.objects("load_balancers")
        message = str(caught.value)
        assert "no room" in message
        assert f"load balancer {left.id}, which could not be removed" in message
        assert "not yours" in message
        assert "Run again" in message

    def test_under_a_name_of_the_users_own_only_what_is_new_is_removed(self, worlds: Worlds) -> None:
        """Another object may have it."""
        world = worlds(failed_task="leave-error-object")
        other = world.load_balancer("one", name="mine")
        world.fault(action="fail_task", method="POST", route=BALANCER, nth=1)
        with pytest.raises(TaskFailed):
            world.load_balancer("two", name="mine")
        assert [each.id for each in world.objects("load_balancers")] == [other.id]

    def test_a_task_that_never_ends(self, worlds: Worlds) -> None:
        world = worlds()
        world.fault(action="hang_task", method="POST", nth=1)
        with pytest.raises(DeadlineExceeded, match="create secret 'it-"):
            world.ca("it")
        assert 300 <= world.clock.slept < 310

    def test_an_update_whose_task_fails(self, world: World) -> None:
        balancer = world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        world.fault(action="fail_task", error="no room", nth=1, method="PATCH")
        with pytest.raises(TaskFailed, match="no room"):
            pool.update(load_balancer_id=balancer.id, members=[member()], lb_algorithm="SOURCE_IP")
        assert len(world.objects("pools")) == 1
        pool.update(load_balancer_id=balancer.id, members=[member()], lb_algorithm="SOURCE_IP")


A, B = "10.0.0.1", "10.0.0.2"
MEMBERS = "/cloud/v1/loadbalancers/{project_id}/{region_id}/pools/{pool_id}/members"
MONITORS = POOL + "/{pool_id}/healthmonitor"

# For each write of an update or a delete that is sent again when its answer was lost: method and route.
REPEATED = {
    "pool": ("PATCH", POOL.replace("v1", "v2") + "/{pool_id}"),
    "member": ("PATCH", MEMBERS + "/{member_id}"),
    "no member": ("DELETE", MEMBERS + "/{member_id}"),
    "no monitor": ("DELETE", MONITORS),
    "no pool": ("DELETE", POOL + "/{pool_id}"),
    "no listener": ("DELETE", LISTENER + "/{listener_id}"),
    "listener": ("PATCH", LISTENER.replace("v1", "v2") + "/{listener_id}"),
    "balancer": ("PATCH", BALANCER.replace("v1", "v2") + "/{load_balancer_id}"),
    "no balancer": ("DELETE", BALANCER + "/{load_balancer_id}"),
    "no secret": ("DELETE", SECRET_V1 + "/{secret_id}"),
}


def live_and_die(world: World) -> None:
    """A life in which every kind of write happens."""
    ca, balancer = world.ca(), world.load_balancer()
    listener = world.listener(balancer)
    where = {"load_balancer_id": balancer.id, "listener_id": listener.id}
    pool = world.create("Pool", "pool", **where, members=[member(A), member(B)], health_monitor=MONITOR)
    pool.update(
        **where, members=[member(B, weight=2)], health_monitor={**MONITOR, "type": "PING"}, lb_algorithm="SOURCE_IP"
    )
    assert not pool.again().changes
    listener.update(load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80, connection_limit=5)
    balancer.update(tags={"a": "1"})
    for each in (pool, listener, balancer, ca):
        each.delete()


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_updates_and_deletes_repeat_safely(name: str, fault: str, world: World) -> None:
    method, route = REPEATED[name]
    world.fault(action=fault, method=method, route=route, nth=1)
    live_and_die(world)
    assert world.fired == [1]
    # A deletion that is asked for twice counts as done at the second 404, and may still be going on.
    world.clock.advance(10)
    for table in ("secrets", "load_balancers", "listeners", "pools"):
        assert world.objects(table) == []


# For each POST of an update: it isn't sent again when its answer was lost, and the next run finds what came of it.
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
@pytest.mark.parametrize("route", [MEMBERS, MONITORS, BALANCER + "/{load_balancer_id}/resize"])
def test_a_lost_post_of_an_update_is_made_good_by_the_next_run(fault: str, route: str, world: World) -> None:
    balancer = world.load_balancer(flavor="lb1-1-2")
    pool = world.pool(balancer)
    world.fault(action=fault, method="POST", route=route, nth=1)
    program: dict[str, Any] = {"load_balancer_id": balancer.id, "members": [member()], "health_monitor": MONITOR}

    def run() -> None:
        if pool.diff(**program).changes:
            pool.update(**program)
        if balancer.diff(flavor="lb1-2-4").changes:
            balancer.update(flavor="lb1-2-4")

    with pytest.raises(Unreachable):
        run()
    world.clock.advance(60)
    run()
    assert world.fired == [1]
    assert balancer.live()["flavor"] == "lb1-2-4"
    assert pool.live()["members"] == [member()]
    assert pool.live()["health_monitor"] == MONITOR


class TestNames:
    def test_each_making_has_its_own(self, world: World) -> None:
        """A forced replacement, or one whose predecessor waits for its deletion."""
        runs = [world, world.another_run(), world.another_run()]
        assert len({run.ca().outputs["name"] for run in runs}) == 3
        assert [run.host.warnings for run in runs] == [[], [], []]

    @every_create
    def test_nothing_is_looked_for_where_no_run_has_died(self, name: str, prepare: Prepare) -> None:
        world, _, _, make = prepare(name)
        with world.requests() as sent:
            made = make(world)
        polls = [each for each in sent if "/tasks" in each.path]
        objects = [each.method for each in sent if each not in polls]
        assert objects == ["POST", "GET"], f"{made.id}: {sent}"

    def test_the_state_is_read_once(self, world: World) -> None:
        world.ca("one")
        world.ca("two")
        world.load_balancer()
        assert world.host.exports == 1

    def test_nothing_is_read_where_nothing_is_made(self, world: World) -> None:
        ca = world.ca()
        later = world.another_run()
        ca.world = later
        ca.refresh()
        ca.delete()
        assert later.host.exports == 0

    def test_a_state_that_is_read_half_written_is_read_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = world.host.exported_stack

        def half_written_at_first(stack: str) -> bytes | None:
            exported = whole(stack)
            assert stack == STACK
            assert exported is not None
            return exported if world.host.exports > 2 else exported[:100]

        monkeypatch.setattr(world.host, "exported_stack", half_written_at_first)
        ca = world.ca()
        assert world.host.exports == 3
        assert world.host.warnings == []
        later = world.another_run().ca()
        assert str(ca.outputs["name"])[:-6] == str(later.outputs["name"])[:-6]

    def test_without_a_state_names_are_random_and_that_is_said_once(self, world: World) -> None:
        world.host.readable = False
        names = {str(world.ca("ca").outputs["name"])}
        world.crl()
        assert [text for _, text in world.host.warnings if "random names" in text] != []
        assert len(world.host.warnings) == 1
        assert world.host.exports == 5
        again = world.another_run()
        again.host.readable = False
        names.add(str(again.ca("ca").outputs["name"]))
        assert len(names) == 2


class TestDeadEngine:
    @every_create
    def test_nothing_is_made(self, name: str, prepare: Prepare) -> None:
        """Nobody would save what comes of it."""
        world, _, table, make = prepare(name)
        world.host.alive = False
        with world.writes() as sent, pytest.raises(ObjectFailed, match="engine that asked for it has ended"):
            make(world)
        assert sent == []
        assert world.objects(table) == []

    def test_nothing_is_changed_or_deleted(self, world: World) -> None:
        ca, balancer = world.ca(), world.load_balancer()
        pool = world.pool(balancer, members=[member()])
        world.host.alive = False
        with world.writes() as sent:
            for work in (
                ca.delete,
                balancer.delete,
                pool.delete,
                lambda: balancer.update(name="two"),
                lambda: pool.update(load_balancer_id=balancer.id, members=[]),
            ):
                with pytest.raises(ObjectFailed, match="engine that asked for it has ended"):
                    work()
        assert sent == []
        assert pool.refresh()

    def test_nothing_more_is_made_after_it_died(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between the load balancer's POST and the PATCH that switches it off."""
        sleep = world.clock.sleep

        def die(seconds: float) -> None:
            world.host.alive = False
            sleep(seconds)

        monkeypatch.setattr(world.clock, "sleep", die)
        with world.writes() as sent, pytest.raises(ObjectFailed):
            world.load_balancer(admin_state_up=False)
        assert [each.method for each in sent] == ["POST"]


class TestTimeLimits:
    def test_the_resources_own_limit_comes_first(self, world: World) -> None:
        world.fault(action="hang_task", method="POST")
        bag = world.bag("LoadBalancer", "lb", {}, create=42.0)
        world.host.creating.append(Making(urn_of("LoadBalancer", "lb"), bag))
        with pytest.raises(DeadlineExceeded, match="after 42 s"):
            world.create_from("LoadBalancer", bag)
        assert 42 <= world.clock.slept < 44

    @pytest.mark.parametrize(("kind", "seconds"), TIME_LIMITS.items(), ids=TIME_LIMITS)
    def test_each_kind_has_its_own(self, kind: str, seconds: float, world: World) -> None:
        context = ResourceContext(urn=urn_of("Pool", "it"), name="it", stack="dev")
        assert apply.start(KINDS[kind], world.session, context, "create", {}).deadline.seconds == seconds
        assert apply.start(KINDS[kind], world.session, context, "read", {}).deadline.seconds == READ_LIMIT

    def test_progress_is_told_where_it_takes_long(self, worlds: Worlds) -> None:
        slow = worlds(task_seconds=20)
        slow.load_balancer("web")
        assert any(text.startswith("create load balancer 'web-") and text.endswith(" s") for text in slow.host.told)
        quick = worlds(task_seconds=0.1)
        quick.load_balancer("web")
        assert quick.host.told == []


def test_a_state_that_lost_its_context(world: World) -> None:
    ca = world.ca()
    del ca.outputs[RECORD]
    with pytest.raises(PropertyError, match="lacks its hidden record"):
        ca.refresh()


def test_an_object_is_asked_for_where_it_is(world: World) -> None:
    """In another project, 'not found' would be taken for deleted."""
    ca = world.ca()
    assert (ca.outputs["project_id"], ca.outputs["region_id"]) == (PROJECT, REGION)
    elsewhere = world.session.configuration.model_copy(update={"project_id": PROJECT + 1, "region_id": REGION + 1})
    ca.world = world.another_run(elsewhere)
    assert ca.refresh()
    assert not ca.again().changes
    moved = ca.diff(certificate=world.material.ca.certificate_pem)
    assert moved.replaces == ("project_id", "region_id")
    assert not moved.delete_before_replace
    ca.delete()
    assert world.objects("secrets") == []
