"""Create an object exactly once, whatever an interrupted run has left.

A POST whose response was lost is resolved by looking for the name, never by sending it again at once. If something
fails after the object was created, the object is removed; if it cannot be removed, or can still come into being, the
error carries it as partial result, so that the state keeps it and the next run removes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gcore_tls_provider.api.waiting import constant, wait_until
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import (
    ApiError,
    Conflict,
    DeadlineExceeded,
    MalformedResponse,
    PartialResult,
    ServerError,
    TaskFailed,
    Unreachable,
)
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.inputs.properties import InputsT
from gcore_tls_provider.lifecycle.kind import CreatableKind, LiveObject
from gcore_tls_provider.lifecycle.recovery.interrupted_creates import create_in_progress
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.recovery.take_over import claim_orphan, take_over
from gcore_tls_provider.lifecycle.recovery.unknown_outcome import unknown_id
from gcore_tls_provider.lifecycle.run.operation import Operation

_LOOKS: Final = 4
_PAUSE: Final = 1.0
_POSTS: Final = 3
_CLEANUP_SECONDS: Final = 300.0

_Write = Callable[[], Sequence[Task]]
"""Send the POST and wait for its tasks, again while the load balancer is locked."""

_NEXT_RUN: Final = "Run again: `pulumi up` removes what is left and creates another one, `pulumi destroy` removes it."


@dataclass(frozen=True)
class CreateTarget:
    """Name of an object that is to be created.

    Attributes:
        name: The name.
        others: IDs of objects that had the name before, so they are not this create's. Only an exact name has such.
        exact: The program insists on the name, so an object that has it can belong to somebody else.
    """

    name: str
    others: frozenset[str] = frozenset()
    exact: bool = False


@dataclass(frozen=True)
class _Found:
    """Result of a search by name: an ID, or None if no task can create the object any more."""

    object_id: str | None


def create_once(kind: CreatableKind[InputsT], operation: Operation, inputs: InputsT) -> LiveObject:
    """Create the object exactly once, or take over the orphan of an interrupted create.

    Raises:
        ApiError: It could not be created. What exists at Gcore is removed, or is the error's partial result.
    """
    exact = kind.exact_name(inputs)
    if exact is not None:
        target = CreateTarget(exact, frozenset(kind.ids_named(operation, exact)), exact=True)
    else:
        name, orphan_id = _name_and_orphan(kind, operation)
        if orphan_id is not None:
            return take_over(kind, operation, orphan_id, name, inputs)
        target = CreateTarget(name)
    load_balancer_id = kind.load_balancer_of(operation, inputs)
    with operation.locked(load_balancer_id):
        object_id = _post_once(
            kind,
            operation,
            target,
            lambda: operation.retry_while_locked(
                load_balancer_id, lambda: kind.create_object(operation, target.name, inputs, load_balancer_id)
            ),
        )
        action = f"create {kind.name} '{target.name}' ({object_id})"
        try:
            return kind.finish_create(operation, object_id, inputs, load_balancer_id, action)
        except ApiError as failed:
            _remove(kind, operation, [object_id], target.name, failed)
            operation.session.claims.created.discard(object_id)
            raise


def _name_and_orphan(kind: CreatableKind[Any], operation: Operation) -> tuple[str, str | None]:
    """Return the computed name of the object, and the ID of an orphan to take over."""
    context, stack = operation.context, operation.session.stack
    state = stack.during_create(context.stack, context.urn, context.create_nonce)
    identity = stack.substitute_identity if state is None else state.identity
    # Without a nonce in the state, use a random name: recovery cannot recognize it.
    nonce = context.create_nonce or secrets.token_hex(8)
    name = ObjectNaming.of(context.name, identity, context.urn).name(nonce)
    return name, claim_orphan(kind, operation, state, nonce)


def _post_once(kind: CreatableKind[Any], operation: Operation, target: CreateTarget, write: _Write) -> str:
    """Create the object and return its ID; if a conflicting object is about to be deleted anyway, delete it first."""
    wrote, operation.wrote = operation.wrote, False
    try:
        try:
            created = _post(kind, operation, target, write)
        except Conflict:
            if not _delete_conflicting(kind, operation):
                raise
            created = _post(kind, operation, target, write)
    except _NothingCreated as certain:
        raise certain.error from certain.__cause__
    except ApiError as failed:
        if operation.wrote and failed.partial is None:
            _set_unknown_outcome(kind, operation, target, failed)
        raise
    finally:
        operation.wrote |= wrote
    operation.session.claims.created.add(created)
    return created


def _post(kind: CreatableKind[Any], operation: Operation, target: CreateTarget, write: _Write) -> str:
    """Send the POST, and resolve a lost response; return the object's ID."""
    for attempt in range(1, _POSTS + 1):
        try:
            return _created_id(kind, operation, target, write())
        except TaskFailed as failed:
            operation.extend(_CLEANUP_SECONDS)
            _remove(kind, operation, _new_ids(kind, operation, target), target.name, failed)
            raise _NothingCreated(failed) from failed
        except (Unreachable, ServerError, MalformedResponse) as unclear:
            if isinstance(unclear, Unreachable) and not unclear.outcome_unknown:
                raise _NothingCreated(unclear) from unclear
            found = _find(kind, operation, target)
            if found is not None:
                return found
            if attempt == _POSTS:
                raise _NothingCreated(unclear) from unclear
    raise AssertionError("unreachable")


def _created_id(kind: CreatableKind[Any], operation: Operation, target: CreateTarget, tasks: Sequence[Task]) -> str:
    """Return the ID that the create tasks name, else the ID of the object that has the name."""
    for task in tasks:
        ids: list[str] = getattr(task.created_resources, kind.task.key, [])
        if ids:
            return ids[0]
    found = _find(kind, operation, target)
    if found is None:
        raise _NothingCreated(
            ApiError(
                f"create {kind.name} '{target.name}'",
                "its task finished but names no object, and no object has the name",
                "Run `pulumi up` again.",
            )
        )
    return found


def _find(kind: CreatableKind[Any], operation: Operation, target: CreateTarget) -> str | None:
    """Return the ID of the object that has the name, once no active task can create it any more.

    Raises:
        DeadlineExceeded: A task that can create it is still active at the deadline.
    """
    looks_without_task = 0

    def look() -> _Found | None:
        nonlocal looks_without_task
        ids = _new_ids(kind, operation, target)
        if ids:
            return _Found(ids[0])
        if not create_in_progress(kind, operation):
            looks_without_task += 1
        return _Found(None) if looks_without_task == _LOOKS else None

    found = wait_until(
        look,
        operation.deadline,
        constant(_PAUSE),
        on_wait=lambda: operation.progress(f"the response was lost: looking for '{target.name}'"),
    )
    if found is None:
        raise DeadlineExceeded(
            f"create {kind.name} '{target.name}'",
            "the response was lost, and no object of that name was created in time",
            _NEXT_RUN,
        )
    return found.object_id


def _delete_conflicting(kind: CreatableKind[Any], operation: Operation) -> bool:
    """Delete objects that occupy the object's place and whose delete is pending; return whether there were any.

    This happens if a replacement was created, its predecessor was not deleted, and the program now wants the
    predecessor's inputs again.
    """
    state = operation.session.stack.at_start(operation.context.stack) or StackState.empty()
    pending = [each for each in kind.conflicting_objects(operation) if each.id in state.pending_delete_ids]
    for each in pending:
        kind.delete_object(operation, each.id, each.properties)
    return bool(pending)


def _remove(kind: CreatableKind[Any], operation: Operation, ids: Sequence[str], name: str, failed: ApiError) -> None:
    """Remove what a failed create has left.

    Raises:
        ApiError: `failed` itself, with the object that could not be removed as its partial result.
    """
    operation.extend(_CLEANUP_SECONDS)
    for object_id in ids:
        try:
            kind.delete_object(operation, object_id, {**operation.properties})
        except ApiError as stuck:
            operation.session.claims.created.discard(object_id)
            failed.set_partial(
                PartialResult(object_id, {"name": name}, recreate=True),
                f"{failed.reason}. It had created {kind.name} {object_id}, which could not be removed ({stuck.reason})",
                _NEXT_RUN,
            )
            raise failed from stuck


def _set_unknown_outcome(
    kind: CreatableKind[Any], operation: Operation, target: CreateTarget, failed: ApiError
) -> None:
    """Set the partial result of a create whose outcome is unknown, after one look for the name."""
    operation.extend(_CLEANUP_SECONDS)
    try:
        found = next(iter(_new_ids(kind, operation, target)), None)
    except ApiError:
        found = None
    if found is None and target.exact:
        # An object that gets this name later can belong to somebody else.
        failed.set_partial(
            None,
            f"{failed.reason}; it is unknown whether {kind.name} '{target.name}' was created",
            "Look for it at Gcore, and delete it or give its ID as `existing_id`; then run `pulumi up` again.",
        )
        return
    left = f"{kind.name} {found} is only partially created" if found else "it is unknown whether it was created"
    failed.set_partial(
        PartialResult(found or unknown_id(target.name), {"name": target.name}, recreate=True),
        f"{failed.reason}; {left}",
        _NEXT_RUN,
    )


def _new_ids(kind: CreatableKind[Any], operation: Operation, target: CreateTarget) -> list[str]:
    """Return the IDs of the objects that have the name and did not have it before."""
    return [each for each in kind.ids_named(operation, target.name) if each not in target.others]


class _NothingCreated(Exception):
    """It is certain that nothing was created; `error` is the reason."""

    def __init__(self, error: ApiError) -> None:
        super().__init__()
        self.error = error
