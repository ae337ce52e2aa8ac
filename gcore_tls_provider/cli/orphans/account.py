"""What there is at Gcore, in every account, project and region of a stack, and what of it is an orphan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gcore_tls_provider.api.connection import Connection, Location
from gcore_tls_provider.cli.orphans.recognition import Kind, Recognised, Recognition
from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError
from gcore_tls_provider.lifecycle.kinds.listener.kind import ListenerLifecycle
from gcore_tls_provider.lifecycle.kinds.load_balancer import LoadBalancerLifecycle
from gcore_tls_provider.lifecycle.kinds.pool.kind import PoolLifecycle
from gcore_tls_provider.lifecycle.kinds.secret import RawSecretLifecycle
from gcore_tls_provider.lifecycle.recovery.owned import MadeLifecycle
from gcore_tls_provider.lifecycle.run.operation import Operation, ResourceContext, Verb
from gcore_tls_provider.lifecycle.run.session import Session

LIFECYCLES: Final[Mapping[Kind, MadeLifecycle[Any]]] = {
    "pool": PoolLifecycle(),
    "listener": ListenerLifecycle(),
    "load balancer": LoadBalancerLifecycle(),
    "secret": RawSecretLifecycle(),
}
"""What reads and deletes each kind; first what uses others."""


@dataclass(frozen=True)
class Orphan:
    """An object that carries a name of a stack's pattern, and isn't in its state.

    Attributes:
        kind: its kind.
        id: its id.
        name: what it is called.
        scope: where it is: project and region are always there.
        recognised: what its name tells.
    """

    kind: Kind
    id: str
    name: str
    scope: Location
    recognised: Recognised

    @property
    def certain(self) -> bool:
        """Whether it is proven that a run of this stack has left it."""
        return self.recognised.dead is not None


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        orphans: first what uses others.
        looked: how many projects and regions were looked through.
        failures: where it wasn't possible to look, and why.
    """

    orphans: tuple[Orphan, ...]
    looked: int
    failures: tuple[str, ...]


def find(session: Session, stack: Stack) -> Found:
    """Looks through every account, project and region that the configuration or the resources of a stack name."""
    recognition = Recognition(stack)
    orphans: list[Orphan] = []
    scopes, failures = _scopes(session, stack)
    looked = 0
    for scope in scopes:
        try:
            orphans += _in(session, scope, stack, recognition)
            looked += 1
        except GcoreTlsError as error:
            failures.append(f"project {scope.project_id}, region {scope.region_id}: {error}")
    order = list(LIFECYCLES)
    orphans.sort(key=lambda each: order.index(each.kind))
    return Found(tuple(orphans), looked, tuple(failures))


def operation_on(session: Session, kind: Kind, verb: Verb, scope: Location) -> Operation:
    """Work on objects of a kind, for no resource."""
    return Operation(session, ResourceContext(urn="", name="", stack=""), LIFECYCLES[kind].kind, verb, scope)


def _in(session: Session, scope: Location, stack: Stack, recognition: Recognition) -> Iterator[Orphan]:
    for kind, lifecycle in LIFECYCLES.items():
        operation = operation_on(session, kind, "read", scope)
        if stack.state.creating:
            lifecycle.until_none_is_being_made(operation)
        for row in lifecycle.listed(operation):
            recognised = recognition.recognise(kind, row.id, row.name)
            if recognised is not None:
                yield Orphan(kind, row.id, row.name, scope, recognised)


def _scopes(session: Session, stack: Stack) -> tuple[Sequence[Location], list[str]]:
    """Where to look, each place once, and which places can't be looked at for want of configuration."""
    found: dict[tuple[str, int, int], Location] = {}
    failures: list[str] = []
    for scope in sorted(stack.scopes | {Location()}, key=repr):
        try:
            connection = _connection(session, scope)
        except ConfigurationError as error:
            # A stack whose resources all say where they are needs no other place.
            if scope != Location() or not stack.scopes - {scope}:
                failures.append(str(error))
            continue
        place = (connection.base_url, connection.project_id, connection.region_id)
        found.setdefault(place, Location(connection.project_id, connection.region_id, scope.provider_config))
    return list(found.values()), failures


def _connection(session: Session, scope: Location) -> Connection:
    return session.configuration_of(scope.provider_config).connection(scope)
