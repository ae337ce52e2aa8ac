"""Fields: for each property of a kind, whether Gcore gives it back, takes null, and changes it in place.

One table per kind; diff, update and read run over it, and so do their tests.

- Never set: not sent, not compared, shown as an output.
- Set, then removed: null where the field is nullable, else its documented default, else it stays as it is.
- Never echoed by Gcore: a read keeps what was there before.
- `owned`: compared even when it was never set, because its absence has a meaning.
- `filled_in`: an object whose parts are set and removed one by one, as Gcore fills in those that were never set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gcore_tls_provider.lifecycle.inputs.properties import Properties, contains_unknown

Change = Literal["in place", "replace", "own route"]
"""How a changed value gets to Gcore: in the object's update, by a new object, or by a route that the kind knows."""

SET: Final = "__set"
"""The output that names the inputs that were set: Pulumi shows a handler the old outputs only."""


def equal(old: object, new: object) -> bool:
    """Plain equality."""
    return old == new


def equal_ids(old: object, new: object) -> bool:
    """Equality of ids: a program may write them in capitals, Gcore doesn't."""
    return _written_by_gcore(old) == _written_by_gcore(new)


def equal_id_sets(old: object, new: object) -> bool:
    """Equality of lists of ids in which neither order nor repetition means anything; none is as good as empty."""
    return _ids(old) == _ids(new)


def _ids(value: object) -> set[object]:
    return {_written_by_gcore(each) for each in value} if isinstance(value, (list, tuple)) else set()


def _written_by_gcore(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


@dataclass(frozen=True)
class Field:
    """One property.

    Attributes:
        name: its name, in Pulumi and at Gcore alike.
        change: how a change of it is made.
        readable: Gcore gives it back.
        nullable: Gcore's update takes null for it.
        default: what it goes back to when it is removed and isn't nullable; None where there is no such value.
        owned: compared even when it was never set.
        filled_in: it is an object, and what the program says nothing of is Gcore's to fill in; a part that the program
            has said, and says no longer, is a change.
        equal: whether two values mean the same.
    """

    name: str
    change: Change = "in place"
    readable: bool = True
    nullable: bool = False
    default: object = None
    compare_when_unset: bool = False
    server_populated: bool = False
    equal: Callable[[object, object], bool] = equal

    @property
    def removed(self) -> object:
        """The value that an update sends when the property was removed."""
        return None if self.nullable else self.default


def explicit_inputs(inputs: Mapping[str, object], fields: Iterable[Field] = ()) -> frozenset[str]:
    """The names of the properties that have a value: what `SET` holds.

    Args:
        inputs: the properties.
        fields: the kind's table: of what Gcore fills in, the parts count too, as `logging.topic_name`.
    """
    names = [key for key, value in inputs.items() if value is not None and not key.startswith("__")]
    parts = [
        f"{field.name}.{part}" for field in fields if field.server_populated for part in _parts(inputs.get(field.name))
    ]
    return frozenset((*names, *parts))


def encode_explicit(names: Iterable[str]) -> str:
    """The names as `SET` holds them: one text, as the engine takes its time for each value of a property."""
    return " ".join(sorted(names))


def decode_explicit(outputs: Mapping[str, object]) -> frozenset[str]:
    """The names that `SET` holds."""
    names = outputs.get(SET)
    if isinstance(names, list):
        # State of before.
        return frozenset(map(str, names))
    return frozenset(names.split()) if isinstance(names, str) else frozenset()


def _parts(value: object) -> set[str]:
    """The parts of an object that say something."""
    return {str(key) for key, part in value.items() if part} if isinstance(value, Mapping) else set()


def user_set_inputs(fields: Iterable[Field], names: Collection[str], outputs: Mapping[str, object]) -> Properties:
    """What a program has last said, as far as the outputs tell: without what Gcore has filled in.

    Args:
        fields: the kind's table.
        names: what `SET` holds.
        outputs: the outputs.
    """
    said: Properties = {name: value for name, value in outputs.items() if name in names}
    for field in fields:
        parts = {name.partition(".")[2] for name in names if name.startswith(f"{field.name}.")}
        value = said.get(field.name)
        if field.server_populated and parts and isinstance(value, Mapping):
            said[field.name] = {part: each for part, each in value.items() if part in parts}
    return said


def changed_fields(fields: Iterable[Field], olds: Mapping[str, object], news: Mapping[str, object]) -> Iterator[Field]:
    """The fields whose meaning differs between the old outputs and the new inputs.

    A new value that is unknown counts as a change.
    """
    was_set = decode_explicit(olds) if SET in olds else frozenset(olds)
    for field in fields:
        old, new = olds.get(field.name), news.get(field.name)
        if old is None and not field.readable:
            # Gcore doesn't say what it is: never set, so as it is by default.
            old = field.removed
        if contains_unknown(new):
            yield field
        elif new is None:
            compared = field.compare_when_unset or field.name in was_set
            restorable = field.nullable or field.default is not None
            if compared and restorable and not field.equal(old, field.removed):
                yield field
        elif not field.equal(old, new):
            yield field
        elif field.server_populated:
            removed = _parts(old) - _parts(new)
            if any(f"{field.name}.{part}" in was_set for part in removed):
                yield field


def inputs_after_read(fields: Iterable[Field], prior: Mapping[str, object], live: Mapping[str, object]) -> Properties:
    """The inputs as the live object has them, so that a refresh shows what has drifted.

    A property that was never set stays unset, unless it is owned and the live object has a value for it.
    """
    inputs: Properties = {key: value for key, value in prior.items() if value is not None}
    for field in fields:
        if not field.readable or field.name not in live:
            continue
        value = live[field.name]
        if field.name in inputs:
            # As for an update: what Gcore has filled in beside what the program says is no drift.
            if field.equal(value, inputs[field.name]):
                continue
        elif not field.compare_when_unset or field.equal(value, field.removed):
            continue
        if value is None:
            inputs.pop(field.name, None)
        else:
            inputs[field.name] = value
    return inputs
