"""Objects that a resource makes, under a name of its own: how one is found again, taken over, and removed.

Every making of a resource has a name that no other making gives (see `names`), and the state says which makings have
died. So it can be proven who has made an object that is in no state:

- A making that died gave its name: the run has left it behind. If nobody but this stack uses it, it becomes this
  making's (`take_over`) where everything can be mended in place, and is deleted where it can't.
- Anything else was kept on purpose, removed from the state by hand, or is somebody else's. It is never touched.

What is taken over is renamed, so that the dead making proves nothing any more: if it is kept on purpose later, it
stays. A secret can't be renamed, so it is deleted and made anew.

A making whose end nobody knows (a task that doesn't end, a network that stays away) is kept in the state under an id
that isn't Gcore's, `unknown:<name>`: the next run, or a destroy, looks for the name, deletes what has it, and goes on.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from gcore_tls_provider.api import routes
from gcore_tls_provider.errors import ApiError, Forbidden, MethodNotAllowed, NotFound, ObjectFailed, PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import SET, changed_fields, encode_explicit, explicit_inputs
from gcore_tls_provider.lifecycle.inputs.properties import InputsT, Properties
from gcore_tls_provider.lifecycle.kind import Lifecycle, LiveObject, Read
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.location import RELOCATING_FIELDS
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.session import Session

UNKNOWN_ID: Final = "unknown:"
"""What the id of a resource begins with whose making had no known end; the object's name follows."""

CLEARING: Final = (
    "If Pulumi goes on speaking of pending operations, `pulumi refresh --clear-pending-creates` ends that."
)
"""What a user may still have to type after a run that died."""

_DEAD_RUNS_TASKS: Final = 600.0
_PAUSE: Final = 1.0


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


@dataclass(frozen=True)
class MakingTask:
    """The task that makes an object.

    Attributes:
        type: Gcore's type of it: `create_lbpool`.
        key: where it names what it has made: `pools`.
    """

    type: str
    key: str


class MadeLifecycle(Lifecycle[InputsT]):
    """A kind of object that is made by a task and found by its name.

    Attributes:
        task: the task that makes one.
        renamed: whether a name can be changed, so that one that a dead run has left can be taken over.
    """

    task: ClassVar[MakingTask]
    renamed: ClassVar[bool] = True

    @abstractmethod
    def listed(self, operation: Operation) -> Sequence[Row]:
        """All objects of the kind."""

    @abstractmethod
    def free(self, operation: Operation, live: LiveObject, dead: Mapping[str, object], state: StackState) -> bool:
        """Whether nobody but this stack uses an object that isn't in its state.

        Args:
            operation: the create.
            live: the object.
            dead: the inputs of the making that has left it.
            state: the stack's state.
        """

    def in_the_way(self, operation: Operation) -> Iterable[LiveObject]:
        """What holds the place that an object is to have which only one can have: a port, a listener."""
        return ()

    def fits(self, dead: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
        """Whether what was made with these inputs can become what is wanted, in place.

        Args:
            dead: the inputs of a making that died; values that the state encrypts are as good as different.
            wanted: the inputs of this one.
        """
        fixed = [each for each in self.fields if each.change == "replace"]
        return self.renamed and not any(changed_fields(fixed, dead, wanted))

    def is_elsewhere(self, dead: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
        """Whether a making that died made its object in another account, project or region."""
        return any(dead.get(name) != wanted.get(name) for name in RELOCATING_FIELDS)

    def is_being_made(self, operation: Operation) -> bool:
        """Whether a task is under way that makes one; False where Gcore doesn't tell."""
        try:
            active = operation.send(routes.list_active_tasks()).results
        except (NotFound, MethodNotAllowed, Forbidden):
            return False
        return any(task.task_type == self.task.type for task in active)

    def until_none_is_being_made(self, operation: Operation) -> None:
        """Waits for the tasks of a dead run, a third of the time that is left at the most."""
        limit = operation.deadline.capped_at(min(_DEAD_RUNS_TASKS, operation.deadline.remaining / 3))
        while self.is_being_made(operation) and not limit.passed:
            operation.progress("an earlier run died: waiting for its tasks to end")
            operation.session.clock.sleep(min(_PAUSE, limit.remaining))

    def take_over(self, operation: Operation, leftover: str, name: str, inputs: InputsT) -> LiveObject:
        """Makes an object that a dead run has left what the inputs say, under a new name.

        Raises:
            ApiError: it can't be mended; the object is its `unfinished`.
        """
        try:
            live = self._mended(operation, leftover, name, inputs)
        except ApiError as failed:
            failed.set_partial(
                PartialResult(leftover, {"name": name}, recreate=True),
                f"{failed.reason}; {self.kind} {leftover}, left behind by a run that died, is half-mended",
                "Run again: it is deleted, and another one is made.",
            )
            raise
        operation.session.made.add(leftover)
        operation.warn(f"{self.kind} {leftover} was left behind by a run that died: it is taken over. {CLEARING}")
        return live

    def _mended(self, operation: Operation, leftover: str, name: str, inputs: InputsT) -> LiveObject:
        live = self.look(operation, leftover, inputs.model_dump(exclude_none=True))
        if live is None:
            raise ObjectFailed(
                f"take over {self.kind} {leftover}", "it has gone in between", "Run again: another one is made."
            )
        renamed = inputs.model_copy(update={"name": name})
        fields = [
            each
            for each in changed_fields(
                self.fields,
                {**live.properties, SET: encode_explicit(explicit_inputs(live.properties))},
                renamed.model_dump(exclude_none=True),
            )
            if each.change != "replace"
        ]
        return self.change(operation, leftover, live.properties, renamed, fields)

    def read(self, session: Session, object_id: str, properties: Properties) -> Read | None:
        """Reads the object; one whose making had no known end is gone once it isn't there and can't come any more."""
        name = _name_behind(object_id)
        if name is None:
            return super().read(session, object_id, properties)
        operation = self._operation(session, properties, "read")
        if not self.behind(operation, name) and not self.is_being_made(operation):
            return None
        return Read(properties, self.inputs_of(properties))

    def delete(self, session: Session, object_id: str, properties: Properties) -> None:
        """Deletes the object and waits until it is gone; what has the name, where nobody knows the id."""
        name = _name_behind(object_id)
        if name is None:
            super().delete(session, object_id, properties)
            return
        operation = self._operation(session, properties, "delete")
        self.until_none_is_being_made(operation)
        for left in self.behind(operation, name):
            live = self.look(operation, left, properties)
            if live is not None:
                self.remove(operation, left, live.properties)

    def behind(self, operation: Operation, name: str) -> list[str]:
        """The ids of all objects of the kind that have a name."""
        return [each.id for each in self.listed(operation) if each.name == name]


def _name_behind(object_id: str) -> str | None:
    return object_id.removeprefix(UNKNOWN_ID) if object_id.startswith(UNKNOWN_ID) else None
