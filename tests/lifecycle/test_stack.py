"""What is read of `pulumi stack export`, and which exports don't count."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from gcore_tls_provider.lifecycle.stack import parse_export
from tests.lifecycle.world import IDENTITY, exported, urn_of

URN, OTHER_URN = urn_of("Secret", "ca"), urn_of("Secret", "crl")


def test_identity_ids_and_creates_under_way() -> None:
    state = parse_export(exported(ids=["a", "b"], creating=[OTHER_URN, URN]), URN)
    assert state is not None
    assert state.identity == IDENTITY
    assert state.ids == state.made == {"a", "b", IDENTITY}
    assert {URN, OTHER_URN} <= state.urns
    assert state.creating == (OTHER_URN, URN)


def test_what_waits_for_its_deletion_is_in_the_state() -> None:
    export = json.loads(exported(creating=[URN]))
    export["deployment"]["resources"].append({"urn": URN, "type": "x", "custom": True, "id": "old", "delete": True})
    state = parse_export(json.dumps(export), URN)
    assert state is not None
    assert "old" in state.ids


def test_what_is_only_read_is_not_made_by_the_stack() -> None:
    export = json.loads(exported(creating=[URN]))
    export["deployment"]["resources"].append({"urn": OTHER_URN, "type": "x", "id": "read", "external": True})
    state = parse_export(json.dumps(export), URN)
    assert state is not None
    assert "read" in state.ids - state.made
    assert OTHER_URN in state.urns


def test_an_earlier_create_that_died_is_there_twice() -> None:
    state = parse_export(exported(creating=[URN, URN]), URN)
    assert state is not None
    assert state.creating == (URN, URN)


def test_other_operations_are_no_creates() -> None:
    export = json.loads(exported(creating=[URN]))
    export["deployment"]["pending_operations"] += [
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "deleting"},
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "updating"},
    ]
    state = parse_export(json.dumps(export), URN)
    assert state is not None
    assert state.creating == (URN,)


def test_a_provider_that_goes_is_not_the_stacks_identity() -> None:
    """After its replacement two are there, one of them marked `delete`."""
    export = json.loads(exported(creating=[URN], identity="old", deleted=True))
    export["deployment"]["resources"] += json.loads(exported(creating=[URN]))["deployment"]["resources"]
    state = parse_export(json.dumps(export), URN)
    assert state is not None
    assert state.identity == IDENTITY


def test_what_it_does_not_know_is_no_hindrance() -> None:
    export = json.loads(exported(creating=[URN]))
    export["deployment"]["resources"][1] |= {"outputs": {"apiKey": {"ciphertext": "x"}}, "created": "2026-01-01"}
    export["deployment"]["secrets_providers"] = {"type": "passphrase"}
    assert parse_export(json.dumps(export), URN) is not None


WHOLE = exported(ids=["a"], creating=[URN])

UNUSABLE: Mapping[str, bytes | str] = {
    "nothing": b"",
    "half of it": WHOLE[: len(WHOLE) // 2],
    "its end is missing": WHOLE[:-1],
    "no JSON": b"error: failed to load checkpoint: EOF",
    "not an object": b"[]",
    "no deployment": b'{"version": 3}',
    "a deployment of null": b'{"version": 3, "deployment": null}',
    "an empty deployment": b'{"version": 3, "deployment": {}}',
    "resources of null": b'{"version": 3, "deployment": {"resources": null, "pending_operations": null}}',
    "no provider": exported(creating=[URN], identity=None),
    "a provider without an id": exported(creating=[URN], identity=""),
    "only a provider that goes": exported(creating=[URN], deleted=True),
    "the create isn't in it": exported(creating=[OTHER_URN]),
    "nothing is under way": exported(),
    "not text": b"\xff\xfe",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_export_that_does_not_count(name: str) -> None:
    assert parse_export(UNUSABLE[name], URN) is None
