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
from gcore_tls_provider.errors import ApiError, ConfigurationError, ObjectFailed
from gcore_tls_provider.lifecycle.inputs.fields import Field, changed_fields, equal_ids
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
        sentence = "The object to adopt is not known yet, so it cannot be compared with the program."
        return {EXISTING_ID: UNKNOWN}, [_warning("ADOPTION_UNKNOWN", sentence, "`pulumi up` changes what differs.")]
    if existing is None:
        return {EXISTING_ID: news[EXISTING_ID]}, partial.findings
    # Read in every check: a replacement that deletes first must know what the state contained before.
    state = session.stack.owners(context.stack)
    is_own = state is not None and state.ever_owned(context.urn, existing)
    checked: Properties = {EXISTING_ID: existing}
    if olds:
        is_other = not is_own and not equal_ids(existing, olds.get(EXISTING_ID))
        return checked, [_replaces_object(kind.name, existing)] if is_other else []
    if is_own:
        sentence = f"{kind.name} {existing} was adopted before and is being replaced, so another one is created."
        return checked, [_warning("EXISTING_ID_IGNORED", sentence, "Remove existing_id: it has no effect.")]
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
    what, urn = f"{kind.name} {existing}", operation.context.urn
    managers = state.managers.get(existing, frozenset()) if state is not None else frozenset[str]()
    others = {*managers, operation.session.claims.adopting.setdefault(existing, urn)} - {urn}
    if others:
        return None, [
            error_finding(
                EXISTING_ID,
                "ADOPTED_TWICE",
                f"{what} is already managed by {', '.join(sorted(others))} of this stack.",
                "Remove one of the two. If the resource was renamed, give it an alias of its old name.",
            )
        ]
    try:
        live = kind.read_object(operation, existing, inputs)
    except ConfigurationError as error:
        sentence = f"{what} could not be compared with the program: {error}"
        return None, [_warning("ADOPTION_NOT_COMPARED", sentence, "`pulumi up` changes what differs.")]
    except ApiError as error:
        sentence = f"{what} cannot be read: {error}"
        remedy = "Fix the cause: an object is read before it is adopted."
        return None, [error_finding(EXISTING_ID, "ADOPTION_NOT_READ", sentence, remedy)]
    if live is None:
        return None, [
            error_finding(
                EXISTING_ID,
                "ADOPTION_MISSING",
                f"There is no {what} in this project and region.",
                f"Give the ID of a {kind.name}, or remove existing_id to create one.",
            )
        ]
    reason = kind.why_not_adoptable(live)
    if reason is not None:
        sentence = f"{what} cannot be adopted: {reason}."
        return live, [error_finding(EXISTING_ID, "ADOPTION_UNFIT", sentence, "Give another ID, or remove existing_id.")]
    unhealthy = kind.describe_unhealthy(existing, live)
    return live, [
        *_adoption_findings(kind, what, live.properties, inputs),
        *([_warning("ADOPTED_OBJECT_UNHEALTHY", unhealthy, "")] if live.health_problems else []),
    ]


def _adoption_findings(kind: Kind[Any], what: str, live: Properties, inputs: Properties) -> Iterator[Finding]:
    sentence = f"{what} ('{live.get('name')}') is adopted: this resource manages it from now on."
    yield _warning("ADOPTION", sentence, "It keeps its ID.")
    for field, wanted in _differences(kind.fields, live, inputs):
        is_shown = field.name not in kind.hidden
        old, new = (_shown(live.get(field.name)), _shown(wanted)) if is_shown else ("another value", "a new one")
        if field.change == "replace":
            yield error_finding(
                field.name,
                "ADOPTION_DIFFERS",
                f"{what} has {old} and the program has {new}, which cannot be changed in place.",
                "Write the live value into the program, or remove existing_id to create another object.",
            )
        else:
            yield _warning("ADOPTION_CHANGES", f"Adoption changes it from {old} to {new}.", "", field.name)
    unknown = sorted(each.name for each in kind.fields if contains_unknown(inputs.get(each.name)))
    trusted = [
        each.name
        for each in kind.fields
        if not each.readable and each.name not in unknown and inputs.get(each.name) is not None
    ]
    if trusted:
        yield _warning(
            "ADOPTION_TRUSTED",
            f"Gcore does not return {', '.join(trusted)}, so {what} is assumed to have the program's values.",
            "Make sure that it has.",
        )
    if unknown:
        sentence = f"{', '.join(unknown)} cannot be compared in this preview: not known yet."
        yield _warning("ADOPTION_UNKNOWN", sentence, "`pulumi up` changes what differs.")


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


def _replaces_object(kind: str, existing: str) -> Finding:
    return _warning(
        "ADOPTION_OF_ANOTHER",
        f"The resource has another object now. {kind} {existing} replaces it, and the current one is deleted.",
        "To keep the current one, run `pulumi up` with retain_on_delete=True first, or give the new one a resource of "
        "its own.",
    )


def _warning(code: str, sentence: str, remedy: str, where: str = EXISTING_ID) -> Finding:
    return Finding(code=code, severity="warning", property=where, sentence=sentence, remedy=remedy)
