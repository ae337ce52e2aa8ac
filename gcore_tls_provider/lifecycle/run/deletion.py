"""Deleting an object: an object that is gone counts as deleted, and one that is in use is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.waiting import constant, exponential, wait_until
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.errors import BadRequest, Conflict, ObjectFailed, ObjectNotFound, TaskFailed
from gcore_tls_provider.lifecycle.run.operation import Operation

IN_USE_SECONDS: Final = 90.0
"""Seconds for which a rejected delete counts as "still in use" by an object that is about to be changed or deleted."""

_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 5.0


def delete(
    operation: Operation,
    call: Call[TaskIds],
    read: Callable[[], object],
    *,
    users: Callable[[], list[str]] | None = None,
    load_balancer_id: str | None = None,
) -> None:
    """Delete an object and wait until it is gone.

    Args:
        operation: The delete.
        call: Request that deletes the object.
        read: Read the object; raise `ObjectNotFound` once it is gone.
        users: Describe the objects that use this one; None if there can be none.
        load_balancer_id: Load balancer of the object, which can be locked.

    Raises:
        Conflict: The object stayed in use; the error names its users.
        ApiError: Any other error of Gcore.
    """
    try:
        if users is not None:
            _delete_once_unused(operation, call, users)
        else:
            operation.retry_while_locked(load_balancer_id, lambda: operation.send_and_wait(call))
    except ObjectNotFound:
        return
    _wait_until_gone(operation, read, call.description)


def _delete_once_unused(operation: Operation, call: Call[TaskIds], users: Callable[[], list[str]]) -> None:
    patience = operation.deadline.capped_at(IN_USE_SECONDS)
    used_by: list[str] = []

    def deleted() -> bool | None:
        nonlocal used_by
        try:
            operation.send_and_wait(call)
        except (BadRequest, Conflict, TaskFailed) as error:
            used_by = users()
            if not patience.passed:
                return None
            if not used_by:
                raise
            raise Conflict(
                call.description,
                f"it is still in use by {', '.join(used_by)} ({error.reason})",
                "Remove the reference there, then run `pulumi up` again.",
                request_id=error.request_id,
            ) from error
        return True

    def report() -> None:
        operation.progress(f"in use by {', '.join(used_by)}: waiting" if used_by else "waiting until it is unused")

    wait_until(deleted, patience, exponential(_PAUSE, 1.5, _LONGEST_PAUSE), on_wait=report)


def _wait_until_gone(operation: Operation, read: Callable[[], object], action: str) -> None:
    def gone() -> bool | None:
        try:
            read()
        except ObjectNotFound:
            return True
        return None

    if wait_until(gone, operation.deadline.capped_at(IN_USE_SECONDS), constant(_PAUSE / 4)) is None:
        raise ObjectFailed(
            action, "its task ended well, but the object still exists", "Run `pulumi up` or `pulumi destroy` again."
        )
