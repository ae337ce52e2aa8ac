"""Faults of single requests, and the transport that injects a fault into a chosen request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import httpx
from pydantic import JsonValue, TypeAdapter

from gcore_emulator import Emulator
from gcore_emulator.faults import Rule
from tests.fake_engine.engine import ProcessKilled

_RULES = TypeAdapter(list[Rule])
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CREATE_ROUTE = re.compile(r"/(secrets|loadbalancers|lblisteners|lbpools)/\d+/\d+$|/pools$")

RequestFilter = Literal["any", "writes", "with a task"]
"""Filter of the requests into which a fault is injected."""


@dataclass(frozen=True)
class Fault:
    """A fault of one request.

    Attributes:
        rule: Rule of the emulator for the request.
        before: Error to raise before the request is sent.
        after: Error to raise after the response has arrived.
        persistent: The fault applies to all later requests of the run too.
        applies_to: Requests into which the fault is injected.
        later_failure: Failure of a hanging task after the run; None: the task succeeds after the run.
    """

    rule: Mapping[str, JsonValue] | None = None
    before: Callable[[httpx.Request], BaseException] | None = None
    after: Callable[[httpx.Request], BaseException] | None = None
    persistent: bool = False
    applies_to: RequestFilter = "any"
    later_failure: str | None = None


def _connection_refused(request: httpx.Request) -> BaseException:
    return httpx.ConnectError("Connection refused", request=request)


def _read_timeout(request: httpx.Request) -> BaseException:
    return httpx.ReadTimeout("The read operation timed out", request=request)


def _process_killed(request: httpx.Request) -> BaseException:
    return ProcessKilled()


def _response(status: int, **more: JsonValue) -> Mapping[str, JsonValue]:
    return {"action": "respond", "status": status, **more}


FAULTS: Final[Mapping[str, Fault]] = {
    "connection refused": Fault(before=_connection_refused),
    "connection dropped before": Fault({"action": "drop_before"}),
    "connection dropped after": Fault({"action": "drop_after"}),
    "500 before": Fault(_response(500)),
    "500 after": Fault(_response(500, after=True)),
    "502": Fault(_response(502)),
    "503": Fault(_response(503)),
    "429 with Retry-After": Fault(_response(429, headers={"Retry-After": "7"})),
    "409": Fault(_response(409, body={"exception_class": "ConflictError", "message": "immutable"})),
    "read timeout": Fault(after=_read_timeout),
    "malformed JSON": Fault(_response(200, body="<html>", after=True)),
    "failed task": Fault({"action": "fail_task", "error": "no room"}, applies_to="with a task"),
    "hanging task that succeeds later": Fault({"action": "hang_task"}, applies_to="with a task"),
    "hanging task that fails later": Fault({"action": "hang_task"}, applies_to="with a task", later_failure="given up"),
    "process killed before": Fault(before=_process_killed),
    "process killed after": Fault(after=_process_killed),
    "connection refused from then on": Fault(before=_connection_refused, persistent=True, applies_to="writes"),
    "500 from then on": Fault(_response(500), persistent=True, applies_to="writes"),
    "500 after from then on": Fault(_response(500, after=True), persistent=True, applies_to="writes"),
}


@dataclass(frozen=True)
class RequestPoint:
    """A request of a run: the nth of its method and route, or, without a method, the nth of all writes.

    The polls of one task count as one request.
    """

    method: str
    route: str
    nth: int
    with_task: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route} #{self.nth}"

    @property
    def creates_object(self) -> bool:
        """The request is the POST of an object."""
        return self.method == "POST" and _CREATE_ROUTE.search(self.route) is not None

    def accepts(self, fault: Fault) -> bool:
        """Return whether a fault is injected into this request."""
        if fault.applies_to == "with a task":
            return self.with_task
        return fault.applies_to == "any" or self.method != "GET"


@dataclass
class FaultyNetwork(httpx.BaseTransport):
    """Transport to the emulator that injects one fault.

    Attributes:
        emulator: The emulator.
        inner: Transport without faults.
        points: Requests of the run, in order.
        injected: Request and its fault; None for no fault.
        fired: Number of times that the fault has occurred.
    """

    emulator: Emulator
    inner: httpx.BaseTransport
    points: list[RequestPoint] = field(default_factory=list)
    injected: tuple[RequestPoint, Fault] | None = None
    fired: int = 0
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _polled: dict[str, int] = field(default_factory=dict)
    _persisting: bool = False

    def start_run(self, injected: tuple[RequestPoint, Fault] | None = None) -> None:
        """Start a run, with or without a fault."""
        self.points, self.injected, self.fired = [], injected, 0
        self._counts.clear()
        self._polled.clear()
        self._persisting = False
        self.emulator.faults.counts.clear()

    def end_run(self) -> None:
        """End the run: remove the fault, and finish hanging tasks."""
        injected = self.injected
        self.injected, self._persisting = None, False
        self.emulator.faults.counts.clear()
        if injected is not None and injected[1].rule is not None and injected[1].rule["action"] == "hang_task":
            self._finish_hanging_tasks(injected[1].later_failure)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._due_fault(request)
        if fault is not None:
            self.fired += 1
            if fault.before is not None:
                raise fault.before(request)
            if fault.rule is not None:
                self.emulator.faults.add(_RULES.validate_python([{**fault.rule, "nth": 1}]))
        number = len(self.points) - 1
        response = self.inner.handle_request(request)
        if '"tasks"' in response.text and response.json().get("tasks"):
            point = self.points[number]
            self.points[number] = RequestPoint(point.method, point.route, point.nth, with_task=True)
        if fault is not None and fault.after is not None:
            raise fault.after(request)
        return response

    def _due_fault(self, request: httpx.Request) -> Fault | None:
        """Count a request, and return its fault, if any."""
        route = _ID.sub("{id}", request.url.path.removeprefix("/cloud"))
        key = (request.method, route)
        poll = route == "/v1/tasks/{id}" and request.method == "GET"
        repeated_poll = poll and request.url.path in self._polled
        if not repeated_poll:
            self._counts[key] += 1
            self._polled[request.url.path] = self._counts[key]
        point = RequestPoint(request.method, route, self._counts[key], with_task=False)
        if not repeated_poll:
            self.points.append(point)
        if self.injected is None:
            return None
        wanted, fault = self.injected
        if self._persisting:
            return fault
        matches = (point.method, point.route, point.nth) == (wanted.method, wanted.route, wanted.nth)
        if not wanted.method:
            matches = point.method != "GET" and sum(each.method != "GET" for each in self.points) == wanted.nth
        if repeated_poll or not matches:
            return None
        self._persisting = fault.persistent
        return fault if self.fired == 0 else None

    def _finish_hanging_tasks(self, failure: str | None) -> None:
        for task in list(self.emulator.account.tasks.values()):
            if task.finished_at is None and task.due_at is None:
                self.emulator.task_engine.put_task(replace(task, due_at=task.created_at, failure=failure))
        self.emulator.task_engine.advance_to_now()


def points_to_test(points: Sequence[RequestPoint], fault: Fault) -> Sequence[RequestPoint]:
    """Return the requests into which a fault is injected: all writes, and the first read of each route in a run.

    A client cannot distinguish the reads of one route except by the writes before them, and every write is tested. If
    the process is killed, the last read of each route is tested too.
    """
    last = {(each.method, each.route): each for each in points} if fault.before is _process_killed else {}
    chosen = [
        each for each in points if each.method != "GET" or each.nth == 1 or each is last.get((each.method, each.route))
    ]
    return [each for each in chosen if each.accepts(fault)]
