"""Faults whose next run has another program: the user has reverted the change or made the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.faults.counts import FaultCounts
from tests.faults.faults import FAULTS
from tests.faults.phases import PhaseName
from tests.faults.scenario import Scenario

NEXT_PHASES: Mapping[PhaseName, tuple[PhaseName, ...]] = {
    "up": ("change", "swap", "destroy"),
    "change": ("up", "rotate", "destroy"),
    "rotate": ("change", "move", "destroy"),
    "move": ("rotate", "swap", "destroy"),
    "swap": ("move", "destroy"),
    "destroy": ("swap", "up"),
}
"""Programs after a phase with a fault: those of the previous phase, of the next phase, and of a destroy."""

INTERRUPTIONS = (
    "process killed before",
    "process killed after",
    "500 after from then on",
    "hanging task that succeeds later",
)
"""Faults after which objects can exist that the state does not contain."""


@pytest.mark.parametrize("fault", INTERRUPTIONS)
@pytest.mark.parametrize(("phase", "then"), [(phase, then) for phase in NEXT_PHASES for then in NEXT_PHASES[phase]])
def test_the_next_run_ends_as_the_new_program_declares(
    phase: PhaseName, then: PhaseName, fault: str, scenario: Scenario, add_counts: Callable[[FaultCounts], None]
) -> None:
    problems: list[str] = []
    writes = [each for each in scenario.phases[phase].points if each.method != "GET"]
    if (phase, then) == ("up", "destroy"):
        # A destroy of an empty state calls no provider (docs/interrupted-runs.md).
        writes = writes[1:]
    for point in writes:
        if point.accepts(FAULTS[fault]):
            counts, found = scenario.run_with_fault(phase, point, FAULTS[fault], recovers_as=then)
            add_counts(counts)
            problems += found
    assert not problems, "\n".join(problems)
