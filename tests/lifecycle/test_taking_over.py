"""What a dead run has left: taken over or removed if a dead making proves whose it is, and nobody else uses it."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.fake_engine.account import Resource, World, as_engine, member, nonce_of, urn_of
from tests.fake_engine.recording_host import Making
from tests.fake_engine.requests import OTHER_REGION
from tests.lifecycle.conftest import Worlds

OTHER_IDENTITY = "0d6c0fb4-0000-4000-8000-000000000002"


def ids(world: World, table: str) -> set[str]:
    return {each.id for each in world.objects(table)}


class TestWhatCanBeMended:
    def test_a_load_balancer(self, world: World) -> None:
        """It gets another name, so that the dead making proves nothing about it any more."""
        left = world.load_balancer("it", tags={"team": "old"}, preferred_connectivity="L3")
        later = world.dies(left)
        with later.writes() as sent:
            again = later.load_balancer("it", tags={"team": "new"}, flavor="lb1-2-4")
        assert again.id == left.id
        name = again.outputs["name"]
        assert name != left.outputs["name"]
        assert [(each.method, each.body) for each in sent] == [
            ("PATCH", {"name": name, "tags": {"team": "new"}, "preferred_connectivity": "L2"}),
            ("POST", {"flavor": "lb1-2-4"}),
        ]
        assert not again.again().changes
        assert f"load balancer {left.id} was an orphan of an interrupted run and was taken over" in later.warnings
        assert "--clear-pending-creates" in later.warnings

    def test_a_load_balancer_with_what_the_dead_run_has_put_on_it(self, world: World) -> None:
        balancer = world.load_balancer("it")
        listener = world.listener(balancer, "on-it")
        pool = world.pool(balancer, "behind-it", listener_id=listener.id, members=[member()])
        later = world.dies(balancer, listener, pool)
        again = later.load_balancer("it")
        assert again.id == balancer.id
        assert later.listener(again, "on-it").id == listener.id
        behind = later.pool(again, "behind-it", listener_id=listener.id, members=[member("10.0.0.99")])
        assert behind.id == pool.id
        assert behind.outputs["members"] == [member("10.0.0.99")]
        assert len(ids(later, "listeners")) == len(ids(later, "pools")) == 1

    def test_a_listener_on_its_port(self, world: World) -> None:
        balancer = world.load_balancer()
        left = world.listener(balancer, "it", connection_limit=10)
        later = world.dies(left)
        again = later.listener(balancer, "it", connection_limit=20)
        assert again.id == left.id
        assert [each.connection_limit for each in later.objects("listeners")] == [20]

    def test_a_pool_on_a_load_balancer_that_is_not_of_this_stack(self, world: World) -> None:
        """The making proves whose pool it is, whoever owns the load balancer."""
        world.by_hand("POST", "/v1/loadbalancers", {"name": "foreign"})
        (foreign,) = world.objects("load_balancers")
        left = world.create("Pool", "it", load_balancer_id=foreign.id, members=[])
        later = world.dies(left)
        assert later.create("Pool", "it", load_balancer_id=foreign.id, members=[]).id == left.id

    def test_what_a_destroyed_stack_has_left(self, world: World) -> None:
        """`destroy` calls nobody for it, and ends the stack's identity; the note of the dead making remains."""
        urn = urn_of("LoadBalancer", "it")
        inputs = world.checked("LoadBalancer", "it", {})
        name = ObjectNaming.of("it", OTHER_IDENTITY, urn).name(nonce_of(inputs))
        world.by_hand("POST", "/v1/loadbalancers", {"name": name})
        (left,) = world.objects("load_balancers")
        world.host.creating.append(Making(urn, inputs, identity=OTHER_IDENTITY))
        assert world.load_balancer("it").id == left.id

    def test_what_is_kept_later_stays(self, world: World) -> None:
        """Taken over, then kept with `retain_on_delete`; the note of the dead making is still in the state."""
        left = world.load_balancer("it")
        second = world.dies(left)
        kept = second.load_balancer("it")
        third = second.another_run()
        third.host.ids.remove(kept.id)
        again = third.load_balancer("it")
        assert ids(third, "load_balancers") == {kept.id, again.id}
        assert third.host.warnings == []

    def test_what_two_dead_runs_have_left(self, world: World) -> None:
        first = world.load_balancer("it")
        second = world.another_run().load_balancer("it")
        later = world.dies(first, second)
        again = later.load_balancer("it")
        assert again.id in (first.id, second.id)
        assert ids(later, "load_balancers") == {again.id}

    def test_mending_that_fails(self, world: World) -> None:
        """It has its new name by then, so the state must know of it."""
        left = world.load_balancer("it")
        later = world.dies(left)
        later.fault(action="respond", status=403, body={}, method="POST", nth=1)
        with pytest.raises(ApiError, match=f"load balancer {left.id}, an orphan .* is only partially changed"):
            later.load_balancer("it", flavor="lb1-2-4")
        (half,) = later.half_done
        assert half.id == left.id
        assert half.again().replaces == ("name",)
        half.delete()
        assert ids(later, "load_balancers") == set()


class TestWhatCanNotBeMended:
    def test_a_secret(self, spoken: World) -> None:
        """Nobody can read its content, nor rename it: another one is as good."""
        left = spoken.client_certificate("it")
        later = spoken.dies(left)
        again = later.client_certificate("it")
        assert ids(later, "secrets") == {again.id} != {left.id}
        assert f"secret {left.id} ('{left.outputs['name']}') was an orphan of an interrupted run" in later.warnings
        assert "and was deleted" in later.warnings
        assert "--clear-pending-creates" in later.warnings

    def test_what_the_program_says_no_longer(self, world: World) -> None:
        """A died, then the user has mended the program: it says B."""
        balancer = world.load_balancer()
        left = world.listener(balancer, "it", protocol_port=80)
        later = world.dies(left)
        other = later.listener(balancer, "it", protocol_port=81)
        assert ids(later, "listeners") == {other.id} != {left.id}

    def test_a_pool_of_another_load_balancer(self, world: World) -> None:
        one, two = world.load_balancer("one"), world.load_balancer("two")
        left = world.pool(one, "it")
        later = world.dies(left)
        other = later.pool(two, "it")
        assert ids(later, "pools") == {other.id} != {left.id}

    def test_what_is_in_another_region(self, world: World) -> None:
        """The program has moved the resource since."""
        left = world.create("LoadBalancer", "it", region_id=OTHER_REGION)
        later = world.dies(left)
        again = later.load_balancer("it")
        assert ids(later, "load_balancers") == {again.id} != {left.id}
        assert f"load balancer {left.id} ('{left.outputs['name']}') was an orphan" in later.warnings

    def test_what_can_not_be_looked_for(self, world: World) -> None:
        """That is no reason for the new one not to be made."""
        left = world.load_balancer("it")
        later = world.dies(left)
        (dead,) = later.host.creating
        later.host.creating = [replace(dead, inputs={**dead.inputs, "region_id": 404.0})]
        assert later.load_balancer("it").id != left.id
        assert "could not be found or deleted" in later.warnings
        assert "gcore-tls orphans" in later.warnings

    def test_what_is_in_error(self, worlds: Worlds) -> None:
        world = worlds(failed_task="leave-error-object")
        left = world.load_balancer("it")
        (stored,) = world.objects("load_balancers")
        world.emulator.account.put(replace(stored, provisioning_status="ERROR"))
        later = world.dies(left)
        again = later.load_balancer("it")
        assert ids(later, "load_balancers") == {again.id} != {left.id}


class TestWhatIsLeftAlone:
    def test_a_load_balancer_that_somebody_else_has_put_something_on(self, world: World) -> None:
        balancer = world.load_balancer("it")
        foreign = {"name": "foreign", "protocol": "HTTP", "protocol_port": 81, "load_balancer_id": balancer.id}
        world.by_hand("POST", "/v1/lblisteners", foreign)
        later = world.dies(balancer)
        again = later.load_balancer("it")
        assert ids(later, "load_balancers") == {balancer.id, again.id}
        assert f"load balancer {balancer.id} ('{balancer.outputs['name']}') is an orphan" in later.warnings
        assert "something else uses it now. It is left alone" in later.warnings

    def test_a_listener_that_somebody_else_has_put_a_pool_behind(self, world: World) -> None:
        balancer = world.load_balancer()
        left = world.listener(balancer, "it")
        foreign = {"name": "foreign", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "listener_id": left.id}
        world.by_hand("POST", "/v1/lbpools", foreign)
        later = world.dies(left)
        again = later.listener(balancer, "it", protocol_port=81)
        assert ids(later, "listeners") == {left.id, again.id}
        assert "It is left alone" in later.warnings

    def test_a_pool_that_somebody_else_uses(self, world: World) -> None:
        balancer = world.load_balancer()
        left = world.pool(balancer, "it", protocol="HTTP")
        foreign = {"name": "foreign", "protocol": "HTTP", "protocol_port": 81, "load_balancer_id": balancer.id}
        world.by_hand("POST", "/v1/lblisteners", {**foreign, "default_pool_id": left.id})
        later = world.dies(left)
        again = later.pool(balancer, "it", protocol="HTTP")
        assert ids(later, "pools") == {left.id, again.id}
        assert "It is left alone" in later.warnings

    def test_a_secret_that_is_in_use(self, world: World) -> None:
        balancer = world.load_balancer()
        left = world.ca("it")
        world.pool(balancer, members=[], protocol="HTTPS", ca_secret_id=left.id)
        later = world.dies(left)
        again = later.ca("it")
        assert ids(later, "secrets") == {left.id, again.id}
        assert "It is left alone" in later.warnings

    @pytest.mark.parametrize("died_before", [False, True])
    def test_what_was_kept_on_purpose(self, died_before: bool, world: World) -> None:
        """`retain_on_delete`, or `pulumi state delete`: the making of it has not died, another one may have."""
        kept = world.load_balancer("it")
        later = world.another_run()
        later.host.ids.remove(kept.id)
        if died_before:
            another = as_engine(Record.of(kept.inputs).update(nonce="another").into(kept.inputs))
            later.host.creating.append(Making(urn_of("LoadBalancer", "it"), another))
        again = later.load_balancer("it")
        assert ids(later, "load_balancers") == {kept.id, again.id}
        assert later.host.warnings == []

    def test_what_is_in_the_state(self, world: World) -> None:
        """The making's note was still written as under way when its object was saved."""
        first = world.ca("it")
        later = world.dies(first)
        later.host.ids.append(first.id)
        second = later.ca("it")
        assert ids(later, "secrets") == {first.id, second.id}
        assert later.host.warnings == []

    def test_what_the_same_name_of_another_stack_has(self, world: World) -> None:
        """Two stacks of one name, on two backends: the same URNs, and another identity."""
        other = world.ca("it")
        later = world.another_run()
        later.host.ids = []
        later.host.creating.append(
            Making(urn_of("CertificateAuthority", "it"), as_engine(other.inputs), identity=OTHER_IDENTITY)
        )
        made = later.ca("it")
        assert ids(later, "secrets") == {other.id, made.id}

    def test_anything_where_the_state_is_unreadable(self, world: World) -> None:
        left = world.ca("it")
        later = world.dies(left)
        later.host.readable = False
        again = later.ca("it")
        assert ids(later, "secrets") == {left.id, again.id}
        assert "random names" in later.warnings

    def test_what_has_a_name_of_the_users_own(self, world: World) -> None:
        """Anybody may have given that name."""
        left: Resource = world.load_balancer("it", name="mine")
        later = world.dies(left)
        again = later.load_balancer("it", name="mine")
        assert ids(later, "load_balancers") == {left.id, again.id}


def test_a_task_of_the_dead_run_that_is_still_running_is_waited_for(world: World) -> None:
    left = world.load_balancer("it")
    later = world.dies(left)
    slept = world.clock.slept
    url, headers = later.session.configuration.base_url, {"Authorization": "APIKey 1234_lifecycle"}
    httpx.post(
        f"{url}/cloud/v1/loadbalancers/11/22", json={"name": "somebody-elses"}, headers=headers
    ).raise_for_status()
    assert later.load_balancer("it").id == left.id
    assert world.clock.slept > slept
