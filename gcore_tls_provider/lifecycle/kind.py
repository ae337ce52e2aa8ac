"""The contract that every kind of object fulfils, and what all kinds share.

- **check** validates all that is known and reports all findings at once; it adds public facts to the inputs, so that a
  preview shows them. It asks nobody, but for an object that is to be adopted (see `adoption`).
- **diff** compares meaning, over the kind's table of fields.
- **create** waits until the object is there and reads it back; if it fails, what it made is removed.
- **update** sends only what changed.
- What either leaves half-done is in its error, and so gets into the state; the next run goes on with it.
- **read** gives the live inputs, so that drift shows; an object that is gone is None.
- **delete** treats an object that is gone as deleted, and waits while it is in use.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final, Generic

from pydantic import BaseModel

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.limits import cap_repeats
from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.errors import ApiError, Conflict, ObjectFailed, ObjectNotFound, PartialResult
from gcore_tls_provider.hidden_inputs import ATTEMPT, CONTEXT, from_json
from gcore_tls_provider.lifecycle import adoption
from gcore_tls_provider.lifecycle.inputs.fields import (
    SET,
    Field,
    changed_fields,
    decode_explicit,
    encode_explicit,
    explicit_inputs,
    inputs_after_read,
    user_set_inputs,
)
from gcore_tls_provider.lifecycle.inputs.properties import (
    INTERNAL,
    InputsT,
    PartialInputs,
    Properties,
    Rule,
    parse,
    parse_partial,
)
from gcore_tls_provider.lifecycle.inputs.reference_cache import CertificateCache
from gcore_tls_provider.lifecycle.recovery.partial import UNFINISHED, half_updated, marked
from gcore_tls_provider.lifecycle.run.location import (
    ACCOUNT,
    LOCATION_FIELDS,
    RELOCATING_FIELDS,
    account_now,
    location_of,
    resolve_location,
)
from gcore_tls_provider.lifecycle.run.operation import Operation, ResourceContext, Verb, in_error, urn_of
from gcore_tls_provider.lifecycle.run.session import Session

_NAME: Final = re.compile(r"\w+")
"""The input that a finding's property begins with: `members` of `members[0].address`."""


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found.

    Attributes:
        inputs: the inputs, with public facts added.
        findings: all that is to be said about them.
    """

    inputs: Properties
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class CheckContext(Generic[InputsT]):
    """One check, as the rules see it.

    Attributes:
        drafted: the program's inputs, as far as they are known.
        inputs: the same as they will be saved, without the public facts; internal keys included.
        olds: the inputs of the last run; empty for an object that is to be made.
        now: the moment, in UTC.
        urn: the resource.
        seen: what the certificate resources that were checked before it hold.
    """

    drafted: PartialInputs[InputsT]
    inputs: Properties
    olds: Mapping[str, object]
    now: datetime
    urn: str
    seen: CertificateCache


@dataclass(frozen=True)
class Diff:
    """What an update would have to do.

    Attributes:
        changes: whether there is anything to do.
        replaces: the properties that can only be changed by a new object.
        delete_before_replace: the old object must go first.
        changed: all properties whose meaning changes.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class LiveObject:
    """An object as it stands at Gcore.

    Attributes:
        id: its id.
        properties: its properties, as far as Gcore gives them back.
        ailing: what Gcore says isn't well below it, in words: `member 10.0.0.11:8443 is in operating status ERROR`.
    """

    id: str
    properties: Properties
    unhealthy_parts: tuple[str, ...] = ()

    @property
    def health_problems(self) -> tuple[str, ...]:
        """All that isn't well: what its own statuses say, and what is below it."""
        statuses = (
            (name.replace("_", " "), self.properties.get(name))
            for name in ("provisioning_status", "operating_status", "status")
        )
        return (*(f"it is in {name} ERROR" for name, status in statuses if status == "ERROR"), *self.unhealthy_parts)


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
        arguments: what programs call those inputs whose names are Gcore's: `ca` becomes `ca_secret_id`.
        hidden: names of the properties whose values no message shows.
        adoptable: whether an existing object can be taken over with `existing_id`.
    """

    kind: ClassVar[str]
    inputs: type[InputsT]
    fields: tuple[Field, ...]
    rules: tuple[Rule[InputsT], ...] = ()
    derived: frozenset[str] = frozenset()
    arguments: Mapping[str, str] = MappingProxyType({})
    hidden: ClassVar[frozenset[str]] = frozenset()
    adoptable: ClassVar[bool] = True

    def facts(self, checking: CheckContext[InputsT]) -> tuple[Properties, Sequence[Finding]]:
        """Public facts about what is known of the inputs, and what is to be said about it beyond `rules`."""
        return {}, ()

    @abstractmethod
    def make(self, operation: Operation, inputs: InputsT) -> LiveObject:
        """Makes the object and waits for it."""

    @abstractmethod
    def look(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Reads the object; None if it is gone.

        Args:
            operation: the read.
            object_id: the object.
            prior: what is known of it.
        """

    @abstractmethod
    def change(
        self, operation: Operation, object_id: str, olds: Properties, inputs: InputsT, fields: Sequence[Field]
    ) -> LiveObject:
        """Changes the given fields of the object in place and reads it back."""

    @abstractmethod
    def remove(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Deletes the object; one that is gone is deleted."""

    def unfit(self, live: LiveObject) -> str | None:
        """Why an existing object can't become one of this kind, in words; None if it can."""
        status = live.properties.get("provisioning_status")
        return "it is in provisioning status ERROR" if status == "ERROR" else None

    def goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        """Whether the old object must be deleted before the new one can be made."""
        return False

    def check(self, session: Session, olds: Mapping[str, object], news: Mapping[str, object]) -> CheckOutcome:
        """Validates what is known of a program's inputs, and adds public facts and where the object is to be.

        Args:
            session: the process's work; asks Gcore only for an object that isn't adopted yet.
            olds: the inputs of the last run; empty for an object that is to be made.
            news: the program's inputs.
        """
        given = {k: v for k, v in news.items() if k not in self._added and k != ATTEMPT and v is not None}
        drafted = parse_partial(self.inputs, given)
        scope, misplaced = resolve_location(session, olds, news)
        inputs = {**given, **_parsed(drafted, given), **scope, **_attempt(olds, news)}
        facts, found = self.facts(CheckContext(drafted, inputs, olds, session.clock.utc(), urn_of(news), session.seen))
        judged = apply_waivers((*found, *drafted.run_rules(self.rules)), drafted.known.reasons)
        inputs, findings = {**inputs, **facts}, (*drafted.findings, *misplaced, *judged)
        if not self.adoptable or news.get(adoption.EXISTING) is None:
            return CheckOutcome(inputs, self._as_written(findings))
        sound = {name: inputs[name] for name in inputs if name in drafted.valid_fields | drafted.unknown}
        existing, adopted = adoption.checked(self, session, olds, news, {**sound, **scope, **facts})
        return CheckOutcome({**inputs, **existing}, self._as_written((*findings, *adopted)))

    def _as_written(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings on the arguments that the program gives, and of very many of one kind the first."""

        def written(finding: Finding) -> Finding:
            name = _NAME.match(finding.property)
            argument = None if name is None else self.arguments.get(name[0])
            if name is None or argument is None:
                return finding
            return replace(finding, property=argument + finding.property[name.end() :])

        return cap_repeats(map(written, findings))

    def diff(self, olds: Properties, news: Properties, object_id: str | None = None) -> Diff:
        """Compares the old outputs with the new inputs by what they mean.

        Args:
            olds: the outputs of the last run.
            news: the inputs of this one.
            object_id: the object.
        """
        if olds.get(UNFINISHED) == "anew":
            return Diff(changes=True, replaces=("name",), delete_before_replace=True)
        fields = tuple(changed_fields((*self.fields, *LOCATION_FIELDS), olds, news))
        replaces = tuple(field.name for field in fields if field.change == "replace")
        if adoption.is_of_another(olds, news, object_id):
            replaces = (*replaces, adoption.EXISTING)
        # A delete finds the time limits in the outputs, so that new ones have to get there.
        retimed = _timeouts(olds) != _timeouts(news)
        first = bool(replaces) and self._goes_first(olds, news, replaces)
        # The mark of an account is the provider's own: what a program can change is the connection.
        named = tuple("provider_config" if name == ACCOUNT else name for name in replaces)
        return Diff(
            bool(fields) or bool(replaces) or retimed or UNFINISHED in olds,
            named,
            first,
            tuple(field.name for field in fields),
        )

    def _goes_first(self, olds: Properties, news: Properties, replaces: Sequence[str]) -> bool:
        elsewhere = any(name in replaces for name in (*RELOCATING_FIELDS, adoption.EXISTING))
        return not elsewhere and self.goes_first(olds, news, replaces)

    def create(self, session: Session, properties: Properties) -> LiveObject:
        """Makes the object, or adopts it; its properties are those given, and what Gcore adds."""
        operation, inputs = self._operation(session, properties, "create"), self._parsed(properties)
        try:
            live = adoption.adopted(self, operation, properties, inputs) or self.make(operation, inputs)
        except ApiError as failed:
            if failed.partial is not None:
                failed.partial = marked(failed.partial, self._kept(properties))
            raise
        return LiveObject(live.id, {**self._kept(properties), **live.properties})

    def read(self, session: Session, object_id: str, properties: Properties) -> Read | None:
        """Reads the object; None if it is gone.

        Raises:
            ObjectFailed: it is gone, and was never known: what a program wants to read must be there.
        """
        operation = self._operation(session, properties, "read")
        live = self.look(operation, object_id, properties)
        if live is None and SET not in properties:
            raise ObjectFailed(
                f"read {self.kind} {object_id}",
                "there is no such object in this project and region",
                "Correct the id, or the project and region: the resource's, else those of its connection.",
            )
        if live is None:
            return None
        if live.health_problems:
            operation.warn(self.unwell(object_id, live))
        prior = self.inputs_of(properties)
        inputs = {**inputs_after_read(self.fields, prior, live.properties), **account_now(session, properties)}
        ever_set = decode_explicit(properties) if UNFINISHED in properties else frozenset[str]()
        names = encode_explicit(ever_set | explicit_inputs(inputs, self.fields))
        return Read({**properties, **live.properties, SET: names}, inputs)

    def inputs_of(self, outputs: Properties) -> Properties:
        """The inputs that a program has last given, as far as the outputs tell."""
        kept = {
            key: value
            for key, value in outputs.items()
            if key in self._added or (key.startswith(INTERNAL) and key not in (SET, UNFINISHED))
        }
        return {**kept, **user_set_inputs(self.fields, decode_explicit(outputs), outputs)}

    def update(self, session: Session, object_id: str, olds: Properties, news: Properties) -> Properties:
        """Changes what differs, in place; the new outputs.

        Where an earlier update failed half-way, nothing is taken for granted: the live object is what is compared.
        """
        kept = {
            **{k: v for k, v in olds.items() if k not in news and k not in decode_explicit(olds)},
            **self._kept(news),
        }
        kept.pop(UNFINISHED, None)
        operation = self._operation(session, news, "update")
        try:
            before = self._before(operation, object_id, olds) if UNFINISHED in olds else olds
            fields = [each for each in changed_fields(self.fields, before, news) if each.change != "replace"]
            if not fields and UNFINISHED not in olds:
                return kept
            live = self.change(operation, object_id, before, self._parsed(news), fields)
        except ApiError as failed:
            error: ApiError = failed
            if isinstance(failed, ObjectNotFound):
                error = ObjectFailed(
                    failed.action, failed.reason, "If it was deleted by hand, run `pulumi refresh`, then `pulumi up`."
                )
            if isinstance(failed, Conflict) and self._is_in_error(operation, object_id, olds):
                error = in_error(failed.action, self.kind)
            if operation.wrote or UNFINISHED in olds:
                error.partial = PartialResult(object_id, half_updated(self.fields, olds, news), recreate=False)
            if error is failed:
                raise
            raise error from failed
        return {**kept, **live.properties}

    def is_going(self, session: Session, object_id: str, properties: Properties) -> bool:
        """Whether an object whose deletion was cut off is gone, or will be."""
        live = self.look(self._operation(session, properties, "read"), object_id, properties)
        return live is None or live.properties.get("provisioning_status") == "PENDING_DELETE"

    def _is_in_error(self, operation: Operation, object_id: str, olds: Properties) -> bool:
        try:
            live = self.look(operation, object_id, olds)
        except ApiError:
            return False
        return live is not None and live.properties.get("provisioning_status") == "ERROR"

    def _before(self, operation: Operation, object_id: str, olds: Properties) -> Properties:
        """What an object is like that an update has left half-done: what was set then counts as set."""
        live = self.look(operation, object_id, olds)
        if live is None:
            raise ObjectFailed(
                f"update {self.kind} {object_id}",
                "there is no such object any more",
                "If it was deleted by hand, run `pulumi refresh`, then `pulumi up`.",
            )
        return {**olds, **live.properties}

    def delete(self, session: Session, object_id: str, properties: Properties) -> None:
        """Deletes the object and waits until it is gone."""
        self.remove(self._operation(session, properties, "delete"), object_id, properties)

    def unwell(self, object_id: str, live: LiveObject) -> str:
        """What Gcore says of an object that isn't well, as a sentence."""
        name = live.properties.get("name", object_id)
        return (
            f"{self.kind} '{name}' ({object_id}) isn't well, says Gcore: {'; '.join(live.health_problems)}. An object in "
            f"provisioning status ERROR can't be changed, only deleted; operating status ERROR means that health "
            f"probes fail, or that all below it does."
        )

    def drafted_before(self, olds: Mapping[str, object]) -> PartialInputs[InputsT]:
        """The inputs of the last run, looked at as a program's are."""
        return parse_partial(self.inputs, {key: value for key, value in olds.items() if key not in self._added})

    @property
    def _added(self) -> frozenset[str]:
        existing = {adoption.EXISTING} if self.adoptable else frozenset[str]()
        return self.derived | existing | frozenset(field.name for field in LOCATION_FIELDS)

    def _operation(self, session: Session, properties: Properties, verb: Verb) -> Operation:
        return Operation(session, ResourceContext.of(properties), self.kind, verb, location_of(properties), properties)

    def _parsed(self, properties: Properties) -> InputsT:
        return parse(self.inputs, {k: v for k, v in properties.items() if k not in self._added})

    def _kept(self, properties: Properties) -> Properties:
        return {**properties, SET: encode_explicit(explicit_inputs(properties, self.fields))}


def _parsed(drafted: PartialInputs[InputsT], given: Mapping[str, object]) -> Properties:
    """What was given, as it was understood: `"443"` as 443, ids and addresses in one spelling.

    Else the state would hold one spelling and Gcore give back another, a change for ever.
    """
    return {name: _plain(getattr(drafted.known, name)) for name in given if name in drafted.valid_fields}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _attempt(olds: Mapping[str, object], news: Mapping[str, object]) -> Properties:
    """Which making of the resource it is: a new one for an object that is to be made, else the one that made it."""
    attempt = (olds or news).get(ATTEMPT)
    return {} if attempt is None else {ATTEMPT: attempt}


def _timeouts(properties: Mapping[str, object]) -> object:
    # None were saved as an empty object once.
    return from_json(properties.get(CONTEXT)).get("timeouts") or None
