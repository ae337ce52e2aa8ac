"""What a dead run has left: taken over if it is this stack's and nobody else uses it, left alone if not."""

from __future__ import annotations

from dataclasses import replace

import httpx

from tests.lifecycle.conftest import Worlds
from tests.lifecycle.world import Resource, World, member, urn_of


def dead(world: World, *left: Resource) -> World:
    """The run after one that died before the state knew of these objects: their creates are under way for ever."""
    world.clock.advance(60)
    later = world.another_run()
    later.host.ids = [each for each in later.host.ids if each not in {resource.id for resource in left}]
    later.host.creating += [urn_of(each.kind, each.name) for each in left]
    return later


def warnings(world: World) -> str:
    return "\n".join(text for _, text in world.host.warnings)


def test_a_secret(spoken: World) -> None:
    left = spoken.client_certificate("it")
    later = dead(spoken, left)
    with later.writes() as sent:
        again = later.client_certificate("it")
    assert again.id == left.id
    assert sent == []
    assert f"secret {left.id} was left behind by a run that died: it is taken over" in warnings(later)
    assert "--clear-pending-creates" in warnings(later)
    assert again.outputs == left.outputs


def test_a_load_balancer_is_mended(world: World) -> None:
    left = world.load_balancer("it", tags={"team": "old"}, preferred_connectivity="L3")
    later = dead(world, left)
    with later.writes() as sent:
        again = later.load_balancer("it", tags={"team": "new"}, flavor="lb1-2-4")
    assert again.id == left.id
    assert [(each.method, each.body) for each in sent] == [
        ("PATCH", {"tags": {"team": "new"}, "preferred_connectivity": "L2"}),
        ("POST", {"flavor": "lb1-2-4"}),
    ]
    assert not again.again().changes


def test_a_load_balancer_with_what_the_dead_run_has_put_on_it(world: World) -> None:
    balancer = world.load_balancer("it")
    listener = world.listener(balancer, "on-it")
    pool = world.pool(balancer, "behind-it", listener_id=listener.id, members=[member()])
    later = dead(world, balancer, listener, pool)
    again = later.load_balancer("it")
    assert again.id == balancer.id
    assert later.listener(again, "on-it").id == listener.id
    behind = later.pool(again, "behind-it", listener_id=listener.id, members=[member("10.0.0.99")])
    assert behind.id == pool.id
    assert behind.outputs["members"] == [member("10.0.0.99")]
    assert len(later.objects("listeners")) == len(later.objects("pools")) == 1


def test_a_load_balancer_that_somebody_else_has_put_something_on(world: World) -> None:
    balancer = world.load_balancer("it")
    foreign = {"name": "foreign", "protocol": "HTTP", "protocol_port": 81, "load_balancer_id": balancer.id}
    world.by_hand("POST", "/v1/lblisteners", foreign)
    later = dead(world, balancer)
    again = later.load_balancer("it")
    assert again.id != balancer.id
    assert f"load balancer {balancer.id} already has the name" in warnings(later)
    assert len(later.objects("load_balancers")) == 2


def test_a_listener_on_its_port(world: World) -> None:
    balancer = world.load_balancer()
    left = world.listener(balancer, "it", connection_limit=10)
    later = dead(world, left)
    again = later.listener(balancer, "it", connection_limit=20)
    assert again.id == left.id
    assert [each.connection_limit for each in later.objects("listeners")] == [20]


def test_a_pool_on_a_load_balancer_that_is_not_of_this_stack(world: World) -> None:
    made = world.by_hand("POST", "/v1/loadbalancers", {"name": "foreign"})
    assert isinstance(made, dict)
    (foreign,) = world.objects("load_balancers")
    left = world.create("Pool", "it", load_balancer_id=foreign.id, members=[])
    later = dead(world, left)
    again = later.create("Pool", "it", load_balancer_id=foreign.id, members=[])
    assert again.id != left.id
    assert f"pool {left.id} already has the name" in warnings(later)


def test_a_secret_that_is_in_use(world: World) -> None:
    balancer = world.load_balancer()
    left = world.ca("it")
    world.pool(balancer, members=[], protocol="HTTPS", ca_secret_id=left.id)
    later = dead(world, left)
    again = later.ca("it")
    assert again.id != left.id
    assert "It is left alone" in warnings(later)
    assert {each.id for each in later.objects("secrets")} == {left.id, again.id}


def test_what_is_in_the_state_is_not_left_behind(world: World) -> None:
    """A forced replacement: the old object is in use, and the engine deletes it afterwards."""
    first = world.ca("it")
    world.clock.advance(60)
    later = world.another_run()
    second = later.ca("it")
    assert second.id != first.id
    assert second.outputs["name"] != first.outputs["name"]
    assert later.host.warnings == []
    third = later.another_run().ca("it")
    assert third.id not in (first.id, second.id)


def test_what_the_program_says_no_longer_is_told(world: World) -> None:
    """A died, then the user has mended the certificate: the program says B."""
    left = world.ca("it")
    later = dead(world, left)
    other = later.create("CertificateAuthority", "it", certificate=world.material.other_authority.certificate_pem)
    assert {each.id for each in later.objects("secrets")} == {left.id, other.id}
    assert f"secret {left.id} (" in warnings(later)
    assert "delete it at Gcore if nothing needs it" in warnings(later)


def test_what_was_kept_on_purpose_is_left_alone(world: World) -> None:
    """`retain_on_delete`, or `pulumi state delete`: no create of it has died."""
    kept = world.load_balancer("it")
    world.clock.advance(60)
    later = world.another_run()
    later.host.ids.remove(kept.id)
    again = later.load_balancer("it")
    assert again.id != kept.id
    assert f"load balancer {kept.id} already has the name" in warnings(later)
    assert "It is left alone" in warnings(later)


def test_what_is_in_error_is_made_anew(worlds: Worlds) -> None:
    world = worlds(failed_task="leave-error-object")
    left = world.load_balancer("it")
    (stored,) = world.objects("load_balancers")
    world.emulator.account.put(replace(stored, provisioning_status="ERROR"))
    later = dead(world, left)
    again = later.load_balancer("it")
    assert again.id != left.id
    assert [each.id for each in later.objects("load_balancers")] == [again.id]


def test_what_was_removed_from_the_state_by_hand_is_not_spoken_of(world: World) -> None:
    """No create of it has died: the user wants to keep it."""
    kept = world.ca("it")
    world.clock.advance(60)
    later = world.another_run()
    later.host.ids.remove(kept.id)
    other = later.create("CertificateAuthority", "it", certificate=world.material.other_authority.certificate_pem)
    assert {each.id for each in later.objects("secrets")} == {kept.id, other.id}
    assert later.host.warnings == []


def test_a_task_of_the_dead_run_that_is_still_running_is_waited_for(world: World) -> None:
    left = world.ca("it")
    later = dead(world, left)
    body = {
        "name": "somebody-elses",
        "secret_type": "certificate",
        "payload": "QQ==",
        "payload_content_type": "application/octet-stream",
        "payload_content_encoding": "base64",
    }
    slept = world.clock.slept
    url, headers = later.session.configuration.base_url, {"Authorization": "APIKey 1234_lifecycle"}
    httpx.post(f"{url}/cloud/v1/secrets/11/22", json=body, headers=headers).raise_for_status()
    assert later.ca("it").id == left.id
    assert world.clock.slept > slept


def test_without_a_readable_state_nothing_is_taken_over(world: World) -> None:
    left = world.ca("it")
    later = dead(world, left)
    later.host.readable = False
    again = later.ca("it")
    assert again.id != left.id
    assert "random names" in warnings(later)
