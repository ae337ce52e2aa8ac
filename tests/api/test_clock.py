"""Deadlines, and the system clock."""

from __future__ import annotations

import time

import pytest

from gcore_tls_provider.api.clock import Deadline, SystemClock
from tests.fake_clock import FakeClock


def test_the_remaining_time_of_a_deadline_falls_to_zero(clock: FakeClock) -> None:
    deadline = Deadline.after(clock, 10)
    seen = []
    for _ in range(3):
        seen.append((deadline.remaining, deadline.passed))
        clock.advance(6)
    assert seen == [(10, False), (4, False), (0, True)]
    assert deadline.seconds == 10


def test_a_deadline_has_passed_at_its_exact_moment(clock: FakeClock) -> None:
    deadline = Deadline.after(clock, 10)
    clock.advance(10)
    assert deadline.passed


@pytest.mark.parametrize(("seconds", "remaining", "total"), [(5, 5, 5), (10, 10, 10), (60, 10, 10)])
def test_capped_at_returns_the_earlier_deadline(
    seconds: float, remaining: float, total: float, clock: FakeClock
) -> None:
    capped = Deadline.after(clock, 10).capped_at(seconds)
    assert (capped.remaining, capped.seconds) == (remaining, total)


def test_the_system_clock_advances_during_a_sleep() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() >= before + 0.01


def test_the_system_clock_does_not_sleep_for_negative_seconds() -> None:
    before = time.monotonic()
    SystemClock().sleep(-60)
    assert time.monotonic() - before < 1
