"""Waiting for tasks: nearly every write returns task IDs, and is done when the tasks are.

- No ids mean that there was nothing to do.
- A task that is waited for alone is asked for at once, then at intervals that grow with its age (a twentieth of it) up
  to a cap; jitter only shortens them, so that no end is noticed later than the cap.
- Where several threads wait at once, one list of the active tasks serves them all: how often it is asked for doesn't
  depend on how many wait. A task that is no longer listed is read by itself, for what it has made. Where there is no
  such list, each task is read by itself all the time.
- A poll that fails is only a poll that failed: the client repeats it. The wait ends when the client gives up, or when
  the answers to `UNREADABLE_POLLS` polls in a row can't be read.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.client import LONGEST_BACKOFF, Client
from gcore_tls_provider.api.clock import Clock, Deadline
from gcore_tls_provider.api.waiting import wait_until
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import (
    DeadlineExceeded,
    Forbidden,
    MalformedResponse,
    MethodNotAllowed,
    NotFound,
    ObjectNotFound,
    RateLimited,
    ServerError,
    TaskFailed,
    TaskNotFound,
    Unreachable,
)

SHORTEST_INTERVAL: Final = 0.2
"""Seconds between two polls of a young task."""

LONGEST_INTERVAL: Final = 3.0
"""Seconds between two polls of an old one."""

UNKNOWN_POLLS: Final = 5
"""Number of polls in a row without the task after which the task counts as gone."""

SHARED_POLL_THRESHOLD: Final = 3
"""Number of waiting threads from which on they share one list of active tasks."""

UNREADABLE_POLLS: Final = 3
"""Number of unreadable responses in a row that are an error; fewer are a hiccup of a proxy."""

_DONE = frozenset({"FINISHED", "ERROR"})

Progress = Callable[[str], None]
"""Callback that gets progress texts now and then."""


def interval(age: float) -> float:
    """Return the seconds until the next poll of a task that is `age` seconds old; without jitter."""
    return min(LONGEST_INTERVAL, max(SHORTEST_INTERVAL, age / 20))


class Tasks:
    """Waiter for the tasks of one client. Threads share it, and so share polls."""

    def __init__(self, client: Client) -> None:
        """Send no request yet."""
        self._client = client
        self._waiting = 0
        self._counting = threading.Lock()
        self._active = _ActiveTasks(client)

    def wait(
        self, task_ids: Sequence[str], asked: str, deadline: Deadline, progress: Progress | None = None
    ) -> tuple[Task, ...]:
        """Wait until every task is finished.

        Args:
            task_ids: the tasks; none is done at once.
            asked: what they do, in words, for errors.
            deadline: until when.
            progress: gets how long it has taken so far.

        Returns:
            The finished tasks, in the order of their ids.

        Raises:
            TaskFailed: one ended in ERROR; the others are not waited for any longer.
            TaskForgotten: Gcore doesn't know one, several times in a row.
            DeadlineExceeded: not all ended in time. They go on at Gcore.
        """
        with self._counting:
            self._waiting += 1
        try:
            return tuple(self._wait_for(task_id, asked, deadline, progress) for task_id in task_ids)
        finally:
            with self._counting:
                self._waiting -= 1

    def _wait_for(self, task_id: str, asked: str, deadline: Deadline, progress: Progress | None) -> Task:
        wait = _Wait(self._poll, self._client.clock, task_id, asked, deadline)
        report = None if progress is None else lambda: progress(f"{asked}: {wait.age:.0f} s")
        task = wait_until(wait.finished_task, deadline, wait.pause, on_wait=report)
        if task is None:
            raise _overdue(task_id, asked, deadline)
        return self._finished(task, asked)

    def _poll(self, task_id: str, started: float, deadline: Deadline) -> tuple[Task | None, float | None]:
        """Return the task; or None with the moment at which it was active, if that is known."""
        try:
            listed_at = (
                self._active.last_seen_active_at(task_id, started, deadline)
                if self._waiting >= SHARED_POLL_THRESHOLD
                else None
            )
            if listed_at is not None:
                return None, listed_at
            return self._client.send(routes.get_task(task_id), deadline), None
        except (Unreachable, ServerError):
            # So near the end it was the deadline that the client gave up for: that is the error to tell.
            if deadline.remaining <= LONGEST_BACKOFF:
                return None, None
            raise

    def _finished(self, task: Task, asked: str) -> Task:
        if task.state == "FINISHED":
            return task
        reason = self._client.confidential.redact(task.error or "Gcore gives no reason").rstrip(".")
        error = TaskFailed(
            asked,
            f"its task {task.id} ended in ERROR: {reason}",
            "Fix what Gcore names, then run `pulumi up` again; objects that the task had created are removed.",
            request_id=task.request_id,
        )
        error.task_id = task.id
        raise error


class _Wait:
    """One wait for one task: its age, and the number of failed polls in a row."""

    def __init__(
        self,
        poll: Callable[[str, float, Deadline], tuple[Task | None, float | None]],
        clock: Clock,
        task_id: str,
        asked: str,
        deadline: Deadline,
    ) -> None:
        self._poll = poll
        self._clock = clock
        self._task_id = task_id
        self._asked = asked
        self._deadline = deadline
        self._started = clock.now()
        self._known_at: float | None = None
        self._unreadable = self._unknown = 0

    @property
    def age(self) -> float:
        """Seconds since the wait began."""
        return self._clock.now() - self._started

    def finished_task(self) -> Task | None:
        """Poll once; return the task if it is done."""
        task, self._known_at = None, None
        try:
            task, self._known_at = self._poll(self._task_id, self._started, self._deadline)
            self._unreadable = self._unknown = 0
        except ObjectNotFound as missing:
            # The API can be unable to read a task that it has just created.
            self._unknown += 1
            if self._unknown == UNKNOWN_POLLS:
                raise TaskNotFound(
                    self._asked,
                    f"Gcore knows no task {self._task_id}",
                    "Run again: what it has done is looked for.",
                ) from missing
        except MalformedResponse:
            self._unreadable += 1
            if self._unreadable == UNREADABLE_POLLS:
                raise
        except RateLimited as limited:
            # The client repeats the request until there is no time for another attempt.
            raise _overdue(self._task_id, self._asked, self._deadline) from limited
        return task if task is not None and task.state in _DONE else None

    def pause(self, _attempt: int) -> float:
        """Return the seconds until the next poll."""
        pause = interval(self.age) * random.uniform(0.9, 1.0)
        if self._known_at is None:
            return pause
        # Another thread read the list a moment ago: a task that has ended since must not wait longer for it.
        return max(SHORTEST_INTERVAL / 2, pause - (self._clock.now() - self._known_at))


class _ActiveTasks:
    """IDs of the active tasks, read once for all threads within an interval."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reading = threading.Lock()
        self._ids: frozenset[str] = frozenset()
        self._read_at: float | None = None
        self._exists = True

    def last_seen_active_at(self, task_id: str, started: float, deadline: Deadline) -> float | None:
        """Return when the list was read that contains the task, within the shortest interval; None if there is none.

        A list that was read before the task was made can't have it, and says as much as one that has it: the next one
        will tell.

        Args:
            task_id: the task.
            started: since when it is waited for.
            deadline: until when the list may be read.
        """
        with self._reading:
            now = self._client.clock.now()
            if self._exists and (self._read_at is None or now - self._read_at >= SHORTEST_INTERVAL):
                self._read(now, deadline)
            if not self._exists or self._read_at is None:
                return None
            return self._read_at if task_id in self._ids or self._read_at < started else None

    def _read(self, now: float, deadline: Deadline) -> None:
        try:
            page = self._client.send(routes.list_active_tasks(), deadline)
        except (NotFound, MethodNotAllowed, Forbidden):
            self._exists = False
            return
        self._ids = frozenset(task.id for task in page.results)
        self._read_at = now


def _overdue(task_id: str, asked: str, deadline: Deadline) -> DeadlineExceeded:
    return DeadlineExceeded(
        asked,
        f"task {task_id} had not ended after {deadline.seconds:.0f} s",
        "It goes on at Gcore: run again later, or give more time (`custom_timeouts` of the resource, or the configured "
        "`taskTimeout`).",
    )
