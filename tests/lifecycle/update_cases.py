"""Cases of updates: two values of every field, member field and health monitor field, for each kind.

The field tables determine the fields: `test_update_matrix` fails for a field without a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.fake_engine.stack import MONITOR, member
from tests.lifecycle.referenced_objects import ReferencedObjects

Value = Callable[[ReferencedObjects], Any]
ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
A, B = "10.0.0.1", "10.0.0.2"
ANN, BOB = ({"username": name, "encrypted_password": "hash"} for name in ("ann", "bob"))
TESTED_KINDS = ("LoadBalancer", "Listener", "Pool", "Secret")


def constant(value: object) -> Value:
    return lambda _: value


ALONE = constant({})


@dataclass(frozen=True)
class Case:
    """Values of one field.

    Attributes:
        one: A value.
        two: Another value, which can be Gcore's default.
        base: Other inputs of the program.
        unset: Value at Gcore after the field was unset; default: the one that the field table sends.
    """

    one: Value
    two: Value
    base: Value = ALONE
    unset: object = ...


def case_of(one: object, two: object, base: Value = ALONE, unset: object = ...) -> Case:
    return Case(constant(one), constant(two), base, unset)


def on_balancer(objects: ReferencedObjects) -> Any:
    return {"load_balancer_id": objects.load_balancer()}


def on_port(objects: ReferencedObjects) -> Any:
    return {"load_balancer_id": objects.load_balancer(), "protocol": "HTTP", "protocol_port": 80}


CASES: Mapping[tuple[str, str], Case] = {
    ("LoadBalancer", "name"): case_of("one", "two"),
    ("LoadBalancer", "flavor"): case_of("lb1-2-4", "lb1-4-8"),
    ("LoadBalancer", "vip_network_id"): case_of(ONE, TWO),
    ("LoadBalancer", "vip_subnet_id"): case_of(ONE, TWO, constant({"vip_network_id": ONE})),
    ("LoadBalancer", "vip_port_id"): case_of(ONE, TWO),
    ("LoadBalancer", "vip_ip_family"): case_of("ipv6", "dual"),
    ("LoadBalancer", "floating_ip"): case_of({"source": "new"}, {"source": "existing", "existing_floating_id": ONE}),
    ("LoadBalancer", "preferred_connectivity"): case_of("L3", "L2"),
    ("LoadBalancer", "logging"): case_of(
        {"enabled": True, "destination_region_id": 7, "topic_name": "a", "retention_policy": {"period": 5}},
        {"enabled": True, "destination_region_id": 7, "topic_name": "b", "retention_policy": {"period": 6}},
        unset={"enabled": False},
    ),
    ("LoadBalancer", "tags"): case_of({"owner": "me"}, {"owner": "you", "b": "2"}, unset={}),
    ("LoadBalancer", "admin_state_up"): case_of(False, True),
    ("Listener", "name"): case_of("one", "two", on_port),
    ("Listener", "load_balancer_id"): Case(lambda t: t.load_balancer(1), lambda t: t.load_balancer(2), on_port),
    ("Listener", "protocol"): case_of("HTTP", "TCP", lambda t: {**on_port(t), "sni_secret_id": None}),
    ("Listener", "protocol_port"): case_of(8080, 8081, lambda t: {**on_balancer(t), "protocol": "HTTP"}),
    ("Listener", "secret_id"): Case(
        lambda t: t.listener_certificate(1),
        lambda t: t.listener_certificate(2),
        lambda t: {**on_balancer(t), "sni_secret_id": [t.listener_certificate(3)]},
    ),
    ("Listener", "sni_secret_id"): Case(
        lambda t: [t.listener_certificate(1)],
        lambda t: [t.listener_certificate(1), t.listener_certificate(2)],
        lambda t: {**on_balancer(t), "secret_id": t.listener_certificate(3)},
    ),
    ("Listener", "default_pool_id"): Case(lambda t: t.pool(1), lambda t: t.pool(2), on_port),
    ("Listener", "connection_limit"): case_of(5, 6, on_port),
    ("Listener", "insert_x_forwarded"): case_of(True, False, on_port),
    ("Listener", "allowed_cidrs"): case_of(["10.0.0.0/8"], ["192.0.2.0/24", "10.0.0.0/8"], on_port),
    ("Listener", "timeout_client_data"): case_of(1000, 2000, on_port),
    ("Listener", "user_list"): case_of([ANN], [ANN, BOB], on_port),
    ("Listener", "admin_state_up"): case_of(False, True, on_port),
    ("Pool", "name"): case_of("one", "two", on_balancer),
    ("Pool", "load_balancer_id"): Case(lambda t: t.load_balancer(1), lambda t: t.load_balancer(2)),
    ("Pool", "listener_id"): Case(
        lambda t: t.listener(1), lambda t: t.listener(2), lambda t: {**on_balancer(t), "protocol": "HTTP"}
    ),
    ("Pool", "protocol"): case_of("HTTP", "TCP", on_balancer),
    ("Pool", "lb_algorithm"): case_of("SOURCE_IP", "LEAST_CONNECTIONS", on_balancer),
    ("Pool", "members"): case_of([member(A)], [member(A), member(B)], on_balancer),
    ("Pool", "ca_secret_id"): Case(lambda t: t.ca(1), lambda t: t.ca(2), on_balancer),
    ("Pool", "secret_id"): Case(lambda t: t.client_certificate(1), lambda t: t.client_certificate(2), on_balancer),
    ("Pool", "crl_secret_id"): Case(
        lambda t: t.crl(1), lambda t: t.crl(2), lambda t: {**on_balancer(t), "ca_secret_id": t.ca()}
    ),
    ("Pool", "health_monitor"): case_of(MONITOR, {**MONITOR, "delay": 20}, on_balancer),
    ("Pool", "session_persistence"): case_of(
        {"type": "APP_COOKIE", "cookie_name": "sid"}, {"type": "HTTP_COOKIE"}, on_balancer
    ),
    ("Pool", "timeout_member_connect"): case_of(1000, 2000, on_balancer),
    ("Pool", "timeout_member_data"): case_of(1000, 2000, on_balancer),
    ("Pool", "admin_state_up"): case_of(False, True, on_balancer),
    ("Secret", "payload"): case_of("YWJj", "ZGVm"),
    ("Secret", "secret_type"): case_of("opaque", "private", constant({"payload": "YWJj"})),
    ("Secret", "payload_content_type"): case_of("application/x-a", "application/x-b", constant({"payload": "YWJj"})),
    ("Secret", "expiration"): case_of("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z", constant({"payload": "YWJj"})),
    ("Secret", "algorithm"): case_of("aes", "rsa", constant({"payload": "YWJj"})),
    ("Secret", "bit_length"): case_of(128, 256, constant({"payload": "YWJj"})),
    ("Secret", "mode"): case_of("cbc", "gcm", constant({"payload": "YWJj"})),
    ("Secret", "name"): case_of("one", "two", constant({"payload": "YWJj"})),
}
MEMBERS: Mapping[str, tuple[Any, Any]] = {
    "address": (A, B),
    "protocol_port": (8443, 9443),
    "weight": (5, 6),
    "backup": (True, False),
    "monitor_address": (B, "10.0.0.3"),
    "monitor_port": (9000, 9001),
    "subnet_id": (ONE, TWO),
    "instance_id": (ONE, TWO),
    "admin_state_up": (False, True),
}
HTTP: Mapping[str, Any] = {**MONITOR, "type": "HTTP"}
MONITORS: Mapping[str, tuple[Any, Any]] = {
    "type": ("PING", "TLS-HELLO"),
    "delay": (20, 30),
    "timeout": (6, 7),
    "max_retries": (4, 5),
    "max_retries_down": (4, 5),
    "url_path": ("/one", "/two"),
    "expected_codes": ("200-204", "301"),
    "http_method": ("HEAD", "POST"),
    "http_version": ("1.1", "1.0"),
    "domain_name": ("one.example", "two.example"),
    "admin_state_up": (False, True),
}

IN_PLACE = [
    pytest.param(kind, field, id=f"{kind}.{field.name}")
    for kind in TESTED_KINDS
    for field in KINDS[kind].fields
    if field.change != "replace"
]
REPLACING = [
    pytest.param(kind, field, id=f"{kind}.{field.name}")
    for kind in TESTED_KINDS
    for field in KINDS[kind].fields
    if field.change == "replace"
]


def member_with(name: str, value: object) -> dict[str, object]:
    return {**member(A), **({} if value is None else {name: value})}


HTTP_ONLY = ("url_path", "expected_codes", "http_method", "http_version", "domain_name")


def monitor_with(name: str, value: object) -> dict[str, Any]:
    base = HTTP if name in HTTP_ONLY else MONITOR
    return {**base, **({} if value is None else {name: value})}
