"""What the stand-in for Pulumi's engine is told and saves: programs, and the state, which it exports as Pulumi does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.fake_engine.account import urn_of

STACK = "dev"
SECRET = frozenset(
    {"certificate", "private_key", "certificate_chain", "pkcs12", "pkcs12_password", "private_key_passphrase"}
    | {"revocation_list", "payload"}
)
"""Properties that Pulumi encrypts: an export shows a ciphertext."""


@dataclass(frozen=True)
class Ref:
    """The id of another resource of the program."""

    name: str


@dataclass(frozen=True)
class Declared:
    """A resource as a program declares it.

    Attributes:
        kind: its class: `Pool`.
        name: what the program calls it.
        inputs: its arguments, under the names of the provider's properties; `Ref` for ids.
    """

    kind: str
    name: str
    inputs: Mapping[str, object]

    @property
    def urn(self) -> str:
        """Its URN."""
        return urn_of(self.kind, self.name)


Program = Sequence[Declared]


@dataclass(frozen=True)
class Row:
    """A resource in the state."""

    declared: Declared
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    delete: bool = False
    half_done: bool = False

    @property
    def urn(self) -> str:
        return self.declared.urn


@dataclass(frozen=True)
class Pending:
    """An operation that began."""

    type: Literal["creating", "updating", "deleting"]
    urn: str
    inputs: Mapping[str, Any]
    identity: str
    id: str = ""


@dataclass(frozen=True)
class State:
    """What is saved.

    Attributes:
        rows: the resources, in the order of their making.
        pending: operations whose end wasn't saved.
        identity: the id of the stack's dynamic provider; empty where it has none.
    """

    rows: tuple[Row, ...] = ()
    pending: tuple[Pending, ...] = ()
    identity: str = ""

    def plain(self) -> str:
        """What isn't encrypted in it."""
        bags = [bag for row in self.rows for bag in (row.inputs, row.outputs)] + [each.inputs for each in self.pending]
        return str([{name: value for name, value in bag.items() if name not in SECRET} for bag in bags])

    def export(self) -> bytes:
        """As `pulumi stack export` prints it."""
        provider = "pulumi:providers:pulumi-python"
        urn = f"urn:pulumi:{STACK}::shop::{provider}::default"
        listed: list[dict[str, object]] = []
        if self.identity:
            listed.append({"urn": urn, "custom": True, "id": self.identity, "type": provider})
        for row in self.rows:
            inputs, outputs = _encrypted(row.inputs), _encrypted(row.outputs)
            saved = {"urn": row.urn, "custom": True, "id": row.id, "type": row.urn.split("::")[2], "delete": row.delete}
            listed.append({**saved, "inputs": inputs, "outputs": outputs})
        pending = [
            {
                "resource": {
                    "urn": each.urn,
                    "custom": True,
                    "type": each.urn.split("::")[2],
                    "inputs": _encrypted(each.inputs),
                    "provider": f"{urn}::{each.identity}",
                    "id": each.id,
                },
                "type": each.type,
            }
            for each in self.pending
        ]
        return json.dumps({"version": 3, "deployment": {"resources": listed, "pending_operations": pending}}).encode()


def _encrypted(bag: Mapping[str, Any]) -> dict[str, Any]:
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return {name: {**sealed, "ciphertext": secrets.token_hex(8)} if name in SECRET else bag[name] for name in bag}
