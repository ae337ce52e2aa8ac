"""Clocks and deadlines, passed as arguments so that a test of hours takes no time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """Source of monotonic seconds, of pauses, and of the date."""

    def now(self) -> float:
        """Return the seconds since a fixed moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`."""
        ...

    def utc(self) -> datetime:
        """Return the date and time in UTC, for comparison with the dates in certificates."""
        ...


class SystemClock:
    """Clocks of the machine."""

    def now(self) -> float:
        """Return the seconds since a fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`."""
        time.sleep(max(0.0, seconds))

    def utc(self) -> datetime:
        """Return the machine's date and time in UTC."""
        return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Deadline:
    """Moment by which an operation must be done.

    Attributes:
        clock: Clock of the deadline.
        at: Moment of the deadline, in seconds of that clock.
        seconds: Total time of the operation, for error messages.
    """

    clock: Clock
    at: float
    seconds: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(clock, clock.now() + seconds, seconds)

    @property
    def remaining(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - self.clock.now())

    @property
    def passed(self) -> bool:
        """True if no time is left."""
        return self.remaining <= 0

    def capped_at(self, seconds: float) -> Deadline:
        """Return this deadline, or the one `seconds` from now if that is earlier."""
        at = self.clock.now() + seconds
        return self if self.at <= at else Deadline(self.clock, at, seconds)
