"""Whose an object is, by its name: proven, likely, or not this stack's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.recovery.owned import UNKNOWN_ID
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate

Kind: TypeAlias = Literal["pool", "listener", "load balancer", "secret"]
"""A kind of object, as messages call it."""

TYPES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "pool": ("Pool",),
    "listener": ("Listener",),
    "load balancer": ("LoadBalancer",),
    "secret": ("Secret", "ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList"),
}
"""The resources that make each kind."""

_OURS: Final = "pulumi-python:dynamic/gcore:"
_COMPONENT: Final = "gcore-tls:components:MTLSLoadBalancer$"
_NAME: Final = re.compile(r"(?P<logical>.+)-(?P<owner>[0-9a-f]{8})-[0-9a-f]{6}")


@dataclass(frozen=True)
class Recognised:
    """What a name tells.

    Attributes:
        urn: the resource that has given it.
        dead: the making that has died and given it: that proves it. None: it is of the stack's pattern, no more.
        why: in words.
    """

    urn: str
    dead: PendingCreate | None
    why: str


class Recognition:
    """Recognises the names of one stack's objects."""

    def __init__(self, stack: Stack) -> None:
        """Works out which names there may be."""
        self._stack = stack
        state = stack.state
        self._dead = {(each.name, kind): each for each in state.creating if each.attempt for kind in _kinds(each.type)}
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
            for kind in _kinds(_type(urn))
        }
        # Where an id isn't known yet, the state knows the object by its name.
        self._known = {each.removeprefix(UNKNOWN_ID) for each in state.ids if each.startswith(UNKNOWN_ID)}

    def recognise(self, kind: Kind, object_id: str, name: str) -> Recognised | None:
        """What an object's name tells; None where it is in the state, or nothing shows that it is this stack's."""
        if object_id in self._stack.state.ids or name in self._known:
            return None
        if dead := self._dead.get((name, kind)):
            return Recognised(dead.urn, dead, "a run that died was making it: the state shows that very name")
        if dead := self._exact.get((name, kind)):
            why = "a run that died was making something of this exact name; others may use that name too"
            return Recognised(dead.urn, None, why)
        prefix = name[:-6]
        if urn := self._prefixes.get((prefix, kind)):
            why = "made for this resource, and not in the state: kept on purpose, removed from the state, or left"
            return Recognised(urn, None, why)
        if urn := self._former(kind, name):
            why = "made by this stack for a resource that its state doesn't have any more: kept on purpose, or left"
            return Recognised(urn, None, why)
        return None

    def _former(self, kind: Kind, name: str) -> str | None:
        """The resource that may once have had such a name, found by trying all that there may have been."""
        parts = _NAME.fullmatch(name)
        if parts is None:
            return None
        for urn in self._candidates(kind, parts["logical"]):
            for identity in self._stack.identities:
                if ObjectNaming.of_urn(identity, urn).owner == parts["owner"]:
                    return urn
        return None

    def _candidates(self, kind: Kind, logical: str) -> Iterator[str]:
        split = [each.split("::", 3) for each in self._stack.state.urns if each.count("::") >= 3]
        parents = {"", _COMPONENT, *(f"{parts[2].rpartition('$')[0]}$" for parts in split if "$" in parts[2])}
        for stack, project in {(parts[0], parts[1]) for parts in split}:
            for parent in sorted(parents):
                for each in TYPES[kind]:
                    yield f"{stack}::{project}::{parent}{_OURS}{each}::{logical}"


def _kinds(resource_type: str) -> Iterator[Kind]:
    """The kind of object that a resource makes, if it makes one."""
    last = resource_type.removeprefix(_OURS)
    for kind, types in TYPES.items():
        if last in types and resource_type.startswith(_OURS):
            yield kind


def _type(urn: str) -> str:
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""
