"""Making an object exactly once: under which name, what to do when nobody knows whether it was made, and clearing up.

A name is this stack's own (see `names`), so an object that has it was made by this stack:

- Its id is in the stack's state: it is still in use, or waits for its deletion. The next name is taken.
- It isn't in the state: a run that died has left it behind, or the user has removed it from the state on purpose. It is
  not touched: the next name is taken, with a warning that names the id.

A POST whose answer was lost is resolved by looking for the name, never by posting again at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import ApiError, DeadlineExceeded, ServerError, TaskFailed, Unreachable
from gcore_tls_provider.lifecycle.names import Names
from gcore_tls_provider.lifecycle.operation import Operation


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


RowT = TypeVar("RowT", bound=Row)

_LOOKS: Final = 4
_PAUSE: Final = 1.0
_REPEATS: Final = 3


class Creation:
    """The making of one object.

    Args:
        operation: the create.
        task_type: Gcore's type of the task that makes it: `create_lbpool`.
        key: where that task names it: `pools`.
        listed: reads all objects of the kind.
        delete: deletes one and waits for it; used where its making failed half-way.
    """

    def __init__(
        self,
        operation: Operation,
        *,
        task_type: str,
        key: str,
        listed: Callable[[], Sequence[Row]],
        delete: Callable[[str], None],
    ) -> None:
        """Asks for nothing yet."""
        self._operation = operation
        self._task_type = task_type
        self._key = key
        self._listed = listed
        self._delete = delete

    def name(self, exact: str | None, fixed: Sequence[str]) -> str:
        """The name that the object gets.

        Args:
            exact: the name that the user insists on. Then nothing can be recognised.
            fixed: what can't be changed in place.
        """
        if exact is not None:
            return exact
        operation, context = self._operation, self._operation.context
        session = operation.session
        state = session.stack_state(context.stack, context.urn)
        identity = session.identity(context.stack, context.urn)
        names = Names.of(context.name, identity, context.urn)
        with session.names(operation.account, operation.kind, self._ids_by_name) as taken:
            parts = list(fixed)
            name = names.name(*parts)
            while name in taken:
                holder = taken[name][0]
                if state is not None and holder not in state.ids:
                    operation.warn(
                        f"{operation.kind} {holder} already has the name '{name}' that this resource would give, and "
                        f"is in no state of this stack: left behind by a run that died, or kept on purpose. It is "
                        f"left alone; delete it at Gcore if nothing uses it."
                    )
                parts.append(holder)
                name = names.name(*parts)
            taken[name] = [""]
        return name

    def once(self, name: str, exact: bool, post: Callable[[], tuple[Task, ...]]) -> str:
        """Makes the object, once, and gives its id.

        Args:
            name: its name.
            exact: the name is the user's own, so that an object that has it may be another.
            post: sends the POST and waits for its tasks.

        Raises:
            ApiError: it could not be made. What was made half-way is removed, or named in the error.
        """
        for attempt in range(1, _REPEATS + 1):
            try:
                return self._made(post(), name)
            except TaskFailed as failed:
                self._clear_up(name, exact, failed)
                raise
            except (Unreachable, ServerError) as unclear:
                found = None if exact else self._found(name)
                if found is not None:
                    return found
                if exact or attempt == _REPEATS or _never_sent(unclear):
                    raise
        raise AssertionError("unreachable")

    def _made(self, tasks: Sequence[Task], name: str) -> str:
        for task in tasks:
            ids: list[str] = getattr(task.created_resources, self._key, [])
            if ids:
                return ids[0]
        found = self._found(name)
        if found is None:
            operation = self._operation
            raise ApiError(
                f"create {operation.kind} '{name}'",
                "its task ended well and names no object, and none has the name",
                "Run again.",
            )
        return found

    def _found(self, name: str) -> str | None:
        """The id behind the name, once no task is running any more that could make it."""
        operation = self._operation
        look = 0
        while look < _LOOKS:
            found = next((row.id for row in self._listed() if row.name == name), None)
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
        active = self._operation.send(routes.list_active_tasks()).results
        return any(task.task_type == self._task_type for task in active)

    def _clear_up(self, name: str, exact: bool, failed: TaskFailed) -> None:
        """Removes what a failed task has left.

        Raises:
            TaskFailed: it could not be removed; says what is left.
        """
        if exact:
            return
        for row in self._listed():
            if row.name != name:
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
