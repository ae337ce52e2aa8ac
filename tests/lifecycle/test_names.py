"""Names: whatever a program calls a resource, Gcore takes the name, and nobody else has it."""

from __future__ import annotations

import re

import pytest

from gcore_tls_provider.api.wire.scalars import NAME_PATTERN
from gcore_tls_provider.lifecycle.inputs.naming import LONGEST, PATTERN, ObjectNaming
from tests.fake_engine.account import urn_of
from tests.fake_engine.recording_host import IDENTITY

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
def test_a_name_is_always_one_that_gcore_takes(logical: str) -> None:
    name = ObjectNaming.of(logical, IDENTITY, URN).name("attempt")
    assert re.fullmatch(PATTERN, name)
    assert 3 <= len(name) <= LONGEST
    cleaned, owner, attempt = name.rsplit("-", 2)
    assert cleaned == LOGICAL[logical]
    assert re.fullmatch("[0-9a-f]{8}", owner)
    assert re.fullmatch("[0-9a-f]{6}", attempt)


def test_the_pattern_is_gcores() -> None:
    assert PATTERN == NAME_PATTERN


def test_a_name_stays_the_same() -> None:
    """It is in users' states and accounts: another one would be another object."""
    assert ObjectNaming.of("web", IDENTITY, URN).name("5f0c") == "web-196b5973-045ef6"


def test_whose_name_it_is() -> None:
    names = ObjectNaming.of("web", IDENTITY, URN)
    name = names.name("attempt")
    others = [
        ObjectNaming.of("web", IDENTITY.replace("7", "8", 1), URN).name("attempt"),
        ObjectNaming.of("web", IDENTITY, URN + "2").name("attempt"),
        names.name("another attempt"),
        names.name(""),
    ]
    assert len({name, *others}) == 1 + len(others)
    assert ObjectNaming.of("web", IDENTITY, URN).name("attempt") == name
    assert name.startswith(names.prefix)
    assert names.name("another attempt").startswith(names.prefix)


def test_parts_do_not_run_into_each_other() -> None:
    assert ObjectNaming.of("web", "ab", "c").owner != ObjectNaming.of("web", "a", "bc").owner


def test_what_is_cut_off_still_tells_names_apart() -> None:
    """The logical name is in the URN, so two long names that begin alike differ."""
    one, other = "a" * 60 + "1", "a" * 60 + "2"
    assert (
        ObjectNaming.of(one, IDENTITY, urn_of("Pool", one)).owner
        != ObjectNaming.of(other, IDENTITY, urn_of("Pool", other)).owner
    )
