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
    Conflict,
    DeadlineExceeded,
    MalformedResponse,
    PartialResult,
    ServerError,
    TaskFailed,
    Unreachable,
)
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.inputs.properties import InputsT
from gcore_tls_provider.lifecycle.kind import LiveObject
from gcore_tls_provider.lifecycle.recovery.orphans import left_behind, remove, remove_elsewhere
from gcore_tls_provider.lifecycle.recovery.owned import UNKNOWN_ID, MadeLifecycle
from gcore_tls_provider.lifecycle.recovery.stack_state import PendingCreate, StackState
from gcore_tls_provider.lifecycle.run.operation import Operation

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
    """

    def __init__(self, lifecycle: MadeLifecycle[InputsT], operation: Operation) -> None:
        """Asks for nothing yet."""
        self._lifecycle = lifecycle
        self._operation = operation
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
        state = session.stack_state(context.stack, context.urn, context.create_nonce)
        identity = session.stateless_identity if state is None else state.identity
        names = ObjectNaming.of(context.name, identity, context.urn)
        # A making that the state doesn't tell from others gets a name that nothing can be concluded from.
        attempt = context.create_nonce or secrets.token_hex(8)
        leftover = None
        if state is not None and (died := state.interrupted_creates(context.urn, attempt)):
            leftover = self._left_behind(died, state)
        return Place(names.name(attempt), leftover=leftover)

    def _left_behind(self, died: Sequence[PendingCreate], state: StackState) -> str | None:
        """What dead makings have left: the one to be taken over. The others are deleted, if nobody uses them."""
        operation, lifecycle = self._operation, self._lifecycle
        wanted = operation.properties
        elsewhere = [each for each in died if lifecycle.is_elsewhere(each.inputs, wanted)]
        remove_elsewhere(lifecycle, operation.session, elsewhere, state)
        here = [each for each in died if each not in elsewhere]
        taken_over = None
        for leftover in left_behind(lifecycle, operation, here, state) if here else ():
            fits = lifecycle.fits(leftover.dead.inputs, wanted) and not leftover.live.health_problems
            if fits and taken_over is None:
                taken_over = leftover.live.id
            else:
                remove(lifecycle, operation, leftover)
        return taken_over

    def once(self, place: Place, post: Callable[[], tuple[Task, ...]]) -> str:
        """Makes the object, once, and gives its id.

        Args:
            place: under which name.
            post: sends the POST and waits for its tasks.

        Raises:
            ApiError: it could not be made. What was made half-way is removed, or is its `unfinished`.
        """
        before = frozenset(self._behind(place.name)) if place.exact else frozenset[str]()
        operation = self._operation
        wrote, operation.wrote = operation.wrote, False
        try:
            try:
                made = self._once(place.name, before, post)
            except Conflict:
                if not self._make_way():
                    raise
                made = self._once(place.name, before, post)
        except _NotMade as certain:
            raise certain.error from certain.__cause__
        except ApiError as failed:
            if operation.wrote and failed.partial is None:
                self._leave(place, before, failed)
            raise
        finally:
            operation.wrote |= wrote
        operation.session.made.add(made)
        return made

    def finished(self, object_id: str, name: str, finish: Callable[[], LiveObject]) -> LiveObject:
        """Does what comes after the making; if that fails, the object is deleted, or kept in the state as unfinished.

        Raises:
            ApiError: it failed.
        """
        try:
            return finish()
        except ApiError as failed:
            self._remove([object_id], name, failed)
            self._operation.session.made.discard(object_id)
            raise

    def _once(self, name: str, before: frozenset[str], post: Callable[[], tuple[Task, ...]]) -> str:
        for attempt in range(1, _REPEATS + 1):
            try:
                return self._made(post(), name, before)
            except TaskFailed as failed:
                self._operation.extend(_CLEARING_UP)
                self._remove([each for each in self._behind(name) if each not in before], name, failed)
                raise _NotMade(failed) from failed
            except (Unreachable, ServerError, MalformedResponse) as unclear:
                if _never_sent(unclear):
                    raise _NotMade(unclear) from unclear
                found = self._found(name, before)
                if found is not None:
                    return found
                if attempt == _REPEATS:
                    raise _NotMade(unclear) from unclear
        raise AssertionError("unreachable")

    def _make_way(self) -> bool:
        """Deletes what holds the object's place and is to be deleted anyway, at the end of this run; whether it did.

        That is so where a replacement was made and what it replaces wasn't deleted, and the program says now what it
        said before.
        """
        operation = self._operation
        state = operation.session.glance(operation.context.stack) or StackState.nothing()
        condemned = [each for each in self._lifecycle.in_the_way(operation) if each.id in state.pending_delete_ids]
        for each in condemned:
            self._lifecycle.remove(operation, each.id, each.properties)
        return bool(condemned)

    def _made(self, tasks: Sequence[Task], name: str, before: frozenset[str]) -> str:
        for task in tasks:
            ids: list[str] = getattr(task.created_resources, self._lifecycle.task.key, [])
            if ids:
                return ids[0]
        found = self._found(name, before)
        if found is None:
            raise _NotMade(
                ApiError(
                    f"create {self._kind} '{name}'",
                    "its task ended well and names no object, and none has the name",
                    "Run again.",
                )
            )
        return found

    def _found(self, name: str, before: frozenset[str]) -> str | None:
        """The id behind the name, once no task is running any more that could make it.

        Args:
            name: the name.
            before: ids that had it before, and so are others.
        """
        operation = self._operation
        look = 0
        while look < _LOOKS:
            found = next((each for each in self._behind(name) if each not in before), None)
            if found is not None:
                return found
            if operation.deadline.passed:
                raise DeadlineExceeded(
                    f"create {self._kind} '{name}'",
                    "the answer was lost, and no object of that name has come into being in time",
                    _NEXT_RUN,
                )
            if not self._lifecycle.is_being_made(operation):
                look += 1
            operation.progress(f"the answer was lost: looking for '{name}'")
            operation.session.clock.sleep(min(_PAUSE, operation.deadline.remaining))
        return None

    def _remove(self, ids: Sequence[str], name: str, failed: ApiError) -> None:
        """Removes what a failed making has left.

        Raises:
            ApiError: it is `failed`, which says what could not be removed.
        """
        self._operation.extend(_CLEARING_UP)
        for object_id in ids:
            try:
                self._lifecycle.remove(self._operation, object_id, {**self._operation.properties})
            except ApiError as stuck:
                self._operation.session.made.discard(object_id)
                failed.set_partial(
                    PartialResult(object_id, {"name": name}, recreate=True),
                    f"{failed.reason}. What it had made, {self._kind} {object_id}, could not be removed "
                    f"({stuck.reason})",
                    _NEXT_RUN,
                )
                raise failed from stuck

    def _leave(self, place: Place, before: frozenset[str], failed: ApiError) -> None:
        """Says what a making leaves whose end nobody knows: one look is taken for it."""
        self._operation.extend(_CLEARING_UP)
        found = self._seen(place.name, before)
        if found is None and place.exact:
            # What has that name later may be somebody else's.
            failed.set_partial(
                None,
                f"{failed.reason}; whether {self._kind} '{place.name}' was made isn't known",
                "Look for it at Gcore, and delete it or give its id as `existing_id`; then run again.",
            )
            return
        left = f"{self._kind} {found} is half-made" if found else "whether it was made isn't known"
        failed.set_partial(
            PartialResult(found or f"{UNKNOWN_ID}{place.name}", {"name": place.name}, recreate=True),
            f"{failed.reason}; {left}",
            _NEXT_RUN,
        )

    def _seen(self, name: str, before: frozenset[str]) -> str | None:
        try:
            return next((each for each in self._behind(name) if each not in before), None)
        except ApiError:
            return None

    def _behind(self, name: str) -> list[str]:
        """The ids of all objects that have a name."""
        return self._lifecycle.behind(self._operation, name)


class _NotMade(Exception):
    """Nothing was made, for certain: `error` says why."""

    def __init__(self, error: ApiError) -> None:
        super().__init__()
        self.error = error


def _never_sent(error: ApiError) -> bool:
    return isinstance(error, Unreachable) and not error.outcome_unknown
