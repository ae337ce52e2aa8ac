"""Property bags: findings with their properties, and effects of unknown values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pytest
from pydantic import Field as Limited

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.errors import PropertyError
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    PartialInputs,
    ResourceInputs,
    Rule,
    contains_unknown,
    format_finding,
    parse,
    parse_partial,
    public,
)
from gcore_tls_provider.lifecycle.kinds.listener.inputs import ListenerInputs
from gcore_tls_provider.lifecycle.kinds.load_balancer import LoadBalancerInputs
from gcore_tls_provider.lifecycle.kinds.pool.inputs import PoolInputs
from tests.fake_engine.stack import MONITOR, member

BALANCER = "0a000000-0000-4000-8000-000000000001"


class ExampleInputs(ResourceInputs):
    """Inputs with every kind of property."""

    label: str
    length: Annotated[int, Limited(gt=0)] = 10
    enabled: bool | None = None
    owners: list[str] | None = None


# Model, properties, and the findings expected for them.
INVALID: Mapping[str, tuple[type[ResourceInputs], dict[str, object], list[tuple[str, str]]]] = {
    "missing": (ExampleInputs, {}, [("label", "PROPERTY_MISSING")]),
    "wrong type": (ExampleInputs, {"label": 1.0}, [("label", "PROPERTY_INVALID")]),
    "not an integer": (ExampleInputs, {"label": "x", "length": 10.5}, [("length", "PROPERTY_INVALID")]),
    "out of range": (ExampleInputs, {"label": "x", "length": 0.0}, [("length", "PROPERTY_INVALID")]),
    "unknown property": (ExampleInputs, {"label": "x", "lenght": 5.0}, [("lenght", "PROPERTY_UNKNOWN")]),
    "in a list": (ExampleInputs, {"label": "x", "owners": ["a", 1.0]}, [("owners[1]", "PROPERTY_INVALID")]),
    "not a list": (ExampleInputs, {"label": "x", "owners": "a"}, [("owners", "PROPERTY_INVALID")]),
    "several at once": (
        ExampleInputs,
        {"length": -1.0, "enabled": "perhaps", "owners": [1.0, "b", 2.0], "color": "red"},
        [
            ("color", "PROPERTY_UNKNOWN"),
            ("enabled", "PROPERTY_INVALID"),
            ("label", "PROPERTY_MISSING"),
            ("length", "PROPERTY_INVALID"),
            ("owners[0]", "PROPERTY_INVALID"),
            ("owners[2]", "PROPERTY_INVALID"),
        ],
    ),
    "in members": (
        PoolInputs,
        {"members": [member(), member("backend.example"), member(protocol_port=0, weight=257.0)]},
        [
            ("members[1].address", "NOT_AN_ADDRESS"),
            ("members[2].protocol_port", "PROPERTY_INVALID"),
            ("members[2].weight", "PROPERTY_INVALID"),
        ],
    ),
    "misspelled property of a member": (
        PoolInputs,
        {"members": [{"adress": "10.0.0.1", "protocol_port": 1.0}]},
        [("members[0].address", "PROPERTY_MISSING"), ("members[0].adress", "PROPERTY_UNKNOWN")],
    ),
    "beside an unknown value in the same member": (
        PoolInputs,
        {"members": [member(UNKNOWN, 0)]},
        [("members[0].protocol_port", "PROPERTY_INVALID")],
    ),
    "not one of the choices": (PoolInputs, {"protocol": "QUIC"}, [("protocol", "PROPERTY_INVALID")]),
    "not an ID": (PoolInputs, {"load_balancer_id": "lb-1"}, [("load_balancer_id", "NOT_AN_ID")]),
    "not a name": (PoolInputs, {"name": "-x"}, [("name", "NAME_INVALID")]),
    "a health monitor whose timeout is not below its delay": (
        PoolInputs,
        {"health_monitor": {**MONITOR, "timeout": 10.0}},
        [("health_monitor", "MONITOR_TIMEOUT")],
    ),
    "a path of a TCP health monitor": (
        PoolInputs,
        {"health_monitor": {**MONITOR, "url_path": "/"}},
        [("health_monitor", "MONITOR_HTTP_ONLY")],
    ),
    "a cookie name of another session persistence": (
        PoolInputs,
        {"session_persistence": {"type": "SOURCE_IP", "cookie_name": "sid"}},
        [("session_persistence", "COOKIE_NAME")],
    ),
    "a network with host bits": (
        ListenerInputs,
        {"load_balancer_id": BALANCER, "allowed_cidrs": ["10.0.0.0/8", "10.0.0.1/8"]},
        [("allowed_cidrs[1]", "NOT_A_NETWORK")],
    ),
    "value of a tag": (LoadBalancerInputs, {"tags": {"owner": " me"}}, [("tags.owner", "PROPERTY_INVALID")]),
    "key of a tag": (LoadBalancerInputs, {"tags": {"the owner": "me"}}, [("tags.the owner", "PROPERTY_INVALID")]),
}


@pytest.mark.parametrize("name", INVALID)
def test_each_finding_is_about_its_property(name: str) -> None:
    model, bag, expected = INVALID[name]
    partial = parse_partial(model, bag)
    assert sorted({(each.property, each.code) for each in partial.findings}) == expected
    for each in partial.findings:
        assert each.severity == "error"
        assert each.sentence.endswith(".")
        assert each.remedy.endswith(".")
    invalid = {each.property.split(".")[0].split("[")[0] for each in partial.findings}
    assert not invalid & partial.valid_fields
    with pytest.raises(PropertyError):
        parse(model, bag)


# Properties, the unknown ones among them, and the valid ones.
UNKNOWNS: Mapping[str, tuple[dict[str, object], frozenset[str], frozenset[str]]] = {
    "nothing": ({"label": "x"}, frozenset(), frozenset({"label", "length", "enabled", "owners"})),
    "a required property": ({"label": UNKNOWN}, frozenset({"label"}), frozenset({"length", "enabled", "owners"})),
    "an item of a list": (
        {"label": "x", "owners": ["a", UNKNOWN]},
        frozenset({"owners"}),
        frozenset({"label", "length", "enabled"}),
    ),
    "all": (
        dict.fromkeys(("label", "length", "enabled", "owners"), UNKNOWN),
        frozenset({"label", "length", "enabled", "owners"}),
        frozenset(),
    ),
}


@pytest.mark.parametrize("name", UNKNOWNS)
def test_an_unknown_value_is_no_error(name: str) -> None:
    bag, unknown, valid = UNKNOWNS[name]
    partial = parse_partial(ExampleInputs, bag)
    assert partial.findings == ()
    assert partial.unknown == unknown
    assert partial.valid_fields == valid


def test_an_unknown_member_hides_no_other_property() -> None:
    members = [member("10.0.0.1"), UNKNOWN, {"address": UNKNOWN, "protocol_port": 80.0}]
    partial = parse_partial(PoolInputs, {"members": members, "protocol": "HTTP", "timeout_member_data": -1.0})
    assert partial.unknown == {"members"}
    assert [each.property for each in partial.findings] == ["timeout_member_data"]
    assert partial.known.protocol == "HTTP"
    assert "members" not in partial.valid_fields


def test_an_unknown_value_of_an_undeclared_property_is_an_error() -> None:
    partial = parse_partial(ExampleInputs, {"label": "x", "color": UNKNOWN})
    assert [(each.property, each.code) for each in partial.findings] == [("color", "PROPERTY_UNKNOWN")]


def test_known_properties_are_parsed_and_all_others_are_none() -> None:
    partial = parse_partial(ExampleInputs, {"label": UNKNOWN, "length": 3.0, "enabled": True, "owners": "a"})
    known = partial.known.model_dump()
    assert known == {"label": None, "length": 3, "enabled": True, "owners": None}


@pytest.mark.parametrize(
    ("bag", "given"),
    [
        ({}, False),
        ({"owners": None}, False),
        ({"owners": []}, False),
        ({"owners": ["a"]}, True),
        ({"owners": UNKNOWN}, True),
        ({"owners": [UNKNOWN]}, True),
        ({"owners": 1.0}, True),
    ],
)
def test_given_is_true_for_every_value_except_none_and_empty(bag: dict[str, object], given: bool) -> None:
    assert parse_partial(ExampleInputs, {"label": "x", **bag}).given("owners") is given


def test_a_rule_is_skipped_only_if_a_property_that_it_needs_is_unknown_or_invalid() -> None:
    def check(partial: PartialInputs[ExampleInputs]) -> Iterator[Finding]:
        yield Finding("TOO_LONG", "error", "length", "It is too long.", "Shorten it.")

    rule = Rule[ExampleInputs](needs=frozenset({"label", "length"}), check=check)

    def reported(**bag: object) -> list[str]:
        return [each.code for each in parse_partial(ExampleInputs, bag).run_rules([rule])]

    assert reported(label="x", length=5.0) == ["TOO_LONG"]
    assert reported(label="x") == ["TOO_LONG"]
    assert reported(label="x", enabled=UNKNOWN, owners=1.0) == ["TOO_LONG"]
    assert reported(label=UNKNOWN, length=5.0) == []
    assert reported(label="x", length=UNKNOWN) == []
    assert reported(label="x", length=0.0) == []
    assert reported(length=5.0) == []


def test_hidden_keys_are_removed_from_the_properties() -> None:
    bag: dict[str, object] = {"label": "x", "__gcore": {"nonce": UNKNOWN}, "__provider": "gASV"}
    assert public(bag) == {"label": "x"}
    assert parse_partial(ExampleInputs, bag).unknown == frozenset()
    assert parse(ExampleInputs, bag) == ExampleInputs(label="x")


def test_floats_of_the_engine_are_parsed_as_integers() -> None:
    partial = parse(PoolInputs, {"load_balancer_id": BALANCER, "members": [member(protocol_port=8443.0, weight=2.0)]})
    only = partial.members[0]
    assert (only.protocol_port, type(only.protocol_port)) == (8443, int)
    assert (only.weight, type(only.weight)) == (2, int)


def test_parse_reports_every_invalid_property() -> None:
    with pytest.raises(PropertyError) as caught:
        parse(ExampleInputs, {"length": 0.0, "color": "red"})
    message = str(caught.value)
    assert "label: This property is required, and it is not set." in message
    assert "color: There is no property of this name." in message
    assert "length: The value is not valid: it should be greater than 0." in message
    assert "\n" not in message


def test_parse_rejects_unknown_values() -> None:
    with pytest.raises(PropertyError, match=r"^enabled, label: still unknown"):
        parse(ExampleInputs, {"label": UNKNOWN, "enabled": UNKNOWN})


def test_a_finding_does_not_contain_the_given_value() -> None:
    """A value in the wrong place can be a private key."""
    secret = "-----BEGIN PRIVATE KEY----- canary"
    bag: dict[str, Any] = {"label": ["x", secret], "length": secret, "enabled": secret, secret[:5]: 1.0}
    partial = parse_partial(ExampleInputs, bag)
    assert len(partial.findings) == 4
    assert "canary" not in " ".join(format_finding(each) for each in partial.findings)


def test_contains_unknown_finds_nested_unknown_values() -> None:
    assert contains_unknown(UNKNOWN)
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": ["UNKNOWN", None, b"x", 1.0]})
    assert repr(UNKNOWN) == "UNKNOWN"
