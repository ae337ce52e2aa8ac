"""What stands in Gcore's place in these tests: answers by the letter, or an emulator on a real port."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import SecretStr

from gcore_tls_provider.api.calls import Call, RequestVariants
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.api.connection import Connection, Dialect
from gcore_tls_provider.api.tasks import Tasks
from gcore_tls_provider.api.wire.tasks import Task, TaskIds

AnswerT = TypeVar("AnswerT")

API_KEY = "4711_kanarienvogel"
PROJECT, REGION = 11, 22
SCOPE = "{project_id}/{region_id}"
NOWHERE = "00000000-0000-4000-8000-000000000000"

Outcome = httpx.Response | type[httpx.TransportError] | int
"""An answer, an error of the network, or a status with a plain error body."""


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def tasks(*ids: str) -> httpx.Response:
    return answer({"tasks": list(ids)})


def refusal(status: int, exception_class: str = "SomeError", **more: object) -> httpx.Response:
    return answer({"exception_class": exception_class, "message": f"said {status}", **more}, status)


def task_body(task_id: str, state: str, **more: object) -> dict[str, object]:
    return {
        "id": task_id,
        "task_type": "create_secret",
        "state": state,
        "user_id": 1,
        "created_on": "2026-01-01T00:00:00",
        **more,
    }


@dataclass
class Script(httpx.BaseTransport):
    """Answers with one outcome after the other; the last one for ever.

    Attributes:
        requests: what was sent, in order.
    """

    outcomes: Sequence[Outcome]
    requests: list[httpx.Request] = field(default_factory=list)
    _answering: threading.Lock = field(default_factory=threading.Lock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._answering:
            outcome = self.outcomes[min(len(self.requests), len(self.outcomes) - 1)]
            self.requests.append(request)
        if isinstance(outcome, int):
            outcome = refusal(outcome)
        if not isinstance(outcome, httpx.Response):
            raise outcome("the network failed", request=request)
        return httpx.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)

    @property
    def lines(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.path}" for request in self.requests]

    @property
    def bodies(self) -> list[object]:
        return [json.loads(request.content) if request.content else None for request in self.requests]


def connection(base_url: str = "http://gcore.test", dialect: Dialect = "auto") -> Connection:
    return Connection(
        api_key=SecretStr(API_KEY), project_id=PROJECT, region_id=REGION, base_url=base_url, dialect=dialect
    )


def client_of(transport: httpx.BaseTransport, clock: Clock, dialect: Dialect = "auto") -> Client:
    return Client(connection(dialect=dialect), clock=clock, transport=transport)


@dataclass(frozen=True)
class Seen:
    """A call that an emulator saw: method, route template and status."""

    method: str
    route: str
    status: int


@dataclass
class Emulated:
    """A client of an emulator on a real port; both have the same clock, so that tasks take no time."""

    client: Client
    tasks: Tasks
    clock: Clock
    control: httpx.Client
    _seen: int = 0

    def send(self, call: Call[AnswerT]) -> AnswerT:
        return self.client.send(call, self.client.deadline(60))

    def run(self, operation: Call[TaskIds] | RequestVariants[TaskIds]) -> tuple[Task, ...]:
        """Sends a write and waits for its tasks."""
        deadline = self.client.deadline(60)
        if isinstance(operation, RequestVariants):
            begun = self.client.send_variant(operation, deadline)
        else:
            begun = self.client.send(operation, deadline)
        return self.tasks.wait(begun.tasks, "do it", deadline)

    def made(self, kind: str, operation: Call[TaskIds] | RequestVariants[TaskIds]) -> str:
        """The id of what a write has made."""
        (task,) = self.run(operation)
        assert task.created_resources is not None
        (made,) = task.created_resources.model_dump()[kind]
        return str(made)

    def calls(self) -> list[Seen]:
        """The calls since the last time, as the emulator lists them."""
        listed = self.control.get("/requests").json()["requests"]
        calls = listed[self._seen :]
        self._seen = len(listed)
        return [Seen(call["method"], call["route"] or "nowhere", call["status"]) for call in calls]

    def writes(self) -> list[Seen]:
        """Those that weren't GETs."""
        return [call for call in self.calls() if call.method != "GET"]

    def fault(self, **rule: object) -> None:
        response = self.control.post("/faults", json=[rule])
        assert response.status_code == 200, response.text
