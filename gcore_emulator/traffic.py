"""What is known of the requests: which there were, and whether they come too fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gcore_emulator.errors import Failure


@dataclass(frozen=True)
class Recorded:
    """A call that was made, `at` its end. `status` None: it got no answer. `route` None: there is no such route."""

    at: datetime
    method: str
    route: str | None
    path: str
    status: int | None


class Throttle:
    """Counts requests of each second, where the question `rate-limit` sets a limit."""

    def __init__(self, per_second: float | None, retry_after: bool) -> None:
        """No requests yet."""
        self._per_second = per_second
        self._retry_after = retry_after
        self._second = 0
        self._seen = 0

    def refuse(self, now: datetime) -> Failure | None:
        """Counts a request, and gives the refusal if it is one too many."""
        if self._per_second is None:
            return None
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._seen = second, 0
        self._seen += 1
        if self._seen <= self._per_second:
            return None
        headers = {"Retry-After": "1"} if self._retry_after else {}
        return Failure(429, "TooManyRequests", "Too many requests; try again later", headers=headers)
