"""Taking an orphan over: it becomes the object of the running create attempt, under a new name.

The new name ends what the old one proved: if the object is kept on purpose later, it stays.
"""

from __future__ import annotations

from typing import Any

from gcore_tls_provider.errors import ApiError, ObjectFailed, PartialResult
from gcore_tls_provider.lifecycle.inputs.fields import changed_fields, explicit_inputs
from gcore_tls_provider.lifecycle.inputs.properties import InputsT
from gcore_tls_provider.lifecycle.kind import CreatableKind, LiveObject
from gcore_tls_provider.lifecycle.recovery.interrupted_creates import (
    Orphan,
    delete_orphan,
    find_orphans,
)
from gcore_tls_provider.lifecycle.recovery.orphans import delete_elsewhere
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.location import in_other_location
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.warnings import TAKEN_OVER


def claim_orphan(kind: CreatableKind[Any], operation: Operation, state: StackState | None, nonce: str) -> str | None:
    """Return the ID of an orphan that can become the wanted object; delete the other orphans of the resource.

    Args:
        kind: Kind of the resource.
        operation: The create.
        state: The stack's state; None if it cannot be read: then nothing proves that an object is an orphan.
        nonce: Nonce of the running create attempt.
    """
    interrupted = () if state is None else state.interrupted_creates(operation.context.urn, nonce)
    if state is None or not interrupted:
        return None
    wanted = operation.properties
    elsewhere = [each for each in interrupted if in_other_location(each.inputs, wanted)]
    delete_elsewhere(kind, operation.session, elsewhere, state)
    here = [each for each in interrupted if each not in elsewhere]
    claimed: str | None = None
    for orphan in find_orphans(kind, operation, here, state) if here else ():
        if claimed is None and _can_become(kind, operation, orphan):
            claimed = orphan.live.id
        else:
            delete_orphan(kind, operation, orphan)
    return claimed


def _can_become(kind: CreatableKind[Any], operation: Operation, orphan: Orphan) -> bool:
    return kind.can_become(orphan.inputs, operation.properties) and not orphan.live.health_problems


def take_over(
    kind: CreatableKind[InputsT], operation: Operation, orphan_id: str, name: str, inputs: InputsT
) -> LiveObject:
    """Make an orphan the wanted object, under a new name.

    Raises:
        ApiError: It cannot be changed; the orphan is the error's partial result.
    """
    try:
        live = kind.read_object(operation, orphan_id, inputs.model_dump(exclude_none=True))
        if live is None:
            raise ObjectFailed(
                f"take over {kind.name} {orphan_id}", "it is gone", "Run `pulumi up` again: it creates another one."
            )
        renamed = inputs.model_copy(update={"name": name})
        wanted = renamed.model_dump(exclude_none=True)
        explicit = explicit_inputs(live.properties)
        changed = changed_fields(kind.fields, live.properties, wanted, explicit=explicit)
        fields = [each for each in changed if each.change != "replace"]
        live = kind.update_object(operation, orphan_id, live.properties, renamed, fields)
    except ApiError as failed:
        failed.set_partial(
            PartialResult(orphan_id, {"name": name}, recreate=True),
            f"{failed.reason}; {kind.name} {orphan_id}, an orphan of an interrupted run, is only partially changed",
            "Run `pulumi up` again: it deletes the orphan and creates another object.",
        )
        raise
    operation.session.claims.created.add(orphan_id)
    operation.warn(TAKEN_OVER, kind=kind.name, object_id=orphan_id)
    return live
