"""Deleting an object: gone already is as good as deleted, and what is in use is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.errors import BadRequest, Conflict, ObjectFailed, ObjectNotFound, TaskFailed
from gcore_tls_provider.lifecycle.run.operation import Operation

IN_USE_PATIENCE: Final = 90.0
"""Seconds for which a refusal to delete is taken as 'still in use' by something that is about to let go."""

_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 5.0


def delete(
    operation: Operation,
    call: Call[TaskIds],
    look: Callable[[], object],
    *,
    users: Callable[[], list[str]] | None = None,
    load_balancer_id: str | None = None,
) -> None:
    """Deletes an object and waits until it is gone.

    Args:
        operation: the delete.
        call: what deletes it.
        look: reads the object; raises `ObjectNotFound` when it is gone.
        users: names what uses the object; None where nothing can.
        load_balancer_id: the load balancer that the object belongs to, which may be busy.

    Raises:
        Conflict: it stayed in use; says by what.
        ApiError: anything else that Gcore answered.
    """
    try:
        if load_balancer_id is not None:
            operation.retry_while_locked(load_balancer_id, lambda: operation.run(call))
        elif users is not None:
            _once_let_go(operation, call, users)
        else:
            operation.run(call)
    except ObjectNotFound:
        return
    _until_gone(operation, look, call.description)


def _once_let_go(operation: Operation, call: Call[TaskIds], users: Callable[[], list[str]]) -> None:
    patience = operation.deadline.capped_at(IN_USE_PATIENCE)
    pause = _PAUSE
    while True:
        try:
            operation.run(call)
            return
        except (BadRequest, Conflict, TaskFailed) as refused:
            used_by = users()
            if patience.passed:
                if not used_by:
                    raise
                raise Conflict(
                    call.description,
                    f"it is still in use by {', '.join(used_by)} ({refused.reason})",
                    "Let go of it there, then run again.",
                    request_id=refused.request_id,
                ) from refused
            operation.progress(f"in use by {', '.join(used_by)}: waiting" if used_by else "waiting to be let go of")
            operation.session.clock.sleep(min(pause, patience.remaining))
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _until_gone(operation: Operation, look: Callable[[], object], asked: str) -> None:
    limit = operation.deadline.capped_at(IN_USE_PATIENCE)
    while True:
        try:
            look()
        except ObjectNotFound:
            return
        if limit.passed:
            raise ObjectFailed(asked, "its task ended well, and the object is still there", "Run again.")
        operation.session.clock.sleep(_PAUSE / 4)
