"""Server of tasks that end by the clock, for tests of the waits for tasks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from gcore_tls_provider.api.clock import Clock
from gcore_tls_provider.api.tasks import Tasks
from tests.api.gcore import create_client, error_response, json_response, task_body

ACTION = "create pool 'backends'"
LONG_TIMEOUT = 3600.0


@dataclass
class TaskServer:
    """Server whose tasks end at given seconds of the clock; it counts its requests.

    Attributes:
        ends: Second in which each task ends.
        list_status: Status of the response to a request for the list of active tasks.
        requests: Number of requests for the `list` and for a single `task`.
    """

    clock: Clock
    ends: Mapping[str, float]
    list_status: int = 200
    requests: Counter[str] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        with self._counting:
            self.requests["list" if name == "active" else "task"] += 1
        if name != "active":
            return json_response(self._body(name))
        if self.list_status != 200:
            return error_response(self.list_status)
        active = [self._body(task_id) for task_id, end in self.ends.items() if self.clock.now() < end]
        limit = int(request.url.params.get("limit", 10))
        return json_response({"count": len(active), "results": active[:limit]})

    def create_waiter(self) -> Tasks:
        return Tasks(create_client(httpx.MockTransport(self.respond), self.clock))

    def _body(self, task_id: str) -> dict[str, object]:
        return task_body(task_id, "RUNNING" if self.clock.now() < self.ends[task_id] else "FINISHED")
