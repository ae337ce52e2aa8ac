"""TLS that is switched on for members that HAProxy knows already: nothing of it reaches traffic at first.

Octavia saves what the members are before each reload, and lets pools with a health monitor begin with it. Whether TLS
is spoken is part of that (haproxy/haproxy#2401, "works as designed"): the configuration says TLS, health checks speak
it, and requests go on in clear, until a reload that happens while the monitor is off.
"""

from __future__ import annotations

import pytest

from tests.gcore_emulator.data_plane.clients import ask
from tests.gcore_emulator.data_plane.world import Traffic
from tests.gcore_emulator.emulated_api import monitor_body


def test_with_a_monitor_requests_go_on_in_clear_until_it_was_off(traffic: Traffic) -> None:
    backend = traffic.backend(tls=False)
    api = traffic.api
    monitor = monitor_body(type="TCP", delay=60)
    plain = {"secret_id": None, "ca_secret_id": None}
    deployed = traffic.https(backend, protocol="HTTP", healthmonitor=monitor, **plain)
    deployed.patch_pool(protocol="HTTPS", ca_secret_id=api.ca_secret(), secret_id=api.client_secret())
    assert ask(deployed.port).status == 200
    assert backend.requests[-1].version is None, "in clear, though the pool has a client certificate"

    for up in (False, True):
        deployed.patch_pool(healthmonitor={**monitor, "admin_state_up": up})
    asked = len(backend.requests)
    assert ask(deployed.port).status == 503
    assert len(backend.requests) == asked, "it isn't asked in clear any more"


@pytest.mark.parametrize("monitored", [False, True])
def test_off_takes_effect_at_once_and_so_does_on_without_a_monitor(traffic: Traffic, monitored: bool) -> None:
    backend = traffic.backend()
    deployed = traffic.https(backend, healthmonitor=monitor_body(type="TCP", delay=60) if monitored else None)
    assert ask(deployed.port).status == 200
    tls, backend.context = backend.context, None
    deployed.patch_pool(protocol="HTTP", ca_secret_id=None, secret_id=None)
    assert ask(deployed.port).status == 200
    assert backend.requests[-1].version is None
    if not monitored:
        backend.context = tls
        secrets = {"ca_secret_id": traffic.api.ca_secret(), "secret_id": traffic.api.client_secret()}
        deployed.patch_pool(protocol="HTTPS", **secrets)
        assert ask(deployed.port).status == 200
        assert backend.requests[-1].subject is not None
