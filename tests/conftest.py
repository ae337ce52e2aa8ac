"""Fixtures of all tests, and the summary at the end of a test run."""

from __future__ import annotations

import pytest

from tests.fake_clock import FakeClock
from tests.faults.counts import print_fault_table


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of fault counts: xdist's controller prints it and runs no tests itself."""
    print_fault_table(terminalreporter)
