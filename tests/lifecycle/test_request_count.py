"""Numbers of requests for creates, checks and diffs."""

from __future__ import annotations

from collections import Counter

from tests.fake_engine.requests import SentRequest
from tests.fake_engine.stack import MONITOR, FakeStack, member

MAX_REQUESTS = 2
"""Maximum number of requests for each object without polls: one creates it, one reads it."""
OBJECTS = 7
"""Number of objects: four secrets, the load balancer, its listener and its pool."""


def without_polls(sent: list[SentRequest]) -> list[SentRequest]:
    return [each for each in sent if "/tasks/" not in each.path]


def create_all(stack: FakeStack) -> None:
    """Create the resources of one `MTLSLoadBalancer`."""
    server, client, ca, crl = stack.listener_certificate(), stack.client_certificate(), stack.ca(), stack.crl()
    balancer = stack.load_balancer()
    listener = stack.listener(
        balancer, protocol="TERMINATED_HTTPS", protocol_port=443, secret_id=server.id, insert_x_forwarded=True
    )
    stack.pool(
        balancer,
        listener_id=listener.id,
        protocol="HTTPS",
        ca_secret_id=ca.id,
        crl_secret_id=crl.id,
        secret_id=client.id,
        members=[member()],
        health_monitor=MONITOR,
    )


def test_creating_a_complete_load_balancer_takes_two_requests_for_each_object(dialect_stack: FakeStack) -> None:
    with dialect_stack.requests() as sent:
        create_all(dialect_stack)
    requests = without_polls(sent)
    assert OBJECTS < len(requests) <= MAX_REQUESTS * OBJECTS, Counter(
        (each.method, each.path.split("/")[2]) for each in requests
    )
    assert sum(each.method == "POST" for each in requests) == OBJECTS


def test_check_and_diff_send_no_request(stack: FakeStack) -> None:
    balancer = stack.load_balancer()
    listener = stack.listener(balancer)
    pool = stack.pool(balancer, listener_id=listener.id, protocol="HTTP", members=[member()])
    resources = (
        stack.listener_certificate(),
        stack.client_certificate(),
        stack.ca(),
        stack.crl(),
        balancer,
        listener,
        pool,
    )
    with stack.requests() as sent:
        for each in resources:
            assert not each.saved_diff().changes
            stack.checked_inputs(each.kind, each.name, each.inputs, each.inputs)
            each.diff(**{**each.inputs, "name": "another"})
    assert sent == []
