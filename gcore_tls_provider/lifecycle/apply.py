"""Create, read, update and delete of a resource, as functions over a kind.

- **create** waits until the object is ACTIVE and reads it back. If it fails, the object is removed, or saved as partial
  state.
- **read** returns live inputs, so that drift shows; an object that is gone is None.
- **update** sends only what has changed; what a failed update has left is saved as partial state, and the next update
  compares with the live object.
- **delete** treats an object that is gone as deleted, and waits while it is in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.errors import ApiError, Conflict, ObjectFailed, ObjectNotFound, PartialResult
from gcore_tls_provider.lifecycle import adoption
from gcore_tls_provider.lifecycle.inputs.fields import (
    changed_fields,
    explicit_inputs,
    inputs_after_read,
    user_set_inputs,
)
from gcore_tls_provider.lifecycle.inputs.properties import InputsT, Properties, parse
from gcore_tls_provider.lifecycle.inputs.record import Record, merge
from gcore_tls_provider.lifecycle.kind import AttachedKind, CreatableKind, Kind, LiveObject
from gcore_tls_provider.lifecycle.recovery import partial, unknown_outcome
from gcore_tls_provider.lifecycle.recovery.create_once import create_once
from gcore_tls_provider.lifecycle.run.context import ResourceContext
from gcore_tls_provider.lifecycle.run.location import current_account, location_of
from gcore_tls_provider.lifecycle.run.operation import Operation, Verb, in_error
from gcore_tls_provider.lifecycle.run.warnings import UNHEALTHY
from gcore_tls_provider.lifecycle.session import Session

_REFRESH = "Run `pulumi up --refresh`: it creates objects again that were deleted outside of a finished run."


@dataclass(frozen=True)
class ReadResult:
    """Result of a read.

    Attributes:
        outputs: Outputs of the resource.
        inputs: Inputs that would describe the live object.
    """

    outputs: Properties
    inputs: Properties


def create(kind: Kind[Any], session: Session, context: ResourceContext, properties: Properties) -> LiveObject:
    """Create the object, or adopt an existing one, and return it once it is ACTIVE.

    Args:
        kind: Kind of the resource.
        session: Parts that all operations of the process share.
        context: The resource.
        properties: Checked inputs, all of them known.

    Raises:
        ApiError: Gcore rejected a request or failed; `partial` is what remains at Gcore, for the engine to save.
    """
    inputs = parse_inputs(kind, properties)
    operation = start(kind, session, context, "create", properties)
    outputs = _with_explicit(kind, properties)
    try:
        live = adoption.adopt(kind, operation, properties, inputs)
        if live is None and isinstance(kind, AttachedKind):
            live = kind.attach(operation, inputs)
        if live is None:
            assert isinstance(kind, CreatableKind)
            live = create_once(kind, operation, inputs)
    except ApiError as error:
        if error.partial is not None:
            error.partial = partial.mark(error.partial, outputs)
        raise
    return LiveObject(live.id, merge(outputs, live.properties))


def read(
    kind: Kind[Any], session: Session, context: ResourceContext, object_id: str, properties: Properties
) -> ReadResult | None:
    """Read the object; return None if it is gone.

    Raises:
        ObjectFailed: The object is gone and no run has known it: what a program wants to `get` must exist.
    """
    operation = start(kind, session, context, "read", properties)
    if unknown_outcome.is_unknown(object_id):
        assert isinstance(kind, CreatableKind)
        exists = unknown_outcome.can_exist(kind, operation, object_id)
        return ReadResult(properties, previous_inputs(kind, properties)) if exists else None
    record = Record.of(properties)
    live = kind.read_object(operation, object_id, properties)
    if live is None and record.explicit is None:
        raise ObjectFailed(
            f"read {kind.name} {object_id}",
            "there is no such object in this project and region",
            "Correct the ID, or the project and region: the resource's, else those of its provider config.",
        )
    if live is None:
        return None
    if live.health_problems:
        name, problems = live.properties.get("name", object_id), "; ".join(live.health_problems)
        operation.warn(UNHEALTHY, kind=kind.name, name=name, object_id=object_id, problems=problems)
    inputs = inputs_after_read(kind.fields, previous_inputs(kind, properties), live.properties)
    input_record = Record.of(inputs).update(account=current_account(session.accounts, properties))
    ever_set = (record.explicit or frozenset()) if record.partial else frozenset[str]()
    outputs = {**properties, **live.properties}
    output_record = record.update(explicit=ever_set | explicit_inputs(inputs, kind.fields))
    return ReadResult(output_record.into(outputs), input_record.into(inputs))


def update(
    kind: Kind[Any],
    session: Session,
    context: ResourceContext,
    object_id: str,
    olds: Properties,
    news: Properties,
) -> Properties:
    """Change what differs, in place, and return the new outputs.

    After a failed update nothing is taken for granted: the new inputs are compared with the live object.

    Raises:
        ApiError: Gcore rejected a request or failed; `partial` is the partially applied object.
    """
    record = Record.of(olds)
    outputs = _updated_outputs(kind, record, olds, news)
    operation = start(kind, session, context, "update", news)
    resumes = record.partial is not None
    try:
        before = _live_before(kind, operation, object_id, olds) if resumes else olds
        fields = [
            each
            for each in changed_fields(kind.fields, before, news, explicit=record.explicit)
            if each.change != "replace"
        ]
        if not fields and not resumes:
            return outputs
        live = kind.update_object(operation, object_id, before, parse_inputs(kind, news), fields)
    except ApiError as failed:
        error = _update_error(kind, operation, object_id, olds, failed)
        if operation.wrote or resumes:
            error.partial = PartialResult(
                object_id, partial.after_failed_update(kind.fields, olds, news), recreate=False
            )
        if error is failed:
            raise
        raise error from failed
    return merge(outputs, live.properties)


def delete(kind: Kind[Any], session: Session, context: ResourceContext, object_id: str, properties: Properties) -> None:
    """Delete the object and wait until it is gone."""
    operation = start(kind, session, context, "delete", properties)
    if unknown_outcome.is_unknown(object_id):
        assert isinstance(kind, CreatableKind)
        unknown_outcome.delete(kind, operation, object_id, properties)
    else:
        kind.delete_object(operation, object_id, properties)


def is_being_deleted(
    kind: Kind[Any], session: Session, context: ResourceContext, object_id: str, properties: Properties
) -> bool:
    """Return whether an object whose delete was interrupted is gone, or will be."""
    live = kind.read_object(start(kind, session, context, "read", properties), object_id, properties)
    return live is None or live.properties.get("provisioning_status") == "PENDING_DELETE"


def start(kind: Kind[Any], session: Session, context: ResourceContext, verb: Verb, properties: Properties) -> Operation:
    """Start an operation on the object of a resource."""
    return Operation(
        session,
        context,
        kind.name,
        verb,
        time_limit=kind.time_limit,
        location=location_of(properties),
        properties=properties,
    )


def start_without_resource(kind: Kind[Any], session: Session, verb: Verb, location: Location | None) -> Operation:
    """Start an operation on objects of a kind that no resource manages, for the command line."""
    return Operation(session, ResourceContext(), kind.name, verb, time_limit=kind.time_limit, location=location)


def parse_inputs(kind: Kind[InputsT], properties: Mapping[str, object]) -> InputsT:
    """Parse checked inputs.

    Raises:
        PropertyError: They are invalid, or a value is still unknown.
    """
    return parse(kind.inputs, {k: v for k, v in properties.items() if k not in kind.added_inputs})


def previous_inputs(kind: Kind[Any], outputs: Properties) -> Properties:
    """Return the inputs that the program has last set, as far as the outputs contain them."""
    record = Record.of(outputs)
    kept = {key: value for key, value in outputs.items() if key in kind.added_inputs}
    user_set = user_set_inputs(kind.fields, record.explicit or frozenset(), outputs)
    return record.update(explicit=None, partial=None, applied=None).into({**kept, **user_set})


def _with_explicit(kind: Kind[Any], properties: Properties) -> Properties:
    explicit = explicit_inputs(properties, kind.fields)
    return Record.of(properties).update(explicit=explicit).into(properties)


def _updated_outputs(kind: Kind[Any], record: Record, olds: Properties, news: Properties) -> Properties:
    """Return the new inputs as outputs, with the previous outputs that no program has set."""
    explicit = record.explicit or frozenset()
    kept = {key: value for key, value in olds.items() if key not in news and key not in explicit}
    outputs = {**kept, **_with_explicit(kind, news)}
    return Record.of(outputs).update(applied=record.applied).into(outputs)


def _live_before(kind: Kind[Any], operation: Operation, object_id: str, olds: Properties) -> Properties:
    """Return the live properties of an object that a failed update has left; all that it has set counts as set."""
    live = kind.read_object(operation, object_id, olds)
    if live is None:
        raise ObjectFailed(f"update {kind.name} {object_id}", "there is no such object any more", _REFRESH)
    return {**olds, **live.properties}


def _update_error(
    kind: Kind[Any], operation: Operation, object_id: str, olds: Properties, failed: ApiError
) -> ApiError:
    """Return the error to raise for a failed update."""
    if isinstance(failed, ObjectNotFound):
        return ObjectFailed(failed.action, failed.reason, _REFRESH)
    if isinstance(failed, Conflict) and _is_in_error(kind, operation, object_id, olds):
        return in_error(failed.action, kind.name)
    return failed


def _is_in_error(kind: Kind[Any], operation: Operation, object_id: str, olds: Properties) -> bool:
    try:
        live = kind.read_object(operation, object_id, olds)
    except ApiError:
        return False
    return live is not None and live.properties.get("provisioning_status") == "ERROR"
