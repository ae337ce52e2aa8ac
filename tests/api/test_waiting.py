"""`wait_until`, the loop of every wait in the package."""

from __future__ import annotations

import pytest

from gcore_tls_provider.api.clock import Deadline
from gcore_tls_provider.api.waiting import constant, exponential, wait_until
from tests.fake_clock import FakeClock


class Condition:
    """Condition that is met at its call number `met_at`."""

    def __init__(self, met_at: int) -> None:
        self.calls = 0
        self._met_at = met_at

    def __call__(self) -> str | None:
        self.calls += 1
        return "met" if self.calls == self._met_at else None


def test_a_condition_met_at_the_first_call_needs_no_sleep() -> None:
    clock = FakeClock()

    assert wait_until(Condition(1), Deadline.after(clock, 10), constant(1)) == "met"
    assert clock.sleeps == []


def test_a_false_value_that_is_not_none_ends_the_wait() -> None:
    assert wait_until(lambda: False, Deadline.after(FakeClock(), 10), constant(1)) is False


def test_the_pauses_follow_the_backoff() -> None:
    clock = FakeClock()

    assert wait_until(Condition(5), Deadline.after(clock, 100), exponential(1, 2, 3)) == "met"
    assert clock.sleeps == [1, 2, 3, 3]


def test_one_more_call_follows_the_last_pause_which_ends_at_the_deadline() -> None:
    clock, condition = FakeClock(), Condition(0)

    assert wait_until(condition, Deadline.after(clock, 5), constant(2)) is None
    assert clock.sleeps == [2, 2, 1]
    assert condition.calls == 4


def test_a_deadline_that_has_passed_still_allows_one_call() -> None:
    clock, condition = FakeClock(), Condition(0)
    deadline = Deadline.after(clock, 5)
    clock.advance(6)

    assert wait_until(condition, deadline, constant(2)) is None
    assert (condition.calls, clock.sleeps) == (1, [])


def test_on_wait_is_called_before_each_sleep() -> None:
    clock = FakeClock()
    sleeps_before: list[int] = []

    wait_until(
        Condition(3), Deadline.after(clock, 10), constant(1), on_wait=lambda: sleeps_before.append(len(clock.sleeps))
    )

    assert sleeps_before == [0, 1]


def test_an_exception_of_the_condition_ends_the_wait() -> None:
    clock = FakeClock()

    def failing() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        wait_until(failing, Deadline.after(clock, 10), constant(1))
    assert clock.sleeps == []
