"""What dead runs have left of resources that aren't made any more: removed with whatever is done with them next."""

from __future__ import annotations

from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import creatable_kinds
from gcore_tls_provider.lifecycle.recovery.orphans import StackCleanup, delete_of_resource
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from tests.fake_engine.account import STACK, Resource, World, urn_of


def ids(world: World, table: str) -> set[str]:
    return {each.id for each in world.objects(table)}


def clear_up(world: World, resource: Resource) -> None:
    context = ResourceContext(urn=urn_of(resource.kind, resource.name), name=resource.name, stack=STACK)
    delete_of_resource(creatable_kinds()[resource.kind], world.session, context)


def test_a_change_that_was_taken_back(world: World) -> None:
    """A is there, B died, and the program says A again: nothing is made."""
    a = world.ca("it")
    b = world.another_run().ca("it")
    later = world.dies(b)
    clear_up(later, a)
    assert ids(later, "secrets") == {a.id}
    assert (
        f"secret {b.id} ('{b.outputs['name']}') was an orphan of an interrupted run and was deleted" in later.warnings
    )


def test_of_other_resources_nothing_is_touched(world: World) -> None:
    one, two = world.ca("one"), world.ca("two")
    later = world.dies(one, two)
    clear_up(later, one)
    assert ids(later, "secrets") == {two.id}


def test_what_this_run_has_made_is_no_leftover(world: World) -> None:
    """The state was read while it was under way."""
    left = world.ca("it")
    later = world.dies(left)
    assert later.session.stack.at_start(STACK) is not None
    later.session.claims.created.add(left.id)
    clear_up(later, left)
    assert ids(later, "secrets") == {left.id}
    assert later.host.warnings == []


def test_what_can_not_be_removed_stops_nothing(world: World) -> None:
    left = world.load_balancer("it")
    later = world.dies(left)
    later.fault(action="respond", status=403, body={}, method="DELETE")
    clear_up(later, left)
    assert "could not be found or deleted" in later.warnings


def test_an_unreadable_state(world: World) -> None:
    left = world.ca("it")
    later = world.dies(left)
    later.host.readable = False
    clear_up(later, left)
    assert ids(later, "secrets") == {left.id}


def test_where_nothing_died_nobody_is_asked(world: World) -> None:
    ca = world.ca("it")
    later = world.another_run()
    with later.requests() as sent:
        clear_up(later, ca)
        clear_up(later, ca)
    assert sent == []
    assert later.host.exports == 1


def test_a_destroy_removes_all_that_is_left_of_the_stack(world: World) -> None:
    """A pool that a dead run has left uses a secret of the state: it must go first."""
    ca, balancer = world.ca(), world.load_balancer()
    listener = world.listener(balancer, "on-it")
    world.pool(balancer, "it", listener_id=listener.id, protocol="HTTPS", ca_secret_id=ca.id)
    other = world.load_balancer("other")
    pool = world.create("Pool", "it", load_balancer_id=balancer.id, protocol="HTTPS", ca_secret_id=ca.id)
    later = world.dies(listener, pool, other)
    cleanup = StackCleanup()
    with later.writes() as sent:
        cleanup.run(creatable_kinds(), later.session, STACK)
    assert [each.path.split("/")[2] for each in sent] == ["lbpools", "lblisteners", "loadbalancers"]
    assert ids(later, "load_balancers") == {balancer.id}
    with later.requests() as again:
        cleanup.run(creatable_kinds(), later.session, STACK)
    assert again == []


def test_a_making_without_an_attempt_proves_nothing(world: World) -> None:
    left = world.ca("it")
    later = world.dies(left)
    (dead,) = later.host.creating
    later.host.creating = [type(dead)(dead.urn, Record.of(dead.inputs).update(nonce="").into(dead.inputs))]
    StackCleanup().run(creatable_kinds(), later.session, STACK)
    assert ids(later, "secrets") == {left.id}
