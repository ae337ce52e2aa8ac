"""How much is asked: requests are counted where their time can't be."""

from __future__ import annotations

from collections import Counter

from tests.fake_engine.account import MONITOR, World, member
from tests.fake_engine.requests import Sent

MOST = 2
"""Requests for each object, polls apart: the one that makes it, and the one that reads it."""
OBJECTS = 7
"""Four secrets, the load balancer, its listener and its pool."""


def polls_apart(sent: list[Sent]) -> list[Sent]:
    return [each for each in sent if "/tasks/" not in each.path]


def make_all(world: World) -> None:
    """What one `MTLSLoadBalancer` consists of."""
    server, client, ca, crl = world.listener_certificate(), world.client_certificate(), world.ca(), world.crl()
    balancer = world.load_balancer()
    listener = world.listener(
        balancer, protocol="TERMINATED_HTTPS", protocol_port=443, secret_id=server.id, insert_x_forwarded=True
    )
    world.pool(
        balancer,
        listener_id=listener.id,
        protocol="HTTPS",
        ca_secret_id=ca.id,
        crl_secret_id=crl.id,
        secret_id=client.id,
        members=[member()],
        health_monitor=MONITOR,
    )


def test_a_whole_graph_takes_two_requests_for_each_object(spoken: World) -> None:
    with spoken.requests() as sent:
        make_all(spoken)
    asked = polls_apart(sent)
    assert OBJECTS < len(asked) <= MOST * OBJECTS, Counter((each.method, each.path.split("/")[2]) for each in asked)
    assert sum(each.method == "POST" for each in asked) == OBJECTS


def test_check_and_diff_ask_for_nothing(world: World) -> None:
    balancer = world.load_balancer()
    listener = world.listener(balancer)
    pool = world.pool(balancer, listener_id=listener.id, protocol="HTTP", members=[member()])
    made = (world.listener_certificate(), world.client_certificate(), world.ca(), world.crl(), balancer, listener, pool)
    with world.requests() as sent:
        for each in made:
            assert not each.again().changes
            world.checked(each.kind, each.name, each.inputs, each.inputs)
            each.diff(**{**each.inputs, "name": "another"})
    assert sent == []
