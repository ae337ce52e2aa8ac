"""Every field of every kind: unset, a value, another value, unset again. What is sent, and what Gcore then holds.

The tables of fields say what there is: a field without a case here fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.pool import health_monitor as health_monitors
from gcore_tls_provider.lifecycle.kinds.pool import members
from tests.fake_engine.account import MONITOR, Resource, World, member
from tests.fake_engine.requests import HIDDEN, Sent
from tests.lifecycle.fixtures import Things
from tests.lifecycle.held import held, update_of

Value = Callable[[Things], Any]
ONE, TWO = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"
A, B = "10.0.0.1", "10.0.0.2"
ANN, BOB = ({"username": name, "encrypted_password": "hash"} for name in ("ann", "bob"))
TESTED_KINDS = ("LoadBalancer", "Listener", "Pool", "Secret")


def plain(value: object) -> Value:
    return lambda _: value


ALONE = plain({})


@dataclass(frozen=True)
class Case:
    """Values of one field.

    Attributes:
        one: a value; `...`: the field is required, so that it is never unset.
        two: another one; may be what Gcore has by default.
        base: what else the program says.
        unset: what Gcore holds when it isn't set, unless it is what the table of fields sends.
    """

    one: Value
    two: Value
    base: Value = ALONE
    unset: object = ...


def of(one: object, two: object, base: Value = ALONE, unset: object = ...) -> Case:
    return Case(plain(one), plain(two), base, unset)


def on_balancer(things: Things) -> Any:
    return {"load_balancer_id": things.balancer()}


def on_port(things: Things) -> Any:
    return {"load_balancer_id": things.balancer(), "protocol": "HTTP", "protocol_port": 80}


CASES: Mapping[tuple[str, str], Case] = {
    ("LoadBalancer", "name"): of("one", "two"),
    ("LoadBalancer", "flavor"): of("lb1-2-4", "lb1-4-8"),
    ("LoadBalancer", "vip_network_id"): of(ONE, TWO),
    ("LoadBalancer", "vip_subnet_id"): of(ONE, TWO, plain({"vip_network_id": ONE})),
    ("LoadBalancer", "vip_port_id"): of(ONE, TWO),
    ("LoadBalancer", "vip_ip_family"): of("ipv6", "dual"),
    ("LoadBalancer", "floating_ip"): of({"source": "new"}, {"source": "existing", "existing_floating_id": ONE}),
    ("LoadBalancer", "preferred_connectivity"): of("L3", "L2"),
    ("LoadBalancer", "logging"): of(
        {"enabled": True, "destination_region_id": 7, "topic_name": "a", "retention_policy": {"period": 5}},
        {"enabled": True, "destination_region_id": 7, "topic_name": "b", "retention_policy": {"period": 6}},
        unset={"enabled": False},
    ),
    ("LoadBalancer", "tags"): of({"owner": "me"}, {"owner": "you", "b": "2"}, unset={}),
    ("LoadBalancer", "admin_state_up"): of(False, True),
    ("Listener", "name"): of("one", "two", on_port),
    ("Listener", "load_balancer_id"): Case(lambda t: t.balancer(1), lambda t: t.balancer(2), on_port),
    ("Listener", "protocol"): of("HTTP", "TCP", lambda t: {**on_port(t), "sni_secret_id": None}),
    ("Listener", "protocol_port"): of(8080, 8081, lambda t: {**on_balancer(t), "protocol": "HTTP"}),
    ("Listener", "secret_id"): Case(
        lambda t: t.certificate(1),
        lambda t: t.certificate(2),
        lambda t: {**on_balancer(t), "sni_secret_id": [t.certificate(3)]},
    ),
    ("Listener", "sni_secret_id"): Case(
        lambda t: [t.certificate(1)],
        lambda t: [t.certificate(1), t.certificate(2)],
        lambda t: {**on_balancer(t), "secret_id": t.certificate(3)},
    ),
    ("Listener", "default_pool_id"): Case(lambda t: t.pool(1), lambda t: t.pool(2), on_port),
    ("Listener", "connection_limit"): of(5, 6, on_port),
    ("Listener", "insert_x_forwarded"): of(True, False, on_port),
    ("Listener", "allowed_cidrs"): of(["10.0.0.0/8"], ["192.0.2.0/24", "10.0.0.0/8"], on_port),
    ("Listener", "timeout_client_data"): of(1000, 2000, on_port),
    ("Listener", "user_list"): of([ANN], [ANN, BOB], on_port),
    ("Listener", "admin_state_up"): of(False, True, on_port),
    ("Pool", "name"): of("one", "two", on_balancer),
    ("Pool", "load_balancer_id"): Case(lambda t: t.balancer(1), lambda t: t.balancer(2)),
    ("Pool", "listener_id"): Case(
        lambda t: t.listener(1), lambda t: t.listener(2), lambda t: {**on_balancer(t), "protocol": "HTTP"}
    ),
    ("Pool", "protocol"): of("HTTP", "TCP", on_balancer),
    ("Pool", "lb_algorithm"): of("SOURCE_IP", "LEAST_CONNECTIONS", on_balancer),
    ("Pool", "members"): of([member(A)], [member(A), member(B)], on_balancer),
    ("Pool", "ca_secret_id"): Case(lambda t: t.ca(1), lambda t: t.ca(2), on_balancer),
    ("Pool", "secret_id"): Case(lambda t: t.client(1), lambda t: t.client(2), on_balancer),
    ("Pool", "crl_secret_id"): Case(
        lambda t: t.crl(1), lambda t: t.crl(2), lambda t: {**on_balancer(t), "ca_secret_id": t.ca()}
    ),
    ("Pool", "health_monitor"): of(MONITOR, {**MONITOR, "delay": 20}, on_balancer),
    ("Pool", "session_persistence"): of(
        {"type": "APP_COOKIE", "cookie_name": "sid"}, {"type": "HTTP_COOKIE"}, on_balancer
    ),
    ("Pool", "timeout_member_connect"): of(1000, 2000, on_balancer),
    ("Pool", "timeout_member_data"): of(1000, 2000, on_balancer),
    ("Pool", "admin_state_up"): of(False, True, on_balancer),
    ("Secret", "payload"): of("YWJj", "ZGVm"),
    ("Secret", "secret_type"): of("opaque", "private", plain({"payload": "YWJj"})),
    ("Secret", "payload_content_type"): of("application/x-a", "application/x-b", plain({"payload": "YWJj"})),
    ("Secret", "expiration"): of("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z", plain({"payload": "YWJj"})),
    ("Secret", "algorithm"): of("aes", "rsa", plain({"payload": "YWJj"})),
    ("Secret", "bit_length"): of(128, 256, plain({"payload": "YWJj"})),
    ("Secret", "mode"): of("cbc", "gcm", plain({"payload": "YWJj"})),
    ("Secret", "name"): of("one", "two", plain({"payload": "YWJj"})),
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


def test_every_field_has_a_case() -> None:
    assert set(CASES) == {(kind, field.name) for kind in TESTED_KINDS for field in KINDS[kind].fields}
    assert set(MEMBERS) == {field.name for field in members.FIELDS}
    assert set(MONITORS) == {field.name for field in health_monitors.FIELDS}


def own_route(resource: Resource, name: str, step: int, ids: Sequence[str]) -> list[Sent]:
    """What is sent where a field has a route of its own: for its first value, for its second, and when it is unset."""
    pool = f"/v1/lbpools/{resource.id}/healthmonitor"
    listed = f"/v1/loadbalancers/pools/{resource.id}/members"
    whole = {"max_retries_down": 3, "admin_state_up": True}
    of_member = {"weight": 1, "backup": False, "admin_state_up": True}
    sent: Mapping[str, Sequence[list[Sent]]] = {
        "flavor": [
            [Sent("POST", f"/v1/loadbalancers/{resource.id}/resize", {"flavor": each})]
            for each in ("lb1-2-4", "lb1-4-8")
        ],
        "members": [
            [Sent("POST", listed, {**member(A), **of_member})],
            [Sent("POST", listed, {**member(B), **of_member})],
            [Sent("DELETE", f"{listed}/{each}") for each in ids],
        ],
        "health_monitor": [
            [Sent("POST", pool, {**MONITOR, **whole})],
            [update_of(resource, {"healthmonitor": {**_untyped(MONITOR), "delay": 20, **whole}})],
            [Sent("DELETE", pool)],
        ],
    }
    return sent[name][step]


def _untyped(monitor: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in monitor.items() if name != "type"}


@pytest.mark.parametrize(("kind", "field"), IN_PLACE)
def test_in_place(kind: str, field: Field, spoken: World) -> None:
    case, things = CASES[kind, field.name], Things(spoken)
    base = case.base(things)
    resource = spoken.create(kind, "it", **base)
    made = held(resource, field.name)
    for step, value in _steps(field, case.one(things), case.two(things)):
        program = {**base, field.name: value}
        if value is None and not field.nullable and field.default is None:
            assert not resource.diff(**program).changes
            continue
        ids = [each["id"] for each in _listed(resource)] if field.name == "members" else []
        sent = resource.update(**program)
        if field.change == "separate endpoint":
            assert sent == own_route(resource, field.name, step, ids)
        else:
            assert sent == [update_of(resource, {field.name: _sent(field, value, step)})]
        if value is None:
            assert held(resource, field.name) == (field.removed if case.unset is ... else case.unset)
            assert field.equal(made, held(resource, field.name))
        else:
            assert held(resource, field.name) == value
        assert not resource.again().changes
        assert resource.refresh()
        assert not resource.diff(**program).changes


def _steps(field: Field, one: object, two: object) -> list[tuple[int, Any]]:
    """A value, another one, none; where the other one is the default, the first again before it is unset."""
    if two == field.default:
        return [(0, one), (1, two), (0, one), (2, None)]
    return [(0, one), (1, two), (2, None)]


def _listed(pool: Resource) -> Any:
    body: Any = pool.world.by_hand("GET", f"/v1/lbpools/{pool.id}")
    return body["members"]


def _sent(field: Field, value: object, step: int) -> object:
    if field.name == "tags" and step == 2:
        # A merge patch: what isn't named stays.
        return {"b": None, "owner": None}
    return field.removed if value is None else value


@pytest.mark.parametrize(("kind", "field"), REPLACING)
def test_by_another_object(kind: str, field: Field, spoken: World) -> None:
    """No request changes it; another object is made with it."""
    case, things = CASES[kind, field.name], Things(spoken)
    base = {name: value for name, value in case.base(things).items() if name != field.name}
    one, two = case.one(things), case.two(things)
    resource = spoken.create(kind, "one", **{**base, field.name: one})
    assert not resource.diff(**base, **{field.name: one}).changes
    assert resource.refresh()
    assert not resource.diff(**base, **{field.name: one}).changes
    assert resource.diff(**base, **{field.name: two}).replaces == (field.name,)
    if not _required(kind, field.name):
        stays = not field.nullable and field.default is None
        with spoken.writes() as sent:
            findings = spoken.findings(kind, base)
        assert sent == []
        if not any(each.severity == "error" for each in findings):
            assert resource.diff(**base).replaces == (() if stays else (field.name,))
    with spoken.writes() as sent:
        again = spoken.create(kind, "two", **{**base, **_elsewhere(field), field.name: two})
    assert _posted(sent[0], field.name, two)
    if field.readable and kind != "Secret":
        assert held(again, field.name) == two
    resource.delete()


def _required(kind: str, name: str) -> bool:
    return bool(KINDS[kind].inputs.model_fields[name].is_required())


def _elsewhere(field: Field) -> Mapping[str, object]:
    """Two listeners can't have one port."""
    elsewhere = ("protocol", "insert_x_forwarded", "default_pool_id")
    return {"protocol_port": 9999} if field.name in elsewhere else {}


def _posted(sent: Sent, name: str, value: object) -> bool:
    if name == "load_balancer_id" and "/loadbalancers/" in sent.path:
        return sent.path == f"/v1/loadbalancers/{value}/pools"
    return bool(sent.body[name] == (HIDDEN if name == "payload" else value))


def of_member(name: str, value: object) -> dict[str, object]:
    return {**member(A), **({} if value is None else {name: value})}


@pytest.mark.parametrize("field", members.FIELDS, ids=lambda field: field.name)
def test_a_members_field(field: Field, spoken: World) -> None:
    balancer = spoken.load_balancer()
    pool = spoken.pool(balancer, members=[of_member(field.name, None)])
    listed = f"/v1/loadbalancers/pools/{pool.id}/members"
    for _, value in _steps(field, *MEMBERS[field.name]):
        program = {"load_balancer_id": balancer.id, "members": [of_member(field.name, value)]}
        stays = not field.nullable and field.default is None
        if not pool.diff(**program).changes:
            # Its address and port are what they were, or it can't be unset.
            assert stays
            continue
        (before,) = _listed(pool)
        sent = pool.update(**program)
        (after,) = _listed(pool)
        if field.change == "in place":
            assert sent == [
                Sent("PATCH", f"{listed}/{before['id']}", {field.name: field.removed if value is None else value})
            ]
            assert after["id"] == before["id"]
        else:
            posted = {"weight": 1, "backup": False, "admin_state_up": True, **of_member(field.name, value)}
            assert sorted(sent, key=str) == sorted(
                [Sent("DELETE", f"{listed}/{before['id']}"), Sent("POST", listed, posted)], key=str
            )
            assert after["id"] != before["id"]
        if field.readable:
            expected = of_member(field.name, value).get(field.name, field.removed)
            assert after[field.name] == expected
        assert not pool.again().changes
        assert pool.refresh()
        assert not pool.diff(**program).changes


HTTP_ONLY = ("url_path", "expected_codes", "http_method", "http_version", "domain_name")


def of_monitor(name: str, value: object) -> dict[str, Any]:
    base = HTTP if name in HTTP_ONLY else MONITOR
    return {**base, **({} if value is None else {name: value})}


@pytest.mark.parametrize("field", health_monitors.FIELDS, ids=lambda field: field.name)
def test_a_health_monitors_field(field: Field, spoken: World) -> None:
    """The monitor stays, unless its type changes, and no member is touched."""
    balancer = spoken.load_balancer()
    pool = spoken.pool(balancer, members=[member()], health_monitor=of_monitor(field.name, None))
    of_members = _listed(pool)
    for _, value in _steps(field, *MONITORS[field.name]):
        program = {
            "load_balancer_id": balancer.id,
            "members": [member()],
            "health_monitor": of_monitor(field.name, value),
        }
        before = _monitor(pool)
        sent = pool.update(**program)
        after = _monitor(pool)
        whole = {"max_retries_down": 3, "admin_state_up": True, **of_monitor(field.name, value)}
        if field.change == "in place":
            unset = dict.fromkeys(HTTP_ONLY) if field.name in HTTP_ONLY else {}
            assert sent == [update_of(pool, {"healthmonitor": {**unset, **_untyped(whole)}})]
            assert after["id"] == before["id"]
        else:
            route = f"/v1/lbpools/{pool.id}/healthmonitor"
            assert sent == [Sent("DELETE", route), Sent("POST", route, whole)]
            assert after["id"] != before["id"]
        if value is not None:
            assert after[field.name] == value
        assert not pool.again().changes
        assert pool.refresh()
        assert not pool.diff(**program).changes
    assert _listed(pool) == of_members


def _monitor(pool: Resource) -> Any:
    body: Any = pool.world.by_hand("GET", f"/v1/lbpools/{pool.id}")
    return body["healthmonitor"]


def test_authority_and_list_go_in_one_request(spoken: World) -> None:
    """The list can't stay without its authority, so neither of them could go first."""
    things = Things(spoken)
    base = on_balancer(things)
    tls = {"ca_secret_id": things.ca(), "crl_secret_id": things.crl()}
    pool = spoken.create("Pool", "it", **base)
    assert pool.update(**base, **tls) == [update_of(pool, tls)]
    assert pool.update(**base) == [update_of(pool, dict.fromkeys(tls))]
    assert (held(pool, "ca_secret_id"), held(pool, "crl_secret_id")) == (None, None)


def test_plain_becomes_mutual_tls_and_back(spoken: World) -> None:
    """The guide's 'Add mTLS to existing Load Balancer', with the listener's pool staying the same object."""
    things = Things(spoken)
    base = {**on_balancer(things), "listener_id": things.listener(), "members": [member()]}
    tls = {"ca_secret_id": things.ca(), "secret_id": things.client(), "crl_secret_id": things.crl()}
    pool = spoken.create("Pool", "it", **base, protocol="HTTP")
    before = _listed(pool)
    assert pool.update(**base, protocol="HTTPS", **tls) == [update_of(pool, {"protocol": "HTTPS", **tls})]
    assert {name: held(pool, name) for name in tls} == tls
    assert pool.update(**base, protocol="HTTP") == [update_of(pool, {"protocol": "HTTP", **dict.fromkeys(tls)})]
    assert {held(pool, name) for name in tls} == {None}
    assert _listed(pool) == before
