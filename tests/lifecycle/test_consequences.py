"""What a preview says of a change beyond the change: what is cut, what is replaced, which object goes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.impact import change_findings
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.account import as_engine, hidden, member

ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
EXISTING: Mapping[str, object] = {"source": "existing", "existing_floating_id": ONE}
FIRST = "The new load balancer is created first, and the VIP, which is 192.0.2.7 now, changes."
HELD = "cannot be held by two load balancers at once: the old one is deleted first, and traffic stops until"


@dataclass(frozen=True)
class Change:
    """A change of a program; `says` are parts of the one warning, with its code and property; none: nothing is said."""

    kind: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    code: str = ""
    about: str = ""
    says: tuple[str, ...] = ()


LISTENER: Mapping[str, object] = {"load_balancer_id": ONE, "protocol": "HTTP", "protocol_port": 80}
POOL: Mapping[str, object] = {"load_balancer_id": ONE, "listener_id": ONE, "protocol": "HTTP"}

CHANGES: Mapping[str, Change] = {
    "flavor": Change(
        "LoadBalancer",
        {"flavor": "lb1-1-2"},
        {"flavor": "lb1-2-4"},
        "FLAVOR_RESIZED",
        "flavor",
        ("resized in place from flavor lb1-1-2 to lb1-2-4, which cuts all connections",),
    ),
    "flavor, unknown": Change(
        "LoadBalancer",
        {"flavor": "lb1-1-2"},
        {"flavor": UNKNOWN},
        "FLAVOR_RESIZED",
        "flavor",
        ("resized in place, which cuts all connections",),
    ),
    "flavor and network": Change(
        "LoadBalancer",
        {"flavor": "lb1-1-2", "vip_network_id": ONE},
        {"flavor": "lb1-2-4", "vip_network_id": TWO},
        "REPLACED",
        "vip_network_id",
        ("vip_network_id of a load balancer cannot be changed in place: it is replaced.", FIRST),
    ),
    "network and subnet": Change(
        "LoadBalancer",
        {"vip_network_id": ONE, "vip_subnet_id": ONE},
        {"vip_network_id": TWO, "vip_subnet_id": TWO},
        "REPLACED",
        "vip_network_id",
        (
            "vip_network_id and vip_subnet_id of a load balancer cannot be changed in place",
            FIRST,
            "Send clients to",
            "other programs have on it",
        ),
    ),
    "network, unknown": Change(
        "LoadBalancer",
        {"vip_network_id": ONE},
        {"vip_network_id": UNKNOWN},
        "REPLACED",
        "vip_network_id",
        ("and is not known yet: unless it stays, it is replaced.", FIRST),
    ),
    "family": Change(
        "LoadBalancer",
        {"vip_ip_family": "ipv4"},
        {"vip_ip_family": "dual"},
        "REPLACED",
        "vip_ip_family",
        ("vip_ip_family of a load balancer cannot be changed", FIRST),
    ),
    "family, on a port that stays": Change(
        "LoadBalancer",
        {"vip_ip_family": "ipv4", "vip_port_id": ONE},
        {"vip_ip_family": "dual", "vip_port_id": ONE},
        "REPLACED_WITH_GAP",
        "vip_ip_family",
        (f"VIP port {ONE}, and with it the VIP, stays, and {HELD}", "Schedule this for a maintenance window"),
    ),
    "network, with a floating IP that stays": Change(
        "LoadBalancer",
        {"vip_network_id": ONE, "floating_ip": EXISTING},
        {"vip_network_id": TWO, "floating_ip": EXISTING},
        "REPLACED_WITH_GAP",
        "vip_network_id",
        (f"Floating IP {ONE} stays, the VIP behind it changes, and the floating IP {HELD}",),
    ),
    "another port": Change(
        "LoadBalancer", {"vip_port_id": ONE}, {"vip_port_id": TWO}, "REPLACED", "vip_port_id", (FIRST,)
    ),
    "another project": Change("LoadBalancer", {"project_id": 1}, {"project_id": 2}, "REPLACED", "project_id", (FIRST,)),
    "tags": Change("LoadBalancer", {"tags": {"a": "1"}}, {"tags": {"a": "2"}}),
    "protocol of a listener": Change(
        "Listener",
        LISTENER,
        {**LISTENER, "protocol": "TCP"},
        "REPLACED_WITH_GAP",
        "protocol",
        (
            "protocol of a listener cannot be changed in place: it is replaced.",
            "Port 80 of the load balancer cannot be taken twice: the old listener is deleted first, and traffic on it",
        ),
    ),
    "header of a listener": Change(
        "Listener", LISTENER, {**LISTENER, "insert_x_forwarded": True}, "REPLACED_WITH_GAP", "insert_x_forwarded"
    ),
    "port of a listener": Change(
        "Listener",
        LISTENER,
        {**LISTENER, "protocol_port": 81},
        "REPLACED",
        "protocol_port",
        ("protocol_port of a listener cannot be changed in place", "The new one is created first."),
    ),
    "load balancer of a listener": Change(
        "Listener",
        LISTENER,
        {**LISTENER, "load_balancer_id": UNKNOWN},
        "REPLACED",
        "load_balancer_id",
        ("created first",),
    ),
    "project of a listener": Change(
        "Listener",
        {**LISTENER, "project_id": 1},
        {**LISTENER, "project_id": 2},
        "REPLACED",
        "project_id",
        ("The new one is created first in the other project or region.",),
    ),
    "limit of a listener": Change("Listener", LISTENER, {**LISTENER, "connection_limit": 5}),
    "listener of a pool": Change(
        "Pool",
        POOL,
        {**POOL, "listener_id": TWO},
        "REPLACED",
        "listener_id",
        ("listener_id of a pool cannot be changed in place: it is replaced. The new one is created first.",),
    ),
    "listener of a pool, unknown": Change(
        "Pool", POOL, {**POOL, "listener_id": UNKNOWN}, "REPLACED", "listener_id", ("is not known yet",)
    ),
    "load balancer of a pool": Change(
        "Pool",
        POOL,
        {**POOL, "load_balancer_id": TWO},
        "REPLACED_WITH_GAP",
        "load_balancer_id",
        ("A listener has one default pool: the old pool is deleted first, and the listener's traffic stops until",),
    ),
    "protocol of a pool": Change("Pool", POOL, {**POOL, "protocol": "HTTPS", "ca_secret_id": ONE}),
    "members": Change("Pool", POOL, {**POOL, "members": [member()]}),
    "another secret": Change("Secret", {"payload": "YQ=="}, {"payload": "Yg=="}),
    "nothing": Change("LoadBalancer", {"flavor": "lb1-1-2"}, {"flavor": "lb1-1-2"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_said(name: str) -> None:
    change = CHANGES[name]
    lifecycle = KINDS[change.kind]
    shown = {"vip_address": "192.0.2.7"} if change.kind == "LoadBalancer" else {}
    olds: Properties = as_engine({**change.before, **shown, **hidden(explicit=" ".join(sorted(change.before)))})
    news: Properties = as_engine(change.after)
    found = change_findings(lifecycle.name, plan.diff(lifecycle, olds, news), olds, news)
    assert [(each.code, each.property, each.severity) for each in found] == (
        [(change.code, change.about, "warning")] if change.code else []
    )
    for part in change.says:
        assert part in str(found[0])


def test_every_property_that_replaces_a_load_balancer_a_listener_or_a_pool_is_told() -> None:
    for kind in ("LoadBalancer", "Listener", "Pool"):
        lifecycle = KINDS[kind]
        for field in lifecycle.fields:
            if field.change == "replace":
                olds: Properties = {field.name: ONE, **hidden(explicit=field.name)}
                difference = plan.diff(lifecycle, olds, {field.name: TWO})
                (finding,) = change_findings(lifecycle.name, difference, olds, {field.name: TWO})
                assert finding.property == field.name
