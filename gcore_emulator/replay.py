"""Hears calls again whose work waited for its load balancer when an earlier life of the emulator ended.

What such work is to do is decided by the route, when its turn comes, from what is there by then. So it isn't saved, but
the call is, and the route hears it a second time: it goes into the queue as it did the first time.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope

from gcore_emulator.account import Task, Waiting
from gcore_emulator.emulator import Emulator
from gcore_emulator.errors import Failure
from gcore_emulator.task_engine import Fate, Heard
from gcore_tls_provider.api.wire.failure import ErrorBody


async def hear_again(emulator: Emulator, app: ASGIApp) -> None:
    """Fills the queue with what waited in the order in which it came; once.

    Args:
        emulator: the emulator.
        app: its API.
    """
    unheard, emulator.work.unheard = emulator.work.unheard, []
    for task in unheard:
        if task.waits is not None:
            refused = await _hear(app, task, task.waits, emulator.settings.api_key)
            if refused is not None:
                emulator.work.deaf(task, refused)


async def _hear(app: ASGIApp, task: Task, waiting: Waiting, api_key: str) -> Failure | None:
    """Gives why the call isn't taken any more; what it is about may have gone in between."""
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": task.asked.method,
        "path": task.asked.path,
        "query_string": waiting.query.encode(),
        "headers": [(b"authorization", f"APIKey {api_key}".encode()), (b"content-type", b"application/json")],
        "state": {
            "asked": task.asked,
            "fate": Fate(waiting.failure, waiting.hang),
            "heard": Heard(waiting.query, waiting.body, task),
        },
    }
    status, answer = 0, b""

    async def send(message: Message) -> None:
        nonlocal status, answer
        status = message.get("status", status)
        answer += message.get("body", b"")

    await app(scope, _once(waiting.body.encode()), send)
    if status < 300:
        return None
    error = ErrorBody.model_validate_json(answer)
    return Failure(status, error.exception_class or "", error.message or "")


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
