"""Programs that the fake engine runs, and the state that it saves and exports as Pulumi does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.fake_engine.stack import urn_of

STACK = "dev"
ENCRYPTED_PROPERTIES = frozenset(
    {"certificate", "private_key", "certificate_chain", "pkcs12", "pkcs12_password", "private_key_passphrase"}
    | {"revocation_list", "payload"}
)
"""Properties that Pulumi encrypts: an export contains a ciphertext."""


@dataclass(frozen=True)
class ResourceRef:
    """The ID of another resource of the program."""

    name: str


@dataclass(frozen=True)
class DeclaredResource:
    """A resource as a program declares it.

    Attributes:
        kind: Class of the resource: `Pool`.
        name: Name of the resource in the program.
        inputs: Arguments, under the names of the provider's properties; `ResourceRef` for IDs.
    """

    kind: str
    name: str
    inputs: Mapping[str, object]

    @property
    def urn(self) -> str:
        """URN of the resource."""
        return urn_of(self.kind, self.name)


Program = Sequence[DeclaredResource]


@dataclass(frozen=True)
class SavedResource:
    """A resource in the state.

    Attributes:
        declared: Resource of the program.
        id: ID of the object at Gcore.
        inputs: Checked inputs.
        outputs: Outputs of the last create, update or refresh.
        delete_pending: The object was replaced and has yet to be deleted.
        partial: The last create or update was partially applied.
    """

    declared: DeclaredResource
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    delete_pending: bool = False
    partial: bool = False

    @property
    def urn(self) -> str:
        return self.declared.urn


@dataclass(frozen=True)
class PendingOperation:
    """An operation that has started and whose end is not saved.

    Attributes:
        type: Kind of the operation.
        urn: URN of the resource.
        inputs: Inputs of the operation.
        identity: ID of the dynamic provider.
        id: ID of the object; empty for a create.
    """

    type: Literal["creating", "updating", "deleting"]
    urn: str
    inputs: Mapping[str, Any]
    identity: str
    id: str = ""


@dataclass(frozen=True)
class SavedState:
    """The stack's state.

    Attributes:
        resources: Resources, in the order of their creation.
        pending: Pending operations.
        identity: ID of the stack's dynamic provider; empty if it has none.
    """

    resources: tuple[SavedResource, ...] = ()
    pending: tuple[PendingOperation, ...] = ()
    identity: str = ""

    def unencrypted_text(self) -> str:
        """Return everything in the state that Pulumi does not encrypt."""
        bags = [bag for each in self.resources for bag in (each.inputs, each.outputs)]
        bags += [each.inputs for each in self.pending]
        return str([{name: value for name, value in bag.items() if name not in ENCRYPTED_PROPERTIES} for bag in bags])

    def export(self) -> bytes:
        """Return the output of `pulumi stack export`."""
        provider = "pulumi:providers:pulumi-python"
        urn = f"urn:pulumi:{STACK}::shop::{provider}::default"
        listed: list[dict[str, object]] = []
        if self.identity:
            listed.append({"urn": urn, "custom": True, "id": self.identity, "type": provider})
        for each in self.resources:
            inputs, outputs = _encrypt_secrets(each.inputs), _encrypt_secrets(each.outputs)
            saved = {
                "urn": each.urn,
                "custom": True,
                "id": each.id,
                "type": each.urn.split("::")[2],
                "delete": each.delete_pending,
            }
            listed.append({**saved, "inputs": inputs, "outputs": outputs})
        pending = [
            {
                "resource": {
                    "urn": each.urn,
                    "custom": True,
                    "type": each.urn.split("::")[2],
                    "inputs": _encrypt_secrets(each.inputs),
                    "provider": f"{urn}::{each.identity}",
                    "id": each.id,
                },
                "type": each.type,
            }
            for each in self.pending
        ]
        return json.dumps({"version": 3, "deployment": {"resources": listed, "pending_operations": pending}}).encode()


def _encrypt_secrets(bag: Mapping[str, Any]) -> dict[str, Any]:
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    return {
        name: {**sealed, "ciphertext": secrets.token_hex(8)} if name in ENCRYPTED_PROPERTIES else bag[name]
        for name in bag
    }
