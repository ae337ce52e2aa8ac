"""Fixtures: a scenario that each process records once, and the table of the results of all cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields

import pytest

from tests.faults.counts import COUNTS_PROPERTY, FaultCounts
from tests.faults.scenario import Scenario
from tests.material import LoadBalancerPki


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario.record(LoadBalancerPki.generate(), "both")


@pytest.fixture
def add_counts(record_property: Callable[[str, object], None]) -> Iterator[Callable[[FaultCounts], None]]:
    """Return a function that adds a case to the table at the end of the test run."""
    total = FaultCounts()

    def add(counts: FaultCounts) -> None:
        for each in fields(FaultCounts):
            setattr(total, each.name, getattr(total, each.name) + getattr(counts, each.name))

    yield add
    record_property(COUNTS_PROPERTY, asdict(total))
