"""Time, as the API client sees it: one object, so that tests let hours pass at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """Seconds that only go forward, a way to let them pass, and the calendar."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        ...

    def utc(self) -> datetime:
        """Date and time, with UTC as its zone: what the dates in certificates are compared with."""
        ...


class SystemClock:
    """The machine's clocks: the monotonic one, and the calendar."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Blocks this thread for `seconds`."""
        time.sleep(max(0.0, seconds))

    def utc(self) -> datetime:
        """The machine's date and time."""
        return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Deadline:
    """The moment by which an operation must be done.

    Attributes:
        clock: whose time it is.
        at: the moment, in that clock's seconds.
        seconds: how long the operation had in all, for error messages.
    """

    clock: Clock
    at: float
    seconds: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(clock, clock.now() + seconds, seconds)

    @property
    def remaining(self) -> float:
        """Seconds left; 0 when it has passed."""
        return max(0.0, self.at - self.clock.now())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining <= 0

    def capped_at(self, seconds: float) -> Deadline:
        """This deadline, or the one `seconds` from now if that is earlier."""
        at = self.clock.now() + seconds
        return self if self.at <= at else Deadline(self.clock, at, seconds)
