"""Names of objects: valid at Gcore and unique for any name of a resource."""

from __future__ import annotations

import re

import pytest

from gcore_tls_provider.api.wire.scalars import NAME_PATTERN
from gcore_tls_provider.lifecycle.inputs.naming import LONGEST, PATTERN, ObjectNaming
from tests.fake_engine.recording_engine import IDENTITY
from tests.fake_engine.stack import urn_of

URN = urn_of("Pool", "web")

LOGICAL = {
    "web": "web",
    "web-pool": "web-pool",
    "Web_Pool.1": "Web_Pool.1",
    "web pool": "web-pool",
    "über-größe": "ber-gr-e",
    "日本": "x",
    "": "x",
    "-": "x",
    "...": "x",
    ".hidden": "hidden",
    "-_-a": "a",
    "web/": "web",
    "a" * 47: "a" * 47,
    "a" * 300: "a" * 47,
    "a" * 46 + "-b": "a" * 46,
    "a" * 46 + ".b": "a" * 46,
    "tab\there": "tab-here",
    "line\nbreak\n": "line-break",
    "$(rm -rf)": "rm--rf",
}


@pytest.mark.parametrize("logical", LOGICAL)
def test_every_name_matches_gcores_pattern(logical: str) -> None:
    name = ObjectNaming.of(logical, IDENTITY, URN).name("nonce")
    assert re.fullmatch(PATTERN, name)
    assert 3 <= len(name) <= LONGEST
    cleaned, owner, nonce = name.rsplit("-", 2)
    assert cleaned == LOGICAL[logical]
    assert re.fullmatch("[0-9a-f]{8}", owner)
    assert re.fullmatch("[0-9a-f]{6}", nonce)


def test_the_pattern_is_that_of_the_api() -> None:
    assert PATTERN == NAME_PATTERN


def test_a_name_is_the_same_in_every_release() -> None:
    """Users' states and accounts contain the name: another name would be another object."""
    assert ObjectNaming.of("web", IDENTITY, URN).name("5f0c") == "web-196b5973-045ef6"


def test_a_name_depends_on_stack_resource_and_nonce() -> None:
    names = ObjectNaming.of("web", IDENTITY, URN)
    name = names.name("nonce")
    others = [
        ObjectNaming.of("web", IDENTITY.replace("7", "8", 1), URN).name("nonce"),
        ObjectNaming.of("web", IDENTITY, URN + "2").name("nonce"),
        names.name("another nonce"),
        names.name(""),
    ]
    assert len({name, *others}) == 1 + len(others)
    assert ObjectNaming.of("web", IDENTITY, URN).name("nonce") == name
    assert name.startswith(names.prefix)
    assert names.name("another nonce").startswith(names.prefix)


def test_the_owner_part_separates_identity_and_urn() -> None:
    assert ObjectNaming.of("web", "ab", "c").owner != ObjectNaming.of("web", "a", "bc").owner


def test_long_names_with_the_same_beginning_differ() -> None:
    """The URN contains the full name, so two long names with the same beginning differ."""
    one, other = "a" * 60 + "1", "a" * 60 + "2"
    assert (
        ObjectNaming.of(one, IDENTITY, urn_of("Pool", one)).owner
        != ObjectNaming.of(other, IDENTITY, urn_of("Pool", other)).owner
    )
