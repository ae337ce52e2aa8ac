"""The contract that every kind of object fulfils, and what all kinds share.

- **check** validates all that is known and reports all findings at once; it adds public facts to the inputs, so that a
  preview shows them. It asks nobody.
- **diff** compares meaning, over the kind's table of fields.
- **create** waits until the object is there and reads it back; if it fails, what it made is removed.
- **update** sends only what changed.
- **read** gives the live inputs, so that drift shows; an object that is gone is None.
- **delete** treats an object that is gone as deleted, and waits while it is in use.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic

from pydantic import BaseModel

from gcore_tls_provider.api.connection import Scope
from gcore_tls_provider.certificates.finding import Finding
from gcore_tls_provider.errors import ObjectFailed, ObjectNotFound
from gcore_tls_provider.lifecycle.configuration import Configuration
from gcore_tls_provider.lifecycle.fields import SET, Field, changed, inputs_after_read, set_names
from gcore_tls_provider.lifecycle.operation import CONTEXT, Context, Operation, Verb
from gcore_tls_provider.lifecycle.properties import (
    INTERNAL,
    Draft,
    InputsT,
    Properties,
    Rule,
    draft,
    parse,
)
from gcore_tls_provider.lifecycle.session import Session

SCOPE_FIELDS = (
    Field("project_id", change="replace", readable=False),
    Field("region_id", change="replace", readable=False),
)
"""Where an object is. Kept in its state: with another project configured, 'not found' would pass for 'deleted'."""


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        inputs: the inputs, with public facts added.
        findings: all that is to be said about them.
    """

    inputs: Properties
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Difference:
    """What an update would have to do.

    Attributes:
        changes: whether there is anything to do.
        replaces: the properties that can only be changed by a new object.
        delete_before_replace: the old object must go first.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Live:
    """An object as it stands at Gcore.

    Attributes:
        id: its id.
        properties: its properties, as far as Gcore gives them back.
    """

    id: str
    properties: Properties


@dataclass(frozen=True)
class Read:
    """What a read found.

    Attributes:
        outputs: everything about the object.
        inputs: the inputs that would describe it.
    """

    outputs: Properties
    inputs: Properties


class Lifecycle(ABC, Generic[InputsT]):
    """One kind of object, from check to delete. Stateless: threads share it.

    Attributes:
        kind: what it is called in messages: `listener`.
        inputs: the model of its inputs.
        fields: the table of what is compared.
        rules: what is checked beyond single properties.
        derived: names of the public facts that check adds.
    """

    kind: ClassVar[str]
    inputs: type[InputsT]
    fields: tuple[Field, ...]
    rules: tuple[Rule[InputsT], ...] = ()
    derived: frozenset[str] = frozenset()

    def facts(self, drafted: Draft[InputsT]) -> tuple[Properties, Sequence[Finding]]:
        """Public facts about what is known of the inputs, and what was found while computing them."""
        return {}, ()

    @abstractmethod
    def make(self, operation: Operation, inputs: InputsT) -> Live:
        """Makes the object and waits for it."""

    @abstractmethod
    def look(self, operation: Operation, object_id: str, prior: Properties) -> Live | None:
        """Reads the object; None if it is gone.

        Args:
            operation: the read.
            object_id: the object.
            prior: what is known of it.
        """

    @abstractmethod
    def change(
        self, operation: Operation, object_id: str, olds: Properties, inputs: InputsT, fields: Sequence[Field]
    ) -> Live:
        """Changes the given fields of the object in place and reads it back."""

    @abstractmethod
    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Deletes the object; one that is gone is deleted."""

    def take_over(self, operation: Operation, leftover: str, inputs: InputsT) -> Live:
        """Makes an object that a dead run has left what the inputs say.

        Raises:
            ApiError: it can't be mended.
        """
        wanted = inputs.model_dump(exclude_none=True)
        live = self.look(operation, leftover, wanted)
        if live is None:
            raise ObjectFailed(
                f"take over {self.kind} {leftover}", "it has gone in between", "Run again: another one is made."
            )
        fields = [
            each
            for each in changed(self.fields, {**live.properties, SET: set_names(live.properties)}, wanted)
            if each.change != "replace"
        ]
        if fields:
            live = self.change(operation, leftover, live.properties, inputs, fields)
        operation.session.made.add(leftover)
        operation.warn(
            f"{self.kind} {leftover} was left behind by a run that died: it is taken over. If Pulumi goes on speaking "
            f"of pending operations, `pulumi refresh --clear-pending-creates` ends that."
        )
        return live

    def goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Whether the old object must be deleted before the new one can be made."""
        return False

    def check(self, news: Mapping[str, object], configuration: Configuration) -> Checked:
        """Validates what is known of a program's inputs, and adds public facts and where the object is to be."""
        given = {k: v for k, v in news.items() if k not in self._added and v is not None}
        drafted = draft(self.inputs, given)
        facts, found = self.facts(drafted)
        findings = (*drafted.findings, *found, *drafted.verdicts(self.rules))
        return Checked({**given, **_parsed(drafted, given), **_where(configuration), **facts}, findings)

    def diff(self, olds: Properties, news: Properties) -> Difference:
        """Compares the old outputs with the new inputs by what they mean."""
        fields = tuple(changed((*self.fields, *SCOPE_FIELDS), olds, news))
        replaces = tuple(field.name for field in fields if field.change == "replace")
        # A delete finds the time limits in the outputs, so that new ones have to get there.
        retimed = _timeouts(olds) != _timeouts(news)
        return Difference(bool(fields) or retimed, replaces, bool(replaces) and self._goes_first(olds, news, replaces))

    def _goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        moves = any(field.name in replaces for field in SCOPE_FIELDS)
        return not moves and self.goes_first(olds, news, replaces)

    def create(self, session: Session, properties: Properties) -> Live:
        """Makes the object; its properties are those given, and what Gcore adds."""
        live = self.make(self._operation(session, properties, "create"), self._parsed(properties))
        return Live(live.id, {**self._kept(properties), **live.properties})

    def read(self, session: Session, object_id: str, properties: Properties) -> Read | None:
        """Reads the object; None if it is gone.

        Raises:
            ObjectFailed: it is gone, and was never known: what a program wants to read must be there.
        """
        live = self.look(self._operation(session, properties, "read"), object_id, properties)
        were_set = properties.get(SET)
        if live is None and were_set is None:
            raise ObjectFailed(
                f"read {self.kind} {object_id}",
                "there is no such object in this project and region",
                "Correct the id, or `gcore:projectId` and `gcore:regionId`.",
            )
        if live is None:
            return None
        names = frozenset(map(str, were_set)) if isinstance(were_set, list) else frozenset[str]()
        prior = {
            key: value
            for key, value in properties.items()
            if key in names or key in self._added or (key.startswith(INTERNAL) and key != SET)
        }
        inputs = inputs_after_read(self.fields, prior, live.properties)
        return Read({**properties, **live.properties, SET: set_names(inputs)}, inputs)

    def update(self, session: Session, object_id: str, olds: Properties, news: Properties) -> Properties:
        """Changes what differs, in place; the new outputs."""
        fields = [each for each in changed(self.fields, olds, news) if each.change != "replace"]
        kept = {**{k: v for k, v in olds.items() if k not in news and k not in _set_before(olds)}, **self._kept(news)}
        if not fields:
            return kept
        operation = self._operation(session, news, "update")
        try:
            live = self.change(operation, object_id, olds, self._parsed(news), fields)
        except ObjectNotFound as missing:
            raise ObjectFailed(
                missing.asked, missing.answered, "If it was deleted by hand, run `pulumi refresh`, then `pulumi up`."
            ) from missing
        return {**kept, **live.properties}

    def delete(self, session: Session, object_id: str, properties: Properties) -> None:
        """Deletes the object and waits until it is gone."""
        self.remove(self._operation(session, properties, "delete"), object_id, properties)

    @property
    def _added(self) -> frozenset[str]:
        return self.derived | frozenset(field.name for field in SCOPE_FIELDS)

    def _operation(self, session: Session, properties: Properties, verb: Verb) -> Operation:
        return Operation(session, Context.of(properties), self.kind, verb, _scope(properties))

    def _parsed(self, properties: Properties) -> InputsT:
        return parse(self.inputs, {k: v for k, v in properties.items() if k not in self._added})

    def _kept(self, properties: Properties) -> Properties:
        return {**properties, SET: set_names(properties)}


def _parsed(drafted: Draft[InputsT], given: Mapping[str, object]) -> Properties:
    """What was given, as it was understood: `"443"` as 443, ids and addresses in one spelling.

    Else the state would hold one spelling and Gcore give back another, a change for ever.
    """
    return {name: _plain(getattr(drafted.known, name)) for name in given if name in drafted.usable}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _where(configuration: Configuration) -> Properties:
    where = {"project_id": configuration.project_id, "region_id": configuration.region_id}
    return {name: value for name, value in where.items() if value is not None}


def _scope(properties: Mapping[str, object]) -> Scope | None:
    project, region = properties.get("project_id"), properties.get("region_id")
    if isinstance(project, (int, float)) and isinstance(region, (int, float)):
        return Scope(int(project), int(region))
    return None


def _timeouts(properties: Mapping[str, object]) -> object:
    context = properties.get(CONTEXT)
    return context.get("timeouts") if isinstance(context, Mapping) else None


def _set_before(olds: Properties) -> frozenset[str]:
    were_set = olds.get(SET)
    return frozenset(map(str, were_set)) if isinstance(were_set, list) else frozenset()
