"""Where the emulator takes the time from, so that tests can let tasks end without waiting."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(timezone.utc)


class ManualClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=timezone.utc)) -> None:
        """Stops the clock at `start` (with a time zone)."""
        self._now = start

    def now(self) -> datetime:
        """The moment at which the clock stands, in UTC."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the clock on."""
        self._now += timedelta(seconds=seconds)
