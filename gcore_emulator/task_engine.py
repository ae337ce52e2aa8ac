"""Tasks: work begins, holds the load balancer, and ends when its time has come.

Nothing runs in the background: `settle` brings everything up to the present, and is called before each request.

1. A write that makes work needs its load balancer ACTIVE. If it isn't, the write is refused, waits in a queue or
   becomes a task that fails, as the question `busy-load-balancer` says.
2. A task is NEW, then RUNNING, then FINISHED or ERROR. Meanwhile what it touches is PENDING.
3. At its end the objects become what they were to become, or what they were before. `Work._end` is the one place
   where a change to a load balancer takes effect.
4. A data plane that refuses the change fails the task, as HAProxy does in Octavia: traffic goes on as before, but what
   was to be made or changed stays as asked, in ERROR. So every later change of that load balancer fails likewise, until
   what is wrong is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias, cast
from uuid import uuid4

from gcore_emulator.account import (
    Account,
    Asked,
    Lag,
    Listener,
    LoadBalancer,
    Pool,
    Scope,
    Stored,
    Task,
    Transition,
    Waiting,
)
from gcore_emulator.clock import Clock
from gcore_emulator.data_plane import ConfigurationRefused, DataPlane
from gcore_emulator.errors import Failure, immutable, not_found
from gcore_emulator.invariants import Auditor
from gcore_emulator.settings import Settings
from gcore_emulator.transitions import (
    Change,
    created_resources,
    during,
    failed,
    finished,
    refused,
    touching,
)
from gcore_tls_provider.api.wire.tasks import TaskIds

NEW_FOR = 0.1
"""Share of a task's time during which it is NEW."""

HEALTH_MONITOR_DELETE = "delete_lbpool_health_monitor"
"""The one kind of work that has no task: its route answers 204."""

LOCK = "lock"
"""A lock that a fault rule asked for: no task, no change."""

Plan: TypeAlias = Callable[[], "Change | None"]
"""Checks a request against the present account and says what it changes; None if nothing. Raises `Failure`."""


@dataclass(frozen=True)
class Fate:
    """What a fault rule has decided about the tasks of a request."""

    failure: str | None = None
    hang: bool = False


@dataclass(frozen=True)
class Heard:
    """What is to be kept of a request if its work has to wait. `again`: it waits already, from an earlier life."""

    query: str = ""
    body: str = field(default="", repr=False)
    again: Task | None = None


@dataclass(frozen=True)
class Order:
    """A piece of work that a request asks for.

    `load_balancer_id` is the load balancer that it needs; `on_error_too` says that one in ERROR is good enough, as it
    is for deleting.
    """

    scope: Scope
    asked: Asked
    task_type: str
    load_balancer_id: str | None = None
    on_error_too: bool = False
    fate: Fate = Fate()
    heard: Heard = Heard()


class Work:
    """Begins and ends the work of one account.

    Attributes:
        unheard: tasks of an earlier life that wait for their load balancer. Their calls are to be heard again, so that
            it is known what they are to do.
    """

    def __init__(
        self, account: Account, settings: Settings, clock: Clock, data_plane: DataPlane, auditor: Auditor
    ) -> None:
        """What the account's tasks say is under way goes on."""
        self._account = account
        self._settings = settings
        self._clock = clock
        self._data_plane = data_plane
        self._auditor = auditor
        self._open = {task.id: task for task in account.tasks.values() if task.finished_at is None}
        self._queue: list[tuple[Task, Order, Plan]] = []
        self.unheard = [task for task in self._open.values() if task.waits is not None]
        for task in self.unheard:
            del self._open[task.id]

    def submit(self, order: Order, plan: Plan) -> TaskIds:
        """Begins work, and answers with its task; with none if there is nothing to do.

        Raises:
            Failure: if the plan refuses, or the load balancer is busy.
        """
        if order.heard.again is not None:
            return self._wait(order.heard.again, order, plan)
        busy = self._busy(order)
        how = self._settings.behavior.busy_load_balancer
        if busy is not None and (how == "409" or busy.provisioning_status == "ERROR"):
            raise immutable(busy.id, busy.provisioning_status)
        task = self._task(order)
        if busy is not None and how == "queue":
            heard = order.heard
            return self._wait(
                replace(task, waits=Waiting(heard.query, heard.body, order.fate.failure, order.fate.hang)), order, plan
            )
        if busy is not None:
            reason = immutable(busy.id, busy.provisioning_status).message
            self._begin(task, Change(()), replace(order, fate=Fate(failure=reason)))
        else:
            change = plan()
            if change is None:
                return TaskIds(tasks=[])
            self._begin(task, change, order)
        return TaskIds(tasks=[] if task.hidden else [task.id])

    def deaf(self, task: Task, failure: Failure) -> None:
        """Lets a task of an earlier life fail, whose call can't be heard again: what it is about is gone."""

        def plan() -> Change | None:
            raise failure

        self._wait(task, Order(task.scope, task.asked, task.task_type), plan)

    def fail_later(self, order: Order, reason: str) -> TaskIds:
        """Begins a task that does nothing but fail."""
        return self.submit(replace(order, fate=Fate(failure=reason)), lambda: Change(()))

    def change_at_once(self, asked: Asked, before: Stored, after: Stored) -> None:
        """Changes an object without a task."""
        self._auditor.begins(asked, None, [Transition(before, after)], ())
        self._account.put(after)

    def lock(self, load_balancer: LoadBalancer, asked: Asked, seconds: float) -> bool:
        """Locks a load balancer for a while, as work of somebody else would. False if it is locked already."""
        if load_balancer.provisioning_status != "ACTIVE":
            return False
        order = Order(load_balancer.scope, asked, LOCK, load_balancer.id)
        self._begin(self._task(order), Change(touching(load_balancer)), order, seconds=seconds)
        return True

    def settle(self) -> None:
        """Ends all work whose time has come, in order, and begins what waited for it."""
        now = self._clock.now()
        while True:
            due = [task for task in self._open.values() if task.due_at is not None and task.due_at <= now]
            if not due:
                break
            task = min(due, key=lambda task: cast(datetime, task.due_at))
            del self._open[task.id]
            self._end(task)
            self._begin_waiting(cast(datetime, task.due_at))
        self._begin_waiting(now)
        for task in self._open.values():
            if task.state == "NEW" and task.running_at is not None and task.running_at <= now:
                self.keep(replace(task, state="RUNNING"))
        self._forget(now)

    def keep(self, task: Task) -> None:
        """Puts a task in the place of the one with its id."""
        self._account.tasks[task.id] = task
        if task.id in self._open:
            self._open[task.id] = task

    def has_task_of(self, asked: Asked) -> bool:
        """Whether a call has made work."""
        return any(task.asked == asked and task.task_type != LOCK for task in self._account.tasks.values())

    def carry_again(self) -> None:
        """Lets traffic go as it went in an earlier life: as things were before the work that is under way.

        Of a load balancer whose configuration was refused nobody knows what went before: nothing goes.
        """
        carried = self._account.copy()
        for transition in (each for task in self._open.values() for each in task.transitions):
            if transition.before is not None:
                carried.put(transition.before)
            elif transition.after is not None:
                carried.drop(transition.after)
        for balancer_id in carried.load_balancers:
            with suppress(ConfigurationRefused):
                self._data_plane.apply(carried, balancer_id, self._settings.behavior)

    def coming(self) -> list[Stored]:
        """What objects will be when the work that is under way is done."""
        transitions = [transition for task in self._open.values() for transition in task.transitions]
        return [transition.after for transition in transitions if transition.after is not None]

    def _wait(self, task: Task, order: Order, plan: Plan) -> TaskIds:
        self._account.tasks[task.id] = task
        self._queue.append((task, order, plan))
        return TaskIds(tasks=[] if task.hidden else [task.id])

    def _busy(self, order: Order) -> LoadBalancer | None:
        if order.load_balancer_id is None:
            return None
        balancer = self._account.load_balancers.find(order.scope, order.load_balancer_id)
        if balancer is None:
            raise not_found("Load balancer", order.load_balancer_id)
        free = ("ACTIVE", "ERROR") if order.on_error_too else ("ACTIVE",)
        return None if balancer.provisioning_status in free else balancer

    def _task(self, order: Order) -> Task:
        return Task(
            id=str(uuid4()),
            scope=order.scope,
            task_type=order.task_type,
            asked=order.asked,
            created_at=self._clock.now(),
            load_balancer_id=order.load_balancer_id,
            hidden=order.task_type in (HEALTH_MONITOR_DELETE, LOCK),
        )

    def _begin(
        self, task: Task, change: Change, order: Order, at: datetime | None = None, seconds: float | None = None
    ) -> None:
        at = at or task.created_at
        if seconds is None:
            seconds = None if order.fate.hang else self._settings.task_seconds.of(task.task_type)
        task = replace(
            task,
            running_at=at + timedelta(seconds=NEW_FOR * (seconds or 0)),
            due_at=None if seconds is None else at + timedelta(seconds=seconds),
            failure=order.fate.failure,
            waits=None,
            transitions=change.transitions,
            data=dict(change.data),
        )
        self._auditor.begins(order.asked, task, change.transitions, self.coming())
        for transition in change.transitions:
            self._account.put(during(transition, _shown_id(task)))
        self._open[task.id] = task
        self._account.tasks[task.id] = task
        self._auditor.look(task)

    def _begin_waiting(self, at: datetime) -> None:
        for waiting in list(self._queue):
            task, order, plan = waiting
            try:
                if self._busy(order) is not None:
                    continue
                change = plan()
            except Failure as failure:
                change, order = Change(()), replace(order, fate=Fate(failure=failure.message))
            self._queue.remove(waiting)
            self._begin(task, change or Change(()), order, at)

    def _end(self, task: Task) -> None:
        behavior = self._settings.behavior
        for transition in task.transitions:
            if task.failure is None:
                result = finished(transition, _shown_id(task))
            else:
                result = failed(transition, _shown_id(task), behavior.failed_task == "leave-error-object")
            self._settle_object(transition, result, _shown_id(task))
        if task.failure is None:
            task = replace(task, failure=self._carry(task))
        self._auditor.look(task)
        created = None
        if task.failure is None:
            created = created_resources(task.transitions, behavior.created_resources == "load-balancer-only")
        self._account.tasks[task.id] = replace(
            task,
            state="ERROR" if task.failure else "FINISHED",
            finished_at=task.due_at,
            created=created,
        )

    def _carry(self, task: Task) -> str | None:
        """Lets traffic go as the objects now say. Gives the reason if the data plane refuses."""
        changed = [transition for transition in task.transitions if transition.before is not transition.after]
        balancer_ids = {_balancer_id(cast(Stored, one.after or one.before)) for one in changed}
        try:
            for balancer_id in balancer_ids - {None}:
                assert balancer_id is not None
                left_out = self._data_plane.apply(self._account, balancer_id, self._settings.behavior)
                for listener_id in left_out:
                    listener = self._account.listeners[listener_id]
                    self._account.put(replace(listener, provisioning_status="ERROR"))
        except ConfigurationRefused as refusal:
            for transition in changed:
                self._account.put(refused(transition, _shown_id(task)))
            return f"HAProxy refuses the configuration, and goes on with the one before: {refusal}"
        return None

    def _settle_object(self, transition: Transition, result: Stored | None, task_id: str | None) -> None:
        stored = cast(Stored, transition.before or transition.after)
        table = self._account.table_of(stored)
        reads = self._settings.behavior.read_lag
        if reads and transition.before is not transition.after:
            table.lags[stored.id] = Lag(reads, transition.before or during(transition, task_id))
        if result is None:
            self._account.drop(stored)
        else:
            self._account.put(result)

    def _forget(self, now: datetime) -> None:
        life = self._settings.behavior.finished_task_life
        if life == "for-ever":
            return
        ended = now - timedelta(seconds=life)
        for task in list(self._account.tasks.values()):
            if task.finished_at is not None and task.finished_at <= ended:
                del self._account.tasks[task.id]


def _balancer_id(stored: Stored) -> str | None:
    """The load balancer whose traffic an object has to do with; None for a secret."""
    if isinstance(stored, LoadBalancer):
        return stored.id
    return stored.load_balancer_id if isinstance(stored, (Listener, Pool)) else None


def _shown_id(task: Task) -> str | None:
    return None if task.hidden else task.id
