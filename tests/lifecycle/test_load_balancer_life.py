from __future__ import annotations
from tests.lifecycle.world import World

def test_it(spoken: World) -> None:
    ca, client, cert = spoken.ca(), spoken.client_certificate(), spoken.listener_certificate()
    lb = spoken.load_balancer()
    l = spoken.listener(lb, protocol="TERMINATED_HTTPS", protocol_port=443, secret_id=cert.id)
    p = spoken.pool(lb, listener_id=l.id, ca_secret_id=ca.id, secret_id=client.id)
    for r in (ca, client, cert, lb, l, p):
        assert not r.again().changes
        assert r.refresh()
        assert not r.again().changes
    print(spoken.transport.sent)
    for r in (p, l, lb, cert, client, ca):
        r.delete()
    print(spoken.clock.slept)
