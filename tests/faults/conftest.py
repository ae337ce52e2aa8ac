"""What the tests under faults share: a life, lived once per process; and the table of what all cases came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields

import pytest

from tests.faults.counts import PROPERTY, Counts
from tests.faults.scenario import Story
from tests.material import LoadBalancerPki


@pytest.fixture(scope="session")
def story() -> Story:
    return Story.of(LoadBalancerPki.generate(), "both")


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Iterator[Callable[[Counts], None]]:
    """Adds a case to the table that is printed at the end."""
    total = Counts()

    def add(counts: Counts) -> None:
        for each in fields(Counts):
            setattr(total, each.name, getattr(total, each.name) + getattr(counts, each.name))

    yield add
    record_property(PROPERTY, asdict(total))
