"""Engine that records its messages and exports a state that the test sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

IDENTITY = "7f1b1c1e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class PendingCreateRecord:
    """A pending create in the stack's state.

    Attributes:
        urn: URN of the resource.
        inputs: Inputs of the resource.
        identity: ID of the dynamic provider that the resource refers to.
    """

    urn: str
    inputs: Mapping[str, object]
    identity: str = IDENTITY


@dataclass
class RecordingEngine:
    """Engine that records its messages and exports a state that the test sets.

    Attributes:
        alive: The engine is still running.
        readable: Its state can be exported.
        pending_creates: Pending creates of the running process and of interrupted runs.
        ids: IDs in the state.
        export_count: Number of exports so far.
        urns_by_id: URNs of further resources in the state, by ID.
        progress_texts: Progress texts, in order.
        warnings: URN and text of each warning.
        errors: URN and text of each error.
    """

    alive: bool = True
    readable: bool = True
    pending_creates: list[PendingCreateRecord] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    export_count: int = 0
    urns_by_id: dict[str, str] = field(default_factory=dict)
    progress_texts: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def progress(self, urn: str, text: str) -> None:
        self.progress_texts.append(text)

    def warn(self, urn: str, text: str) -> None:
        self.warnings.append((urn, text))

    def error(self, urn: str, text: str) -> None:
        self.errors.append((urn, text))

    def is_alive(self) -> bool:
        return self.alive

    def exported_stack(self, stack: str) -> bytes | None:
        self.export_count += 1
        if not self.readable:
            return None
        return make_export(ids=self.ids, pending_creates=self.pending_creates, urns_by_id=self.urns_by_id)


def make_export(
    *,
    ids: Sequence[str] = (),
    pending_creates: Sequence[PendingCreateRecord] = (),
    identity: str | None = IDENTITY,
    deleted: bool = False,
    urns_by_id: Mapping[str, str] | None = None,
) -> bytes:
    """Return the output of `pulumi stack export`, as far as the provider reads it."""
    listed: list[dict[str, object]] = [
        {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "custom": False, "type": "pulumi:pulumi:Stack"}
    ]
    if identity is not None:
        provider = "pulumi:providers:pulumi-python"
        urn = f"urn:pulumi:dev::shop::{provider}::default"
        listed.append({"urn": urn, "custom": True, "id": identity, "type": provider, "delete": deleted})
    for number, each in enumerate(ids):
        kind = "pulumi-python:dynamic/gcore:Secret"
        listed.append({"urn": f"urn:pulumi:dev::shop::{kind}::s{number}", "custom": True, "id": each, "type": kind})
    for id_, urn in (urns_by_id or {}).items():
        kind = urn.split("::")[2].rpartition("$")[2]
        listed.append({"urn": urn, "custom": True, "id": id_, "type": kind})
    provider = "urn:pulumi:dev::shop::pulumi:providers:pulumi-python::default"
    pending = [
        {
            "resource": {
                "urn": each.urn,
                "custom": True,
                "type": each.urn.split("::")[2],
                "inputs": each.inputs,
                "provider": f"{provider}::{each.identity}",
            },
            "type": "creating",
        }
        for each in pending_creates
    ]
    deployment = {"manifest": {}, "resources": listed, "pending_operations": pending}
    return json.dumps({"version": 3, "deployment": deployment}).encode()
