"""What runs that died have left behind: found by the names that their makings gave, and removed if nobody uses it.

The making of a resource looks for its own leftovers (see `creation`). But a program may have changed since a run died,
so that the resource isn't made any more: then whatever is done with it next removes what was left. A destroy removes
all that is left of the stack, before anything else, because leftovers may use what is to be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gcore_tls_provider.errors import GcoreTlsError, PropertyError
from gcore_tls_provider.lifecycle.kind import LiveObject
from gcore_tls_provider.lifecycle.recovery.owned import CLEARING, MadeLifecycle
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate, StackState
from gcore_tls_provider.lifecycle.run.location import location_of
from gcore_tls_provider.lifecycle.run.operation import Operation, ResourceContext
from gcore_tls_provider.lifecycle.run.session import Session


@dataclass(frozen=True)
class Leftover:
    """An object that a dead making has left, and that nobody but this stack uses.

    Attributes:
        live: the object.
        dead: the making.
    """

    live: LiveObject
    dead: PendingCreate


def left_behind(
    lifecycle: MadeLifecycle[Any], operation: Operation, died: Sequence[PendingCreate], state: StackState
) -> Iterator[Leftover]:
    """What makings that died have left where an operation works; a warning tells of what somebody else uses.

    Args:
        lifecycle: the kind.
        operation: who asks.
        died: the makings.
        state: the stack's state: what is in it isn't left behind.
    """
    lifecycle.until_none_is_being_made(operation)
    by_name = {each.name: each for each in died}
    for row in lifecycle.listed(operation):
        dead = by_name.get(row.name)
        if dead is None or row.id in state.ids | operation.session.made:
            continue
        live = lifecycle.look(operation, row.id, {})
        if live is None:
            continue
        if lifecycle.free(operation, live, dead.inputs, state):
            yield Leftover(live, dead)
        else:
            operation.warn(
                f"{lifecycle.kind} {row.id} ('{row.name}') was left behind by a run that died, and somebody uses it by "
                f"now. It is left alone; delete it at Gcore if nothing needs it."
            )


def remove(lifecycle: MadeLifecycle[Any], operation: Operation, leftover: Leftover) -> None:
    """Deletes what was left, and says so.

    Raises:
        ApiError: it can't be deleted.
    """
    live = leftover.live
    lifecycle.remove(operation, live.id, live.properties)
    operation.warn(
        f"{lifecycle.kind} {live.id} ('{live.properties.get('name')}') was left behind by a run that died: it was "
        f"deleted. {CLEARING}"
    )


def remove_elsewhere(
    lifecycle: MadeLifecycle[Any], session: Session, died: Sequence[PendingCreate], state: StackState
) -> None:
    """Removes what makings that died have left, each in the account, project and region that it was made in.

    What can't be removed is told in a warning: it is no reason for what is being done to fail.
    """
    for dead in died:
        try:
            context = ResourceContext.of(dead.inputs)
        except PropertyError:
            continue
        operation = Operation(session, context, lifecycle.kind, "delete", location_of(dead.inputs), dead.inputs)
        try:
            for leftover in left_behind(lifecycle, operation, [dead], state):
                remove(lifecycle, operation, leftover)
        except GcoreTlsError as error:
            operation.warn(
                f"What a run that died has left of this {lifecycle.kind} could not be looked for or deleted: {error} "
                f"`gcore-tls orphans` shows what is left."
            )


def remove_of_resource(lifecycle: MadeLifecycle[Any], session: Session, context: ResourceContext) -> None:
    """Removes what dead makings of one resource have left, which isn't made in this run.

    Args:
        lifecycle: the kind.
        session: the process's work.
        context: the resource.
    """
    state = session.glance(context.stack)
    if state is not None:
        remove_elsewhere(lifecycle, session, state.interrupted_creates(context.urn, ""), state)


def remove_of_stack(lifecycles: Mapping[str, MadeLifecycle[Any]], session: Session, stack: str) -> None:
    """Removes what dead makings of all resources of a stack have left; once per process, and all others wait for it.

    Args:
        lifecycles: the kinds, by the last part of their type, in the order in which they let go of each other.
        session: the process's work.
        stack: the stack's name.
    """
    with session.clearing_up:
        state = None if session.cleared_up else session.glance(stack)
        session.cleared_up = True
        if state is None or not state.creating:
            return
        for name, lifecycle in lifecycles.items():
            died = [each for each in state.creating if each.type.endswith(f":{name}") and each.attempt]
            remove_elsewhere(lifecycle, session, died, state)
