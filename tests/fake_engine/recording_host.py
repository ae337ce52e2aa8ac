"""An engine's side of a test: what it is told, and the state that it exports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

IDENTITY = "7f1b1c1e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Making:
    """A create that the state shows as under way.

    Attributes:
        urn: the resource.
        inputs: its inputs.
        identity: the id of the dynamic provider that it refers to.
    """

    urn: str
    inputs: Mapping[str, object]
    identity: str = IDENTITY


@dataclass
class RecordingHost:
    """An engine that keeps what it is told, and exports a state that the test decides on.

    Attributes:
        alive: whether it is still there.
        readable: whether its state can be exported.
        creating: creates under way: that of the running process, and those of processes that died.
        ids: ids in the state.
        exports: how often it was asked for its state.
        resources: URNs of resources in the state, by their ids.
    """

    alive: bool = True
    readable: bool = True
    creating: list[Making] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    exports: int = 0
    resources: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def progress(self, urn: str, text: str) -> None:
        self.told.append(text)

    def warn(self, urn: str, text: str) -> None:
        self.warnings.append((urn, text))

    def error(self, urn: str, text: str) -> None:
        self.errors.append((urn, text))

    def is_alive(self) -> bool:
        return self.alive

    def exported_stack(self, stack: str) -> bytes | None:
        self.exports += 1
        if not self.readable:
            return None
        return exported(ids=self.ids, creating=self.creating, resources=self.resources)


def exported(
    *,
    ids: Sequence[str] = (),
    creating: Sequence[Making] = (),
    identity: str | None = IDENTITY,
    deleted: bool = False,
    resources: Mapping[str, str] | None = None,
) -> bytes:
    """What `pulumi stack export` prints, as far as it matters."""
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
    for id_, urn in (resources or {}).items():
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
        for each in creating
    ]
    deployment = {"manifest": {}, "resources": listed, "pending_operations": pending}
    return json.dumps({"version": 3, "deployment": deployment}).encode()
