"""Decide by an object's name whether this stack created it: certainly, probably, or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate
from gcore_tls_provider.lifecycle.recovery.unknown_outcome import is_unknown, name_of_unknown

ObjectKind: TypeAlias = Literal["pool", "listener", "load balancer", "secret"]
"""Sort of object, as messages call it."""

RESOURCE_TYPES: Final[Mapping[ObjectKind, tuple[str, ...]]] = {
    "pool": ("Pool",),
    "listener": ("Listener",),
    "load balancer": ("LoadBalancer",),
    "secret": ("Secret", "ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList"),
}
"""Resource classes that create each sort of object."""

_TYPE_PREFIX: Final = "pulumi-python:dynamic/gcore:"
_COMPONENT: Final = "gcore-tls:components:MTLSLoadBalancer$"
_NAME: Final = re.compile(r"(?P<logical>.+)-(?P<owner>[0-9a-f]{8})-[0-9a-f]{6}")


@dataclass(frozen=True)
class RecognizedName:
    """Origin of an object, derived from its name.

    Attributes:
        urn: URN of the resource that generated the name.
        interrupted_create: The interrupted create that generated this very name, which proves the origin. None if
            the name only follows the stack's pattern.
        reason: Explanation for the user.
    """

    urn: str
    interrupted_create: PendingCreate | None
    reason: str


class NameRecognizer:
    """Recognizer of the names that one stack generates."""

    def __init__(self, stack: Stack) -> None:
        """Compute the names and name prefixes that the stack can have generated."""
        self._stack = stack
        state = stack.state
        self._interrupted = {
            (each.name, kind): each for each in state.creating if each.nonce for kind in _kinds(each.type)
        }
        self._exact = {
            (name, kind): each
            for each in state.creating
            if isinstance(name := each.inputs.get("name"), str)
            for kind in _kinds(each.type)
        }
        self._prefixes = {
            (ObjectNaming.of_urn(identity, urn).prefix, kind): urn
            for identity in stack.identities
            for urn in state.urns
            for kind in _kinds(_type_of(urn))
        }
        # Until an object's ID is known, the state holds its name instead.
        self._names_without_id = {name_of_unknown(each) for each in state.ids if is_unknown(each)}

    def recognize(self, kind: ObjectKind, object_id: str, name: str) -> RecognizedName | None:
        """Return the origin of an object; None if the state has it or nothing shows that this stack created it."""
        if object_id in self._stack.state.ids or name in self._names_without_id:
            return None
        if interrupted := self._interrupted.get((name, kind)):
            return RecognizedName(
                interrupted.urn,
                interrupted,
                "an interrupted run was creating it: the pending operations contain this exact name",
            )
        if interrupted := self._exact.get((name, kind)):
            reason = "an interrupted run was creating an object with this exact name=, which others can use too"
            return RecognizedName(interrupted.urn, None, reason)
        prefix = name[:-6]
        if urn := self._prefixes.get((prefix, kind)):
            reason = "created for this resource, but not in the state: retained, removed from the state, or orphaned"
            return RecognizedName(urn, None, reason)
        if urn := self._removed_resource(kind, name):
            reason = "created by this stack for a resource that is no longer in its state: retained or orphaned"
            return RecognizedName(urn, None, reason)
        return None

    def _removed_resource(self, kind: ObjectKind, name: str) -> str | None:
        """Return the URN of a resource of an earlier state that can have generated a name, by trying candidates."""
        parts = _NAME.fullmatch(name)
        if parts is None:
            return None
        for urn in self._candidates(kind, parts["logical"]):
            for identity in self._stack.identities:
                if ObjectNaming.of_urn(identity, urn).owner == parts["owner"]:
                    return urn
        return None

    def _candidates(self, kind: ObjectKind, logical: str) -> Iterator[str]:
        split = [each.split("::", 3) for each in self._stack.state.urns if each.count("::") >= 3]
        parents = {"", _COMPONENT, *(f"{parts[2].rpartition('$')[0]}$" for parts in split if "$" in parts[2])}
        for stack, project in {(parts[0], parts[1]) for parts in split}:
            for parent in sorted(parents):
                for each in RESOURCE_TYPES[kind]:
                    yield f"{stack}::{project}::{parent}{_TYPE_PREFIX}{each}::{logical}"


def _kinds(resource_type: str) -> Iterator[ObjectKind]:
    """Yield the sort of object that a resource creates, if it creates one."""
    last = resource_type.removeprefix(_TYPE_PREFIX)
    for kind, types in RESOURCE_TYPES.items():
        if last in types and resource_type.startswith(_TYPE_PREFIX):
            yield kind


def _type_of(urn: str) -> str:
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""
