"""List the objects in every account, project and region of a stack, and pick the orphans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gcore_tls_provider.api.connection import Connection, Location
from gcore_tls_provider.cli.orphans.recognition import RESOURCE_TYPES, NameRecognizer, ObjectKind, RecognizedName
from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError
from gcore_tls_provider.lifecycle.apply import start_without_resource
from gcore_tls_provider.lifecycle.kind import CreatableKind
from gcore_tls_provider.lifecycle.kinds import creatable_kinds
from gcore_tls_provider.lifecycle.recovery.interrupted_creates import wait_for_creates
from gcore_tls_provider.lifecycle.run.operation import Operation, Verb
from gcore_tls_provider.lifecycle.session import Session

KINDS_IN_DELETION_ORDER: Final[Mapping[ObjectKind, CreatableKind[Any]]] = {
    kind: creatable_kinds()[RESOURCE_TYPES[kind][0]] for kind in ("pool", "listener", "load balancer", "secret")
}
"""Kind that lists, reads and deletes each sort of object; users come before the objects that they use."""


@dataclass(frozen=True)
class Orphan:
    """An object whose name this stack generates, and which is not in the stack's state.

    Attributes:
        kind: Its kind.
        id: ID at Gcore.
        name: Name at Gcore.
        location: Its project, region and provider config; project and region are never None.
        recognized: What its name shows about its origin.
    """

    kind: ObjectKind
    id: str
    name: str
    location: Location
    recognized: RecognizedName

    @property
    def certain(self) -> bool:
        """True if it is proven that an interrupted run of this stack created it."""
        return self.recognized.interrupted_create is not None


@dataclass(frozen=True)
class SearchResult:
    """Result of a search.

    Attributes:
        orphans: The orphans, users before the objects that they use.
        locations_searched: Number of projects and regions that were searched.
        failures: Locations that could not be searched, each with the error.
    """

    orphans: tuple[Orphan, ...]
    locations_searched: int
    failures: tuple[str, ...]


def find_orphans(session: Session, stack: Stack) -> SearchResult:
    """Search every account, project and region that the stack's configuration or resources name."""
    recognizer = NameRecognizer(stack)
    orphans: list[Orphan] = []
    locations, failures = _locations(session, stack)
    searched = 0
    for location in locations:
        try:
            orphans += _orphans_in(session, location, stack, recognizer)
            searched += 1
        except GcoreTlsError as error:
            failures.append(f"project {location.project_id}, region {location.region_id}: {error}")
    order = list(KINDS_IN_DELETION_ORDER)
    orphans.sort(key=lambda each: order.index(each.kind))
    return SearchResult(tuple(orphans), searched, tuple(failures))


def operation_on(session: Session, kind: ObjectKind, verb: Verb, location: Location) -> Operation:
    """Return an operation on objects of a kind, without a resource."""
    return start_without_resource(KINDS_IN_DELETION_ORDER[kind], session, verb, location)


def _orphans_in(session: Session, location: Location, stack: Stack, recognizer: NameRecognizer) -> Iterator[Orphan]:
    for kind, kind_of_object in KINDS_IN_DELETION_ORDER.items():
        operation = operation_on(session, kind, "read", location)
        if stack.state.creating:
            wait_for_creates(kind_of_object, operation)
        for row in kind_of_object.list_objects(operation):
            recognized = recognizer.recognize(kind, row.id, row.name)
            if recognized is not None:
                yield Orphan(kind, row.id, row.name, location, recognized)


def _locations(session: Session, stack: Stack) -> tuple[Sequence[Location], list[str]]:
    """Return the locations to search, without duplicates, and the errors of those that are not configured."""
    found: dict[tuple[str, int, int], Location] = {}
    failures: list[str] = []
    for location in sorted(stack.locations | {Location()}, key=repr):
        try:
            connection = _connection(session, location)
        except ConfigurationError as error:
            # A stack whose resources all set their location needs no default location.
            if location != Location() or not stack.locations - {location}:
                failures.append(str(error))
            continue
        key = (connection.base_url, connection.project_id, connection.region_id)
        found.setdefault(key, Location(connection.project_id, connection.region_id, location.provider_config))
    return list(found.values()), failures


def _connection(session: Session, location: Location) -> Connection:
    return session.accounts.configuration_of(location.provider_config).connection(location)
