"""Recorded requests, and the rate limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gcore_emulator.errors import ApiErrorResponse


@dataclass(frozen=True)
class RecordedRequest:
    """Request, recorded `at` its end. `status` None: no response was sent. `route` None: the route does not exist."""

    at: datetime
    method: str
    route: str | None
    path: str
    status: int | None


class RateLimiter:
    """Limit of requests per second, if the behavior option `rate-limit` sets one."""

    def __init__(self, per_second: float | None, retry_after: bool) -> None:
        """Start with no requests.

        Args:
            per_second: Maximum of requests per second; None: no limit.
            retry_after: Send the header Retry-After with a 429.
        """
        self._per_second = per_second
        self._retry_after = retry_after
        self._second = 0
        self._count = 0

    def check(self, now: datetime) -> ApiErrorResponse | None:
        """Count a request, and return a 429 if it exceeds the limit."""
        if self._per_second is None:
            return None
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        if self._count <= self._per_second:
            return None
        headers = {"Retry-After": "1"} if self._retry_after else {}
        return ApiErrorResponse(429, "TooManyRequests", "Too many requests; try again later", headers=headers)
