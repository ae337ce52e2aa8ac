"""Traffic impact of a change in a preview: cut connections, replacements, and the order of create and delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from gcore_tls_provider.lifecycle import plan
from gcore_tls_provider.lifecycle.impact import change_findings
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.stack import engine_value, hidden_record, member

ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
EXISTING: Mapping[str, object] = {"source": "existing", "existing_floating_id": ONE}
FIRST = "The new load balancer is created first, and has another VIP than the current one (192.0.2.7)."
GAP = (
    "at once: the old one is deleted first, and traffic stops until the new one, its listeners and its pools are there."
)


@dataclass(frozen=True)
class Change:
    """A change of a program.

    Attributes:
        kind: Class of the resource.
        before: Inputs of the previous run.
        after: Inputs of this run.
        code: Code of the one warning; empty if there is none.
        property: Property of the warning.
        texts: Parts of the warning.
    """

    kind: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    code: str = ""
    property: str = ""
    texts: tuple[str, ...] = ()


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
    "unknown flavor": Change(
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
    "unknown network": Change(
        "LoadBalancer",
        {"vip_network_id": ONE},
        {"vip_network_id": UNKNOWN},
        "REPLACED",
        "vip_network_id",
        ("cannot be changed in place, and the new value is not known yet: unless it stays the same", FIRST),
    ),
    "IP family": Change(
        "LoadBalancer",
        {"vip_ip_family": "ipv4"},
        {"vip_ip_family": "dual"},
        "REPLACED",
        "vip_ip_family",
        ("vip_ip_family of a load balancer cannot be changed", FIRST),
    ),
    "IP family, on the same VIP port": Change(
        "LoadBalancer",
        {"vip_ip_family": "ipv4", "vip_port_id": ONE},
        {"vip_ip_family": "dual", "vip_port_id": ONE},
        "REPLACED_WITH_GAP",
        "vip_ip_family",
        (
            f"VIP port {ONE}, and with it the VIP, stays. Two load balancers cannot have it {GAP}",
            "Schedule this for a maintenance window",
        ),
    ),
    "network, with the same floating IP": Change(
        "LoadBalancer",
        {"vip_network_id": ONE, "floating_ip": EXISTING},
        {"vip_network_id": TWO, "floating_ip": EXISTING},
        "REPLACED_WITH_GAP",
        "vip_network_id",
        (
            f"Floating IP {ONE} stays, and the VIP behind it changes. "
            f"Two load balancers cannot have the floating IP {GAP}",
        ),
    ),
    "VIP port": Change("LoadBalancer", {"vip_port_id": ONE}, {"vip_port_id": TWO}, "REPLACED", "vip_port_id", (FIRST,)),
    "project": Change("LoadBalancer", {"project_id": 1}, {"project_id": 2}, "REPLACED", "project_id", (FIRST,)),
    "tags": Change("LoadBalancer", {"tags": {"a": "1"}}, {"tags": {"a": "2"}}),
    "protocol of a listener": Change(
        "Listener",
        LISTENER,
        {**LISTENER, "protocol": "TCP"},
        "REPLACED_WITH_GAP",
        "protocol",
        (
            "protocol of a listener cannot be changed in place: it is replaced.",
            "Two listeners of a load balancer cannot have the same port (80): the old listener is deleted first, and "
            "its traffic stops until the new one and its pool are there.",
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
        ("The new one is created first, in the other project or region.",),
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
    "unknown listener of a pool": Change(
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
    "members of a pool": Change("Pool", POOL, {**POOL, "members": [member()]}),
    "payload of a secret": Change("Secret", {"payload": "YQ=="}, {"payload": "Yg=="}),
    "nothing": Change("LoadBalancer", {"flavor": "lb1-1-2"}, {"flavor": "lb1-1-2"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_reported_with_its_traffic_impact(name: str) -> None:
    change = CHANGES[name]
    lifecycle = KINDS[change.kind]
    vip = {"vip_address": "192.0.2.7"} if change.kind == "LoadBalancer" else {}
    olds: Properties = engine_value({**change.before, **vip, **hidden_record(explicit=" ".join(sorted(change.before)))})
    news: Properties = engine_value(change.after)
    found = change_findings(lifecycle.name, plan.diff(lifecycle, olds, news), olds, news)
    assert [(each.code, each.property, each.severity) for each in found] == (
        [(change.code, change.property, "warning")] if change.code else []
    )
    for part in change.texts:
        assert part in str(found[0])


def test_every_property_that_replaces_a_load_balancer_listener_or_pool_is_reported() -> None:
    for kind in ("LoadBalancer", "Listener", "Pool"):
        lifecycle = KINDS[kind]
        for field in lifecycle.fields:
            if field.change == "replace":
                olds: Properties = {field.name: ONE, **hidden_record(explicit=field.name)}
                difference = plan.diff(lifecycle, olds, {field.name: TWO})
                (finding,) = change_findings(lifecycle.name, difference, olds, {field.name: TWO})
                assert finding.property == field.name
