"""An emulated account in a process of its own, and the tasks that ran in it."""

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
"""Duration of tasks at Gcore, in seconds, one after the other: 29 s is the longest chain."""

_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Ran:
    """A task, and when it ran."""

    task_type: str
    begun: datetime
    ended: datetime


@dataclass(frozen=True)
class Noticed:
    """Delay between the end of a task and the request that noticed it.

    Attributes:
        late: seconds after its end.
        duration: seconds that it took.
    """

    late: float
    duration: float

    @property
    def allowed(self) -> float:
        """Seconds that may pass: 5 % of its duration, or 250 ms if that is more."""
        return max(0.05 * self.duration, 0.25)


@dataclass(frozen=True)
class Requests:
    """Number of requests to an account.

    Attributes:
        apart: requests that aren't about tasks.
        lists: requests for the list of the active tasks.
        reads: requests for one task.
    """

    apart: int
    lists: int
    reads: int

    @property
    def all(self) -> int:
        """All of them."""
        return self.apart + self.lists + self.reads


class _Request(BaseModel, frozen=True):
    method: str
    path: str


class _RequestLog(BaseModel, frozen=True):
    requests: list[_Request]


@dataclass(frozen=True)
class Account:
    """An emulated account.

    Attributes:
        url: where its API answers.
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
        requests = _RequestLog.model_validate_json(self._got("requests")).requests
        about_tasks = [each.path for each in requests if "/tasks/" in each.path]
        lists = sum(path.endswith("/active") for path in about_tasks)
        return Requests(len(requests) - len(about_tasks), lists, len(about_tasks) - lists)

    def _got(self, what: str) -> bytes:
        return httpx.get(f"{self.url}/_emulator/{what}", timeout=_SECONDS).raise_for_status().content


@contextmanager
def account(seconds: Mapping[str, float] = TASK_SECONDS) -> Iterator[Account]:
    """Start an empty emulator, and stop it at the end.

    Args:
        seconds: how long tasks run, by their type.
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
def account_within(seconds: Mapping[str, float] = TASK_SECONDS) -> Iterator[tuple[Account, Emulator]]:
    """Serve an emulator within this process, for exact times: the API rounds them to seconds."""
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


def noticed(emulator: Emulator) -> list[Noticed]:
    """Return the delay for each task: from its end to the first response about tasks after it."""
    polls = [call.at for call in emulator.requests if "/tasks/" in call.path]
    found = []
    for task in ran(emulator):
        after = [at for at in polls if at >= task.ended]
        if after:
            late = (min(after) - task.ended).total_seconds()
            found.append(Noticed(late, (task.ended - task.begun).total_seconds()))
    return found


def ran(emulator: Emulator) -> list[Ran]:
    """All tasks that have finished, the oldest first."""
    done = [
        Ran(task.task_type, task.running_at or task.created_at, task.finished_at)
        for task in emulator.account.tasks.values()
        if task.finished_at is not None
    ]
    return sorted(done, key=lambda task: task.begun)
