"""Activation of TLS for existing members: with a health monitor, requests stay plaintext at first.

Octavia saves the state of the servers before each reload, and restores it for pools with a health monitor. That state
includes the use of TLS (haproxy/haproxy#2401, "works as designed"): the configuration enables TLS and health checks use
it, but requests stay plaintext until a reload while the monitor is disabled.
"""

from __future__ import annotations

import pytest

from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.traffic import Traffic
from tests.gcore_emulator.emulated_api import monitor_body


def test_requests_stay_plaintext_until_the_health_monitor_is_cycled(traffic: Traffic) -> None:
    backend = traffic.backend(tls=False)
    api = traffic.api
    monitor = monitor_body(type="TCP", delay=60)
    plain = {"secret_id": None, "ca_secret_id": None}
    deployed = traffic.https(backend, protocol="HTTP", healthmonitor=monitor, **plain)
    deployed.patch_pool(protocol="HTTPS", ca_secret_id=api.ca_secret(), secret_id=api.client_secret())
    assert fetch(deployed.port).status == 200
    assert backend.requests[-1].version is None, "plaintext, although the pool has a client certificate"

    for enabled in (False, True):
        deployed.patch_pool(healthmonitor={**monitor, "admin_state_up": enabled})
    count = len(backend.requests)
    assert fetch(deployed.port).status == 503
    assert len(backend.requests) == count, "HAProxy sends no plaintext request to it"


@pytest.mark.parametrize("monitored", [False, True])
def test_tls_is_disabled_at_once_and_enabled_at_once_without_a_monitor(traffic: Traffic, monitored: bool) -> None:
    backend = traffic.backend()
    deployed = traffic.https(backend, healthmonitor=monitor_body(type="TCP", delay=60) if monitored else None)
    assert fetch(deployed.port).status == 200
    tls, backend.context = backend.context, None
    deployed.patch_pool(protocol="HTTP", ca_secret_id=None, secret_id=None)
    assert fetch(deployed.port).status == 200
    assert backend.requests[-1].version is None
    if not monitored:
        backend.context = tls
        secrets = {"ca_secret_id": traffic.api.ca_secret(), "secret_id": traffic.api.client_secret()}
        deployed.patch_pool(protocol="HTTPS", **secrets)
        assert fetch(deployed.port).status == 200
        assert backend.requests[-1].subject is not None
