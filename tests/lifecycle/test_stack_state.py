"""State of the stack: parsing of `pulumi stack export`, and exports that are ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from gcore_tls_provider.lifecycle.recovery.stack_state import parse_export
from tests.fake_engine.recording_engine import IDENTITY, PendingCreateRecord, make_export
from tests.fake_engine.stack import FakeStack, hidden_record, urn_of

URN, OTHER_URN = urn_of("Secret", "ca"), urn_of("Secret", "crl")
THIS, OTHER = (
    PendingCreateRecord(URN, hidden_record(nonce="this")),
    PendingCreateRecord(OTHER_URN, {**hidden_record(nonce="that"), "name": "crl"}),
)


def test_an_export_has_identity_ids_and_pending_creates() -> None:
    state = parse_export(make_export(ids=["a", "b"], pending_creates=[OTHER, THIS]))
    assert state is not None
    assert state.identity == IDENTITY
    assert state.ids == state.created == {"a", "b", IDENTITY}
    assert {URN, OTHER_URN} <= state.urns
    that, this = state.creating
    assert (that.urn, that.nonce, that.identity, that.inputs["name"]) == (OTHER_URN, "that", IDENTITY, "crl")
    assert state.pending_create(URN, "this") is this
    assert state.pending_create(URN, "that") is None


def test_an_object_that_is_delete_pending_is_in_the_state() -> None:
    export = json.loads(make_export(pending_creates=[THIS]))
    export["deployment"]["resources"].append({"urn": URN, "type": "x", "custom": True, "id": "old", "delete": True})
    state = parse_export(json.dumps(export))
    assert state is not None
    assert "old" in state.ids


def test_an_external_resource_does_not_count_as_created_by_the_stack() -> None:
    export = json.loads(make_export(pending_creates=[THIS]))
    export["deployment"]["resources"].append({"urn": OTHER_URN, "type": "x", "id": "read", "external": True})
    state = parse_export(json.dumps(export))
    assert state is not None
    assert "read" in state.ids - state.created
    assert OTHER_URN in state.urns


def test_an_interrupted_create_is_listed_beside_the_current_one() -> None:
    """A pending create without a nonce does not determine a name, so that it is ignored."""
    interrupted = PendingCreateRecord(URN, hidden_record(nonce="earlier"))
    state = parse_export(make_export(pending_creates=[interrupted, THIS, PendingCreateRecord(URN, {}), OTHER]))
    assert state is not None
    assert [each.nonce for each in state.interrupted_creates(URN, "this")] == ["earlier"]
    assert state.interrupted_creates(OTHER_URN, "that") == ()


def test_a_pending_create_of_a_destroyed_stack_has_the_earlier_identity() -> None:
    state = parse_export(
        make_export(
            pending_creates=[PendingCreateRecord(URN, hidden_record(nonce="earlier"), identity="previous"), THIS]
        )
    )
    assert state is not None
    assert state.identity == IDENTITY
    assert [each.identity for each in state.creating] == ["previous", IDENTITY]


def test_a_destroyed_stack_still_has_its_interrupted_creates() -> None:
    state = parse_export(
        make_export(
            pending_creates=[PendingCreateRecord(URN, hidden_record(nonce="earlier"), identity="previous")],
            identity=None,
        )
    )
    assert state is not None
    assert state.identity == ""
    assert [each.identity for each in state.creating] == ["previous"]


def test_pending_updates_and_deletes_are_no_creates() -> None:
    export = json.loads(make_export(pending_creates=[THIS]))
    export["deployment"]["pending_operations"] += [
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "deleting"},
        {"resource": {"urn": OTHER_URN, "type": "x", "id": "c"}, "type": "updating"},
    ]
    state = parse_export(json.dumps(export))
    assert state is not None
    assert [each.urn for each in state.creating] == [URN]


def test_a_provider_that_is_delete_pending_is_not_the_identity() -> None:
    """After a replacement of the provider the state has two, one of them marked `delete`."""
    export = json.loads(make_export(pending_creates=[THIS], identity="old", deleted=True))
    export["deployment"]["resources"] += json.loads(make_export(pending_creates=[THIS]))["deployment"]["resources"]
    state = parse_export(json.dumps(export))
    assert state is not None
    assert state.identity == IDENTITY


def test_unknown_fields_of_an_export_are_ignored() -> None:
    export = json.loads(make_export(pending_creates=[THIS]))
    export["deployment"]["resources"][1] |= {"outputs": {"apiKey": {"ciphertext": "x"}}, "created": "2026-01-01"}
    export["deployment"]["secrets_providers"] = {"type": "passphrase"}
    assert parse_export(json.dumps(export)) is not None


WHOLE = make_export(ids=["a"], pending_creates=[THIS])

UNREADABLE: Mapping[str, bytes | str] = {
    "empty": b"",
    "half of the export": WHOLE[: len(WHOLE) // 2],
    "no end": WHOLE[:-1],
    "not JSON": b"error: failed to load checkpoint: EOF",
    "not an object": b"[]",
    "no deployment": b'{"version": 3}',
    "a deployment of null": b'{"version": 3, "deployment": null}',
    "not UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_export_has_no_state(name: str) -> None:
    assert parse_export(UNREADABLE[name]) is None


WITHOUT_IDENTITY: Mapping[str, bytes | str] = {
    "an empty deployment": b'{"version": 3, "deployment": {}}',
    "resources of null": b'{"version": 3, "deployment": {"resources": null, "pending_operations": null}}',
    "no provider": make_export(pending_creates=[THIS], identity=None),
    "a provider without an id": make_export(pending_creates=[THIS], identity=""),
    "only a provider that is delete pending": make_export(pending_creates=[THIS], deleted=True),
}


@pytest.mark.parametrize("name", WITHOUT_IDENTITY)
def test_an_export_without_a_provider_has_no_identity(name: str) -> None:
    state = parse_export(WITHOUT_IDENTITY[name])
    assert state is not None
    assert state.identity == ""


@pytest.mark.parametrize(
    "exported",
    [
        pytest.param(make_export(pending_creates=[OTHER]), id="without the pending create"),
        pytest.param(make_export(), id="without pending operations"),
        pytest.param(
            make_export(pending_creates=[PendingCreateRecord(URN, hidden_record(nonce="earlier"))]),
            id="only an earlier create attempt",
        ),
        pytest.param(make_export(pending_creates=[THIS], identity=None), id="without a provider"),
        pytest.param(WHOLE[:-1], id="half of the export"),
    ],
)
def test_an_export_without_the_current_create_is_ignored(
    exported: bytes, stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export is repeated. In the end names are random, which is a warning."""
    monkeypatch.setattr(stack.engine, "exported_stack", lambda stack: exported)
    assert stack.session.stack.during_create("dev", URN, "this") is None
    ((urn, text),) = stack.engine.warnings
    assert urn == URN
    assert "random names" in text
    assert stack.session.stack.substitute_identity != ""
