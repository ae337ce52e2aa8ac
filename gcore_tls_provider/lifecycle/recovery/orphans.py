"""Orphans of resources that this run does not create: deleted with the resource's next operation, or by a destroy.

A create looks for the orphans of its own resource, see `take_over`. But the program can have changed since the run was
interrupted, so that the resource is not created any more: then the next update or delete of the resource deletes its
orphans. A destroy deletes all orphans of the stack first, as they can use what it is about to delete.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gcore_tls_provider.errors import GcoreTlsError, PropertyError
from gcore_tls_provider.lifecycle.inputs.record import Record
from gcore_tls_provider.lifecycle.kind import CreatableKind
from gcore_tls_provider.lifecycle.recovery.interrupted_creates import delete_orphan, find_orphans
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate, StackState
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.location import location_of
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.warnings import ORPHANS_NOT_DELETED

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.session import Session


def delete_elsewhere(
    kind: CreatableKind[Any], session: Session, interrupted: Iterable[PendingCreate], state: StackState
) -> None:
    """Delete the orphans of interrupted creates, each in the account, project and region of its attempt.

    An orphan that cannot be deleted is a warning: it is no reason for the current operation to fail.
    """
    for attempt in interrupted:
        try:
            context = ResourceContext.of(Record.of(attempt.inputs))
        except PropertyError:
            continue
        operation = Operation(
            session,
            context,
            kind.name,
            "delete",
            time_limit=kind.time_limit,
            location=location_of(attempt.inputs),
            properties=attempt.inputs,
        )
        try:
            for orphan in find_orphans(kind, operation, [attempt], state):
                delete_orphan(kind, operation, orphan)
        except GcoreTlsError as error:
            operation.warn(ORPHANS_NOT_DELETED, kind=kind.name, reason=error)


def delete_of_resource(kind: CreatableKind[Any], session: Session, context: ResourceContext) -> None:
    """Delete the orphans of one resource that this run does not create."""
    state = session.stack.at_start(context.stack)
    if state is not None:
        delete_elsewhere(kind, session, state.interrupted_creates(context.urn, ""), state)


class StackCleanup:
    """Deletes the orphans of all resources of a stack once per process. Threads that come later wait for it."""

    def __init__(self) -> None:
        """Delete nothing yet."""
        self._lock = threading.Lock()
        self._done = False

    def run(self, kinds: Mapping[str, CreatableKind[Any]], session: Session, stack: str) -> None:
        """Delete all orphans of a stack.

        Args:
            kinds: Creatable kinds by resource type, kinds that use others first.
            session: Parts that all operations of the process share.
            stack: Name of the stack.
        """
        with self._lock:
            state = None if self._done else session.stack.at_start(stack)
            self._done = True
            if state is None or not state.creating:
                return
            for name, kind in kinds.items():
                attempts = [each for each in state.creating if each.type.endswith(f":{name}") and each.nonce]
                delete_elsewhere(kind, session, attempts, state)
