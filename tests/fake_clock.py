"""Time that passes only when somebody sleeps, so that a test of hours takes no time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

from gcore_tls_provider.api.clock import Clock


class FakeClock:
    """A clock for the API client: `sleep` returns at once and moves the time on. Threads may share it.

    Attributes:
        sleeps: the seconds of every sleep, in order.
        began: the date at second 0; may be set to that of a test's certificates.
    """

    def __init__(self, start: float = 0.0) -> None:
        self.sleeps: list[float] = []
        self._now = start
        self.began = datetime.now(timezone.utc)
        self._changing = threading.Lock()

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._changing:
            self.sleeps.append(seconds)
            self._now += max(0.0, seconds)

    def utc(self) -> datetime:
        """The machine's date when the test began, moved on: certificates that tests make are valid from then on."""
        return self.began + timedelta(seconds=self._now)

    def advance(self, seconds: float) -> None:
        """Lets time pass without a sleep."""
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
    """A clock's time as dates, as the emulator wants it: second 0 is the first of January 2026, UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self._clock.now())
