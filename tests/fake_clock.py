"""Fake clock that advances only during sleeps, so that a test of hours takes no real time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from gcore_tls_provider.api.clock import Clock


class FakeClock:
    """Clock for the API client, whose `sleep` advances it and returns at once. Threads can share it.

    Attributes:
        sleeps: Seconds of every sleep, in order.
        start_date: Date at second 0; a test can set it to the date of its certificates.
    """

    def __init__(self, start: float = 0.0) -> None:
        self.sleeps: list[float] = []
        self._now = start
        self.start_date = datetime.now(timezone.utc)
        self._changing = threading.Lock()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._changing:
            self.sleeps.append(seconds)
            self._now += max(0.0, seconds)

    def utc(self) -> datetime:
        """Return the start date plus the seconds of the clock, so certificates of the test are already valid."""
        return self.start_date + timedelta(seconds=self._now)

    def advance(self, seconds: float) -> None:
        """Advance the clock without a sleep."""
        with self._changing:
            self._now += seconds

    @property
    def slept(self) -> float:
        """Seconds of all sleeps together."""
        return sum(self.sleeps)

    @property
    def calendar(self) -> Calendar:
        """The same time for an emulator: `Emulator(settings, clock.calendar)`."""
        return Calendar(self)


class Calendar:
    """Time of a clock as dates for the emulator: second 0 is January 1, 2026, UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self._clock.now())
