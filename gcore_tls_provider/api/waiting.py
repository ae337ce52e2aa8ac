"""One polling loop for every wait of the package, and its backoffs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gcore_tls_provider.api.clock import Deadline

T = TypeVar("T")

Backoff = Callable[[int], float]
"""Function that returns the seconds to sleep after unsuccessful call number 0, 1, 2 and so on."""


def wait_until(
    condition: Callable[[], T | None],
    deadline: Deadline,
    backoff: Backoff,
    *,
    on_wait: Callable[[], None] | None = None,
) -> T | None:
    """Call `condition` until it returns a value, and return that value; None once the deadline has passed.

    There is always at least one call, and one more after the last sleep.

    Args:
        condition: Function that returns None to continue the wait. An exception that it raises ends the wait.
        deadline: Moment after which there is no further call; its clock sleeps.
        backoff: Seconds to sleep after each unsuccessful call.
        on_wait: Function to call before each sleep.
    """
    attempt = 0
    while True:
        found = condition()
        if found is not None:
            return found
        remaining = deadline.remaining
        if remaining <= 0:
            return None
        if on_wait is not None:
            on_wait()
        deadline.clock.sleep(min(backoff(attempt), remaining))
        attempt += 1


def constant(seconds: float) -> Backoff:
    """Return a backoff of equal pauses."""
    return lambda _attempt: seconds


def exponential(first: float, factor: float, longest: float) -> Backoff:
    """Return a backoff of pauses that grow by `factor` from `first` to `longest`, in seconds."""
    return lambda attempt: min(longest, first * factor**attempt)
