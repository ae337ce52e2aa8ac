"""Wait for tasks: nearly every write returns task IDs, and is done when all its tasks are.

- A write without task IDs had nothing to do.
- A single waiting thread polls its task at once, then at intervals of a twentieth of the task's age, up to a cap.
  Jitter only shortens the intervals, so the thread notices the end of the task within the cap.
- If several threads wait, they share polls of one list of active tasks: the number of polls does not depend on the
  number of threads. A thread reads its own task only once the list no longer contains it, to learn what it created. If
  Gcore offers no such list, each thread reads its own task.
- The client retries a failed poll. The wait ends if the client gives up, or after `UNREADABLE_POLLS` malformed
  responses in a row.
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
"""Shortest time between two polls of a task, in seconds."""

LONGEST_INTERVAL: Final = 3.0
"""Longest time between two polls of a task, in seconds."""

UNKNOWN_POLLS: Final = 5
"""Number of polls in a row that do not find the task, after which it counts as gone."""

SHARED_POLL_THRESHOLD: Final = 3
"""Number of waiting threads from which they share one list of active tasks."""

UNREADABLE_POLLS: Final = 3
"""Number of malformed responses in a row that are an error; fewer are attributed to a proxy."""

_DONE = frozenset({"FINISHED", "ERROR"})

Progress = Callable[[str], None]
"""Callback that receives a progress text before each pause."""


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
        self, task_ids: Sequence[str], action: str, deadline: Deadline, progress: Progress | None = None
    ) -> tuple[Task, ...]:
        """Wait until every task is finished.

        Args:
            task_ids: IDs of the tasks; without any, the wait ends at once.
            action: Action and object in words, for errors: `create pool 'web'`.
            deadline: Deadline of all tasks together.
            progress: Callback for the action and the seconds so far.

        Returns:
            Finished tasks, in the order of `task_ids`.

        Raises:
            TaskFailed: A task ended in ERROR; this ends the wait for the others.
            TaskNotFound: Several polls in a row did not find a task.
            DeadlineExceeded: Not all tasks ended in time. They continue at Gcore.
        """
        with self._counting:
            self._waiting += 1
        try:
            return tuple(self._wait_for(task_id, action, deadline, progress) for task_id in task_ids)
        finally:
            with self._counting:
                self._waiting -= 1

    def _wait_for(self, task_id: str, action: str, deadline: Deadline, progress: Progress | None) -> Task:
        wait = _Wait(self._poll, self._client.clock, task_id, action, deadline)
        report = None if progress is None else lambda: progress(f"{action}: {wait.age:.0f} s")
        task = wait_until(wait.finished_task, deadline, wait.pause, on_wait=report)
        if task is None:
            raise _overdue(task_id, action, deadline)
        return self._finished(task, action)

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
            # The client gave up because of the deadline, so the caller reports a timeout instead of this error.
            if deadline.remaining <= LONGEST_BACKOFF:
                return None, None
            raise

    def _finished(self, task: Task, action: str) -> Task:
        if task.state == "FINISHED":
            return task
        reason = self._client.redactor.redact(task.error or "Gcore gives no reason").rstrip(".")
        error = TaskFailed(
            action,
            f"its task {task.id} ended in ERROR: {reason}",
            "Fix what Gcore names, then run `pulumi up` again; this run deletes objects that the failed task created.",
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
        action: str,
        deadline: Deadline,
    ) -> None:
        self._poll = poll
        self._clock = clock
        self._task_id = task_id
        self._action = action
        self._deadline = deadline
        self._started = clock.now()
        self._known_at: float | None = None
        self._unreadable = self._unknown = 0

    @property
    def age(self) -> float:
        """Seconds since the wait began."""
        return self._clock.now() - self._started

    def finished_task(self) -> Task | None:
        """Poll once; return the task if it is final."""
        task, self._known_at = None, None
        try:
            task, self._known_at = self._poll(self._task_id, self._started, self._deadline)
            self._unreadable = self._unknown = 0
        except ObjectNotFound as missing:
            # The API can be unable to read a task that it has just created.
            self._unknown += 1
            if self._unknown == UNKNOWN_POLLS:
                raise TaskNotFound(
                    self._action,
                    f"Gcore has no task {self._task_id}",
                    "Run `pulumi up` again: it searches for the object that the task created.",
                ) from missing
        except MalformedResponse:
            self._unreadable += 1
            if self._unreadable == UNREADABLE_POLLS:
                raise
        except RateLimited as limited:
            # The client retries until the deadline leaves no time for another attempt.
            raise _overdue(self._task_id, self._action, self._deadline) from limited
        return task if task is not None and task.state in _DONE else None

    def pause(self, _attempt: int) -> float:
        """Return the seconds until the next poll."""
        pause = interval(self.age) * random.uniform(0.9, 1.0)
        if self._known_at is None:
            return pause
        # Another thread read the list a moment ago. Shorten the pause by that time: the task can have ended since.
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
        """Return the time of the last list that shows the task as active; None if the task must be read itself.

        Read the list if the last one is older than the shortest interval. A list from before the wait proves nothing
        about a task that started later, so its time counts too, until the next list.

        Args:
            task_id: ID of the task.
            started: Time at which the wait began.
            deadline: Deadline of the request for the list.
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


def _overdue(task_id: str, action: str, deadline: Deadline) -> DeadlineExceeded:
    return DeadlineExceeded(
        action,
        f"task {task_id} did not end within {deadline.seconds:.0f} s",
        "The task continues at Gcore: run `pulumi up` again later, or allow more time with `custom_timeouts` in the "
        "resource's options or with `taskTimeout` in the configuration.",
    )
