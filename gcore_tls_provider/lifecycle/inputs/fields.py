"""Fields: for each property of a kind, whether Gcore returns it, accepts null, and changes it in place.

There is one table per kind; diff, update and read loop over it, and so do the tests.

- Never set by the program: not sent, not compared, shown as an output.
- Set, then removed: null if the field is nullable, else its documented default, else it keeps its value.
- Never returned by Gcore: a read keeps the previous value.
- `compare_when_unset`: compared even if it was never set, because its absence has a meaning.
- `server_populated`: an object of which Gcore fills in the parts that the program has not set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.lifecycle.inputs.properties import Properties, contains_unknown

Change = Literal["in place", "replace", "separate endpoint"]
"""Way of a changed value to Gcore: in the object's update, by a new object, or by a route of its own."""


def equal(old: object, new: object) -> bool:
    """Return whether two values are equal."""
    return old == new


def equal_ids(old: object, new: object) -> bool:
    """Return whether two IDs are equal; a program can write them in capitals, Gcore does not."""
    return _normalized(old) == _normalized(new)


def equal_id_sets(old: object, new: object) -> bool:
    """Return whether two lists have the same IDs, in any order and number; None is as good as empty."""
    return _ids(old) == _ids(new)


def _ids(value: object) -> set[object]:
    return {_normalized(each) for each in value} if isinstance(value, (list, tuple)) else set()


def _normalized(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


@dataclass(frozen=True)
class Field:
    """One property of a kind.

    Attributes:
        name: Name of the property, at Pulumi and at Gcore.
        change: How a change of it is made.
        readable: Gcore returns it.
        nullable: Gcore's update accepts null for it.
        default: Value after removal if it is not nullable; None if there is no such value.
        compare_when_unset: Compare it even if the program has never set it.
        server_populated: It is an object, and Gcore fills in the parts that the program does not set. A part that the
            program has set earlier and sets no longer is a change.
        equal: Return whether two values mean the same.
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
        """Value that an update sends once the program has removed the property."""
        return None if self.nullable else self.default


def explicit_inputs(inputs: Mapping[str, object], fields: Iterable[Field] = ()) -> frozenset[str]:
    """Return the names of the properties that have a value.

    Args:
        inputs: Properties.
        fields: The kind's table: parts of a server-populated field count too, as `logging.topic_name`.
    """
    names = [key for key, value in inputs.items() if value is not None and not key.startswith("__")]
    parts = [
        f"{field.name}.{part}" for field in fields if field.server_populated for part in _parts(inputs.get(field.name))
    ]
    return frozenset((*names, *parts))


def _parts(value: object) -> set[str]:
    """Return the names of an object's parts that have a value."""
    return {str(key) for key, part in value.items() if part} if isinstance(value, Mapping) else set()


def user_set_inputs(fields: Iterable[Field], explicit: Collection[str], outputs: Mapping[str, object]) -> Properties:
    """Return the inputs that the program has set, read from outputs; without the parts that Gcore has filled in.

    Args:
        fields: The kind's table.
        explicit: Names of the inputs that the program has set.
        outputs: Outputs.
    """
    inputs: Properties = {name: value for name, value in outputs.items() if name in explicit}
    for field in fields:
        parts = {name.partition(".")[2] for name in explicit if name.startswith(f"{field.name}.")}
        value = inputs.get(field.name)
        if field.server_populated and parts and isinstance(value, Mapping):
            inputs[field.name] = {part: each for part, each in value.items() if part in parts}
    return inputs


def changed_fields(
    fields: Iterable[Field],
    olds: Mapping[str, object],
    news: Mapping[str, object],
    *,
    explicit: Collection[str] | None = None,
) -> Iterator[Field]:
    """Yield the fields whose meaning differs between old outputs and new inputs; an unknown value is a change.

    Args:
        fields: The kind's table.
        olds: Old outputs.
        news: New inputs.
        explicit: Names of the inputs that the program has set before; None: all of `olds`.
    """
    was_set = frozenset(olds) if explicit is None else explicit
    for field in fields:
        old, new = olds.get(field.name), news.get(field.name)
        if old is None and not field.readable:
            # Gcore does not return the value: a field that was never set has its default.
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
    """Return the inputs as the live object has them, so that a refresh shows drift.

    A property that was never set stays unset, unless `compare_when_unset` holds and the live object has a value.
    """
    inputs: Properties = {key: value for key, value in prior.items() if value is not None}
    for field in fields:
        if not field.readable or field.name not in live:
            continue
        value = live[field.name]
        if field.name in inputs:
            # Values that Gcore has filled in next to those of the program are no drift, as in an update.
            if field.equal(value, inputs[field.name]):
                continue
        elif not field.compare_when_unset or field.equal(value, field.removed):
            continue
        if value is None:
            inputs.pop(field.name, None)
        else:
            inputs[field.name] = value
    return inputs
