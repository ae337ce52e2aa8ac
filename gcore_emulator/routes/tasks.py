"""Routes of tasks: read, list, list the active ones, acknowledge."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.errors import not_found
from gcore_emulator.request_context import CurrentContext, emulator_of
from gcore_emulator.routes.router import Limit, Offset, page, router
from gcore_tls_provider.api.wire.enums import TaskOrder, TaskState
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.scalars import Timestamp
from gcore_tls_provider.api.wire.tasks import Task, TasksAcknowledge

routes = router("tasks")


@routes.get("/v1/tasks")
async def list_tasks(
    request: Request,
    limit: Limit = 10,
    offset: Offset = 0,
    project_id: Annotated[list[int] | None, Query()] = None,
    region_id: Annotated[list[int] | None, Query()] = None,
    state: Annotated[list[TaskState] | None, Query()] = None,
    task_type: str | None = None,
    from_timestamp: Timestamp | None = None,
    to_timestamp: Timestamp | None = None,
    is_acknowledged: bool | None = None,
    order_by: TaskOrder | None = None,
    sorting: TaskOrder = "desc",
) -> Page[Task]:
    """List tasks of all projects and regions, the newest first."""
    found = [
        one
        for one in _visible(request)
        if (not project_id or one.location.project_id in project_id)
        and (not region_id or one.location.region_id in region_id)
        and (not state or one.state in state)
        and task_type in (None, one.task_type)
        and _within(one.created_at, from_timestamp, to_timestamp)
        and is_acknowledged in (None, one.acknowledged_at is not None)
    ]
    if (order_by or sorting) == "desc":
        found.reverse()
    return page(Page[Task], [responses.task(one) for one in found], limit, offset)


@routes.post("/v1/tasks/acknowledge", status_code=204, deprecated=True)
async def acknowledge_tasks(
    request: Request, body: TasksAcknowledge, project_id: int | None = None, region_id: int | None = None
) -> None:
    """Acknowledge the named tasks, or all if none is named."""
    _acknowledge(request, project_id, region_id, body.task_ids)


@routes.post("/v1/tasks/acknowledge_all", status_code=204)
async def acknowledge_all_tasks(request: Request, project_id: int | None = None, region_id: int | None = None) -> None:
    """Acknowledge all tasks that have ended."""
    _acknowledge(request, project_id, region_id, None)


@routes.get("/v1/tasks/{project_id}/{region_id}/active")
async def list_active_tasks(
    request: Request,
    context: CurrentContext,
    limit: Limit = 10,
    offset: Offset = 0,
    task_type: Annotated[list[str] | None, Query()] = None,
) -> Page[Task]:
    """List active tasks, the newest first."""
    found = [
        one
        for one in _visible(request)
        if one.location == context.location
        and one.state in ("NEW", "RUNNING")
        and (not task_type or one.task_type in task_type)
    ]
    return page(Page[Task], [responses.task(one) for one in reversed(found)], limit, offset)


@routes.get("/v1/tasks/{task_id}")
async def get_task(request: Request, task_id: str) -> Task:
    """Read a task."""
    return responses.task(_task(request, task_id))


@routes.post("/v1/tasks/{task_id}/acknowledge")
async def acknowledge_task(request: Request, task_id: str) -> Task:
    """Acknowledge a task."""
    emulator = emulator_of(request)
    acknowledged = replace(_task(request, task_id), acknowledged_at=emulator.clock.now())
    emulator.task_engine.put_task(acknowledged)
    return responses.task(acknowledged)


def _visible(request: Request) -> list[stored.Task]:
    return [task for task in emulator_of(request).account.tasks.values() if not task.hidden]


def _task(request: Request, task_id: str) -> stored.Task:
    task = emulator_of(request).account.tasks.get(task_id)
    if task is None or task.hidden:
        raise not_found("Task", task_id)
    return task


def _within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or start <= moment) and (end is None or moment <= end)


def _acknowledge(request: Request, project_id: int | None, region_id: int | None, task_ids: list[str] | None) -> None:
    emulator = emulator_of(request)
    for task in _visible(request):
        if (
            task.finished_at is not None
            and project_id in (None, task.location.project_id)
            and region_id in (None, task.location.region_id)
            and (not task_ids or task.id in task_ids)
        ):
            emulator.task_engine.put_task(replace(task, acknowledged_at=emulator.clock.now()))
