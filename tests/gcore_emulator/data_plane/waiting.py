"""Waiting for a state, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(read: Callable[[], T], fits: Callable[[T], bool], seconds: float = 20.0) -> T:
    """Reads until what is read fits, and gives it."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if fits(value):
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {seconds} s"
        time.sleep(0.05)
