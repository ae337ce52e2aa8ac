"""Polling with a timeout."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(read: Callable[[], T], is_done: Callable[[T], bool], seconds: float = 20.0) -> T:
    """Call `read` until `is_done` accepts its value, and return the value."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if is_done(value):
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(0.05)
