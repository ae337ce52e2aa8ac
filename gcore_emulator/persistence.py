"""All that an emulator remembers, as records: texts of JSON by kind and id, and back.

What is left out begins anew with each start: which calls there were, and how many came in this second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from gcore_emulator.account import (
    Account,
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
from gcore_emulator.invariants import Breach

_KINDS: Final[Mapping[str, TypeAdapter[Stored]]] = {
    kind.__name__: cast("TypeAdapter[Stored]", TypeAdapter(kind)) for kind in (Secret, LoadBalancer, Listener, Pool)
}
_TASK: Final = TypeAdapter(Task)


class Key(NamedTuple):
    """What a record is known by. `kind`: Secret, LoadBalancer, Listener, Pool, Task, Lag, RuleCount or Breach."""

    kind: str
    id: str


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Object(_Model):
    """An object of an account."""

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
    """`kept`: nothing but a lock; before and after are the same."""

    before: _Object | None
    after: _Object | None
    kept: bool

    @classmethod
    def of(cls, transition: Transition) -> _Transition:
        kept = transition.before is transition.after
        after = None if kept else _Object.of(transition.after)
        return cls(before=_Object.of(transition.before), after=after, kept=kept)

    def transition(self) -> Transition:
        before = _stored(self.before)
        return Transition(before, before if self.kept else _stored(self.after))


class _Task(_Model):
    task: JsonValue
    transitions: tuple[_Transition, ...]


class _Lag(_Model):
    kind: str
    reads: int
    shown: _Object | None


@dataclass(frozen=True)
class Remembered:
    """What is left of an emulator's earlier life."""

    account: Account
    faults: list[RuleCount]
    breaches: list[Breach]


def current(account: Account, faults: Iterable[RuleCount], breaches: Iterable[Breach]) -> dict[Key, object]:
    """What there is to be remembered, in the order in which it was made.

    Values that may change in place are texts already; two values of one key that are the same object have not changed.
    """
    found: dict[Key, object] = {}
    for kind, table in _tables(account).items():
        found.update({Key(kind, each): stored for each, stored in table.items()})
        for each, lag in table.lags.items():
            text = _Lag(kind=kind, reads=lag.reads, shown=_Object.of(lag.shown)).model_dump_json()
            found[Key("Lag", f"{kind} {each}")] = text
    found.update({Key("Task", each): task for each, task in account.tasks.items()})
    found.update({Key("RuleCount", str(at)): count.model_dump_json() for at, count in enumerate(faults)})
    found.update({Key("Breach", str(at)): breach for at, breach in enumerate(breaches)})
    return found


def text_of(value: object) -> str:
    """The record of a value of `current`."""
    if isinstance(value, Stored):
        return cast(_Object, _Object.of(value)).model_dump_json()
    if isinstance(value, Task):
        plain = _TASK.dump_python(replace(value, transitions=()), mode="json", by_alias=True, exclude_unset=True)
        return _Task(task=plain, transitions=tuple(map(_Transition.of, value.transitions))).model_dump_json()
    return value.model_dump_json() if isinstance(value, BaseModel) else str(value)


def remembered(records: Iterable[tuple[Key, str]]) -> Remembered:
    """The other way round.

    Args:
        records: in the order in which their values were made.

    Raises:
        pydantic.ValidationError: a record isn't what `text_of` writes.
        KeyError: neither is its kind.
    """
    account, faults, breaches = Account(), [], []
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
        elif key.kind == "Breach":
            breaches.append(Breach.model_validate_json(text))
        else:
            account.put(_Object.model_validate_json(text).stored())
    return Remembered(account, faults, breaches)


def _stored(record: _Object | None) -> Stored | None:
    return None if record is None else record.stored()


def _tables(account: Account) -> dict[str, Table[Stored]]:
    tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
    return {kind: cast("Table[Stored]", table) for kind, table in zip(_KINDS, tables, strict=True)}
