"""Emulated account in a separate process, and its tasks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx
from pydantic import BaseModel

from gcore_emulator import Emulator, Settings, TaskSeconds, serving

API_KEY: Final = "1234_benchmark"
PROJECT: Final = 1
REGION: Final = 1

TASK_SECONDS: Final[Mapping[str, float]] = {
    "create_secret": 1.0,
    "create_loadbalancer": 20.0,
    "create_lblistener": 3.0,
    "create_lbpool": 5.0,
}
"""Duration of tasks at Gcore, in seconds. The longest chain takes 29 s."""

_SECONDS: Final = 60.0


@dataclass(frozen=True)
class FinishedTask:
    """Finished task, with its start and end."""

    task_type: str
    started: datetime
    ended: datetime


@dataclass(frozen=True)
class DetectionDelay:
    """Delay between the end of a task and the request that detected it.

    Attributes:
        delay: Delay in seconds.
        duration: Duration of the task in seconds.
    """

    delay: float
    duration: float

    @property
    def allowed(self) -> float:
        """Maximum delay in seconds: 5 % of the duration, but at least 250 ms."""
        return max(0.05 * self.duration, 0.25)


@dataclass(frozen=True)
class Requests:
    """Number of requests to an account.

    Attributes:
        other: Requests that are not about tasks.
        lists: Requests for the list of active tasks.
        reads: Requests for a single task.
    """

    other: int
    lists: int
    reads: int

    @property
    def total(self) -> int:
        """Number of all requests."""
        return self.other + self.lists + self.reads


class _Request(BaseModel, frozen=True):
    method: str
    path: str


class _RequestLog(BaseModel, frozen=True):
    requests: list[_Request]


@dataclass(frozen=True)
class Account:
    """Emulated account.

    Attributes:
        url: Base URL of its API.
    """

    url: str

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables that point a Pulumi program to the account."""
        return {
            "GCORE_API_KEY": API_KEY,
            "GCORE_BASE_URL": self.url,
            "GCORE_CLOUD_PROJECT_ID": str(PROJECT),
            "GCORE_CLOUD_REGION_ID": str(REGION),
        }

    def requests(self) -> Requests:
        """Return the counts of requests so far."""
        requests = _RequestLog.model_validate_json(self._get("requests")).requests
        about_tasks = [each.path for each in requests if "/tasks/" in each.path]
        lists = sum(path.endswith("/active") for path in about_tasks)
        return Requests(len(requests) - len(about_tasks), lists, len(about_tasks) - lists)

    def _get(self, resource: str) -> bytes:
        return httpx.get(f"{self.url}/_emulator/{resource}", timeout=_SECONDS).raise_for_status().content


@contextmanager
def account(seconds: Mapping[str, float] = TASK_SECONDS) -> Iterator[Account]:
    """Start an empty emulator, and stop it at the end.

    Args:
        seconds: Durations of tasks, by task type.
    """
    spec = ",".join(["0.05", *(f"{kind}={length}" for kind, length in seconds.items())])
    process = subprocess.Popen(
        [sys.executable, "-m", "gcore_emulator", "--port", "0", "--task-seconds", spec],
        env={**os.environ, "GCORE_EMULATOR_API_KEY": API_KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Account(process.stdout.readline().rpartition(" ")[2].strip())
    finally:
        process.terminate()
        process.wait(_SECONDS)
        process.stdout.close()


@contextmanager
def account_in_process(seconds: Mapping[str, float] = TASK_SECONDS) -> Iterator[tuple[Account, Emulator]]:
    """Serve an emulator in this process, for exact times: the API rounds them to seconds."""
    emulator = Emulator(
        Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(0.05, seconds),
        )
    )
    with serving(emulator) as url:
        yield Account(url), emulator


def detection_delays(emulator: Emulator) -> list[DetectionDelay]:
    """Return the delay for each task: from its end to the first response about tasks after it."""
    polls = [each.at for each in emulator.requests if "/tasks/" in each.path]
    found = []
    for task in finished_tasks(emulator):
        after = [at for at in polls if at >= task.ended]
        if after:
            delay = (min(after) - task.ended).total_seconds()
            found.append(DetectionDelay(delay, (task.ended - task.started).total_seconds()))
    return found


def finished_tasks(emulator: Emulator) -> list[FinishedTask]:
    """Return all finished tasks, the oldest first."""
    done = [
        FinishedTask(task.task_type, task.running_at or task.created_at, task.finished_at)
        for task in emulator.account.tasks.values()
        if task.finished_at is not None
    ]
    return sorted(done, key=lambda task: task.started)
