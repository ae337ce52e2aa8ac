"""Fake clock for several threads: it advances only while all of them sleep, to the earliest wake-up."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TypeVar

T = TypeVar("T")

_REAL_SECONDS = 30.0


class MultiThreadClock:
    """Clock that wakes threads in the order of real time, but takes none."""

    def __init__(self) -> None:
        self._now = 0.0
        self._awake = 0
        self._wake_ups: list[float] = []
        self._advanced = threading.Condition()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._advanced:
            wake_up = self._now + max(seconds, 1e-6)
            heapq.heappush(self._wake_ups, wake_up)
            self._awake -= 1
            self._advance_if_all_sleep()
            if not self._advanced.wait_for(lambda: self._now >= wake_up, _REAL_SECONDS):
                raise TimeoutError("A thread neither sleeps nor ends.")

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self._now, timezone.utc)

    def run(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Run the functions at the same time, each in its own thread, and return their results."""
        self._awake = len(functions)
        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(self._run_one, functions))

    def _run_one(self, function: Callable[[], T]) -> T:
        try:
            return function()
        finally:
            with self._advanced:
                self._awake -= 1
                self._advance_if_all_sleep()

    def _advance_if_all_sleep(self) -> None:
        if self._awake or not self._wake_ups:
            return
        self._now = self._wake_ups[0]
        while self._wake_ups and self._wake_ups[0] <= self._now:
            heapq.heappop(self._wake_ups)
            self._awake += 1
        self._advanced.notify_all()
