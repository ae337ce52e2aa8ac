"""Objects that interrupted creates have left: found by the names that their attempts gave.

An attempt's name proves that this stack has created the object, if nothing but this stack uses it. Everything else was
kept on purpose, removed from the state by hand, or belongs to somebody else, and is never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.waiting import constant, wait_until
from gcore_tls_provider.errors import Forbidden, MethodNotAllowed, NotFound
from gcore_tls_provider.lifecycle.kind import CreatableKind, LiveObject
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate, StackState
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.warnings import ORPHAN_DELETED, ORPHAN_IN_USE

_INTERRUPTED_TASK_SECONDS: Final = 600.0
_PAUSE: Final = 1.0


@dataclass(frozen=True)
class Orphan:
    """An object that an interrupted create has left and that nothing but this stack uses.

    Attributes:
        live: The object.
        inputs: Inputs of the interrupted create.
    """

    live: LiveObject
    inputs: Mapping[str, object]


def create_in_progress(kind: CreatableKind[Any], operation: Operation) -> bool:
    """Return whether a task is active that creates an object of the kind; False if Gcore does not list tasks."""
    try:
        active = operation.send(routes.list_active_tasks()).results
    except (NotFound, MethodNotAllowed, Forbidden):
        return False
    return any(task.task_type == kind.task.type for task in active)


def wait_for_creates(kind: CreatableKind[Any], operation: Operation) -> None:
    """Wait for create tasks of an interrupted run, for a third of the remaining time at most."""
    wait_until(
        lambda: None if create_in_progress(kind, operation) else True,
        operation.deadline.capped_at(min(_INTERRUPTED_TASK_SECONDS, operation.deadline.remaining / 3)),
        constant(_PAUSE),
        on_wait=lambda: operation.progress("an earlier run was interrupted: waiting for its tasks to end"),
    )


def find_orphans(
    kind: CreatableKind[Any], operation: Operation, interrupted: Sequence[PendingCreate], state: StackState
) -> Iterator[Orphan]:
    """Yield the objects that interrupted creates have left at the operation's location.

    An object that something outside of the stack uses is left alone, with a warning.

    Args:
        kind: Kind of the resource.
        operation: The operation that looks.
        interrupted: The interrupted creates.
        state: The stack's state: what it contains is no orphan.
    """
    wait_for_creates(kind, operation)
    by_name = {each.name: each for each in interrupted}
    for row in kind.list_objects(operation):
        attempt = by_name.get(row.name)
        if attempt is None or row.id in state.ids or row.id in operation.session.claims.created:
            continue
        live = kind.read_object(operation, row.id, {})
        if live is None:
            continue
        if kind.is_unreferenced(operation, live, attempt.inputs, state):
            yield Orphan(live, attempt.inputs)
        else:
            operation.warn(ORPHAN_IN_USE, kind=kind.name, object_id=row.id, name=row.name)


def delete_orphan(kind: CreatableKind[Any], operation: Operation, orphan: Orphan) -> None:
    """Delete an orphan and warn about it.

    Raises:
        ApiError: It cannot be deleted.
    """
    live = orphan.live
    kind.delete_object(operation, live.id, live.properties)
    operation.warn(ORPHAN_DELETED, kind=kind.name, object_id=live.id, name=live.properties.get("name"))
