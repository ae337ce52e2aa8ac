"""What the stack's own state says: who the stack is, and which objects are in use by it.

The state is the one that `pulumi stack export` prints. It is read once per process, the first time that something is
created, because only then it matters:

- the id of the stack's dynamic provider resource is a random UUID that was saved before anything else was made: no two
  stacks share it, whatever they are called and whichever backend they are on;
- an object's id is in the state, or it isn't: only what isn't can have been left behind by a run that died.

An export counts only if it shows the very create that asks for it as under way; a file that was read half-written, or a
backend that answers late, does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

_DYNAMIC_PROVIDER = "pulumi:providers:pulumi-python"
_OURS = "pulumi-python:dynamic/gcore:"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Resource(_Model):
    urn: str
    type: str = ""
    id: str = ""
    delete: bool = False
    external: bool = False
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
class StackState:
    """What was read of the state.

    Attributes:
        identity: the UUID that no other stack has.
        ids: the ids of all objects in the state, those included that wait for their deletion.
        made: the ids of those that this stack has made: all but the ones that it only reads.
        urns: the URNs of all resources that are in the state or were under way.
        creating: the URNs of the creates that are under way, one for each. That of a run that died stays for ever.
    """

    identity: str
    ids: frozenset[str]
    made: frozenset[str]
    urns: frozenset[str]
    creating: tuple[str, ...]


def parse_export(exported: bytes | str, urn: str) -> StackState | None:
    """The state, from what `pulumi stack export` prints.

    Args:
        exported: its output.
        urn: the resource whose create is under way.

    Returns:
        None where the export doesn't count: unreadable, no provider in it, or the create isn't in it.
    """
    try:
        deployment = _Export.model_validate_json(exported).deployment
    except ValidationError:
        return None
    resources = deployment.resources or []
    creating = tuple(each.resource.urn for each in deployment.pending_operations or [] if each.type == "creating")
    identity = next(_identities(resources), None)
    if identity is None or urn not in creating:
        return None
    return StackState(
        identity=identity,
        ids=frozenset(each.id for each in resources if each.id),
        made=frozenset(each.id for each in resources if each.id and not each.external),
        urns=frozenset(each.urn for each in resources) | frozenset(creating),
        creating=creating,
    )


@dataclass(frozen=True)
class Managed:
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

    def has_had(self, urn: str, object_id: str) -> bool:
        """Whether an object is or was that of a resource that is in the state."""
        return urn in self.managers(object_id) or object_id in self.adopted.get(urn, ())


def parse_managed(exported: bytes | str) -> Managed | None:
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
    return Managed(by_id, adopted)


def _identities(resources: list[_Resource]) -> Iterator[str]:
    for each in resources:
        if each.type == _DYNAMIC_PROVIDER and each.id and not each.delete:
            yield each.id
