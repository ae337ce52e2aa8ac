"""What the stack's own state says: who the stack is, and which objects are in use by it.

The state is the one that `pulumi stack export` prints. It is read once per process, the first time that something is
created, because only then it matters:

- the id of the stack's dynamic provider resource is a random UUID that was saved before anything else was made: no two
  stacks share it, whatever they are called and whichever backend they are on;
- an object's id is in the state, or it isn't: only what isn't can have been left behind by a run that died.

An export counts only if it shows the very making that asks for it as under way; a file that was read half-written, or a
backend that answers late, does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gcore_tls_provider.hidden_inputs import ATTEMPT
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming

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
    """A create that the state shows as under way: it is, or its run has died.

    Attributes:
        urn: the resource.
        attempt: which making of it, `ATTEMPT` of its inputs; empty where the inputs don't say.
        identity: the stack's identity at that time: a stack that was destroyed and made again has another one.
        inputs: its inputs, as the state has them: what is secret is encrypted.
    """

    urn: str
    attempt: str
    identity: str
    inputs: Mapping[str, object]

    @property
    def name(self) -> str:
        """The name that it has given."""
        return ObjectNaming.of_urn(self.identity, self.urn).name(self.attempt)

    @property
    def type(self) -> str:
        """The type of the resource, without its parents': `pulumi-python:dynamic/gcore:Pool`."""
        return self.urn.split("::")[2].rpartition("$")[2]


@dataclass(frozen=True)
class StackState:
    """What was read of the state.

    Attributes:
        identity: the UUID that no other stack has; empty where no dynamic provider is in the state.
        ids: the ids of all objects in the state, those included that wait for their deletion.
        made: the ids of those that this stack has made: all but the ones that it only reads.
        urns: the URNs of all resources that are in the state or were under way.
        creating: the creates that are under way. That of a run that died stays until somebody clears it.
        updating: the inputs of the updates that are under way, by URN. That of a run that died stays until the next one
            changes something.
        deleting: the ids of the objects whose deletion is under way; for them the same holds.
        condemned: the ids of what was replaced and couldn't be deleted then: the next run does it, at its very end.
    """

    identity: str
    ids: frozenset[str]
    made: frozenset[str]
    urns: frozenset[str]
    creating: tuple[PendingCreate, ...]
    updating: Mapping[str, Mapping[str, object]]
    deleting: frozenset[str]
    pending_delete_ids: frozenset[str]

    @classmethod
    def nothing(cls) -> StackState:
        """That of a stack that has nothing, or whose state can't be read."""
        return cls("", frozenset(), frozenset(), frozenset(), (), {}, frozenset(), frozenset())

    def under_way(self, urn: str, attempt: str) -> PendingCreate | None:
        """A making of a resource, if the state shows it as under way."""
        return next((each for each in self.creating if (each.urn, each.attempt) == (urn, attempt)), None)

    def interrupted_creates(self, urn: str, attempt: str) -> tuple[PendingCreate, ...]:
        """The makings of a resource that have died: all that are under way but this one."""
        return tuple(each for each in self.creating if each.urn == urn and each.attempt not in ("", attempt))


def parse_export(exported: bytes | str) -> StackState | None:
    """The state, from what `pulumi stack export` prints.

    Args:
        exported: its output.

    Returns:
        None where it is unreadable.
    """
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
            _attempt(each.resource.inputs or {}),
            _identity_in(each.resource.provider) or identity,
            each.resource.inputs or {},
        )
        for each in pending
        if each.type == "creating"
    )
    return StackState(
        identity=identity,
        ids=frozenset(each.id for each in resources if each.id),
        made=frozenset(each.id for each in resources if each.id and not each.external),
        urns=frozenset(each.urn for each in resources) | frozenset(each.urn for each in creating),
        creating=creating,
        updating={each.resource.urn: each.resource.inputs or {} for each in pending if each.type == "updating"},
        deleting=frozenset(each.resource.id for each in pending if each.type == "deleting" and each.resource.id),
        pending_delete_ids=frozenset(
            each.id for each in resources if each.delete and each.id and each.type.startswith(_OURS)
        ),
    )


@dataclass(frozen=True)
class ObjectOwners:
    """Which resources of a stack manage which objects.

    Attributes:
        by_id: URNs by the object's id, of all that isn't only read; what waits for its deletion included.
        adopted: by URN, what the resource has adopted; it may have been replaced by another object since.
    """

    by_id: Mapping[str, frozenset[str]]
    adopted: Mapping[str, frozenset[str]]

    def managers(self, object_id: str) -> frozenset[str]:
        """The URNs of the resources that manage an object."""
        return self.by_id.get(object_id, frozenset())

    def ever_owned(self, urn: str, object_id: str) -> bool:
        """Whether an object is or was that of a resource that is in the state."""
        return urn in self.managers(object_id) or object_id in self.adopted.get(urn, ())


def parse_managed(exported: bytes | str) -> ObjectOwners | None:
    """Which resources manage which objects, from what `pulumi stack export` prints; None where it is unreadable."""
    try:
        deployment = _Export.model_validate_json(exported).deployment
    except ValidationError:
        return None
    by_id: dict[str, frozenset[str]] = {}
    adopted: dict[str, frozenset[str]] = {}
    for each in deployment.resources or []:
        if each.id and not each.external and each.type.startswith(_OURS):
            by_id[each.id] = by_id.get(each.id, frozenset()) | {each.urn}
            existing = each.outputs.get("existing_id") if each.outputs else None
            if isinstance(existing, str):
                adopted[each.urn] = adopted.get(each.urn, frozenset()) | {existing}
    return ObjectOwners(by_id, adopted)


def _attempt(inputs: Mapping[str, object]) -> str:
    attempt = inputs.get(ATTEMPT)
    return attempt if isinstance(attempt, str) else ""


def _identities(resources: list[_Resource]) -> Iterator[str]:
    for each in resources:
        if each.type == _DYNAMIC_PROVIDER and each.id and not each.delete:
            yield each.id


def _identity_in(provider: str) -> str:
    """The id in a reference to a dynamic provider: `<URN>::<id>`."""
    urn, _, identity = provider.rpartition("::")
    return identity if f"::{_DYNAMIC_PROVIDER}::" in urn else ""
