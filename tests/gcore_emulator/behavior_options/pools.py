"""Pools."""

from __future__ import annotations

from typing import Any

from tests.gcore_emulator.behavior_options.registry import checks_value
from tests.gcore_emulator.emulated_api import TASK_SECONDS, Api, member_body, monitor_body, pool_body


def nulls(api: Api) -> dict[str, Any]:
    """Set a pool's three secret IDs to null, and return the status and which of them are still set."""
    ids = {"ca_secret_id": api.ca_secret(), "crl_secret_id": api.crl_secret(), "secret_id": api.client_secret()}
    _, pool = api.pool_on_new_load_balancer(**ids)
    response = api.call("PATCH", f"/v2/lbpools/@/{pool}", json=dict.fromkeys(ids))
    api.clock.advance(TASK_SECONDS)
    after = api.get(f"/v1/lbpools/@/{pool}")
    return {"status": response.status_code, **{name: after[name] == secret for name, secret in ids.items()}}


@checks_value("null-secret-id", "unset")
def null_unsets_a_secret_id(api: Api) -> None:
    assert nulls(api) == {"status": 200, "ca_secret_id": False, "crl_secret_id": False, "secret_id": False}


@checks_value("null-secret-id", "ignore")
def null_secret_id_is_ignored(api: Api) -> None:
    assert nulls(api) == {"status": 200, "ca_secret_id": True, "crl_secret_id": True, "secret_id": True}


@checks_value("null-secret-id", "reject")
def null_secret_id_is_rejected(api: Api) -> None:
    assert nulls(api) == {"status": 400, "ca_secret_id": True, "crl_secret_id": True, "secret_id": True}


def null_monitor(api: Api) -> bool:
    """Set a pool's health monitor to null, and return True if it still exists."""
    _, pool = api.pool_on_new_load_balancer(healthmonitor=monitor_body())
    api.call("PATCH", f"/v2/lbpools/@/{pool}", json={"healthmonitor": None})
    api.clock.advance(TASK_SECONDS)
    return api.get(f"/v1/lbpools/@/{pool}")["healthmonitor"] is not None


@checks_value("null-health-monitor", "delete")
def null_deletes_the_health_monitor(api: Api) -> None:
    assert not null_monitor(api)


@checks_value("null-health-monitor", "ignore")
def null_keeps_the_health_monitor(api: Api) -> None:
    assert null_monitor(api)


def pairs(api: Api) -> dict[tuple[str, str], bool]:
    """Return the pairs of listener and pool protocols, and whether the API accepts them."""
    secret = api.server_secret()
    accepted = {}
    for listener in ("HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "UDP", "PROMETHEUS"):
        for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2", "UDP"):
            nested: dict[str, Any] = {"name": "abc", "protocol": listener, "protocol_port": 1}
            if listener == "TERMINATED_HTTPS":
                nested["secret_id"] = secret
            nested["pools"] = [pool_body(protocol=pool)]
            response = api.call("POST", "/v1/loadbalancers/@", json={"name": "web", "listeners": [nested]})
            accepted[listener, pool] = response.status_code == 200
    return accepted


@checks_value("protocol-pairs", "lax")
def all_pairs_except_udp_and_prometheus_are_accepted(api: Api) -> None:
    rejected = {pair for pair, accepted in pairs(api).items() if not accepted}
    assert rejected == {
        *((listener, "UDP") for listener in ("HTTP", "HTTPS", "TCP", "TERMINATED_HTTPS", "PROMETHEUS")),
        *(("UDP", pool) for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2")),
        *(("PROMETHEUS", pool) for pool in ("HTTP", "HTTPS", "TCP", "PROXYV2")),
    }


@checks_value("protocol-pairs", "octavia")
def only_the_pairs_of_octavia_are_accepted(api: Api) -> None:
    assert {pair for pair, accepted in pairs(api).items() if accepted} == {
        ("HTTP", "HTTP"),
        ("HTTP", "PROXYV2"),
        ("HTTPS", "HTTPS"),
        ("HTTPS", "TCP"),
        ("HTTPS", "PROXYV2"),
        ("TCP", "HTTP"),
        ("TCP", "HTTPS"),
        ("TCP", "TCP"),
        ("TCP", "PROXYV2"),
        ("TERMINATED_HTTPS", "HTTP"),
        ("TERMINATED_HTTPS", "PROXYV2"),
        ("UDP", "UDP"),
    }
    balancer = api.load_balancer()
    listener = api.listener(balancer)
    both = pool_body(protocol="HTTPS", listener_id=listener)
    api.rejected("POST", "/v1/lbpools/@", 400, json=both)
    api.do("POST", "/v1/lbpools/@", {**both, "load_balancer_id": balancer})


def changed_protocol(api: Api) -> tuple[int, str, list[dict[str, Any]]]:
    listener = api.listener(api.load_balancer())
    pool = api.pool(listener_id=listener, members=[member_body()])
    response = api.call("PATCH", f"/v2/lbpools/@/{pool}", json={"protocol": "HTTPS"})
    api.clock.advance(TASK_SECONDS)
    return response.status_code, pool, api.get("/v1/lbpools/@", listener_id=listener)["results"]


@checks_value("protocol-change", "keep-id")
def protocol_change_keeps_the_id(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["id"], after["protocol"]) == (200, before, "HTTPS")


@checks_value("protocol-change", "new-id")
def protocol_change_creates_a_new_pool(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["protocol"], len(after["members"])) == (200, "HTTPS", 1)
    assert after["id"] != before


@checks_value("protocol-change", "reject")
def protocol_change_is_rejected(api: Api) -> None:
    status, before, (after,) = changed_protocol(api)
    assert (status, after["id"], after["protocol"]) == (400, before, "HTTP")
