"""Fixtures of all tests, and what is said when they are done."""

from __future__ import annotations

import pytest

from tests.fake_clock import FakeClock
from tests.faults.counts import summarize


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Adds the table of the tests under faults. In here, as the process that prints it runs none of them."""
    summarize(terminalreporter)
