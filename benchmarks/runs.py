"""Whole runs of the real engine: `up` of one and of many, and a preview with nothing changed."""

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
from benchmarks.account import TASK_SECONDS, Account, account, account_within, noticed, ran
from benchmarks.processes import watched
from benchmarks.report import Row
from benchmarks.timeline import timeline
from gcore_tls_provider.api.tasks import LONGEST_INTERVAL, SHORTEST_INTERVAL
from gcore_tls_provider.certificates import write_development_certificates
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from tests.engine.stack import Stack

PROGRAMS: Final = Path(__file__).parent / "programs"
PARALLEL: Final = ("--parallel", "256")
"""Pulumi's own limit, raised above the number of resources that can work at once."""
FOR_LARGE_STACKS: Final = {"PULUMI_DIY_BACKEND_ZSTD": "true"}
"""Settings that docs/performance.md recommends for hundreds of resources on a self-managed backend."""
OBJECTS: Final = 8
"""Objects at Gcore of one whole load balancer: five secrets, the load balancer, its listener, its pool."""
RESOURCES: Final = 9
AT_ONCE: Final = Configuration().parallel
"""Resources that a provider process works on at a time."""
PREVIEWS: Final = 3
LONGEST: Final = 1800
"""Seconds that a command of Pulumi may take."""


class Bench:
    """A folder to work in, and how long tasks take.

    Args:
        folder: an empty folder.
        seconds: how long tasks run, by their type.
        beside_sdk: whether Gcore's SDK does the same work too.
    """

    def __init__(self, folder: Path, seconds: Mapping[str, float] = TASK_SECONDS, *, beside_sdk: bool = True) -> None:
        """Generate the certificates of all load balancers."""
        self.folder = folder
        self.seconds = seconds
        self.beside_sdk = beside_sdk
        write_development_certificates(folder / "material")

    @property
    def chain(self) -> float:
        """Seconds of the longest chain of tasks."""
        return sum(self.seconds.values())

    def one(self) -> tuple[list[Row], str]:
        """`up` of one whole load balancer; its figures and its time line as SVG."""
        with account_within(self.seconds) as (at, emulator):
            stack = self._stack_at(at, "one", 1)
            begun = datetime.now(timezone.utc)
            took = _up_seconds(stack)
            drawn = timeline(ran(emulator), begun, datetime.now(timezone.utc))
            asked = at.requests()
            seen = noticed(emulator)
        rows = [
            Row(
                part="one",
                measure=f"`up` of one load balancer, relative to its longest chain of tasks ({self.chain:g} s)",
                measured=took / self.chain,
                target=1.15,
            ),
            Row(part="one", measure="requests per object, without polls", measured=asked.apart / OBJECTS, target=2),
            Row(part="one", measure="polls of one `up`", measured=asked.lists + asked.reads),
            Row(
                part="one",
                measure="delay until a task's end is detected, relative to 5 % of its duration or 250 ms, median",
                measured=median(each.late / each.allowed for each in seen),
                target=1,
            ),
            Row(
                part="one",
                measure="the same delay, maximum, relative to the longest interval",
                measured=max(each.late for each in seen) / LONGEST_INTERVAL,
                target=1,
            ),
            *self._against_the_sdk("one", 1, took),
        ]
        return rows, drawn

    def many(self, count: int = 25, previews: int = PREVIEWS) -> list[Row]:
        """`up` of many in one stack, the memory it takes, and previews of it with nothing changed."""
        with self._stack("many", count) as (stack, at):
            with watched(stack) as taken:
                took = _up_seconds(stack)
            polls = at.requests()
            ours = self._previews(stack, previews)
            asked = at.requests().all - polls.all
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
                measured=taken.mib,
                target=150,
                unit="MiB",
            ),
            Row(
                part="many",
                measure="threads of that process, relative to the operations at once",
                measured=taken.threads / AT_ONCE,
                target=1.5,
            ),
            Row(
                part="many",
                measure=f"preview without changes, {count * RESOURCES} resources, relative to as many that do nothing",
                measured=ours / self._previews(bare, previews),
                target=1.3,
            ),
            Row(part="many", measure="requests of check and diff in these previews", measured=asked, target=0),
            *self._against_the_sdk("many", count, took),
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
            with self._stack(f"growth-{count}-{len(settings)}", count) as (stack, _), watched(stack) as taken:
                stack.variables.update(settings)
                took[count] = _up_seconds(stack)
                processor[count] = sum(taken.seconds.values())
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

    def _against_the_sdk(self, part: str, count: int, took: float) -> list[Row]:
        """Return `took`, in seconds, relative to the same work through Gcore's SDK."""
        if not self.beside_sdk:
            return []
        rows = []
        for how, work in (("sequential", sdk.sequentially), ("in threads", sdk.in_threads)):
            # One after the other, many take as many times as long: what is waited for is the same, so it is one's time.
            measured_of = 1 if work is sdk.sequentially else count
            with account(self.seconds) as at:
                theirs = _seconds(partial(work, at, measured_of)) * count / measured_of
            rows.append(
                Row(part=part, measure=f"`up` of {count}, relative to Gcore's SDK, {how}", measured=took / theirs)
            )
        return rows

    def _previews(self, stack: Stack, count: int) -> float:
        return median(_seconds(lambda: stack.preview().expect_nothing_to_do()) for _ in range(count))

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
        stack.seconds = LONGEST
        return stack


def _up_seconds(stack: Stack) -> float:
    return _seconds(lambda: stack.up(*PARALLEL).expect_success())


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
