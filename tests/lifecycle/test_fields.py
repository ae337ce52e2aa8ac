"""Field tables: for every field of every kind, the effect of a change of the program or of the live object."""

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
from tests.fake_engine.stack import MONITOR, engine_value, hidden_record, member

ID, OTHER_ID = "0a000000-0000-4000-8000-000000000001", "0b000000-0000-4000-8000-000000000002"

# Two different values of each field; neither is Gcore's default.
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
    """Return the outputs of a field in the state."""
    bag: Properties = {} if value is None else {field.name: value}
    saved: Properties = engine_value({**bag, **hidden_record(explicit=field.name if was_set else "")})
    return saved


def is_changed(field: Field, olds: Properties, new: object) -> bool:
    """Return whether a program that sets the field to `new` changes it; None: the program does not set it."""
    return list(changed_fields([field], olds, engine_value({field.name: new}), explicit=Record.of(olds).explicit)) == [
        field
    ]


def can_be_removed(field: Field) -> bool:
    return field.nullable or field.default is not None


class TestChangedFields:
    @every_field
    def test_a_field_that_was_never_set_is_changed_only_if_it_is_compared(
        self, field: Field, value: object, other: object
    ) -> None:
        """The value is Gcore's own. It is a change only if the absence of the field has a meaning."""
        assert not is_changed(field, outputs(field, None, was_set=False), None)
        assert is_changed(field, outputs(field, value, was_set=False), None) is field.compare_when_unset

    @every_field
    def test_an_equal_value_is_no_change(self, field: Field, value: object, other: object) -> None:
        assert not is_changed(field, outputs(field, value, was_set=True), value)

    @every_field
    def test_a_new_value_is_a_change_unless_gcore_has_it_already(
        self, field: Field, value: object, other: object
    ) -> None:
        assert is_changed(field, outputs(field, None, was_set=False), value)
        assert not is_changed(field, outputs(field, value, was_set=False), value)

    @every_field
    def test_the_default_value_is_no_change(self, field: Field, value: object, other: object) -> None:
        if field.default is not None:
            shown = field.default if field.readable else None
            assert not is_changed(field, outputs(field, shown, was_set=False), field.default)

    @every_field
    def test_another_value_is_a_change(self, field: Field, value: object, other: object) -> None:
        assert is_changed(field, outputs(field, value, was_set=True), other)
        assert is_changed(field, outputs(field, other, was_set=False), value)

    @every_field
    def test_a_removed_value_is_a_change_if_the_field_can_be_removed(
        self, field: Field, value: object, other: object
    ) -> None:
        """A removed field is set to null or to its default; a field with neither keeps its value."""
        assert is_changed(field, outputs(field, value, was_set=True), None) is can_be_removed(field)
        assert not is_changed(field, outputs(field, field.removed, was_set=True), None)

    @every_field
    def test_an_unknown_value_is_a_change(self, field: Field, value: object, other: object) -> None:
        for new in (UNKNOWN, [UNKNOWN], {"a": UNKNOWN}):
            assert list(changed_fields([field], outputs(field, value, was_set=True), {field.name: new})) == [field]

    @every_field
    def test_a_state_without_the_explicit_fields_counts_all_fields_as_set(
        self, field: Field, value: object, other: object
    ) -> None:
        olds: Properties = engine_value({field.name: value})
        assert is_changed(field, olds, None) is can_be_removed(field)
        assert not is_changed(field, olds, value)


class TestInputsAfterRead:
    def test_parts_that_gcore_adds_are_no_drift(self) -> None:
        """Gcore adds parts to a value that the program has set."""
        logging, members = field_of("LoadBalancer", "logging"), field_of("Pool", "members")
        prior = {"logging": {"enabled": True}, "members": [member()]}
        live = {"logging": {"enabled": True, "topic_name": "gcores"}, "members": [member(subnet_id=ID)]}
        assert inputs_after_read([logging, members], prior, live) == prior
        drifted = {"logging": {"enabled": False}, "members": [member(weight=2)]}
        assert inputs_after_read([logging, members], prior, drifted) == drifted

    @every_field
    def test_an_unchanged_value_stays_in_the_inputs(self, field: Field, value: object, other: object) -> None:
        prior = {field.name: value}
        assert inputs_after_read([field], prior, prior) == prior

    @every_field
    def test_a_field_that_was_never_set_enters_the_inputs_only_if_it_is_compared(
        self, field: Field, value: object, other: object
    ) -> None:
        expected = {field.name: value} if field.readable and field.compare_when_unset else {}
        assert inputs_after_read([field], {}, {field.name: value}) == expected
        assert inputs_after_read([field], {}, {field.name: field.removed}) == {}

    @every_field
    def test_a_drifted_value_enters_the_inputs_if_gcore_returns_it(
        self, field: Field, value: object, other: object
    ) -> None:
        """A field that Gcore does not return keeps its value, whatever a read contains."""
        expected = other if field.readable else value
        assert inputs_after_read([field], {field.name: value}, {field.name: other}) == {field.name: expected}

    @every_field
    def test_a_removed_value_leaves_the_inputs_if_gcore_returns_the_field(
        self, field: Field, value: object, other: object
    ) -> None:
        expected = {} if field.readable else {field.name: value}
        assert inputs_after_read([field], {field.name: value}, {field.name: None}) == expected

    @every_field
    def test_a_value_that_the_response_does_not_contain_stays_in_the_inputs(
        self, field: Field, value: object, other: object
    ) -> None:
        assert inputs_after_read([field], {field.name: value}, {}) == {field.name: value}

    @every_field
    def test_a_drifted_value_is_a_change(self, field: Field, value: object, other: object) -> None:
        """After a refresh has shown a drift, the unchanged program is a change."""
        if field.readable:
            assert is_changed(field, outputs(field, other, was_set=True), value)


def test_every_input_is_in_the_field_table_of_its_kind() -> None:
    """Exceptions are the content of certificates, which a digest represents, and inputs that only rules use."""
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


def test_no_field_has_both_null_and_a_default() -> None:
    for lifecycle in KINDS.values():
        for field in lifecycle.fields:
            assert not (field.nullable and field.default is not None), field.name


def test_another_location_is_a_change() -> None:
    olds: Properties = {"project_id": 1.0, "region_id": 2.0}
    assert list(changed_fields(LOCATION_FIELDS, olds, {"project_id": 1, "region_id": 2})) == []
    assert [each.name for each in changed_fields(LOCATION_FIELDS, olds, {"project_id": 1, "region_id": 3})] == [
        "region_id"
    ]
    assert list(changed_fields(LOCATION_FIELDS, olds, {})) == []


def test_explicit_inputs_are_all_inputs_with_a_value() -> None:
    assert explicit_inputs({"b": 0, "a": False, "c": None, "d": [], RECORD: {}}) == {"a", "b", "d"}


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [
        (ID, ID.upper(), True),
        (ID, f" {ID}\n", True),
        (ID, OTHER_ID, False),
        (ID, None, False),
        (None, None, True),
    ],
)
def test_equal_ids_ignores_case_and_blanks(old: object, new: object, equal: bool) -> None:
    assert equal_ids(old, new) is equal
    assert equal_ids(new, old) is equal


@pytest.mark.parametrize(
    ("old", "new", "equal"),
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
def test_equal_id_sets_ignores_order_and_repetition(old: object, new: object, equal: bool) -> None:
    assert equal_id_sets(old, new) is equal
    assert equal_id_sets(new, old) is equal


# Two lists of members, and whether they are equal.
MEMBERS: Mapping[str, tuple[object, object, bool]] = {
    "order": ([member("10.0.0.1"), member("10.0.0.2")], [member("10.0.0.2"), member("10.0.0.1")], True),
    "floats": ([member(protocol_port=80, weight=2)], [{**member(), "protocol_port": 80.0, "weight": 2.0}], True),
    "defaults": ([member()], [member(weight=1, backup=False, admin_state_up=True)], True),
    "none and an empty list": (None, [], True),
    "spelling of an address": ([member("2001:db8::1")], [member("2001:DB8:0:0::1")], True),
    "another address": ([member("10.0.0.1")], [member("10.0.0.2")], False),
    "another port": ([member(protocol_port=80)], [member(protocol_port=81)], False),
    "an added member": ([member("10.0.0.1")], [member("10.0.0.1"), member("10.0.0.2")], False),
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
def test_same_members_compares_values_and_ignores_order_and_defaults(name: str) -> None:
    old, new, equal = MEMBERS[name]
    assert same_members(engine_value(old), engine_value(new)) is equal


HTTP = {**MONITOR, "type": "HTTP"}

# Two health monitors, and whether they are equal.
MONITORS: Mapping[str, tuple[object, object, bool]] = {
    "none": (None, None, True),
    "floats": (MONITOR, engine_value(MONITOR), True),
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
def test_same_health_monitor_compares_values_and_ignores_defaults(name: str) -> None:
    old, new, equal = MONITORS[name]
    assert same_health_monitor(old, new) is equal


def field_of(kind: str, name: str) -> Field:
    return next(each for each in KINDS[kind].fields if each.name == name)


# Two values of a field, and whether they are equal.
VALUES: Mapping[str, tuple[str, str, object, object, bool]] = {
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


@pytest.mark.parametrize("name", VALUES)
def test_a_field_compares_values_by_their_meaning(name: str) -> None:
    kind, field, old, new, equal = VALUES[name]
    assert field_of(kind, field).equal(old, new) is equal
