"""Runs of the real engine: `up` of one and many load balancers, and previews without changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import sdk
from benchmarks.account import TASK_SECONDS, Account, account, account_in_process, detection_delays, finished_tasks
from benchmarks.processes import observe
from benchmarks.report import Row
from benchmarks.timeline import timeline
from gcore_tls_provider.api.tasks import LONGEST_INTERVAL, SHORTEST_INTERVAL
from gcore_tls_provider.certificates import write_development_certificates
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from tests.engine.stack import Stack

PROGRAMS: Final = Path(__file__).parent / "programs"
PARALLEL: Final = ("--parallel", "256")
"""Pulumi's limit, set above the number of concurrent resource operations."""
FOR_LARGE_STACKS: Final = {"PULUMI_DIY_BACKEND_ZSTD": "true"}
"""Settings that docs/performance.md recommends for hundreds of resources on a self-managed backend."""
OBJECTS: Final = 8
"""Objects at Gcore of one complete load balancer: five secrets, the load balancer, its listener and its pool."""
RESOURCES: Final = 9
CONCURRENT_OPERATIONS: Final = Configuration().parallel
"""Maximum number of concurrent operations of a provider process."""
PREVIEWS: Final = 3
COMMAND_SECONDS: Final = 1800
"""Time limit of a Pulumi command, in seconds."""


class Bench:
    """Benchmark of whole runs.

    Args:
        folder: An empty folder.
        seconds: Durations of tasks, by task type.
        compare_sdk: Whether to measure the same work with Gcore's SDK.
    """

    def __init__(self, folder: Path, seconds: Mapping[str, float] = TASK_SECONDS, *, compare_sdk: bool = True) -> None:
        """Generate the certificates of all load balancers."""
        self.folder = folder
        self.seconds = seconds
        self.compare_sdk = compare_sdk
        write_development_certificates(folder / "material")

    @property
    def chain(self) -> float:
        """Seconds of the longest chain of tasks."""
        return sum(self.seconds.values())

    def one(self) -> tuple[list[Row], str]:
        """Measure `up` of one complete load balancer. Return the rows and a time line as SVG."""
        with account_in_process(self.seconds) as (at, emulator):
            stack = self._stack_at(at, "one", 1)
            started = datetime.now(timezone.utc)
            took = _up_seconds(stack)
            svg = timeline(finished_tasks(emulator), started, datetime.now(timezone.utc))
            requests = at.requests()
            delays = detection_delays(emulator)
        rows = [
            Row(
                part="one",
                measure=f"`up` of one load balancer, relative to its longest chain of tasks ({self.chain:g} s)",
                measured=took / self.chain,
                target=1.15,
            ),
            Row(part="one", measure="requests per object, without polls", measured=requests.other / OBJECTS, target=2),
            Row(part="one", measure="polls of one `up`", measured=requests.lists + requests.reads),
            Row(
                part="one",
                measure="delay until a task's end is detected, relative to 5 % of its duration or 250 ms, median",
                measured=median(each.delay / each.allowed for each in delays),
                target=1,
            ),
            Row(
                part="one",
                measure="the same delay, maximum, relative to the longest interval",
                measured=max(each.delay for each in delays) / LONGEST_INTERVAL,
                target=1,
            ),
            *self._compare_with_sdk("one", 1, took),
        ]
        return rows, svg

    def many(self, count: int = 25, previews: int = PREVIEWS) -> list[Row]:
        """Measure `up` of many load balancers in one stack, its memory, and previews without changes."""
        with self._stack("many", count) as (stack, at):
            with observe(stack) as use:
                took = _up_seconds(stack)
            polls = at.requests()
            ours = self._previews(stack, previews)
            requests = at.requests().total - polls.total
        bare = Stack.of(PROGRAMS / "nothing", self.folder / "nothing", {"BENCHMARK_COUNT": str(count)})
        bare.up().expect_success()
        return [
            Row(
                part="many",
                measure=f"`up` of {count}, relative to the longest chain of one",
                measured=took / self.chain,
                target=1.5,
            ),
            Row(
                part="many",
                measure="its requests for the list of active tasks, relative to one thread that polls at the "
                "shortest interval",
                measured=polls.lists * SHORTEST_INTERVAL / took,
                target=1,
            ),
            Row(
                part="many",
                measure="its requests for single tasks, per task",
                measured=polls.reads / (count * OBJECTS),
                target=1.1,
            ),
            Row(
                part="many",
                measure=f"memory of the provider process with {count * RESOURCES} resources",
                measured=use.mib,
                target=150,
                unit="MiB",
            ),
            Row(
                part="many",
                measure="threads of that process, relative to the operations at once",
                measured=use.threads / CONCURRENT_OPERATIONS,
                target=1.5,
            ),
            Row(
                part="many",
                measure=f"preview without changes, {count * RESOURCES} resources, relative to as many that do nothing",
                measured=ours / self._previews(bare, previews),
                target=1.3,
            ),
            Row(part="many", measure="requests of check and diff in these previews", measured=requests, target=0),
            *self._compare_with_sdk("many", count, took),
        ]

    def growth(self, few: int = 25, many: int = 100) -> list[Row]:
        """Measure how time grows with the number of load balancers, at a constant task duration."""
        return [
            *self._growth(few, many, {}, ""),
            *self._growth(few, many, FOR_LARGE_STACKS, ", with the settings for large stacks"),
        ]

    def _growth(self, few: int, many: int, settings: Mapping[str, str], how: str) -> list[Row]:
        took, processor = {}, {}
        for count in (few, many):
            with self._stack(f"growth-{count}-{len(settings)}", count) as (stack, _), observe(stack) as use:
                stack.variables.update(settings)
                took[count] = _up_seconds(stack)
                processor[count] = sum(use.seconds.values())
        return [
            Row(
                part="growth",
                measure=f"`up` of {many}, relative to `up` of {few}{how}",
                measured=took[many] / took[few],
                target=many / few,
            ),
            Row(
                part="growth",
                measure=f"processor time of program and provider, {many} relative to {few}{how}",
                measured=processor[many] / processor[few],
                target=many / few,
            ),
            Row(
                part="growth",
                measure=f"time per additional load balancer{how}",
                measured=(took[many] - took[few]) / (many - few),
                unit="s",
            ),
            Row(
                part="growth",
                measure=f"processor time of program and provider per additional load balancer{how}",
                measured=(processor[many] - processor[few]) / (many - few),
                unit="s",
            ),
        ]

    def _compare_with_sdk(self, part: str, count: int, took: float) -> list[Row]:
        """Return `took`, in seconds, relative to the same work with Gcore's SDK."""
        if not self.compare_sdk:
            return []
        rows = []
        for how, work in (("sequential", sdk.sequentially), ("in threads", sdk.in_threads)):
            # Sequential work takes time in proportion to the count, so one load balancer is enough.
            measured_of = 1 if work is sdk.sequentially else count
            with account(self.seconds) as at:
                sdk_seconds = _seconds(partial(work, at, measured_of)) * count / measured_of
            rows.append(
                Row(part=part, measure=f"`up` of {count}, relative to Gcore's SDK, {how}", measured=took / sdk_seconds)
            )
        return rows

    def _previews(self, stack: Stack, count: int) -> float:
        return median(_seconds(lambda: stack.preview().expect_no_changes()) for _ in range(count))

    @contextmanager
    def _stack(self, name: str, count: int) -> Iterator[tuple[Stack, Account]]:
        with account(self.seconds) as at:
            yield self._stack_at(at, name, count), at

    def _stack_at(self, at: Account, name: str, count: int) -> Stack:
        variables = {
            **at.variables,
            "BENCHMARK_COUNT": str(count),
            "BENCHMARK_MATERIAL": str(self.folder / "material"),
        }
        stack = Stack.of(PROGRAMS / "load_balancers", self.folder / name, variables)
        stack.seconds = COMMAND_SECONDS
        return stack


def _up_seconds(stack: Stack) -> float:
    return _seconds(lambda: stack.up(*PARALLEL).expect_success())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
