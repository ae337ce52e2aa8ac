"""Making an object exactly once: under which name, what a dead run has left of it, and clearing up.

A POST whose answer was lost is resolved by looking for the name, never by posting again at once. What fails after
something was made is removed; what can't be removed, or may still come into being, goes into the error as
`unfinished`, and so into the state: the next run removes it.

What a dead run has left is taken over, or deleted: `made` says when.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import (
    ApiError,
    DeadlineExceeded,
    MalformedAnswer,
    ServerError,
    TaskFailed,
    Unfinished,
    Unreachable,
)
from gcore_tls_provider.lifecycle.lifecycle import Live
from gcore_tls_provider.lifecycle.made import UNKNOWN_ID, MadeLifecycle
from gcore_tls_provider.lifecycle.names import Names
from gcore_tls_provider.lifecycle.operation import Operation
from gcore_tls_provider.lifecycle.properties import InputsT
from gcore_tls_provider.lifecycle.stack import StackState, UnderWay

_LOOKS: Final = 4
_PAUSE: Final = 1.0
_REPEATS: Final = 3
_CLEARING_UP: Final = 300.0

_NEXT_RUN: Final = "Run again: `pulumi up` removes what is left and makes another one, `pulumi destroy` removes it."


@dataclass(frozen=True)
class Place:
    """Where an object is to come into being.

    Attributes:
        name: its name.
        exact: the name is the user's own, so that an object that has it may be somebody else's.
        leftover: the id of an object that a dead run of this stack has left, to be taken over.
    """

    name: str
    exact: bool = False
    leftover: str | None = None


class Creation(Generic[InputsT]):
    """The making of one object.

    Args:
        lifecycle: the kind.
        operation: the create.
        inputs: what is to be made.
    """

    def __init__(self, lifecycle: MadeLifecycle[InputsT], operation: Operation, inputs: InputsT) -> None:
        """Asks for nothing yet."""
        self._lifecycle = lifecycle
        self._operation = operation
        self._inputs = inputs
        self._kind = lifecycle.kind

    def place(self, exact: str | None) -> Place:
        """Decides where the object is to come into being, and removes what a dead run has left and can't be used.

        Args:
            exact: the name that the user insists on. Then nothing can be recognised.
        """
        if exact is not None:
            return Place(exact, exact=True)
        operation, context = self._operation, self._operation.context
        session = operation.session
        attempt = context.attempt or secrets.token_hex(8)
        state = session.stack_state(context.stack, context.urn, context.attempt)
        identity = session.stateless_identity if state is None else state.identity
        names = Names.of(context.name, identity, context.urn)
        leftover = None
        if state is not None and (died := state.died(context.urn, attempt)):
            leftover = self._left_behind(names, died, state)
        return Place(names.name(attempt), leftover=leftover)

    def _left_behind(self, names: Names, died: Sequence[UnderWay], state: StackState) -> str | None:
        """What dead makings have left: the one to be taken over. The others are deleted, if nobody uses them."""
        operation, lifecycle = self._operation, self._lifecycle
        wanted = operation.properties
        lifecycle.until_none_is_being_made(operation)
        by_name = {names.name(each.attempt): each.inputs for each in died}
        known = state.ids | operation.session.made
        taken_over = None
        for row in lifecycle.listed(operation):
            dead = by_name.get(row.name)
            if dead is None or row.id in known:
                continue
            if not lifecycle.free(operation, row.id, state):
                operation.warn(
                    f"{self._kind} {row.id} ('{row.name}') was left behind by a run that died, and somebody uses it by "
                    f"now. It is left alone, and another one is made; delete it at Gcore if nothing needs it."
                )
            elif (
                taken_over is None
                and lifecycle.fits(dead, wanted)
                and getattr(row, "provisioning_status", "ACTIVE") == "ACTIVE"
            ):
                taken_over = row.id
            else:
                self._remove(row.id)
                operation.warn(
                    f"{self._kind} {row.id} ('{row.name}') was left behind by a run that died, and couldn't become what "
                    f"the program says: it was deleted, and another one is made. If Pulumi goes on speaking of pending "
                    f"operations, `pulumi refresh --clear-pending-creates` ends that."
                )
        if any(lifecycle.is_elsewhere(each.inputs, wanted) for each in died):
            operation.warn(
                f"A run that died was making this {self._kind} in another account, project or region. What it left there "
                f"isn't looked for: `gcore-tls orphans` finds it."
            )
        return taken_over

    def once(self, place: Place, post: Callable[[], tuple[Task, ...]]) -> str:
        """Makes the object, once, and gives its id.

        Args:
            place: under which name.
            post: sends the POST and waits for its tasks.

        Raises:
            ApiError: it could not be made. What was made half-way is removed, or is its `unfinished`.
        """
        before = frozenset(row.id for row in self._rows() if row.name == place.name) if place.exact else frozenset()
        wrote_before = self._operation.wrote
        try:
            made = self._once(place, before, post)
        except ApiError as failed:
            may_be_there = self._operation.wrote and not wrote_before
            if failed.unfinished is None and may_be_there and not isinstance(failed, _NotMade):
                raise self._end_unknown(place, before, failed) from failed
            raise
        self._operation.session.made.add(made)
        return made

    def _once(self, place: Place, before: frozenset[str], post: Callable[[], tuple[Task, ...]]) -> str:
        for attempt in range(1, _REPEATS + 1):
            try:
                return self._made(post(), place.name, before)
            except TaskFailed as failed:
                self._clear_up(place, before, failed)
                raise
            except (Unreachable, ServerError, MalformedAnswer) as unclear:
                found = self._found(place.name, before)
                if found is not None:
                    return found
                if attempt == _REPEATS or _never_sent(unclear):
                    raise
        raise AssertionError("unreachable")
