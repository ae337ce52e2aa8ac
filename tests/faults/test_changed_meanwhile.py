"""A run dies or fails, and the next one is of another program: the user has taken the change back, or gone on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.faults.counts import Counts
from tests.faults.faults import FAULTS
from tests.faults.lifetime import PhaseName
from tests.faults.scenario import Story

OTHERS: Mapping[PhaseName, tuple[PhaseName, ...]] = {
    "up": ("change", "swap", "destroy"),
    "change": ("up", "rotate", "destroy"),
    "rotate": ("change", "move", "destroy"),
    "move": ("rotate", "swap", "destroy"),
    "swap": ("move", "destroy"),
    "destroy": ("swap", "up"),
}
"""What the user may say after a phase in which something went wrong: what was before, what comes next, nothing."""

ENDS = ("run abandoned before", "run abandoned after", "500 after from then on", "task without end, done later")
"""The ways for a run to end that leave something behind."""


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize(("phase", "then"), [(phase, then) for phase in OTHERS for then in OTHERS[phase]])
def test_the_next_run_ends_as_the_new_program_says(
    phase: PhaseName, then: PhaseName, fault: str, story: Story, counted: Callable[[Counts], None]
) -> None:
    wrong: list[str] = []
    writes = [each for each in story.chapters[phase].points if each.method != "GET"]
    if (phase, then) == ("up", "destroy"):
        # Where the state holds nothing yet, a destroy calls nobody: docs/interrupted-runs.md says so.
        writes = writes[1:]
    for point in writes:
        if point.is_tried_with(FAULTS[fault]):
            counts, said = story.suffer(phase, point, FAULTS[fault], recovers_as=then)
            counted(counts)
            wrong += said
    assert not wrong, "\n".join(wrong)
