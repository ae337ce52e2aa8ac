"""Deadlines, and the machine's clock behind them."""

from __future__ import annotations

import time

import pytest

from gcore_tls_provider.api.clock import Deadline, SystemClock
from tests.fake_clock import FakeClock


def test_a_deadline_comes_nearer_and_passes(clock: FakeClock) -> None:
    deadline = Deadline.after(clock, 10)
    seen = []
    for _ in range(3):
        seen.append((deadline.remaining, deadline.passed))
        clock.advance(6)
    assert seen == [(10, False), (4, False), (0, True)]
    assert deadline.seconds == 10


def test_a_deadline_has_passed_in_its_very_second(clock: FakeClock) -> None:
    deadline = Deadline.after(clock, 10)
    clock.advance(10)
    assert deadline.passed


@pytest.mark.parametrize(("seconds", "remaining", "whole"), [(5, 5, 5), (10, 10, 10), (60, 10, 10)])
def test_the_sooner_of_two(seconds: float, remaining: float, whole: float, clock: FakeClock) -> None:
    sooner = Deadline.after(clock, 10).capped_at(seconds)
    assert (sooner.remaining, sooner.seconds) == (remaining, whole)


def test_the_machines_clock_goes_forward() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() >= before + 0.01


def test_the_machines_clock_bears_what_has_passed() -> None:
    before = time.monotonic()
    SystemClock().sleep(-60)
    assert time.monotonic() - before < 1
