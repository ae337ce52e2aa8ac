"""Orphans: taken over or deleted if an interrupted create identifies them, and nothing else uses them."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from gcore_tls_provider.errors import ApiError
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.inputs.record import Record
from tests.fake_engine.recording_engine import PendingCreateRecord
from tests.fake_engine.requests import OTHER_REGION
from tests.fake_engine.stack import FakeStack, Resource, engine_value, member, nonce_of, urn_of
from tests.lifecycle.conftest import MakeStack

OTHER_IDENTITY = "0d6c0fb4-0000-4000-8000-000000000002"


def ids_in_account(stack: FakeStack, table: str) -> set[str]:
    return {each.id for each in stack.objects(table)}


class TestOrphansThatAreTakenOver:
    def test_an_orphaned_load_balancer_is_taken_over_and_renamed(self, stack: FakeStack) -> None:
        """It gets another name, so that the interrupted create does not identify it any more."""
        orphan = stack.load_balancer("it", tags={"team": "old"}, preferred_connectivity="L3")
        later = stack.run_after_interrupted_creates(orphan)
        with later.writes() as sent:
            again = later.load_balancer("it", tags={"team": "new"}, flavor="lb1-2-4")
        assert again.id == orphan.id
        name = again.outputs["name"]
        assert name != orphan.outputs["name"]
        assert [(each.method, each.body) for each in sent] == [
            ("PATCH", {"name": name, "tags": {"team": "new"}, "preferred_connectivity": "L2"}),
            ("POST", {"flavor": "lb1-2-4"}),
        ]
        assert not again.saved_diff().changes
        assert f"load balancer {orphan.id} was an orphan of an interrupted run and was taken over" in later.warnings
        assert "--clear-pending-creates" in later.warnings

    def test_an_orphaned_load_balancer_is_taken_over_with_its_listener_and_pool(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer("it")
        listener = stack.listener(balancer, "listener-on-it")
        pool = stack.pool(balancer, "pool-on-it", listener_id=listener.id, members=[member()])
        later = stack.run_after_interrupted_creates(balancer, listener, pool)
        again = later.load_balancer("it")
        assert again.id == balancer.id
        assert later.listener(again, "listener-on-it").id == listener.id
        pool_again = later.pool(again, "pool-on-it", listener_id=listener.id, members=[member("10.0.0.99")])
        assert pool_again.id == pool.id
        assert pool_again.outputs["members"] == [member("10.0.0.99")]
        assert len(ids_in_account(later, "listeners")) == len(ids_in_account(later, "pools")) == 1

    def test_an_orphaned_listener_on_the_same_port_is_taken_over(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        orphan = stack.listener(balancer, "it", connection_limit=10)
        later = stack.run_after_interrupted_creates(orphan)
        again = later.listener(balancer, "it", connection_limit=20)
        assert again.id == orphan.id
        assert [each.connection_limit for each in later.objects("listeners")] == [20]

    def test_an_orphaned_pool_on_a_foreign_load_balancer_is_taken_over(self, stack: FakeStack) -> None:
        """The interrupted create identifies the pool, whoever owns the load balancer."""
        stack.by_hand("POST", "/v1/loadbalancers", {"name": "foreign"})
        (foreign,) = stack.objects("load_balancers")
        orphan = stack.create("Pool", "it", load_balancer_id=foreign.id, members=[])
        later = stack.run_after_interrupted_creates(orphan)
        assert later.create("Pool", "it", load_balancer_id=foreign.id, members=[]).id == orphan.id

    def test_an_orphan_of_a_destroyed_stack_is_taken_over(self, stack: FakeStack) -> None:
        """`destroy` does not call the provider for it and ends the stack's identity. The pending create stays."""
        urn = urn_of("LoadBalancer", "it")
        inputs = stack.checked_inputs("LoadBalancer", "it", {})
        name = ObjectNaming.of("it", OTHER_IDENTITY, urn).name(nonce_of(inputs))
        stack.by_hand("POST", "/v1/loadbalancers", {"name": name})
        (orphan,) = stack.objects("load_balancers")
        stack.engine.pending_creates.append(PendingCreateRecord(urn, inputs, identity=OTHER_IDENTITY))
        assert stack.load_balancer("it").id == orphan.id

    def test_an_object_that_is_retained_after_the_take_over_stays(self, stack: FakeStack) -> None:
        """Taken over, then retained with `retain_on_delete`; the state still has the pending create."""
        orphan = stack.load_balancer("it")
        second = stack.run_after_interrupted_creates(orphan)
        retained = second.load_balancer("it")
        third = second.next_run()
        third.engine.ids.remove(retained.id)
        again = third.load_balancer("it")
        assert ids_in_account(third, "load_balancers") == {retained.id, again.id}
        assert third.engine.warnings == []

    def test_one_of_two_orphans_is_taken_over_and_the_other_is_deleted(self, stack: FakeStack) -> None:
        first = stack.load_balancer("it")
        second = stack.next_run().load_balancer("it")
        later = stack.run_after_interrupted_creates(first, second)
        again = later.load_balancer("it")
        assert again.id in (first.id, second.id)
        assert ids_in_account(later, "load_balancers") == {again.id}

    def test_a_failed_take_over_saves_partial_state(self, stack: FakeStack) -> None:
        """The orphan has its new name already, so that the state must contain it."""
        orphan = stack.load_balancer("it")
        later = stack.run_after_interrupted_creates(orphan)
        later.inject_fault(action="respond", status=403, body={}, method="POST", nth=1)
        with pytest.raises(ApiError, match=f"load balancer {orphan.id}, an orphan .* is only partially changed"):
            later.load_balancer("it", flavor="lb1-2-4")
        (partial,) = later.partial_resources
        assert partial.id == orphan.id
        assert partial.saved_diff().replaces == ("name",)
        partial.delete()
        assert ids_in_account(later, "load_balancers") == set()


class TestOrphansThatAreReplaced:
    def test_an_orphaned_secret_is_deleted_and_another_is_created(self, dialect_stack: FakeStack) -> None:
        """The API returns no content and cannot rename a secret: the provider creates another one."""
        orphan = dialect_stack.client_certificate("it")
        later = dialect_stack.run_after_interrupted_creates(orphan)
        again = later.client_certificate("it")
        assert ids_in_account(later, "secrets") == {again.id} != {orphan.id}
        assert f"secret {orphan.id} ('{orphan.outputs['name']}') was an orphan of an interrupted run" in later.warnings
        assert "and was deleted" in later.warnings
        assert "--clear-pending-creates" in later.warnings

    def test_an_orphaned_listener_on_another_port_is_deleted(self, stack: FakeStack) -> None:
        """The create of A was interrupted; then the user corrected the program, which declares B."""
        balancer = stack.load_balancer()
        orphan = stack.listener(balancer, "it", protocol_port=80)
        later = stack.run_after_interrupted_creates(orphan)
        other = later.listener(balancer, "it", protocol_port=81)
        assert ids_in_account(later, "listeners") == {other.id} != {orphan.id}

    def test_an_orphaned_pool_on_another_load_balancer_is_deleted(self, stack: FakeStack) -> None:
        one, two = stack.load_balancer("one"), stack.load_balancer("two")
        orphan = stack.pool(one, "it")
        later = stack.run_after_interrupted_creates(orphan)
        other = later.pool(two, "it")
        assert ids_in_account(later, "pools") == {other.id} != {orphan.id}

    def test_an_orphan_in_another_region_is_deleted(self, stack: FakeStack) -> None:
        """The program has moved the resource to another region."""
        orphan = stack.create("LoadBalancer", "it", region_id=OTHER_REGION)
        later = stack.run_after_interrupted_creates(orphan)
        again = later.load_balancer("it")
        assert ids_in_account(later, "load_balancers") == {again.id} != {orphan.id}
        assert f"load balancer {orphan.id} ('{orphan.outputs['name']}') was an orphan" in later.warnings

    def test_a_failed_search_for_orphans_is_only_a_warning(self, stack: FakeStack) -> None:
        """The search fails, but the new load balancer is created."""
        orphan = stack.load_balancer("it")
        later = stack.run_after_interrupted_creates(orphan)
        (interrupted,) = later.engine.pending_creates
        later.engine.pending_creates = [replace(interrupted, inputs={**interrupted.inputs, "region_id": 404.0})]
        assert later.load_balancer("it").id != orphan.id
        assert "could not be found or deleted" in later.warnings
        assert "gcore-tls orphans" in later.warnings

    def test_an_orphan_in_error_is_deleted(self, make_stack: MakeStack) -> None:
        stack = make_stack(failed_task="leave-error-object")
        orphan = stack.load_balancer("it")
        (stored,) = stack.objects("load_balancers")
        stack.emulator.account.put(replace(stored, provisioning_status="ERROR"))
        later = stack.run_after_interrupted_creates(orphan)
        again = later.load_balancer("it")
        assert ids_in_account(later, "load_balancers") == {again.id} != {orphan.id}


class TestObjectsThatStay:
    def test_an_orphaned_load_balancer_with_a_foreign_listener_stays(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer("it")
        foreign = {"name": "foreign", "protocol": "HTTP", "protocol_port": 81, "load_balancer_id": balancer.id}
        stack.by_hand("POST", "/v1/lblisteners", foreign)
        later = stack.run_after_interrupted_creates(balancer)
        again = later.load_balancer("it")
        assert ids_in_account(later, "load_balancers") == {balancer.id, again.id}
        assert f"load balancer {balancer.id} ('{balancer.outputs['name']}') is an orphan" in later.warnings
        assert "another object uses it now, so it stays" in later.warnings

    def test_an_orphaned_listener_with_a_foreign_pool_stays(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        orphan = stack.listener(balancer, "it")
        foreign = {"name": "foreign", "protocol": "HTTP", "lb_algorithm": "ROUND_ROBIN", "listener_id": orphan.id}
        stack.by_hand("POST", "/v1/lbpools", foreign)
        later = stack.run_after_interrupted_creates(orphan)
        again = later.listener(balancer, "it", protocol_port=81)
        assert ids_in_account(later, "listeners") == {orphan.id, again.id}
        assert "so it stays" in later.warnings

    def test_an_orphaned_pool_of_a_foreign_listener_stays(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        orphan = stack.pool(balancer, "it", protocol="HTTP")
        foreign = {"name": "foreign", "protocol": "HTTP", "protocol_port": 81, "load_balancer_id": balancer.id}
        stack.by_hand("POST", "/v1/lblisteners", {**foreign, "default_pool_id": orphan.id})
        later = stack.run_after_interrupted_creates(orphan)
        again = later.pool(balancer, "it", protocol="HTTP")
        assert ids_in_account(later, "pools") == {orphan.id, again.id}
        assert "so it stays" in later.warnings

    def test_an_orphaned_secret_in_use_stays(self, stack: FakeStack) -> None:
        balancer = stack.load_balancer()
        orphan = stack.ca("it")
        stack.pool(balancer, members=[], protocol="HTTPS", ca_secret_id=orphan.id)
        later = stack.run_after_interrupted_creates(orphan)
        again = later.ca("it")
        assert ids_in_account(later, "secrets") == {orphan.id, again.id}
        assert "so it stays" in later.warnings

    @pytest.mark.parametrize("interrupted", [False, True])
    def test_an_object_that_was_retained_on_purpose_stays(self, interrupted: bool, stack: FakeStack) -> None:
        """`retain_on_delete` or `pulumi state delete`: its create was not interrupted, but another one can be."""
        retained = stack.load_balancer("it")
        later = stack.next_run()
        later.engine.ids.remove(retained.id)
        if interrupted:
            another = engine_value(Record.of(retained.inputs).update(nonce="another").into(retained.inputs))
            later.engine.pending_creates.append(PendingCreateRecord(urn_of("LoadBalancer", "it"), another))
        again = later.load_balancer("it")
        assert ids_in_account(later, "load_balancers") == {retained.id, again.id}
        assert later.engine.warnings == []

    def test_an_object_in_the_state_stays(self, stack: FakeStack) -> None:
        """The state still has the pending create of an object that it contains."""
        first = stack.ca("it")
        later = stack.run_after_interrupted_creates(first)
        later.engine.ids.append(first.id)
        second = later.ca("it")
        assert ids_in_account(later, "secrets") == {first.id, second.id}
        assert later.engine.warnings == []

    def test_an_object_of_another_stack_of_the_same_name_stays(self, stack: FakeStack) -> None:
        """Two stacks of the same name on two backends have the same URNs and different identities."""
        other = stack.ca("it")
        later = stack.next_run()
        later.engine.ids = []
        later.engine.pending_creates.append(
            PendingCreateRecord(
                urn_of("CertificateAuthority", "it"), engine_value(other.inputs), identity=OTHER_IDENTITY
            )
        )
        created = later.ca("it")
        assert ids_in_account(later, "secrets") == {other.id, created.id}

    def test_every_object_stays_if_the_state_is_unreadable(self, stack: FakeStack) -> None:
        orphan = stack.ca("it")
        later = stack.run_after_interrupted_creates(orphan)
        later.engine.readable = False
        again = later.ca("it")
        assert ids_in_account(later, "secrets") == {orphan.id, again.id}
        assert "random names" in later.warnings

    def test_an_object_with_an_explicit_name_stays(self, stack: FakeStack) -> None:
        """Somebody else can have created an object with that name."""
        orphan: Resource = stack.load_balancer("it", name="mine")
        later = stack.run_after_interrupted_creates(orphan)
        again = later.load_balancer("it", name="mine")
        assert ids_in_account(later, "load_balancers") == {orphan.id, again.id}


def test_a_take_over_waits_for_running_tasks(stack: FakeStack) -> None:
    orphan = stack.load_balancer("it")
    later = stack.run_after_interrupted_creates(orphan)
    slept = stack.clock.slept
    url, headers = later.session.configuration.base_url, {"Authorization": "APIKey 1234_lifecycle"}
    httpx.post(
        f"{url}/cloud/v1/loadbalancers/11/22", json={"name": "somebody-elses"}, headers=headers
    ).raise_for_status()
    assert later.load_balancer("it").id == orphan.id
    assert stack.clock.slept > slept
