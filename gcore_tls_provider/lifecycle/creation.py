"""Making an object exactly once: under which name, what to do when nobody knows whether it was made, and clearing up.

A name is this stack's own (see `names`), so an object that has it was made by this very stack:

- Its id is in the stack's state: it is still in use, being replaced by force, or waits for its deletion. The next name
  is taken.
- It isn't in the state, the state shows that an earlier create of the resource died, and nothing but this stack uses
  it: that run has left it behind. It is taken over, or deleted if it is in ERROR.
- Else it was kept on purpose, removed from the state by hand, or adopted by another stack. It isn't touched: the next
  name is taken, with a warning that names the id.

What a dead run may have left for this resource with other unchangeable properties (the user has mended the program
meanwhile) is told in a warning: it may as well have been kept on purpose.

A POST whose answer was lost is resolved by looking for the name, never by posting again at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import (
    ApiError,
    DeadlineExceeded,
    Forbidden,
    MalformedAnswer,
    MethodNotAllowed,
    NotFound,
    ObjectFailed,
    ServerError,
    TaskFailed,
    Unreachable,
)
from gcore_tls_provider.lifecycle.lifecycle import Live
from gcore_tls_provider.lifecycle.names import Names
from gcore_tls_provider.lifecycle.operation import Operation
from gcore_tls_provider.lifecycle.stack import StackState


class Row(Protocol):
    """A row of a list of objects."""

    @property
    def id(self) -> str:
        """The object's id."""
        ...

    @property
    def name(self) -> str:
        """What it is called."""
        ...


_LOOKS: Final = 4
_PAUSE: Final = 1.0
_REPEATS: Final = 3
_DEAD_RUNS_TASKS: Final = 600.0
_CLEARING_UP: Final = 300.0


@dataclass(frozen=True)
class Place:
    """Where an object is to come into being.

    Attributes:
        name: its name.
        exact: the name is the user's own, so that an object that has it may be somebody else's.
        leftover: the id of an object of that name that a dead run of this stack has left, to be taken over.
    """

    name: str
    exact: bool = False
    leftover: str | None = None


class Creation:
    """The making of one object.

    Args:
        operation: the create.
        task_type: Gcore's type of the task that makes it: `create_lbpool`.
        key: where that task names it: `pools`.
        listed: reads all objects of the kind.
        delete: deletes one and waits for it; used where its making failed half-way.
        free: whether nothing but this stack uses an object that isn't in the stack's state.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        task_type: str,
        key: str,
        listed: Callable[[], Sequence[Row]],
        delete: Callable[[str], None],
        free: Callable[[str, StackState], bool],
    ) -> None:
        """Asks for nothing yet."""
        self._operation = operation
        self._task_type = task_type
        self._key = key
        self._listed = listed
        self._delete = delete
        self._free = free

    def place(self, exact: str | None, fixed: Sequence[str]) -> Place:
        """Decides where the object is to come into being.

        Args:
            exact: the name that the user insists on. Then nothing can be recognised.
            fixed: what can't be changed in place.
        """
        if exact is not None:
            return Place(exact, exact=True)
        operation, context = self._operation, self._operation.context
        session = operation.session
        state = session.stack_state(context.stack, context.urn)
        names = Names.of(context.name, session.identity(context.stack, context.urn), context.urn)
        died = session.died(context.stack, context.urn)
        if died:
            self._until_none_is_being_made()
        with session.names(operation.account, operation.kind, self._ids_by_name) as taken:
            if died:
                # The list may be from before the dead run's last task ended.
                taken.update(self._ids_by_name())
            parts = list(fixed)
            name = names.name(*parts)
            leftover = None
            while holders := taken.get(name):
                holder = holders[0]
                if state is not None and holder not in state.ids | session.made:
                    if died and self._free(holder, state):
                        leftover = self._unless_in_error(holder)
                        break
                    operation.warn(
                        f"{operation.kind} {holder} already has the name '{name}' that this resource would give, and "
                        f"is in no state of this stack: it was kept on purpose, taken elsewhere, or left behind by a "
                        f"run that failed. It is left alone, and another one is made; delete it at Gcore if nothing "
                        f"needs it."
                    )
                parts.append(holder)
                name = names.name(*parts)
            if state is not None and died:
                self._tell_of_abandoned(names, name, taken, state)
        return Place(name, leftover=leftover)

    def _unless_in_error(self, leftover: str) -> str | None:
        """The leftover, or None after it was deleted because it is in ERROR."""
        for row in self._listed():
            if row.id == leftover and getattr(row, "provisioning_status", "ACTIVE") == "ERROR":
                self._delete(leftover)
                return None
        return leftover

    def _tell_of_abandoned(
        self, names: Names, name: str, taken: Mapping[str, Sequence[str]], state: StackState
    ) -> None:
        operation = self._operation
        known = state.ids | operation.session.made
        for other, ids in taken.items():
            for abandoned in ids:
                if other != name and other.startswith(names.prefix) and abandoned not in known:
                    operation.warn(
                        f"{operation.kind} {abandoned} ('{other}') is in no state: it was left behind by a run that "
                        f"died, for what the program says no longer, or kept on purpose. It is left alone; delete it "
                        f"at Gcore if nothing needs it."
                    )

    def once(self, place: Place, post: Callable[[], tuple[Task, ...]]) -> str:
        """Makes the object, once, and gives its id.

        Args:
            place: under which name.
            post: sends the POST and waits for its tasks.

        Raises:
            ApiError: it could not be made. What was made half-way is removed, or named in the error.
        """
        before = frozenset(row.id for row in self._listed() if row.name == place.name) if place.exact else frozenset()
        for attempt in range(1, _REPEATS + 1):
            try:
                made = self._made(post(), place.name, before)
            except TaskFailed as failed:
                self._clear_up(place, before, failed)
                raise
            except (Unreachable, ServerError, MalformedAnswer) as unclear:
                found = self._found(place.name, before)
                if found is not None:
                    self._operation.session.made.add(found)
                    return found
                if attempt == _REPEATS or _never_sent(unclear):
                    raise
            else:
                self._operation.session.made.add(made)
                return made
        raise AssertionError("unreachable")

    def finished(self, object_id: str, finish: Callable[[], Live]) -> Live:
        """Does what comes after the making; if that fails, the object is deleted: nothing would know of it.

        Raises:
            ApiError: it failed; says what is left if the object could not be deleted.
        """
        try:
            return finish()
        except ApiError as failed:
            operation = self._operation
            operation.extend(_CLEARING_UP)
            try:
                self._delete(object_id)
            except ApiError as stuck:
                raise ObjectFailed(
                    failed.asked,
                    f"{failed.answered}. The {operation.kind} {object_id} that was made could not be removed "
                    f"({stuck.answered})",
                    f"Delete {operation.kind} {object_id} at Gcore, then run again.",
                    request_id=failed.request_id,
                ) from failed
            operation.session.made.discard(object_id)
            raise

    def _made(self, tasks: Sequence[Task], name: str, before: frozenset[str]) -> str:
        for task in tasks:
            ids: list[str] = getattr(task.created_resources, self._key, [])
            if ids:
                return ids[0]
        found = self._found(name, before)
        if found is None:
            operation = self._operation
            raise ApiError(
                f"create {operation.kind} '{name}'",
                "its task ended well and names no object, and none has the name",
                "Run again.",
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
            found = next((row.id for row in self._listed() if row.name == name and row.id not in before), None)
            if found is not None:
                return found
            if operation.deadline.passed:
                raise DeadlineExceeded(
                    f"create {operation.kind} '{name}'",
                    "the answer was lost, and no object of that name has come into being in time",
                    "Run again: if it comes into being, it is told.",
                )
            if not self._is_being_made():
                look += 1
            operation.progress(f"the answer was lost: looking for '{name}'")
            operation.session.clock.sleep(min(_PAUSE, operation.deadline.remaining))
        return None

    def _is_being_made(self) -> bool:
        try:
            active = self._operation.send(routes.list_active_tasks()).results
        except (NotFound, MethodNotAllowed, Forbidden):
            return False
        return any(task.task_type == self._task_type for task in active)

    def _until_none_is_being_made(self) -> None:
        operation = self._operation
        limit = operation.deadline.sooner(min(_DEAD_RUNS_TASKS, operation.deadline.remaining / 3))
        while self._is_being_made() and not limit.passed:
            operation.progress("an earlier run died: waiting for its tasks to end")
            operation.session.clock.sleep(min(_PAUSE, limit.remaining))

    def _clear_up(self, place: Place, before: frozenset[str], failed: TaskFailed) -> None:
        """Removes what a failed task has left.

        Raises:
            TaskFailed: it could not be removed; says what is left.
        """
        self._operation.extend(_CLEARING_UP)
        for row in self._listed():
            if row.name != place.name or row.id in before:
                continue
            try:
                self._delete(row.id)
            except ApiError as stuck:
                left = TaskFailed(
                    failed.asked,
                    f"{failed.answered}. What it had made, {self._operation.kind} {row.id}, could not be removed "
                    f"({stuck.answered})",
                    f"Delete {self._operation.kind} {row.id} at Gcore, then run again.",
                    request_id=failed.request_id,
                )
                left.task_id = failed.task_id
                raise left from stuck

    def _ids_by_name(self) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}
        for row in self._listed():
            ids.setdefault(row.name, []).append(row.id)
        return ids


def _never_sent(error: ApiError) -> bool:
    return isinstance(error, Unreachable) and not error.outcome_unknown
