"""Waiting: one loop for everything that is looked at again until it is as wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gcore_tls_provider.api.clock import Deadline

T = TypeVar("T")

Backoff = Callable[[int], float]
"""Seconds to sleep after unsuccessful look number 0, 1, 2 and so on."""


def wait_until(
    condition: Callable[[], T | None],
    deadline: Deadline,
    backoff: Backoff,
    *,
    on_wait: Callable[[], None] | None = None,
) -> T | None:
    """Call `condition` until it returns a value, and return that value; None once the deadline has passed.

    There is always at least one look, and one more after the last sleep.

    Args:
        condition: Return None to go on waiting. What it raises ends the wait.
        deadline: Moment after which there is no further look; its clock sleeps.
        backoff: Pause after each look, in seconds.
        on_wait: Called before each sleep.
    """
    attempt = 0
    while True:
        found = condition()
        if found is not None or deadline.passed:
            return found
        if on_wait is not None:
            on_wait()
        deadline.clock.sleep(min(backoff(attempt), deadline.remaining))
        attempt += 1


def constant(seconds: float) -> Backoff:
    """Return a backoff of equal pauses."""
    return lambda _attempt: seconds


def exponential(first: float, factor: float, longest: float) -> Backoff:
    """Return a backoff whose pauses grow by a factor, up to the longest."""
    return lambda attempt: min(longest, first * factor**attempt)
