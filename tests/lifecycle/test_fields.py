"""The tables of fields: for every field of every kind, what a change of a program or of the live object comes to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gcore_tls_provider.hidden_inputs import RECORD
from gcore_tls_provider.lifecycle.inputs.fields import (
    Field,
    changed_fields,
    equal_id_sets,
    equal_ids,
    explicit_inputs,
    inputs_after_read,
)
from gcore_tls_provider.lifecycle.inputs.properties import UNKNOWN, Properties
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.kinds.certificate import (
    CLIENT_CERTIFICATE,
    CONTENT,
    LISTENER_CERTIFICATE,
)
from gcore_tls_provider.lifecycle.kinds.pool.health_monitor import same_health_monitor
from gcore_tls_provider.lifecycle.kinds.pool.members import same_members
from gcore_tls_provider.lifecycle.run.location import LOCATION_FIELDS
from tests.fake_engine.account import MONITOR, as_engine, hidden, member

ID, OTHER_ID = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"

# Two values of each field that mean something else, and neither is what Gcore has by default.
_VALUES: Mapping[str, tuple[object, object]] = {
    CONTENT: ("aa", "bb"),
    "admin_state_up": (False, True),
    "algorithm": ("aes", "rsa"),
    "allowed_cidrs": (["10.0.0.0/8"], ["10.0.0.0/8", "192.0.2.0/24"]),
    "bit_length": (128, 256),
    "ca_secret_id": (ID, OTHER_ID),
    "connection_limit": (5, 6),
    "crl_secret_id": (ID, OTHER_ID),
    "default_pool_id": (ID, OTHER_ID),
    "expiration": ("2030-01-01", "2031-01-01"),
    "flavor": ("lb1-1-2", "lb1-2-4"),
    "floating_ip": ({"source": "new"}, {"source": "existing", "existing_floating_id": ID}),
    "format": ("PEM", "PKCS12"),
    "health_monitor": (MONITOR, {**MONITOR, "delay": 11}),
    "insert_x_forwarded": (True, False),
    "lb_algorithm": ("SOURCE_IP", "LEAST_CONNECTIONS"),
    "listener_id": (ID, OTHER_ID),
    "load_balancer_id": (ID, OTHER_ID),
    "logging": ({"enabled": True, "topic_name": "a"}, {"enabled": True, "topic_name": "b"}),
    "members": ([member()], [member(), member("10.0.0.12")]),
    "mode": ("cbc", "gcm"),
    "name": ("one", "two"),
    "payload": ("YQ==", "Yg=="),
    "payload_content_type": ("application/x-pem-file", "application/pkix-crl"),
    "pool_id": (ID, OTHER_ID),
    "preferred_connectivity": ("L3", "L2"),
    "protocol": ("HTTP", "TCP"),
    "protocol_port": (80, 8080),
    "secret_id": (ID, OTHER_ID),
    "secret_type": ("opaque", "private"),
    "session_persistence": ({"type": "HTTP_COOKIE"}, {"type": "SOURCE_IP"}),
    "sni_secret_id": ([ID], [ID, OTHER_ID]),
    "tags": ({"owner": "me"}, {"owner": "you"}),
    "timeout_client_data": (1000, 2000),
    "timeout_member_connect": (1000, 2000),
    "timeout_member_data": (1000, 2000),
    "user_list": ([{"username": "ann", "encrypted_password": "x"}], [{"username": "bob", "encrypted_password": "x"}]),
    "vip_ip_family": ("dual", "ipv6"),
    "vip_network_id": (ID, OTHER_ID),
    "vip_port_id": (ID, OTHER_ID),
    "vip_subnet_id": (ID, OTHER_ID),
}

CASES = [
    pytest.param(field, *_VALUES[field.name], id=f"{kind}.{field.name}")
    for kind, lifecycle in KINDS.items()
    for field in lifecycle.fields
]
every_field = pytest.mark.parametrize(("field", "value", "other"), CASES)


def outputs(field: Field, value: object, was_set: bool) -> Properties:
    """What the state holds of a field."""
    bag: Properties = {} if value is None else {field.name: value}
    held: Properties = as_engine({**bag, **hidden(explicit=field.name if was_set else "")})
    return held


def change(field: Field, olds: Properties, new: object) -> bool:
    """Whether a program that gives `new` changes the field; None: it gives nothing."""
    return list(changed_fields([field], olds, as_engine({field.name: new}), explicit=Record.of(olds).explicit)) == [
        field
    ]


def can_be_removed(field: Field) -> bool:
    return field.nullable or field.default is not None


class TestChanged:
    @every_field
    def test_never_set(self, field: Field, value: object, other: object) -> None:
        """What Gcore has made of it is shown, and is no difference, unless its absence has a meaning."""
        assert not change(field, outputs(field, None, was_set=False), None)
        assert change(field, outputs(field, value, was_set=False), None) is field.compare_when_unset

    @every_field
    def test_set_and_unchanged(self, field: Field, value: object, other: object) -> None:
        assert not change(field, outputs(field, value, was_set=True), value)

    @every_field
    def test_set_for_the_first_time(self, field: Field, value: object, other: object) -> None:
        assert change(field, outputs(field, None, was_set=False), value)
        assert not change(field, outputs(field, value, was_set=False), value)

    @every_field
    def test_set_to_what_it_is_by_default(self, field: Field, value: object, other: object) -> None:
        if field.default is not None:
            shown = field.default if field.readable else None
            assert not change(field, outputs(field, shown, was_set=False), field.default)

    @every_field
    def test_changed(self, field: Field, value: object, other: object) -> None:
        assert change(field, outputs(field, value, was_set=True), other)
        assert change(field, outputs(field, other, was_set=False), value)

    @every_field
    def test_removed(self, field: Field, value: object, other: object) -> None:
        """Null where there is one, else the default, else it stays as it is."""
        assert change(field, outputs(field, value, was_set=True), None) is can_be_removed(field)
        assert not change(field, outputs(field, field.removed, was_set=True), None)

    @every_field
    def test_unknown(self, field: Field, value: object, other: object) -> None:
        for new in (UNKNOWN, [UNKNOWN], {"a": UNKNOWN}):
            assert list(changed_fields([field], outputs(field, value, was_set=True), {field.name: new})) == [field]

    @every_field
    def test_state_without_a_list_of_what_was_set(self, field: Field, value: object, other: object) -> None:
        """Then all of it counts as set."""
        olds: Properties = as_engine({field.name: value})
        assert change(field, olds, None) is can_be_removed(field)
        assert not change(field, olds, value)


class TestInputsAfterRead:
    def test_what_gcore_fills_in_is_no_drift(self) -> None:
        """Beside what the program says, inside one value."""
        logging, members = field_of("LoadBalancer", "logging"), field_of("Pool", "members")
        prior = {"logging": {"enabled": True}, "members": [member()]}
        live = {"logging": {"enabled": True, "topic_name": "gcores"}, "members": [member(subnet_id=ID)]}
        assert inputs_after_read([logging, members], prior, live) == prior
        dark = {"logging": {"enabled": False}, "members": [member(weight=2)]}
        assert inputs_after_read([logging, members], prior, dark) == dark

    @every_field
    def test_as_it_was(self, field: Field, value: object, other: object) -> None:
        prior = {field.name: value}
        assert inputs_after_read([field], prior, prior) == prior

    @every_field
    def test_never_set(self, field: Field, value: object, other: object) -> None:
        expected = {field.name: value} if field.readable and field.compare_when_unset else {}
        assert inputs_after_read([field], {}, {field.name: value}) == expected
        assert inputs_after_read([field], {}, {field.name: field.removed}) == {}

    @every_field
    def test_drifted(self, field: Field, value: object, other: object) -> None:
        """A field that Gcore doesn't give back is as it was, whatever a read says of it."""
        seen = other if field.readable else value
        assert inputs_after_read([field], {field.name: value}, {field.name: other}) == {field.name: seen}

    @every_field
    def test_gone(self, field: Field, value: object, other: object) -> None:
        expected = {} if field.readable else {field.name: value}
        assert inputs_after_read([field], {field.name: value}, {field.name: None}) == expected

    @every_field
    def test_not_given_back(self, field: Field, value: object, other: object) -> None:
        assert inputs_after_read([field], {field.name: value}, {}) == {field.name: value}

    @every_field
    def test_drift_is_a_change_back(self, field: Field, value: object, other: object) -> None:
        """After a refresh has seen a drift, the unchanged program is a change."""
        if field.readable:
            assert change(field, outputs(field, other, was_set=True), value)


def test_every_input_is_in_the_table_of_its_kind() -> None:
    """But the material of certificates, which is compared by its digest, and what only the rules look at."""
    for_rules = {"accept_findings", "expiry_warning_days", "host_names", "expected_backend_certificates"}
    exempt = {
        "ListenerCertificate": LISTENER_CERTIFICATE.content.material,
        "ClientCertificate": CLIENT_CERTIFICATE.content.material - {"format"},
        "CertificateAuthority": {"certificate"},
        "RevocationList": {"revocation_list", "ca"},
        "Listener": {"client_authentication"},
        "PoolTlsAttachment": {"previous_tls"},
    }
    for kind, lifecycle in KINDS.items():
        names = {field.name for field in lifecycle.fields}
        assert len(names) == len(lifecycle.fields)
        assert names - {CONTENT} == set(lifecycle.inputs.model_fields) - for_rules - exempt.get(kind, set()), kind


def test_what_is_removed_has_one_value() -> None:
    for lifecycle in KINDS.values():
        for field in lifecycle.fields:
            assert not (field.nullable and field.default is not None), field.name


def test_another_place_is_another_object() -> None:
    olds: Properties = {"project_id": 1.0, "region_id": 2.0}
    assert list(changed_fields(LOCATION_FIELDS, olds, {"project_id": 1, "region_id": 2})) == []
    assert [each.name for each in changed_fields(LOCATION_FIELDS, olds, {"project_id": 1, "region_id": 3})] == [
        "region_id"
    ]
    assert list(changed_fields(LOCATION_FIELDS, olds, {})) == []


def test_set_names() -> None:
    assert explicit_inputs({"b": 0, "a": False, "c": None, "d": [], RECORD: {}}) == {"a", "b", "d"}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (ID, ID.upper(), True),
        (ID, f" {ID}\n", True),
        (ID, OTHER_ID, False),
        (ID, None, False),
        (None, None, True),
    ],
)
def test_same_id(old: object, new: object, same: bool) -> None:
    assert equal_ids(old, new) is same
    assert equal_ids(new, old) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ([ID, OTHER_ID], [OTHER_ID, ID], True),
        ([ID, ID], [ID], True),
        ([ID.upper()], [ID], True),
        (None, [], True),
        (None, None, True),
        ([ID], [], False),
        ([ID], [OTHER_ID], False),
    ],
)
def test_same_ids(old: object, new: object, same: bool) -> None:
    assert equal_id_sets(old, new) is same
    assert equal_id_sets(new, old) is same


# Which of two lists of members mean the same.
MEMBERS: Mapping[str, tuple[object, object, bool]] = {
    "order": ([member("10.0.0.1"), member("10.0.0.2")], [member("10.0.0.2"), member("10.0.0.1")], True),
    "floats": ([member(protocol_port=80, weight=2)], [{**member(), "protocol_port": 80.0, "weight": 2.0}], True),
    "defaults": ([member()], [member(weight=1, backup=False, admin_state_up=True)], True),
    "none and nothing": (None, [], True),
    "spelling of an address": ([member("2001:db8::1")], [member("2001:DB8:0:0::1")], True),
    "another address": ([member("10.0.0.1")], [member("10.0.0.2")], False),
    "another port": ([member(protocol_port=80)], [member(protocol_port=81)], False),
    "one more": ([member("10.0.0.1")], [member("10.0.0.1"), member("10.0.0.2")], False),
    "weight": ([member(weight=2)], [member(weight=3)], False),
    "backup": ([member()], [member(backup=True)], False),
    "state": ([member()], [member(admin_state_up=False)], False),
    "monitor port set": ([member()], [member(monitor_port=9000)], False),
    "monitor port removed": ([member(monitor_port=9000)], [member()], False),
    "subnet set": ([member()], [member(subnet_id=ID)], False),
    "subnet never set": ([member(subnet_id=ID)], [member()], True),
    "instance set": ([member()], [member(instance_id=ID)], False),
    "another instance": ([member(instance_id=ID)], [member(instance_id=OTHER_ID)], False),
    "instance never set": ([member(instance_id=ID)], [member()], True),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_same_members(name: str) -> None:
    old, new, same = MEMBERS[name]
    assert same_members(as_engine(old), as_engine(new)) is same


HTTP = {**MONITOR, "type": "HTTP"}

# Which of two health monitors mean the same.
MONITORS: Mapping[str, tuple[object, object, bool]] = {
    "none": (None, None, True),
    "floats": (MONITOR, as_engine(MONITOR), True),
    "default of a number": (MONITOR, {**MONITOR, "max_retries_down": 3}, True),
    "defaults of HTTP": (HTTP, {**HTTP, "url_path": "/", "expected_codes": "200", "http_method": "GET"}, True),
    "null": ({**HTTP, "domain_name": None}, HTTP, True),
    "added": (None, MONITOR, False),
    "removed": (MONITOR, None, False),
    "type": (MONITOR, {**MONITOR, "type": "TLS-HELLO"}, False),
    "delay": (MONITOR, {**MONITOR, "delay": 20}, False),
    "path": (HTTP, {**HTTP, "url_path": "/health"}, False),
    "path removed": ({**HTTP, "url_path": "/health"}, HTTP, False),
    "state": (MONITOR, {**MONITOR, "admin_state_up": False}, False),
}


@pytest.mark.parametrize("name", MONITORS)
def test_same_health_monitor(name: str) -> None:
    old, new, same = MONITORS[name]
    assert same_health_monitor(old, new) is same


def field_of(kind: str, name: str) -> Field:
    return next(each for each in KINDS[kind].fields if each.name == name)


# Which of two values of a field mean the same.
MEANINGS: Mapping[str, tuple[str, str, object, object, bool]] = {
    "tags, order": ("LoadBalancer", "tags", {"a": "1", "b": "2"}, {"b": "2", "a": "1"}, True),
    "tags, none": ("LoadBalancer", "tags", None, {}, True),
    "tags, other": ("LoadBalancer", "tags", {"a": "1"}, {"a": "2"}, False),
    "logging off": ("LoadBalancer", "logging", None, {"enabled": False}, True),
    "logging off, with a topic": ("LoadBalancer", "logging", None, {"enabled": False, "topic_name": "x"}, True),
    "logging on": ("LoadBalancer", "logging", None, {"enabled": True}, False),
    "logging null": ("LoadBalancer", "logging", {"enabled": True}, {"enabled": True, "topic_name": None}, True),
    "networks, order": ("Listener", "allowed_cidrs", ["10.0.0.0/8", "::/0"], ["::/0", "10.0.0.0/8"], True),
    "networks, spelling": ("Listener", "allowed_cidrs", ["2001:db8::/32"], [" 2001:DB8:0::/32"], True),
    "networks, an address": ("Listener", "allowed_cidrs", ["192.0.2.1/32"], ["192.0.2.1"], True),
    "networks, none": ("Listener", "allowed_cidrs", None, [], True),
    "networks, other": ("Listener", "allowed_cidrs", ["10.0.0.0/8"], ["10.0.0.0/9"], False),
    "limit, default": ("Listener", "connection_limit", 100_000, -1.0, True),
    "limit, other": ("Listener", "connection_limit", 5, -1.0, False),
    "limit, float": ("Listener", "connection_limit", 5, 5.0, True),
    "persistence, null": (
        "Pool",
        "session_persistence",
        {"type": "SOURCE_IP"},
        {"type": "SOURCE_IP", "cookie_name": None},
        True,
    ),
    "persistence, other": (
        "Pool",
        "session_persistence",
        {"type": "APP_COOKIE", "cookie_name": "a"},
        {"type": "APP_COOKIE", "cookie_name": "b"},
        False,
    ),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_meanings(name: str) -> None:
    kind, field, old, new, same = MEANINGS[name]
    assert field_of(kind, field).equal(old, new) is same
