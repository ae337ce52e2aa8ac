"""Engine of tasks, which start, lock their load balancer, and end when they are due.

Nothing runs in the background: the middleware calls `advance_to_now` before each request.

1. A write that creates a task needs an ACTIVE load balancer. Otherwise the write is rejected, is queued, or becomes a
   task that fails, depending on the behavior option `locked-load-balancer`.
2. A task is NEW, then RUNNING, then FINISHED or ERROR. Until it ends, its objects are PENDING.
3. At its end the objects get their new values, or the values that they had before. `TaskEngine._finish` is the only
   place where a change to a load balancer takes effect.
4. A data plane that rejects the change fails the task, as HAProxy does in Octavia: traffic continues as before, but the
   created or updated objects keep their new values, in ERROR. Every later change of that load balancer therefore fails
   too, until the faulty object is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias, cast
from uuid import uuid4

from gcore_emulator.account import (
    EmulatedAccount,
    Lag,
    Listener,
    LoadBalancer,
    Pool,
    ProjectRegion,
    QueuedRequest,
    RequestSummary,
    Stored,
    Task,
    Transition,
)
from gcore_emulator.clock import Clock
from gcore_emulator.data_plane import ConfigurationRejected, DataPlane
from gcore_emulator.errors import ApiErrorResponse, immutable, not_found
from gcore_emulator.invariants import Auditor
from gcore_emulator.settings import Settings
from gcore_emulator.transitions import (
    PlannedChange,
    created_resources,
    failed,
    in_progress,
    locking,
    rejected,
    succeeded,
)
from gcore_tls_provider.api.wire.tasks import TaskIds

NEW_SHARE = 0.1
"""Share of a task's duration during which it is NEW."""

HEALTH_MONITOR_DELETE = "delete_lbpool_health_monitor"
"""Only type of write without a visible task: its route returns 204."""

LOCK = "lock"
"""Task type of a lock by a fault rule, without a visible task and without a change."""

Planner: TypeAlias = Callable[[], "PlannedChange | None"]
"""Function that checks a request against the account and returns its change; None: no change.

It raises `ApiErrorResponse` to reject the request.
"""


@dataclass(frozen=True)
class InjectedOutcome:
    """Outcome that fault rules inject into the tasks of a request."""

    failure: str | None = None
    hang: bool = False


@dataclass(frozen=True)
class CapturedRequest:
    """Copy of a request, kept if its task is queued. `restored_task`: its task, if this is a replay after a restart."""

    query: str = ""
    body: str = field(default="", repr=False)
    restored_task: Task | None = None


@dataclass(frozen=True)
class TaskRequest:
    """Task that a request submits.

    Attributes:
        location: Project and region.
        summary: Request that creates the task.
        task_type: Type of the task.
        load_balancer_id: Load balancer to lock.
        allow_error_status: The load balancer can also be in ERROR, for example to delete it.
        outcome: Outcome that fault rules inject.
        captured: Copy of the request, for a replay.
    """

    location: ProjectRegion
    summary: RequestSummary
    task_type: str
    load_balancer_id: str | None = None
    allow_error_status: bool = False
    outcome: InjectedOutcome = InjectedOutcome()
    captured: CapturedRequest = CapturedRequest()


class TaskEngine:
    """Engine that starts and ends the tasks of one account.

    Attributes:
        to_replay: Tasks that were queued when the emulator last stopped. Their requests must be replayed to plan their
            changes.
    """

    def __init__(
        self, account: EmulatedAccount, settings: Settings, clock: Clock, data_plane: DataPlane, auditor: Auditor
    ) -> None:
        """Continue the tasks of the account that have not ended."""
        self._account = account
        self._settings = settings
        self._clock = clock
        self._data_plane = data_plane
        self._auditor = auditor
        self._unfinished = {task.id: task for task in account.tasks.values() if task.finished_at is None}
        self._queue: list[tuple[Task, TaskRequest, Planner]] = []
        self.to_replay = [task for task in self._unfinished.values() if task.queued_request is not None]
        for task in self.to_replay:
            del self._unfinished[task.id]

    def submit(self, request: TaskRequest, plan: Planner) -> TaskIds:
        """Start or queue a task, and return its ID; no ID if nothing changes.

        Raises:
            ApiErrorResponse: The plan rejects the request, or the load balancer is locked.
        """
        if request.captured.restored_task is not None:
            return self._enqueue(request.captured.restored_task, request, plan)
        unavailable = self._unavailable_load_balancer(request)
        choice = self._settings.behavior.locked_load_balancer
        if unavailable is not None and (choice == "409" or unavailable.provisioning_status == "ERROR"):
            raise immutable(unavailable.id, unavailable.provisioning_status)
        task = self._new_task(request)
        if unavailable is not None and choice == "queue":
            captured = request.captured
            return self._enqueue(
                replace(
                    task,
                    queued_request=QueuedRequest(
                        captured.query, captured.body, request.outcome.failure, request.outcome.hang
                    ),
                ),
                request,
                plan,
            )
        if unavailable is not None:
            reason = immutable(unavailable.id, unavailable.provisioning_status).message
            self._start(task, PlannedChange(()), replace(request, outcome=InjectedOutcome(failure=reason)))
        else:
            change = plan()
            if change is None:
                return TaskIds(tasks=[])
            self._start(task, change, request)
        return TaskIds(tasks=[] if task.hidden else [task.id])

    def fail_unreplayable(self, task: Task, error: ApiErrorResponse) -> None:
        """Fail a restored task whose request cannot be replayed because its target no longer exists."""

        def plan() -> PlannedChange | None:
            raise error

        self._enqueue(task, TaskRequest(task.location, task.request, task.task_type), plan)

    def submit_failing(self, request: TaskRequest, reason: str) -> TaskIds:
        """Start a task that changes nothing and fails."""
        return self.submit(replace(request, outcome=InjectedOutcome(failure=reason)), lambda: PlannedChange(()))

    def change_immediately(self, summary: RequestSummary, before: Stored, after: Stored) -> None:
        """Change an object without a task."""
        self._auditor.check_start(summary, None, [Transition(before, after)], ())
        self._account.put(after)

    def lock(self, load_balancer: LoadBalancer, summary: RequestSummary, seconds: float) -> bool:
        """Lock a load balancer for some seconds, as another client would. Return False if it is not ACTIVE."""
        if load_balancer.provisioning_status != "ACTIVE":
            return False
        request = TaskRequest(load_balancer.location, summary, LOCK, load_balancer.id)
        self._start(self._new_task(request), PlannedChange(locking(load_balancer)), request, seconds=seconds)
        return True

    def advance_to_now(self) -> None:
        """End all due tasks in order, and start the queued tasks that waited for them."""
        now = self._clock.now()
        while True:
            due = [task for task in self._unfinished.values() if task.due_at is not None and task.due_at <= now]
            if not due:
                break
            task = min(due, key=lambda task: cast(datetime, task.due_at))
            del self._unfinished[task.id]
            self._finish(task)
            self._start_queued(cast(datetime, task.due_at))
        self._start_queued(now)
        for task in self._unfinished.values():
            if task.state == "NEW" and task.running_at is not None and task.running_at <= now:
                self.put_task(replace(task, state="RUNNING"))
        self._drop_expired(now)

    def put_task(self, task: Task) -> None:
        """Replace the task with the same ID."""
        self._account.tasks[task.id] = task
        if task.id in self._unfinished:
            self._unfinished[task.id] = task

    def has_task_for(self, summary: RequestSummary) -> bool:
        """Return True if a request has created a task."""
        return any(task.request == summary and task.task_type != LOCK for task in self._account.tasks.values())

    def restore_traffic(self) -> None:
        """Restore the traffic after a restart: that of the objects before the tasks in progress.

        If the configuration of a load balancer was rejected, the previous one is unknown: it carries no traffic.
        """
        before_tasks = self._account.copy()
        for transition in (each for task in self._unfinished.values() for each in task.transitions):
            if transition.before is not None:
                before_tasks.put(transition.before)
            elif transition.after is not None:
                before_tasks.drop(transition.after)
        for balancer_id in before_tasks.load_balancers:
            with suppress(ConfigurationRejected):
                self._data_plane.apply(before_tasks, balancer_id, self._settings.behavior)

    def pending_objects(self) -> list[Stored]:
        """Return the objects as they will be when the tasks in progress have ended."""
        transitions = [transition for task in self._unfinished.values() for transition in task.transitions]
        return [transition.after for transition in transitions if transition.after is not None]

    def _enqueue(self, task: Task, request: TaskRequest, plan: Planner) -> TaskIds:
        self._account.tasks[task.id] = task
        self._queue.append((task, request, plan))
        return TaskIds(tasks=[] if task.hidden else [task.id])

    def _unavailable_load_balancer(self, request: TaskRequest) -> LoadBalancer | None:
        if request.load_balancer_id is None:
            return None
        balancer = self._account.load_balancers.find(request.location, request.load_balancer_id)
        if balancer is None:
            raise not_found("Load balancer", request.load_balancer_id)
        allowed = ("ACTIVE", "ERROR") if request.allow_error_status else ("ACTIVE",)
        return None if balancer.provisioning_status in allowed else balancer

    def _new_task(self, request: TaskRequest) -> Task:
        return Task(
            id=str(uuid4()),
            location=request.location,
            task_type=request.task_type,
            request=request.summary,
            created_at=self._clock.now(),
            load_balancer_id=request.load_balancer_id,
            hidden=request.task_type in (HEALTH_MONITOR_DELETE, LOCK),
        )

    def _start(
        self,
        task: Task,
        change: PlannedChange,
        request: TaskRequest,
        at: datetime | None = None,
        seconds: float | None = None,
    ) -> None:
        at = at or task.created_at
        if seconds is None:
            seconds = None if request.outcome.hang else self._settings.task_seconds.of(task.task_type)
        task = replace(
            task,
            running_at=at + timedelta(seconds=NEW_SHARE * (seconds or 0)),
            due_at=None if seconds is None else at + timedelta(seconds=seconds),
            failure=request.outcome.failure,
            queued_request=None,
            transitions=change.transitions,
            data=dict(change.data),
        )
        self._auditor.check_start(request.summary, task, change.transitions, self.pending_objects())
        for transition in change.transitions:
            self._account.put(in_progress(transition, _shown_id(task)))
        self._unfinished[task.id] = task
        self._account.tasks[task.id] = task
        self._auditor.check(task)

    def _start_queued(self, at: datetime) -> None:
        for queued in list(self._queue):
            task, request, plan = queued
            try:
                if self._unavailable_load_balancer(request) is not None:
                    continue
                change = plan()
            except ApiErrorResponse as error:
                change, request = PlannedChange(()), replace(request, outcome=InjectedOutcome(failure=error.message))
            self._queue.remove(queued)
            self._start(task, change or PlannedChange(()), request, at)

    def _finish(self, task: Task) -> None:
        behavior = self._settings.behavior
        for transition in task.transitions:
            if task.failure is None:
                result = succeeded(transition, _shown_id(task))
            else:
                result = failed(transition, _shown_id(task), behavior.failed_task == "leave-error-object")
            self._put_result(transition, result, _shown_id(task))
        if task.failure is None:
            task = replace(task, failure=self._apply_to_data_plane(task))
        self._auditor.check(task)
        created = None
        if task.failure is None:
            created = created_resources(task.transitions, behavior.created_resources == "load-balancer-only")
        self._account.tasks[task.id] = replace(
            task,
            state="ERROR" if task.failure else "FINISHED",
            finished_at=task.due_at,
            created=created,
        )

    def _apply_to_data_plane(self, task: Task) -> str | None:
        """Apply the objects to the data plane, and return the reason if it rejects them."""
        changed = [transition for transition in task.transitions if transition.before is not transition.after]
        balancer_ids = {_balancer_id(cast(Stored, one.after or one.before)) for one in changed}
        try:
            for balancer_id in balancer_ids - {None}:
                assert balancer_id is not None
                unserved = self._data_plane.apply(self._account, balancer_id, self._settings.behavior)
                for listener_id in unserved:
                    listener = self._account.listeners[listener_id]
                    self._account.put(replace(listener, provisioning_status="ERROR"))
        except ConfigurationRejected as error:
            for transition in changed:
                self._account.put(rejected(transition, _shown_id(task)))
            return f"HAProxy rejects the configuration and continues with the previous one: {error}"
        return None

    def _put_result(self, transition: Transition, result: Stored | None, task_id: str | None) -> None:
        stored = cast(Stored, transition.before or transition.after)
        table = self._account.table_of(stored)
        reads = self._settings.behavior.read_lag
        if reads and transition.before is not transition.after:
            table.lags[stored.id] = Lag(reads, transition.before or in_progress(transition, task_id))
        if result is None:
            self._account.drop(stored)
        else:
            self._account.put(result)

    def _drop_expired(self, now: datetime) -> None:
        retention = self._settings.behavior.finished_task_retention
        if retention == "forever":
            return
        ended = now - timedelta(seconds=retention)
        for task in list(self._account.tasks.values()):
            if task.finished_at is not None and task.finished_at <= ended:
                del self._account.tasks[task.id]


def _balancer_id(stored: Stored) -> str | None:
    """Return the load balancer whose traffic an object affects; None for a secret."""
    if isinstance(stored, LoadBalancer):
        return stored.id
    return stored.load_balancer_id if isinstance(stored, (Listener, Pool)) else None


def _shown_id(task: Task) -> str | None:
    return None if task.hidden else task.id
