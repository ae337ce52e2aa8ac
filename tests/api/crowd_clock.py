"""Time for several threads at once: it moves on only when all of them sleep, to the moment when the first one wakes."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 30.0


class CrowdClock:
    """A clock that gives every thread its turn, as real time would, and takes none."""

    def __init__(self) -> None:
        self._now = 0.0
        self._awake = 0
        self._wakings: list[float] = []
        self._moved = threading.Condition()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._moved:
            waking = self._now + max(seconds, 1e-6)
            heapq.heappush(self._wakings, waking)
            self._awake -= 1
            self._move_on()
            if not self._moved.wait_for(lambda: self._now >= waking, _PATIENCE):
                raise TimeoutError("Some thread neither sleeps nor ends.")

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self._now, timezone.utc)

    def run(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Does all that at once, each in a thread of its own."""
        self._awake = len(works)
        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(self._work, works))

    def _work(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            with self._moved:
                self._awake -= 1
                self._move_on()

    def _move_on(self) -> None:
        if self._awake or not self._wakings:
            return
        self._now = self._wakings[0]
        while self._wakings and self._wakings[0] <= self._now:
            heapq.heappop(self._wakings)
            self._awake += 1
        self._moved.notify_all()
