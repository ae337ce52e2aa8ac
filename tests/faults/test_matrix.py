"""Fault matrix: every fault at every request of all phases, then a recovery, then a destroy.

The program is that of a complete `MTLSLoadBalancer`, which is created, changed, rotated, moved, swapped, refreshed and
destroyed. A case is a request (method, route, nth; the polls of one task count as one) and a fault;
`faults.points_to_test` selects the reads. After the fault, the next run of the same program must bring the account to
its state without the fault, and another preview must plan nothing. Then a destroy must delete all objects of the stack
and leave all objects of others unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.counts import FaultCounts
from tests.faults.faults import FAULTS, points_to_test
from tests.faults.phases import PhaseName
from tests.faults.scenario import Scenario

PHASES: tuple[PhaseName, ...] = ("up", "change", "rotate", "move", "swap", "refresh", "destroy")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", PHASES)
def test_the_next_run_ends_as_without_the_fault(
    phase: PhaseName, fault: str, scenario: Scenario, add_counts: Callable[[FaultCounts], None]
) -> None:
    problems: list[str] = []
    for point in points_to_test(scenario.phases[phase].points, FAULTS[fault]):
        counts, found = scenario.run_with_fault(phase, point, FAULTS[fault])
        add_counts(counts)
        problems += found
    assert not problems, "\n".join(problems)
