"""Property bags: what is said about them, on which property, and what an unknown value hides."""

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
    error_finding,
    format_finding,
    parse,
    parse_partial,
    public,
)
from gcore_tls_provider.lifecycle.kinds.listener.inputs import ListenerInputs
from gcore_tls_provider.lifecycle.kinds.load_balancer import LoadBalancerInputs
from gcore_tls_provider.lifecycle.kinds.pool.inputs import PoolInputs
from tests.fake_engine.account import MONITOR, member

BALANCER = "0a000000-0000-4000-8000-000000000001"


class Spoon(ResourceInputs):
    """Something with every kind of property."""

    material: str
    length: Annotated[int, Limited(gt=0)] = 10
    bent: bool | None = None
    owners: list[str] | None = None


# What comes in, and the properties that findings are on.
FAULTY: Mapping[str, tuple[type[ResourceInputs], dict[str, object], list[tuple[str, str]]]] = {
    "missing": (Spoon, {}, [("material", "PROPERTY_MISSING")]),
    "wrong type": (Spoon, {"material": 1.0}, [("material", "PROPERTY_INVALID")]),
    "no whole number": (Spoon, {"material": "tin", "length": 10.5}, [("length", "PROPERTY_INVALID")]),
    "out of range": (Spoon, {"material": "tin", "length": 0.0}, [("length", "PROPERTY_INVALID")]),
    "extra": (Spoon, {"material": "tin", "lenght": 5.0}, [("lenght", "PROPERTY_UNKNOWN")]),
    "in a list": (Spoon, {"material": "tin", "owners": ["a", 1.0]}, [("owners[1]", "PROPERTY_INVALID")]),
    "a list that is none": (Spoon, {"material": "tin", "owners": "a"}, [("owners", "PROPERTY_INVALID")]),
    "several at once": (
        Spoon,
        {"length": -1.0, "bent": "perhaps", "owners": [1.0, "b", 2.0], "color": "red"},
        [
            ("bent", "PROPERTY_INVALID"),
            ("color", "PROPERTY_UNKNOWN"),
            ("length", "PROPERTY_INVALID"),
            ("material", "PROPERTY_MISSING"),
            ("owners[0]", "PROPERTY_INVALID"),
            ("owners[2]", "PROPERTY_INVALID"),
        ],
    ),
    "in a member": (
        PoolInputs,
        {"members": [member(), member("backend.example"), member(protocol_port=0, weight=257.0)]},
        [
            ("members[1].address", "NOT_AN_ADDRESS"),
            ("members[2].protocol_port", "PROPERTY_INVALID"),
            ("members[2].weight", "PROPERTY_INVALID"),
        ],
    ),
    "a member's spelling": (
        PoolInputs,
        {"members": [{"adress": "10.0.0.1", "protocol_port": 1.0}]},
        [("members[0].address", "PROPERTY_MISSING"), ("members[0].adress", "PROPERTY_UNKNOWN")],
    ),
    "beside an unknown in the same member": (
        PoolInputs,
        {"members": [member(UNKNOWN, 0)]},
        [("members[0].protocol_port", "PROPERTY_INVALID")],
    ),
    "no choice": (PoolInputs, {"protocol": "QUIC"}, [("protocol", "PROPERTY_INVALID")]),
    "no id": (PoolInputs, {"load_balancer_id": "lb-1"}, [("load_balancer_id", "NOT_AN_ID")]),
    "no name": (PoolInputs, {"name": "-x"}, [("name", "NAME_INVALID")]),
    "a monitor that contradicts itself": (
        PoolInputs,
        {"health_monitor": {**MONITOR, "timeout": 10.0}},
        [("health_monitor", "MONITOR_TIMEOUT")],
    ),
    "a path for a TCP monitor": (
        PoolInputs,
        {"health_monitor": {**MONITOR, "url_path": "/"}},
        [("health_monitor", "MONITOR_HTTP_ONLY")],
    ),
    "a cookie for no reason": (
        PoolInputs,
        {"session_persistence": {"type": "SOURCE_IP", "cookie_name": "sid"}},
        [("session_persistence", "COOKIE_NAME")],
    ),
    "a network with host bits": (
        ListenerInputs,
        {"load_balancer_id": BALANCER, "allowed_cidrs": ["10.0.0.0/8", "10.0.0.1/8"]},
        [("allowed_cidrs[1]", "NOT_A_NETWORK")],
    ),
    "a tag": (LoadBalancerInputs, {"tags": {"owner": " me"}}, [("tags.owner", "PROPERTY_INVALID")]),
    "a tag's key": (LoadBalancerInputs, {"tags": {"the owner": "me"}}, [("tags.the owner", "PROPERTY_INVALID")]),
}


@pytest.mark.parametrize("name", FAULTY)
def test_findings_are_on_their_property(name: str) -> None:
    model, bag, expected = FAULTY[name]
    drafted = parse_partial(model, bag)
    assert sorted({(each.property, each.code) for each in drafted.findings}) == expected
    for each in drafted.findings:
        assert each.severity == "error"
        assert each.sentence.endswith(".")
        assert each.remedy.endswith(".")
    faulty = {each.property.split(".")[0].split("[")[0] for each in drafted.findings}
    assert not faulty & drafted.valid_fields
    with pytest.raises(PropertyError):
        parse(model, bag)


# What is unknown, and which properties are to be used all the same.
UNKNOWNS: Mapping[str, tuple[dict[str, object], frozenset[str], frozenset[str]]] = {
    "nothing": ({"material": "tin"}, frozenset(), frozenset({"material", "length", "bent", "owners"})),
    "a required one": ({"material": UNKNOWN}, frozenset({"material"}), frozenset({"length", "bent", "owners"})),
    "one of a list": (
        {"material": "tin", "owners": ["a", UNKNOWN]},
        frozenset({"owners"}),
        frozenset({"material", "length", "bent"}),
    ),
    "all": (
        dict.fromkeys(("material", "length", "bent", "owners"), UNKNOWN),
        frozenset({"material", "length", "bent", "owners"}),
        frozenset(),
    ),
}


@pytest.mark.parametrize("name", UNKNOWNS)
def test_an_unknown_value_is_no_fault(name: str) -> None:
    bag, unknown, usable = UNKNOWNS[name]
    drafted = parse_partial(Spoon, bag)
    assert drafted.findings == ()
    assert drafted.unknown == unknown
    assert drafted.valid_fields == usable


def test_an_unknown_member_hides_no_other_property() -> None:
    members = [member("10.0.0.1"), UNKNOWN, {"address": UNKNOWN, "protocol_port": 80.0}]
    drafted = parse_partial(PoolInputs, {"members": members, "protocol": "HTTP", "timeout_member_data": -1.0})
    assert drafted.unknown == {"members"}
    assert [each.property for each in drafted.findings] == ["timeout_member_data"]
    assert drafted.known.protocol == "HTTP"
    assert "members" not in drafted.valid_fields


def test_an_unknown_property_that_does_not_exist_is_a_fault() -> None:
    drafted = parse_partial(Spoon, {"material": "tin", "color": UNKNOWN})
    assert [(each.property, each.code) for each in drafted.findings] == [("color", "PROPERTY_UNKNOWN")]


def test_what_is_known_is_parsed_and_the_rest_is_none() -> None:
    drafted = parse_partial(Spoon, {"material": UNKNOWN, "length": 3.0, "bent": True, "owners": "a"})
    known = drafted.known.model_dump()
    assert known == {"material": None, "length": 3, "bent": True, "owners": None}


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
def test_given_counts_what_is_there_known_or_not(bag: dict[str, object], given: bool) -> None:
    assert parse_partial(Spoon, {"material": "tin", **bag}).given("owners") is given


def test_a_rule_rests_only_while_what_it_needs_is_unknown_or_faulty() -> None:
    def verdict(drafted: PartialInputs[Spoon]) -> Iterator[Finding]:
        yield error_finding("length", "TOO_LONG", "It is too long.", "Cut it.")

    rule = Rule[Spoon](needs=frozenset({"material", "length"}), check=verdict)

    def verdicts(**bag: object) -> list[str]:
        return [each.code for each in parse_partial(Spoon, bag).run_rules([rule])]

    assert verdicts(material="tin", length=5.0) == ["TOO_LONG"]
    assert verdicts(material="tin") == ["TOO_LONG"]
    assert verdicts(material="tin", bent=UNKNOWN, owners=1.0) == ["TOO_LONG"]
    assert verdicts(material=UNKNOWN, length=5.0) == []
    assert verdicts(material="tin", length=UNKNOWN) == []
    assert verdicts(material="tin", length=0.0) == []
    assert verdicts(length=5.0) == []


def test_internal_keys_are_for_nobody() -> None:
    bag: dict[str, object] = {"material": "tin", "__gcore": {"nonce": UNKNOWN}, "__provider": "gASV"}
    assert public(bag) == {"material": "tin"}
    assert parse_partial(Spoon, bag).unknown == frozenset()
    assert parse(Spoon, bag) == Spoon(material="tin")


def test_numbers_come_as_floats() -> None:
    drafted = parse(PoolInputs, {"load_balancer_id": BALANCER, "members": [member(protocol_port=8443.0, weight=2.0)]})
    only = drafted.members[0]
    assert (only.protocol_port, type(only.protocol_port)) == (8443, int)
    assert (only.weight, type(only.weight)) == (2, int)


def test_parse_names_every_property_at_fault() -> None:
    with pytest.raises(PropertyError) as caught:
        parse(Spoon, {"length": 0.0, "color": "red"})
    message = str(caught.value)
    assert "material: It is missing." in message
    assert "color: There is no such property." in message
    assert "length: It should be greater than 0." in message
    assert "\n" not in message


def test_parse_takes_no_unknown_value() -> None:
    with pytest.raises(PropertyError, match=r"^bent, material: still unknown"):
        parse(Spoon, {"material": UNKNOWN, "bent": UNKNOWN})


def test_a_finding_does_not_repeat_what_was_given() -> None:
    """A value at the wrong place may be a key."""
    secret = "-----BEGIN PRIVATE KEY----- canary"
    bag: dict[str, Any] = {"material": ["x", secret], "length": secret, "bent": secret, secret[:5]: 1.0}
    drafted = parse_partial(Spoon, bag)
    assert len(drafted.findings) == 4
    assert "canary" not in " ".join(format_finding(each) for each in drafted.findings)


def test_where_unknown_values_hide() -> None:
    assert contains_unknown(UNKNOWN)
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": ["UNKNOWN", None, b"x", 1.0]})
    assert repr(UNKNOWN) == "UNKNOWN"
