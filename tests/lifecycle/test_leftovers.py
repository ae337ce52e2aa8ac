"""What dead runs have left of resources that aren't made any more: removed with whatever is done with them next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gcore_tls_provider.lifecycle.recovery.orphans import remove_of_resource, remove_of_stack
from gcore_tls_provider.lifecycle.recovery.owned import MadeLifecycle
from gcore_tls_provider.lifecycle.run.operation import ResourceContext
from tests.fake_engine.account import LIFECYCLES, STACK, Resource, World, urn_of

KINDS: Mapping[str, MadeLifecycle[Any]] = {
    name: lifecycle
    for name in ("Pool", "Listener", "LoadBalancer", "CertificateAuthority")
    if isinstance(lifecycle := LIFECYCLES[name], MadeLifecycle)
}


def ids(world: World, table: str) -> set[str]:
    return {each.id for each in world.objects(table)}


def clear_up(world: World, resource: Resource) -> None:
    context = ResourceContext(urn=urn_of(resource.kind, resource.name), name=resource.name, stack=STACK)
    remove_of_resource(KINDS[resource.kind], world.session, context)


def test_a_change_that_was_taken_back(world: World) -> None:
    """A is there, B died, and the program says A again: nothing is made."""
    a = world.ca("it")
    b = world.another_run().ca("it")
    later = world.dies(b)
    clear_up(later, a)
    assert ids(later, "secrets") == {a.id}
    assert f"secret {b.id} ('{b.outputs['name']}') was left behind by a run that died: it was deleted" in later.warnings


def test_of_other_resources_nothing_is_touched(world: World) -> None:
    one, two = world.ca("one"), world.ca("two")
    later = world.dies(one, two)
    clear_up(later, one)
    assert ids(later, "secrets") == {two.id}


def test_what_this_run_has_made_is_no_leftover(world: World) -> None:
    """The state was read while it was under way."""
    left = world.ca("it")
    later = world.dies(left)
    assert later.session.glance(STACK) is not None
    later.session.made.add(left.id)
    clear_up(later, left)
    assert ids(later, "secrets") == {left.id}
    assert later.host.warnings == []


def test_what_can_not_be_removed_stops_nothing(world: World) -> None:
    left = world.load_balancer("it")
    later = world.dies(left)
    later.fault(action="answer", status=403, body={}, method="DELETE")
    clear_up(later, left)
    assert "could not be looked for or deleted" in later.warnings


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
    with later.writes() as sent:
        remove_of_stack(KINDS, later.session, STACK)
    assert [each.path.split("/")[2] for each in sent] == ["lbpools", "lblisteners", "loadbalancers"]
    assert ids(later, "load_balancers") == {balancer.id}
    with later.requests() as again:
        remove_of_stack(KINDS, later.session, STACK)
    assert again == []


def test_a_making_without_an_attempt_proves_nothing(world: World) -> None:
    left = world.ca("it")
    later = world.dies(left)
    (dead,) = later.host.creating
    later.host.creating = [type(dead)(dead.urn, {k: v for k, v in dead.inputs.items() if k != "__attempt"})]
    remove_of_stack(KINDS, later.session, STACK)
    assert ids(later, "secrets") == {left.id}
