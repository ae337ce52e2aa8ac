"""Substitutes for Gcore: a transport with scripted responses, and a client of an emulator on a real port."""

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

ResponseT = TypeVar("ResponseT")

API_KEY = "4711_kanarienvogel"
PROJECT, REGION = 11, 22
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

Outcome = httpx.Response | type[httpx.TransportError] | int
"""A response, a network error, or a status with a plain error body."""


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def task_ids_response(*ids: str) -> httpx.Response:
    return json_response({"tasks": list(ids)})


def error_response(status: int, exception_class: str = "SomeError", **more: object) -> httpx.Response:
    return json_response({"exception_class": exception_class, "message": f"message of {status}", **more}, status)


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
class ScriptedTransport(httpx.BaseTransport):
    """Transport that returns one outcome per request, in order, and repeats the last one.

    Attributes:
        requests: Requests so far, in order.
    """

    outcomes: Sequence[Outcome]
    requests: list[httpx.Request] = field(default_factory=list)
    _responding: threading.Lock = field(default_factory=threading.Lock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._responding:
            outcome = self.outcomes[min(len(self.requests), len(self.outcomes) - 1)]
            self.requests.append(request)
        if isinstance(outcome, int):
            outcome = error_response(outcome)
        if not isinstance(outcome, httpx.Response):
            raise outcome("the network failed", request=request)
        return httpx.Response(outcome.status_code, headers=outcome.headers, content=outcome.content)

    @property
    def request_lines(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.path}" for request in self.requests]

    @property
    def bodies(self) -> list[object]:
        return [json.loads(request.content) if request.content else None for request in self.requests]


def connection(base_url: str = "http://gcore.test", dialect: Dialect = "auto") -> Connection:
    return Connection(
        api_key=SecretStr(API_KEY), project_id=PROJECT, region_id=REGION, base_url=base_url, dialect=dialect
    )


def create_client(transport: httpx.BaseTransport, clock: Clock, dialect: Dialect = "auto") -> Client:
    return Client(connection(dialect=dialect), clock=clock, transport=transport)


@dataclass(frozen=True)
class RecordedRequest:
    """Request that the emulator has recorded: method, route template and status."""

    method: str
    route: str
    status: int


@dataclass
class EmulatedAccount:
    """Client of an emulator on a real port; both share one fake clock, so tasks take no real time."""

    client: Client
    tasks: Tasks
    clock: Clock
    control: httpx.Client
    _recorded_before: int = 0

    def send(self, call: Call[ResponseT]) -> ResponseT:
        return self.client.send(call, self.client.deadline(60))

    def run(self, operation: Call[TaskIds] | RequestVariants[TaskIds]) -> tuple[Task, ...]:
        """Send a write and wait for its tasks."""
        deadline = self.client.deadline(60)
        if isinstance(operation, RequestVariants):
            response = self.client.send_variant(operation, deadline)
        else:
            response = self.client.send(operation, deadline)
        return self.tasks.wait(response.tasks, "run the operation", deadline)

    def create(self, kind: str, operation: Call[TaskIds] | RequestVariants[TaskIds]) -> str:
        """Return the ID of the object that a write has created."""
        (task,) = self.run(operation)
        assert task.created_resources is not None
        (object_id,) = task.created_resources.model_dump()[kind]
        return str(object_id)

    def new_requests(self) -> list[RecordedRequest]:
        """Return the requests since the previous call of this method."""
        recorded = self.control.get("/requests").json()["requests"]
        new = recorded[self._recorded_before :]
        self._recorded_before = len(recorded)
        return [RecordedRequest(each["method"], each["route"] or "unknown route", each["status"]) for each in new]

    def new_writes(self) -> list[RecordedRequest]:
        """Return the requests since the previous call that are not GETs."""
        return [request for request in self.new_requests() if request.method != "GET"]

    def inject_fault(self, **rule: object) -> None:
        response = self.control.post("/faults", json=[rule])
        assert response.status_code == 200, response.text
