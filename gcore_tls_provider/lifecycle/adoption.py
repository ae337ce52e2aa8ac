"""Adoption: a resource takes over an object that exists, `existing_id`, in place of making one.

- In check, as long as the object isn't adopted: one GET. What adoption would change is a warning, field by field; what
  can't be changed in place is an error, and so is an object that isn't there. What Gcore never gives back (a secret's
  content, the network of a VIP) can't be compared: it is trusted to be what the program says.
- In create: the same comparison; then what differs is changed in place, and nothing is made.
- Afterwards `existing_id` has no effect, and may be removed. Another id is another object: it is adopted, and the one
  before is deleted, unless the resource has `retain_on_delete`.

An adopted object keeps its name, and is deleted with its resource like any other.

No object is adopted twice: the stack's state says which resource manages it. It also says what a resource has adopted
before: when that is replaced, `existing_id` has no effect any more, and a new object is made. Two stacks know nothing
of each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.errors import ApiError, ConfigurationError, ObjectFailed
from gcore_tls_provider.lifecycle.inputs.fields import SET, Field, changed_fields, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    InputsT,
    Properties,
    ResourceInputs,
    contains_unknown,
    error_finding,
    parse_partial,
)
from gcore_tls_provider.lifecycle.inputs.scalars import ObjectId
from gcore_tls_provider.lifecycle.recovery.stack_state import ObjectOwners
from gcore_tls_provider.lifecycle.run.location import location_of
from gcore_tls_provider.lifecycle.run.operation import Operation, ResourceContext
from gcore_tls_provider.lifecycle.run.session import Session

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.kind import Lifecycle, LiveObject

EXISTING: Final = "existing_id"

_LONGEST_SHOWN = 160


class AdoptionInputs(ResourceInputs):
    """What every resource takes that can adopt an object.

    Attributes:
        existing_id: the id of the object.
    """

    existing_id: ObjectId | None = None


def is_of_another(olds: Mapping[str, object], news: Mapping[str, object], object_id: str | None) -> bool:
    """Whether the program wants to adopt another object than the one that the resource has.

    Args:
        olds: the outputs of the last run.
        news: the inputs of this one.
        object_id: the resource's object.
    """
    wanted = news.get(EXISTING)
    return wanted is not None and not equal_ids(wanted, object_id) and not equal_ids(wanted, olds.get(EXISTING))


def checked(
    lifecycle: Lifecycle[Any],
    session: Session,
    olds: Mapping[str, object],
    news: Mapping[str, object],
    inputs: Properties,
) -> tuple[Properties, Sequence[Finding]]:
    """`existing_id` as it is understood, and what is to be said of an adoption that is about to happen.

    Args:
        lifecycle: the kind.
        session: the process's work.
        olds: the inputs of the last run; empty for an object that is to be made or adopted.
        news: the program's inputs.
        inputs: the valid ones among them, with public facts and scope.
    """
    drafted = parse_partial(AdoptionInputs, {EXISTING: news[EXISTING]})
    existing = drafted.known.existing_id
    if EXISTING in drafted.unknown:
        sentence = "The object to be adopted isn't known yet, so it can't be compared with the program."
        return {EXISTING: UNKNOWN}, [_warning("ADOPTION_UNKNOWN", sentence, "What differs is changed by the `up`.")]
    if existing is None:
        return {EXISTING: news[EXISTING]}, drafted.findings
    context = ResourceContext.of(news)
    # Asked for in every check: a replacement that deletes first must know what the state held before.
    managed = session.managed(context.stack)
    mine = managed is not None and managed.ever_owned(context.urn, existing)
    if olds:
        other = not mine and not equal_ids(existing, olds.get(EXISTING))
        return {EXISTING: existing}, [_another(lifecycle.kind, existing)] if other else []
    if mine:
        sentence = f"{lifecycle.kind} {existing} was adopted before and is being replaced, so another one is made."
        return {EXISTING: existing}, [
            _warning("EXISTING_ID_IGNORED", sentence, "Remove existing_id: it has no effect.")
        ]
    operation = Operation(session, context, lifecycle.kind, "read", location_of(inputs))
    _, findings = _compared(lifecycle, operation, existing, inputs, managed)
    return {EXISTING: existing}, findings


def adopted(
    lifecycle: Lifecycle[InputsT], operation: Operation, properties: Properties, inputs: InputsT
) -> LiveObject | None:
    """Takes an existing object over, and changes what differs; None where there is nothing to adopt.

    Args:
        lifecycle: the kind.
        operation: the create.
        properties: the resource's properties.
        inputs: the same, parsed.

    Raises:
        ObjectFailed: it can't be adopted.
        ApiError: it can't be changed.
    """
    existing = properties.get(EXISTING) if lifecycle.adoptable else None
    if not isinstance(existing, str):
        return None
    context = operation.context
    asked = f"adopt {lifecycle.kind} {existing}"
    managed = operation.session.managed(context.stack)
    if managed is None:
        raise ObjectFailed(
            asked,
            "the stack's state can't be read (`pulumi stack export`), so nothing says that no other resource of it "
            "manages the object",
            "Make `pulumi stack export` work in the project's folder, then run again.",
        )
    if managed.ever_owned(context.urn, existing):
        return None
    live, findings = _compared(lifecycle, operation, existing, properties, managed)
    errors = [each for each in findings if each.severity == "error"]
    if live is None or errors:
        raise ObjectFailed(asked, " ".join(each.sentence for each in errors), " ".join(each.remedy for each in errors))
    fields = [
        field for field, _ in _differences(lifecycle.fields, live.properties, properties) if field.change != "replace"
    ]
    if fields:
        live = lifecycle.change(operation, existing, live.properties, inputs, fields)
    operation.session.made.add(existing)
    return live


def _compared(
    lifecycle: Lifecycle[Any],
    operation: Operation,
    existing: str,
    inputs: Properties,
    managed: ObjectOwners | None,
) -> tuple[LiveObject | None, Sequence[Finding]]:
    """The live object, and what is to be said of its adoption."""
    kind, urn = lifecycle.kind, operation.context.urn
    managers = managed.managers(existing) if managed is not None else frozenset[str]()
    others = {*managers, operation.session.adopting.setdefault(existing, urn)} - {urn}
    if others:
        return None, [
            error_finding(
                EXISTING,
                "ADOPTED_TWICE",
                f"{kind} {existing} is managed by {', '.join(sorted(others))} of this stack already.",
                "Remove one of the two. If the resource was renamed, give it an alias of its old name.",
            )
        ]
    try:
        live = lifecycle.look(operation, existing, inputs)
    except ConfigurationError as error:
        sentence = f"{kind} {existing} couldn't be compared with the program: {error}"
        return None, [_warning("ADOPTION_NOT_COMPARED", sentence, "What differs is changed by the `up`.")]
    except ApiError as error:
        sentence = f"{kind} {existing} can't be read: {error}"
        return None, [error_finding(EXISTING, "ADOPTION_NOT_READ", sentence, "It is read before it is adopted.")]
    if live is None:
        return None, [
            error_finding(
                EXISTING,
                "ADOPTION_MISSING",
                f"There is no {kind} {existing} in this project and region.",
                f"Give the id of a {kind}, or remove existing_id to have one made.",
            )
        ]
    unfit = lifecycle.unfit(live)
    if unfit is not None:
        sentence = f"{kind} {existing} can't be adopted: {unfit}."
        return live, [error_finding(EXISTING, "ADOPTION_UNFIT", sentence, "Give another id, or remove existing_id.")]
    unwell = (
        [] if not live.health_problems else [_warning("ADOPTED_OBJECT_UNHEALTHY", lifecycle.unwell(existing, live), "")]
    )
    return live, [*_findings(lifecycle, existing, live.properties, inputs), *unwell]


def _findings(lifecycle: Lifecycle[Any], existing: str, live: Properties, inputs: Properties) -> Iterator[Finding]:
    kind = lifecycle.kind
    sentence = f"{kind} {existing} ('{live.get('name')}') is adopted: it is managed from now on."
    yield _warning("ADOPTION", sentence, "It keeps its id.")
    for field, wanted in _differences(lifecycle.fields, live, inputs):
        shown = field.name not in lifecycle.hidden
        old, new = (_shown(live.get(field.name)), _shown(wanted)) if shown else ("another value", "a new one")
        if field.change == "replace":
            yield error_finding(
                field.name,
                "ADOPTION_DIFFERS",
                f"{kind} {existing} has {old} and the program says {new}, which can't be changed in place.",
                "Make the program say what is there, or remove existing_id to have another one made.",
            )
        else:
            yield _warning("ADOPTION_CHANGES", f"Adoption changes it from {old} to {new}.", "", field.name)
    unknown = sorted(each.name for each in lifecycle.fields if contains_unknown(inputs.get(each.name)))
    trusted = [
        each.name
        for each in lifecycle.fields
        if not each.readable and each.name not in unknown and inputs.get(each.name) is not None
    ]
    if trusted:
        yield _warning(
            "ADOPTION_TRUSTED",
            f"Gcore doesn't give {', '.join(trusted)} back: it is trusted that {kind} {existing} has what the program "
            f"says.",
            "Make sure of it.",
        )
    if unknown:
        sentence = f"{', '.join(unknown)} can't be compared in this preview: not known yet."
        yield _warning("ADOPTION_UNKNOWN", sentence, "What differs is changed by the `up`.")


def _differences(fields: Sequence[Field], live: Properties, inputs: Properties) -> Iterator[tuple[Field, object]]:
    """The fields in which a live object differs from a program, each with what it is to be."""
    known = {name: value for name, value in inputs.items() if not contains_unknown(value)}
    # Of what the program doesn't say, only what is owned is compared.
    compared = [
        each for each in fields if each.readable and (known.get(each.name) is not None or _is_unsaid(each, inputs))
    ]
    for field in changed_fields(compared, {**live, SET: ""}, known):
        yield field, known.get(field.name, field.removed)


def _is_unsaid(field: Field, inputs: Properties) -> bool:
    return field.compare_when_unset and inputs.get(field.name) is None


def _shown(value: object) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} [...]"


def _another(kind: str, existing: str) -> Finding:
    return _warning(
        "ADOPTION_OF_ANOTHER",
        f"The resource has another object now. {kind} {existing} takes its place, and the other one is deleted.",
        "To keep the other one, run `up` with retain_on_delete=True first, or give the new one a resource of its own.",
    )


def _warning(code: str, sentence: str, remedy: str, where: str = EXISTING) -> Finding:
    return Finding(code=code, severity="warning", property=where, sentence=sentence, remedy=remedy)
