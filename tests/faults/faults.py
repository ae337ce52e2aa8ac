"""What can go wrong with one request, and the transport that makes it go wrong with a chosen one."""

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
from tests.fake_engine.engine import Died

_RULES = TypeAdapter(list[Rule])
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAKING = re.compile(r"/(secrets|loadbalancers|lblisteners|lbpools)/\d+/\d+$|/pools$")

When = Literal["any", "writes", "with a task"]
"""Which requests a fault is tried at."""


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong.

    Attributes:
        rule: what the emulator is told to do with the request.
        before: is raised before the request is sent.
        after: is raised when its answer has come.
        lasts: it goes wrong with all requests from then on, until the run is over.
        when: which requests it is tried at.
        ends: how a task that doesn't end by itself ends after the run: well, or with this failure.
    """

    rule: Mapping[str, JsonValue] | None = None
    before: Callable[[httpx.Request], BaseException] | None = None
    after: Callable[[httpx.Request], BaseException] | None = None
    lasts: bool = False
    when: When = "any"
    ends: str | None = None


def _refused(request: httpx.Request) -> BaseException:
    return httpx.ConnectError("Connection refused", request=request)


def _slow(request: httpx.Request) -> BaseException:
    return httpx.ReadTimeout("The read operation timed out", request=request)


def _died(request: httpx.Request) -> BaseException:
    return Died()


def _answer(status: int, **more: JsonValue) -> Mapping[str, JsonValue]:
    return {"action": "respond", "status": status, **more}


FAULTS: Final[Mapping[str, Fault]] = {
    "connection refused": Fault(before=_refused),
    "dropped before": Fault({"action": "drop_before"}),
    "dropped after": Fault({"action": "drop_after"}),
    "500 before": Fault(_answer(500)),
    "500 after": Fault(_answer(500, after=True)),
    "502": Fault(_answer(502)),
    "503": Fault(_answer(503)),
    "429 with Retry-After": Fault(_answer(429, headers={"Retry-After": "7"})),
    "409": Fault(_answer(409, body={"exception_class": "ConflictError", "message": "immutable"})),
    "slow beyond the client's timeout": Fault(after=_slow),
    "malformed JSON": Fault(_answer(200, body="<html>", after=True)),
    "task error": Fault({"action": "fail_task", "error": "no room"}, when="with a task"),
    "task without end, done later": Fault({"action": "hang_task"}, when="with a task"),
    "task without end, failed later": Fault({"action": "hang_task"}, when="with a task", ends="given up"),
    "run abandoned before": Fault(before=_died),
    "run abandoned after": Fault(after=_died),
    "refused from then on": Fault(before=_refused, lasts=True, when="writes"),
    "500 from then on": Fault(_answer(500), lasts=True, when="writes"),
    "500 after from then on": Fault(_answer(500, after=True), lasts=True, when="writes"),
}


@dataclass(frozen=True)
class Point:
    """A request of a run: the nth of its method and route (without a method: of all writes).

    The polls of one task count as one.
    """

    method: str
    route: str
    nth: int
    with_task: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route} #{self.nth}"

    @property
    def makes(self) -> bool:
        """Whether it is the POST that makes an object of its own."""
        return (
            self.method == "POST"
            and re.search(r"/(secrets|loadbalancers|lblisteners|lbpools)/\d+/\d+$|/pools$", self.route) is not None
        )

    def is_tried_with(self, fault: Fault) -> bool:
        """Whether a fault is tried at this request."""
        if fault.when == "with a task":
            return self.with_task
        return fault.when == "any" or self.method != "GET"


@dataclass
class Network(httpx.BaseTransport):
    """What carries requests to the emulator, and goes wrong where it is told to.

    Attributes:
        points: the requests of the run, in order.
        strike: which request is to go wrong, and how; None for none.
        fired: how often something went wrong.
        bodies: what was sent and answered, as far as it could be shown to somebody.
    """

    emulator: Emulator
    inner: httpx.BaseTransport
    points: list[Point] = field(default_factory=list)
    strike: tuple[Point, Fault] | None = None
    fired: int = 0
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _polled: dict[str, int] = field(default_factory=dict)
    _lasting: bool = False

    def begin(self, strike: tuple[Point, Fault] | None = None) -> None:
        """A run begins."""
        self.points, self.strike, self.fired = [], strike, 0
        self._counts.clear()
        self._polled.clear()
        self._lasting = False
        self.emulator.faults.counts.clear()

    def end(self) -> None:
        """The run is over: nothing goes wrong any more, and tasks that would never end come to their end."""
        strike = self.strike
        self.strike, self._lasting = None, False
        self.emulator.faults.counts.clear()
        if strike is not None and strike[1].rule is not None and strike[1].rule["action"] == "hang_task":
            self._end_tasks(strike[1].ends)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._due(request)
        if fault is not None:
            self.fired += 1
            if fault.before is not None:
                raise fault.before(request)
            if fault.rule is not None:
                self.emulator.faults.add(_RULES.validate_python([{**fault.rule, "nth": 1}]))
        number = len(self.points) - 1
        answer = self.inner.handle_request(request)
        if '"tasks"' in answer.text and answer.json().get("tasks"):
            point = self.points[number]
            self.points[number] = Point(point.method, point.route, point.nth, with_task=True)
        if fault is not None and fault.after is not None:
            raise fault.after(request)
        return answer

    def _due(self, request: httpx.Request) -> Fault | None:
        """Counts a request, and says what is to go wrong with it."""
        route = _ID.sub("{id}", request.url.path.removeprefix("/cloud"))
        key = (request.method, route)
        poll = route == "/v1/tasks/{id}" and request.method == "GET"
        if poll and request.url.path in self._polled:
            again = True
        else:
            again = False
            self._counts[key] += 1
            self._polled[request.url.path] = self._counts[key]
        point = Point(request.method, route, self._counts[key], with_task=False)
        if not again:
            self.points.append(point)
        if self.strike is None:
            return None
        wanted, fault = self.strike
        if self._lasting:
            return fault
        struck = (point.method, point.route, point.nth) == (wanted.method, wanted.route, wanted.nth)
        if not wanted.method:
            struck = point.method != "GET" and sum(each.method != "GET" for each in self.points) == wanted.nth
        if again or not struck:
            return None
        self._lasting = fault.lasts
        return fault if self.fired == 0 else None

    def _end_tasks(self, failure: str | None) -> None:
        for task in list(self.emulator.account.tasks.values()):
            if task.finished_at is None and task.due_at is None:
                self.emulator.task_engine.put_task(replace(task, due_at=task.created_at, failure=failure))
        self.emulator.task_engine.advance_to_now()


def folded(points: Sequence[Point], fault: Fault) -> Sequence[Point]:
    """The requests that a fault is tried at: all writes, and of reads the first of each route in a run.

    Reads of one route differ in nothing that a client could see but in what was written before, and every write is
    tried by itself. Where the run is abandoned, the last read of each route is tried too.
    """
    last = {(each.method, each.route): each for each in points} if fault.before is _died else {}
    chosen = [
        each for each in points if each.method != "GET" or each.nth == 1 or each is last.get((each.method, each.route))
    ]
    return [each for each in chosen if each.is_tried_with(fault)]
