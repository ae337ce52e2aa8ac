"""Replay of requests that were still queued on a locked load balancer when the emulator last stopped.

The route decides what a queued request does when its turn comes, from the objects that exist at that time. The state
file therefore contains the request and not its plan, and after a restart the route handles the request a second time,
which puts it into the queue again.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope

from gcore_emulator.account import QueuedRequest, Task
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import ApiErrorResponse
from gcore_emulator.task_engine import CapturedRequest, InjectedOutcome
from gcore_tls_provider.api.wire.error_body import ErrorBody


async def replay_queued(emulator: Emulator, app: ASGIApp) -> None:
    """Replay the requests that were queued before the restart, in their order, once.

    Args:
        emulator: Emulator with the restored tasks.
        app: Its API.
    """
    to_replay, emulator.task_engine.to_replay = emulator.task_engine.to_replay, []
    for task in to_replay:
        if task.queued_request is not None:
            error = await _replay(app, task, task.queued_request, emulator.settings.api_key)
            if error is not None:
                emulator.task_engine.fail_unreplayable(task, error)


async def _replay(app: ASGIApp, task: Task, queued: QueuedRequest, api_key: str) -> ApiErrorResponse | None:
    """Send the request to the API, and return the error if its target no longer exists."""
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": task.request.method,
        "path": task.request.path,
        "query_string": queued.query.encode(),
        "headers": [(b"authorization", f"APIKey {api_key}".encode()), (b"content-type", b"application/json")],
        "state": {
            "summary": task.request,
            "outcome": InjectedOutcome(queued.failure, queued.hang),
            "captured": CapturedRequest(queued.query, queued.body, task),
        },
    }
    status, body = 0, b""

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(scope, _receiving(queued.body.encode()), send)
    if status < 300:
        return None
    error = ErrorBody.model_validate_json(body)
    return ApiErrorResponse(status, error.exception_class or "", error.message or "")


def _receiving(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
