"""What is read of `pulumi stack export`, and which exports don't count."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from gcore_tls_provider.lifecycle.recovery.stack_state import parse_export
from tests.fake_engine.account import World, hidden, urn_of
from tests.fake_engine.recording_host import IDENTITY, Making, exported

URN, OTHER_URN = urn_of("Secret", "ca"), urn_of("Secret", "crl")
THIS, OTHER = Making(URN, hidden(nonce="this")), Making(OTHER_URN, {**hidden(nonce="that"), "name": "crl"})


def test_identity_ids_and_creates_under_way() -> None:
    state = parse_export(exported(ids=["a", "b"], creating=[OTHER, THIS]))
    assert state is not None
    assert state.identity == IDENTITY
    assert state.ids == state.created == {"a", "b", IDENTITY}
    assert {URN, OTHER_URN} <= state.urns
    that, this = state.creating
    assert (that.urn, that.nonce, that.identity, that.inputs["name"]) == (OTHER_URN, "that", IDENTITY, "crl")
    assert state.pending_create(URN, "this") is this
    assert state.pending_create(URN, "that") is None


def test_what_waits_for_its_deletion_is_in_the_state() -> None:
    export = json.loads(exported(creating=[THIS]))
    export["deployment"]["resources"].append({"urn": URN, "type": "x", "custom": True, "id": "old", "delete": True})
    state = parse_export(json.dumps(export))
    assert state is not None
    assert "old" in state.ids


def test_what_is_only_read_is_not_made_by_the_stack() -> None:
    export = json.loads(exported(creating=[THIS]))
    export["deployment"]["resources"].append({"urn": OTHER_URN, "type": "x", "id": "read", "external": True})
    state = parse_export(json.dumps(export))
    assert state is not None
    assert "read" in state.ids - state.created
    assert OTHER_URN in state.urns


def test_an_earlier_making_that_died_is_there_beside_this_one() -> None:
    """One of before there were attempts says nothing about its name, so that it proves nothing."""
    dead = Making(URN, hidden(nonce="before"))
    state = parse_export(exported(creating=[dead, THIS, Making(URN, {}), OTHER]))
    assert state is not None
    assert [each.nonce for each in state.interrupted_creates(URN, "this")] == ["before"]
    assert state.interrupted_creates(OTHER_URN, "that") == ()


def test_a_making_of_a_stack_that_was_destroyed_since_has_its_identity() -> None:
    state = parse_export(exported(creating=[Making(URN, hidden(nonce="before"), identity="former"), THIS]))
    assert state is not None
    assert state.identity == IDENTITY
    assert [each.identity for each in state.creating] == ["former", IDENTITY]


def test_a_destroyed_stack_still_shows_what_died() -> None:
    state = parse_export(exported(creating=[Making(URN, hidden(nonce="before"), identity="former")], identity=None))
    assert state is not None
    assert state.identity == ""
    assert [each.identity for each in state.creating] == ["former"]


def test_other_operations_are_no_creates() -> None:
    export = json.loads(exported(creating=[THIS]))
    export["deployment"]["pending_operations"] += [
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "deleting"},
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "updating"},
    ]
    state = parse_export(json.dumps(export))
    assert state is not None
    assert [each.urn for each in state.creating] == [URN]


def test_a_provider_that_goes_is_not_the_stacks_identity() -> None:
    """After its replacement two are there, one of them marked `delete`."""
    export = json.loads(exported(creating=[THIS], identity="old", deleted=True))
    export["deployment"]["resources"] += json.loads(exported(creating=[THIS]))["deployment"]["resources"]
    state = parse_export(json.dumps(export))
    assert state is not None
    assert state.identity == IDENTITY


def test_what_it_does_not_know_is_no_hindrance() -> None:
    export = json.loads(exported(creating=[THIS]))
    export["deployment"]["resources"][1] |= {"outputs": {"apiKey": {"ciphertext": "x"}}, "created": "2026-01-01"}
    export["deployment"]["secrets_providers"] = {"type": "passphrase"}
    assert parse_export(json.dumps(export)) is not None


WHOLE = exported(ids=["a"], creating=[THIS])

UNREADABLE: Mapping[str, bytes | str] = {
    "nothing": b"",
    "half of it": WHOLE[: len(WHOLE) // 2],
    "its end is missing": WHOLE[:-1],
    "no JSON": b"error: failed to load checkpoint: EOF",
    "not an object": b"[]",
    "no deployment": b'{"version": 3}',
    "a deployment of null": b'{"version": 3, "deployment": null}',
    "not text": b"\xff\xfe",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_export_that_is_unreadable(name: str) -> None:
    assert parse_export(UNREADABLE[name]) is None


WITHOUT_IDENTITY: Mapping[str, bytes | str] = {
    "an empty deployment": b'{"version": 3, "deployment": {}}',
    "resources of null": b'{"version": 3, "deployment": {"resources": null, "pending_operations": null}}',
    "no provider": exported(creating=[THIS], identity=None),
    "a provider without an id": exported(creating=[THIS], identity=""),
    "only a provider that goes": exported(creating=[THIS], deleted=True),
}


@pytest.mark.parametrize("name", WITHOUT_IDENTITY)
def test_an_export_that_does_not_say_who_the_stack_is(name: str) -> None:
    state = parse_export(WITHOUT_IDENTITY[name])
    assert state is not None
    assert state.identity == ""


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param(exported(creating=[OTHER]), id="the making isn't in it"),
        pytest.param(exported(), id="nothing is under way"),
        pytest.param(exported(creating=[Making(URN, hidden(nonce="before"))]), id="an earlier one of it is"),
        pytest.param(exported(creating=[THIS], identity=None), id="no provider is in it"),
        pytest.param(WHOLE[:-1], id="half of it"),
    ],
)
def test_an_export_that_does_not_count(printed: bytes, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for again, and in the end names are random, which is said."""
    monkeypatch.setattr(world.host, "exported_stack", lambda stack: printed)
    assert world.session.stack.during_create("dev", URN, "this") is None
    ((urn, text),) = world.host.warnings
    assert urn == URN
    assert "random names" in text
    assert world.session.stack.substitute_identity != ""
