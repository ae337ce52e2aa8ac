"""Adoption: with `existing_id`, a resource takes over an existing object instead of creating one.

- In check, while the object is not adopted: one GET. What adoption would change is a warning per field; what cannot be
  changed in place is an error, and so is an object that does not exist. Values that Gcore never returns (the content of
  a secret, the network of a VIP) cannot be compared: the program is trusted.
- In create: the same comparison; then the differences are changed in place, and nothing is created.
- Afterwards `existing_id` has no effect and can be removed. Another ID is another object: it is adopted, and the
  previous one is deleted, unless the resource has `retain_on_delete`.

An adopted object keeps its name, and is deleted with its resource like any other.

No object is adopted twice: the stack's state shows which resource manages it. It also shows what a resource has adopted
before: when that object is replaced, `existing_id` has no effect any more, and a new object is created. Two stacks know
nothing of each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.errors import ApiError, ConfigurationError, ObjectFailed
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_ids
from gcore_tls_provider.lifecycle.inputs.properties import (
    UNKNOWN,
    InputsT,
    Properties,
    ResourceInputs,
    contains_unknown,
    parse_partial,
)
from gcore_tls_provider.lifecycle.inputs.scalars import ObjectId
from gcore_tls_provider.lifecycle.kind import EXISTING_ID, Kind, LiveObject
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.location import location_of
from gcore_tls_provider.lifecycle.run.operation import Operation

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.session import Session

_LONGEST_SHOWN: Final = 160


class AdoptionInputs(ResourceInputs):
    """Inputs of every kind that can adopt an object.

    Attributes:
        existing_id: ID of the object.
    """

    existing_id: ObjectId | None = None


def is_another_object(olds: Mapping[str, object], news: Mapping[str, object], object_id: str | None) -> bool:
    """Return whether the program adopts another object than the one that the resource has.

    Args:
        olds: Outputs of the previous run.
        news: Inputs of this run.
        object_id: ID of the resource's object.
    """
    wanted = news.get(EXISTING_ID)
    return wanted is not None and not equal_ids(wanted, object_id) and not equal_ids(wanted, olds.get(EXISTING_ID))


def check_adoption(
    kind: Kind[Any],
    session: Session,
    context: ResourceContext,
    olds: Mapping[str, object],
    news: Mapping[str, object],
    inputs: Properties,
) -> tuple[Properties, Sequence[Finding]]:
    """Return `existing_id` as it was understood, and findings about an adoption that is about to happen.

    Args:
        kind: Kind of the resource.
        session: Parts that all operations of the process share.
        context: The resource.
        olds: Inputs of the previous run; empty for an object that is to be created or adopted.
        news: Inputs of the program.
        inputs: The valid inputs, with derived properties and location.
    """
    partial = parse_partial(AdoptionInputs, {EXISTING_ID: news[EXISTING_ID]})
    existing = partial.known.existing_id
    if EXISTING_ID in partial.unknown:
        return {EXISTING_ID: UNKNOWN}, [report("ADOPTION_UNKNOWN", EXISTING_ID, message="object")]
    if existing is None:
        return {EXISTING_ID: news[EXISTING_ID]}, partial.findings
    # Read in every check: a replacement that deletes first must know what the state contained before.
    state = session.stack.owners(context.stack)
    is_own = state is not None and state.ever_owned(context.urn, existing)
    checked: Properties = {EXISTING_ID: existing}
    if olds:
        is_other = not is_own and not equal_ids(existing, olds.get(EXISTING_ID))
        return checked, [
            report("ADOPTION_OF_ANOTHER", EXISTING_ID, kind=kind.name, existing_id=existing)
        ] if is_other else []
    if is_own:
        return checked, [report("EXISTING_ID_IGNORED", EXISTING_ID, kind=kind.name, existing_id=existing)]
    operation = Operation(session, context, kind.name, "read", time_limit=kind.time_limit, location=location_of(inputs))
    _, findings = _compare(kind, operation, existing, inputs, state)
    return checked, findings


def adopt(kind: Kind[InputsT], operation: Operation, properties: Properties, inputs: InputsT) -> LiveObject | None:
    """Adopt an existing object and change what differs; return None if there is none to adopt.

    Args:
        kind: Kind of the resource.
        operation: The create.
        properties: Checked inputs.
        inputs: The same, parsed.

    Raises:
        ObjectFailed: The object cannot be adopted.
        ApiError: The object cannot be changed.
    """
    existing = properties.get(EXISTING_ID) if kind.adoptable else None
    if not isinstance(existing, str):
        return None
    context = operation.context
    action = f"adopt {kind.name} {existing}"
    state = operation.session.stack.owners(context.stack)
    if state is None:
        raise ObjectFailed(
            action,
            "cannot read the stack's state (`pulumi stack export`), so another resource of the stack could manage the "
            "object",
            "Make `pulumi stack export` work in the project's folder, then run `pulumi up` again.",
        )
    if state.ever_owned(context.urn, existing):
        return None
    live, findings = _compare(kind, operation, existing, properties, state)
    errors = [each for each in findings if each.severity == "error"]
    if live is None or errors:
        raise ObjectFailed(action, " ".join(each.sentence for each in errors), " ".join(each.remedy for each in errors))
    changed = [field for field, _ in _differences(kind.fields, live.properties, properties)]
    fields = [field for field in changed if field.change != "replace"]
    if fields:
        live = kind.update_object(operation, existing, live.properties, inputs, fields)
    operation.session.claims.created.add(existing)
    return live


def _compare(
    kind: Kind[Any],
    operation: Operation,
    existing: str,
    inputs: Properties,
    state: StackState | None,
) -> tuple[LiveObject | None, Sequence[Finding]]:
    """Return the live object, and findings about its adoption."""
    urn = operation.context.urn
    managers = state.managers.get(existing, frozenset()) if state is not None else frozenset[str]()
    others = {*managers, operation.session.claims.adopting.setdefault(existing, urn)} - {urn}
    if others:
        return None, [
            report(
                "ADOPTED_TWICE", EXISTING_ID, kind=kind.name, existing_id=existing, managers=", ".join(sorted(others))
            )
        ]
    try:
        live = kind.read_object(operation, existing, inputs)
    except ConfigurationError as error:
        return None, [report("ADOPTION_NOT_COMPARED", EXISTING_ID, kind=kind.name, existing_id=existing, reason=error)]
    except ApiError as error:
        return None, [report("ADOPTION_NOT_READ", EXISTING_ID, kind=kind.name, existing_id=existing, reason=error)]
    if live is None:
        return None, [report("ADOPTION_MISSING", EXISTING_ID, kind=kind.name, existing_id=existing)]
    reason = kind.why_not_adoptable(live)
    if reason is not None:
        return live, [report("ADOPTION_UNFIT", EXISTING_ID, kind=kind.name, existing_id=existing, reason=reason)]
    return live, [*_adoption_findings(kind, existing, live, inputs)]


def _adoption_findings(kind: Kind[Any], existing: str, live: LiveObject, inputs: Properties) -> Iterator[Finding]:
    values = live.properties
    yield report("ADOPTION", EXISTING_ID, kind=kind.name, existing_id=existing, name=values.get("name"))
    for field, wanted in _differences(kind.fields, values, inputs):
        replaces, hidden = field.change == "replace", field.name in kind.hidden
        old, new = _shown(values.get(field.name)), _shown(wanted)
        if replaces and hidden:
            yield report("ADOPTION_DIFFERS", field.name, message="hidden", kind=kind.name, existing_id=existing)
        elif replaces:
            yield report(
                "ADOPTION_DIFFERS",
                field.name,
                message="values",
                kind=kind.name,
                existing_id=existing,
                live=old,
                wanted=new,
            )
        elif hidden:
            yield report("ADOPTION_CHANGES", field.name, message="hidden")
        else:
            yield report("ADOPTION_CHANGES", field.name, message="values", live=old, wanted=new)
    unknown = sorted(each.name for each in kind.fields if contains_unknown(inputs.get(each.name)))
    trusted = [
        each.name
        for each in kind.fields
        if not each.readable and each.name not in unknown and inputs.get(each.name) is not None
    ]
    if trusted:
        yield report("ADOPTION_TRUSTED", EXISTING_ID, kind=kind.name, existing_id=existing, names=", ".join(trusted))
    if unknown:
        yield report("ADOPTION_UNKNOWN", EXISTING_ID, message="values", names=", ".join(unknown))
    if live.health_problems:
        name, problems = values.get("name", existing), "; ".join(live.health_problems)
        yield report(
            "ADOPTED_OBJECT_UNHEALTHY", EXISTING_ID, kind=kind.name, existing_id=existing, name=name, problems=problems
        )


def _differences(fields: Sequence[Field], live: Properties, inputs: Properties) -> Iterator[tuple[Field, object]]:
    """Yield the fields in which a live object differs from the program, each with the wanted value."""
    known = {name: value for name, value in inputs.items() if not contains_unknown(value)}
    compared = [
        each
        for each in fields
        if each.readable
        and (known.get(each.name) is not None or (each.compare_when_unset and inputs.get(each.name) is None))
    ]
    for field in changed_fields(compared, live, known, explicit=()):
        yield field, known.get(field.name, field.removed)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} [...]"
