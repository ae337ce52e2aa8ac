"""The stack's state, as `pulumi stack export` prints it: identity of the stack, its objects, pending operations.

- The ID of the stack's dynamic provider resource is a random UUID, saved before anything else: no other stack has it,
  whatever its name and backend.
- An object that an interrupted run has left is not in the state; anything that is in the state is no orphan.
- A create of an interrupted run stays pending until somebody clears it; a pending update or delete stays until the next
  run writes the state for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.inputs.record import Record

_DYNAMIC_PROVIDER = "pulumi:providers:pulumi-python"
_OURS = "pulumi-python:dynamic/gcore:"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class _Resource(_Model):
    urn: str
    type: str = ""
    id: str = ""
    provider: str = ""
    delete: bool = False
    external: bool = False
    inputs: dict[str, object] | None = None
    outputs: dict[str, object] | None = None


class _Pending(_Model):
    resource: _Resource
    type: str = ""


class _Deployment(_Model):
    resources: list[_Resource] | None = Field(default_factory=list)
    pending_operations: list[_Pending] | None = Field(default_factory=list)


class _Export(_Model):
    deployment: _Deployment


@dataclass(frozen=True)
class PendingCreate:
    """A create attempt that the state shows as pending: it is running, or its run was interrupted.

    Attributes:
        urn: URN of the resource.
        nonce: Nonce of the attempt; empty if the inputs do not contain it.
        identity: Identity of the stack at that time: a stack that is destroyed and deployed again gets another one.
        inputs: Inputs as the state contains them; secret values are encrypted.
    """

    urn: str
    nonce: str
    identity: str
    inputs: Mapping[str, object]

    @property
    def name(self) -> str:
        """Name that this attempt gives to its object."""
        return ObjectNaming.of_urn(self.identity, self.urn).name(self.nonce)

    @property
    def type(self) -> str:
        """Type of the resource without its parents' types: `pulumi-python:dynamic/gcore:Pool`."""
        return self.urn.split("::")[2].rpartition("$")[2]


@dataclass(frozen=True)
class StackState:
    """Contents of a stack's state.

    Attributes:
        identity: UUID that no other stack has; empty if the state contains no dynamic provider.
        ids: IDs of all objects in the state, including those whose delete is pending.
        created: IDs of the objects that this stack has created, without those that it only reads.
        urns: URNs of all resources in the state and of all pending creates.
        creating: Pending creates.
        updating: Inputs of pending updates, by URN.
        deleting: IDs of the objects whose delete was started.
        pending_delete_ids: IDs of replaced objects that were not deleted yet: the next run deletes them at its end.
        managers: URNs of the resources that manage an object, by its ID; without resources that only read it.
        adopted: IDs that a resource has adopted, by its URN; the object can have been replaced since.
    """

    identity: str = ""
    ids: frozenset[str] = frozenset()
    created: frozenset[str] = frozenset()
    urns: frozenset[str] = frozenset()
    creating: tuple[PendingCreate, ...] = ()
    updating: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    deleting: frozenset[str] = frozenset()
    pending_delete_ids: frozenset[str] = frozenset()
    managers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    adopted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> StackState:
        """Return the state of a stack without resources."""
        return cls()

    def pending_create(self, urn: str, nonce: str) -> PendingCreate | None:
        """Return a pending create attempt of a resource; None if the state does not show it."""
        return next((each for each in self.creating if (each.urn, each.nonce) == (urn, nonce)), None)

    def interrupted_creates(self, urn: str, nonce: str) -> tuple[PendingCreate, ...]:
        """Return the interrupted create attempts of a resource: all pending ones except the running one."""
        return tuple(each for each in self.creating if each.urn == urn and each.nonce not in ("", nonce))

    def ever_owned(self, urn: str, object_id: str) -> bool:
        """Return whether a resource in the state manages an object or has adopted it earlier."""
        return urn in self.managers.get(object_id, ()) or object_id in self.adopted.get(urn, ())


def parse_export(exported: bytes | str) -> StackState | None:
    """Parse the output of `pulumi stack export`; return None if it is no complete state."""
    try:
        deployment = _Export.model_validate_json(exported).deployment
    except ValidationError:
        return None
    resources = deployment.resources or []
    pending = deployment.pending_operations or []
    identity = next(_identities(resources), "")
    creating = tuple(
        PendingCreate(
            each.resource.urn,
            Record.of(each.resource.inputs or {}).nonce,
            _identity_in(each.resource.provider) or identity,
            each.resource.inputs or {},
        )
        for each in pending
        if each.type == "creating"
    )
    managed = [each for each in resources if each.id and not each.external and each.type.startswith(_OURS)]
    return StackState(
        identity=identity,
        ids=frozenset(each.id for each in resources if each.id),
        created=frozenset(each.id for each in resources if each.id and not each.external),
        urns=frozenset(each.urn for each in resources) | frozenset(each.urn for each in creating),
        creating=creating,
        updating={each.resource.urn: each.resource.inputs or {} for each in pending if each.type == "updating"},
        deleting=frozenset(each.resource.id for each in pending if each.type == "deleting" and each.resource.id),
        pending_delete_ids=frozenset(
            each.id for each in resources if each.delete and each.id and each.type.startswith(_OURS)
        ),
        managers=_grouped((each.id, each.urn) for each in managed),
        adopted=_grouped(
            (each.urn, existing)
            for each in managed
            if isinstance(existing := (each.outputs or {}).get("existing_id"), str)
        ),
    )


def _grouped(pairs: Iterator[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    groups: dict[str, frozenset[str]] = {}
    for key, value in pairs:
        groups[key] = groups.get(key, frozenset()) | {value}
    return groups


def _identities(resources: list[_Resource]) -> Iterator[str]:
    for each in resources:
        if each.type == _DYNAMIC_PROVIDER and each.id and not each.delete:
            yield each.id


def _identity_in(provider: str) -> str:
    """Return the ID in a reference to a dynamic provider, `<URN>::<id>`; empty for other providers."""
    urn, _, identity = provider.rpartition("::")
    return identity if f"::{_DYNAMIC_PROVIDER}::" in urn else ""
