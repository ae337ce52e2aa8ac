"""Orphans of resources that need no create any more: deleted together with the next operation."""

from __future__ import annotations

from dataclasses import replace

from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import creatable_kinds
from gcore_tls_provider.lifecycle.recovery.orphans import StackCleanup, delete_of_resource
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from tests.fake_engine.stack import STACK, FakeStack, Resource, urn_of


def ids_in_account(stack: FakeStack, table: str) -> set[str]:
    return {each.id for each in stack.objects(table)}


def delete_orphans_of(stack: FakeStack, resource: Resource) -> None:
    context = ResourceContext(urn=urn_of(resource.kind, resource.name), name=resource.name, stack=STACK)
    delete_of_resource(creatable_kinds()[resource.kind], stack.session, context)


def test_an_orphan_of_a_reverted_replacement_is_deleted(stack: FakeStack) -> None:
    """A exists, the replacement by B was interrupted, and the program declares A again: there is no create."""
    a = stack.ca("it")
    b = stack.next_run().ca("it")
    later = stack.run_after_interrupted_creates(b)
    delete_orphans_of(later, a)
    assert ids_in_account(later, "secrets") == {a.id}
    assert (
        f"secret {b.id} ('{b.outputs['name']}') was an orphan of an interrupted run and was deleted" in later.warnings
    )


def test_orphans_of_other_resources_stay(stack: FakeStack) -> None:
    one, two = stack.ca("one"), stack.ca("two")
    later = stack.run_after_interrupted_creates(one, two)
    delete_orphans_of(later, one)
    assert ids_in_account(later, "secrets") == {two.id}


def test_an_object_that_this_run_has_created_is_no_orphan(stack: FakeStack) -> None:
    """The state was read during the run and still shows the create as pending."""
    created = stack.ca("it")
    later = stack.run_after_interrupted_creates(created)
    assert later.session.stack.at_start(STACK) is not None
    later.session.claims.created.add(created.id)
    delete_orphans_of(later, created)
    assert ids_in_account(later, "secrets") == {created.id}
    assert later.engine.warnings == []


def test_a_failed_delete_of_an_orphan_is_only_a_warning(stack: FakeStack) -> None:
    orphan = stack.load_balancer("it")
    later = stack.run_after_interrupted_creates(orphan)
    later.inject_fault(action="respond", status=403, body={}, method="DELETE")
    delete_orphans_of(later, orphan)
    assert "could not be found or deleted" in later.warnings


def test_an_orphan_stays_if_the_state_is_unreadable(stack: FakeStack) -> None:
    orphan = stack.ca("it")
    later = stack.run_after_interrupted_creates(orphan)
    later.engine.readable = False
    delete_orphans_of(later, orphan)
    assert ids_in_account(later, "secrets") == {orphan.id}


def test_cleanup_sends_no_request_if_no_create_was_interrupted(stack: FakeStack) -> None:
    ca = stack.ca("it")
    later = stack.next_run()
    with later.requests() as sent:
        delete_orphans_of(later, ca)
        delete_orphans_of(later, ca)
    assert sent == []
    assert later.engine.export_count == 1


def test_a_destroy_deletes_all_orphans_of_the_stack(stack: FakeStack) -> None:
    """An orphaned pool uses a secret of the state: the pool must be deleted first."""
    ca, balancer = stack.ca(), stack.load_balancer()
    listener = stack.listener(balancer, "on-it")
    stack.pool(balancer, "it", listener_id=listener.id, protocol="HTTPS", ca_secret_id=ca.id)
    other = stack.load_balancer("other")
    pool = stack.create("Pool", "it", load_balancer_id=balancer.id, protocol="HTTPS", ca_secret_id=ca.id)
    later = stack.run_after_interrupted_creates(listener, pool, other)
    cleanup = StackCleanup()
    with later.writes() as sent:
        cleanup.run(creatable_kinds(), later.session, STACK)
    assert [each.path.split("/")[2] for each in sent] == ["lbpools", "lblisteners", "loadbalancers"]
    assert ids_in_account(later, "load_balancers") == {balancer.id}
    with later.requests() as again:
        cleanup.run(creatable_kinds(), later.session, STACK)
    assert again == []


def test_a_create_without_a_nonce_identifies_no_orphan(stack: FakeStack) -> None:
    orphan = stack.ca("it")
    later = stack.run_after_interrupted_creates(orphan)
    (interrupted,) = later.engine.pending_creates
    later.engine.pending_creates = [
        replace(interrupted, inputs=Record.of(interrupted.inputs).update(nonce="").into(interrupted.inputs))
    ]
    StackCleanup().run(creatable_kinds(), later.session, STACK)
    assert ids_in_account(later, "secrets") == {orphan.id}
