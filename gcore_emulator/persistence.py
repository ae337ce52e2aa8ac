"""Serialization of the state of an emulator as records: JSON texts by kind and ID.

Not saved: the list of requests, and the number of requests in the present second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from gcore_emulator.account import (
    EmulatedAccount,
    Lag,
    Listener,
    LoadBalancer,
    Pool,
    Secret,
    Stored,
    Table,
    Task,
    Transition,
)
from gcore_emulator.faults import RuleCount
from gcore_emulator.invariants import InvariantViolation

_KINDS: Final[Mapping[str, TypeAdapter[Stored]]] = {
    kind.__name__: cast("TypeAdapter[Stored]", TypeAdapter(kind)) for kind in (Secret, LoadBalancer, Listener, Pool)
}
_TASK: Final = TypeAdapter(Task)


class RecordKey(NamedTuple):
    """Key of a record.

    Attributes:
        kind: Secret, LoadBalancer, Listener, Pool, Task, Lag, RuleCount or InvariantViolation.
        id: ID of the object or task, or a number.
    """

    kind: str
    id: str


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Object(_Model):
    """Object of an account."""

    kind: str
    value: JsonValue

    @classmethod
    def of(cls, stored: Stored | None) -> _Object | None:
        if stored is None:
            return None
        kind = type(stored).__name__
        return cls(kind=kind, value=_KINDS[kind].dump_python(stored, mode="json", by_alias=True, exclude_unset=True))

    def stored(self) -> Stored:
        return _KINDS[self.kind].validate_python(self.value)


class _Transition(_Model):
    """Transition of a task. `lock_only`: before and after are the same object."""

    before: _Object | None
    after: _Object | None
    lock_only: bool

    @classmethod
    def of(cls, transition: Transition) -> _Transition:
        lock_only = transition.before is transition.after
        after = None if lock_only else _Object.of(transition.after)
        return cls(before=_Object.of(transition.before), after=after, lock_only=lock_only)

    def transition(self) -> Transition:
        before = _stored(self.before)
        return Transition(before, before if self.lock_only else _stored(self.after))


class _Task(_Model):
    task: JsonValue
    transitions: tuple[_Transition, ...]


class _Lag(_Model):
    kind: str
    reads: int
    shown: _Object | None


@dataclass(frozen=True)
class SavedState:
    """State of an emulator before its restart."""

    account: EmulatedAccount
    faults: list[RuleCount]
    violations: list[InvariantViolation]


def values_to_save(
    account: EmulatedAccount, faults: Iterable[RuleCount], violations: Iterable[InvariantViolation]
) -> dict[RecordKey, object]:
    """Return all values to save, in the order of their creation.

    Values that can change in place are serialized already. Two values of one key that are the same object have not
    changed.
    """
    found: dict[RecordKey, object] = {}
    for kind, table in _tables(account).items():
        found.update({RecordKey(kind, each): stored for each, stored in table.items()})
        for each, lag in table.lags.items():
            text = _Lag(kind=kind, reads=lag.reads, shown=_Object.of(lag.shown)).model_dump_json()
            found[RecordKey("Lag", f"{kind} {each}")] = text
    found.update({RecordKey("Task", each): task for each, task in account.tasks.items()})
    found.update({RecordKey("RuleCount", str(at)): count.model_dump_json() for at, count in enumerate(faults)})
    found.update({RecordKey("InvariantViolation", str(at)): violation for at, violation in enumerate(violations)})
    return found


def serialize(value: object) -> str:
    """Return the record of a value of `values_to_save`."""
    if isinstance(value, Stored):
        return cast(_Object, _Object.of(value)).model_dump_json()
    if isinstance(value, Task):
        plain = _TASK.dump_python(replace(value, transitions=()), mode="json", by_alias=True, exclude_unset=True)
        return _Task(task=plain, transitions=tuple(map(_Transition.of, value.transitions))).model_dump_json()
    return value.model_dump_json() if isinstance(value, BaseModel) else str(value)


def deserialize(records: Iterable[tuple[RecordKey, str]]) -> SavedState:
    """Return the state that a list of records contains.

    Args:
        records: Records in the order of the creation of their values.

    Raises:
        pydantic.ValidationError: A record is invalid.
        KeyError: The kind of a record is unknown.
    """
    account, faults, violations = EmulatedAccount(), [], []
    for key, text in records:
        if key.kind == "Task":
            record = _Task.model_validate_json(text)
            task = replace(
                _TASK.validate_python(record.task), transitions=tuple(each.transition() for each in record.transitions)
            )
            account.tasks[task.id] = task
        elif key.kind == "Lag":
            lag = _Lag.model_validate_json(text)
            object_id = key.id.partition(" ")[2]
            _tables(account)[lag.kind].lags[object_id] = Lag(lag.reads, _stored(lag.shown))
        elif key.kind == "RuleCount":
            faults.append(RuleCount.model_validate_json(text))
        elif key.kind == "InvariantViolation":
            violations.append(InvariantViolation.model_validate_json(text))
        else:
            account.put(_Object.model_validate_json(text).stored())
    return SavedState(account, faults, violations)


def _stored(record: _Object | None) -> Stored | None:
    return None if record is None else record.stored()


def _tables(account: EmulatedAccount) -> dict[str, Table[Stored]]:
    tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
    return {kind: cast("Table[Stored]", table) for kind, table in zip(_KINDS, tables, strict=True)}
