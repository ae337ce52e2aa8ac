"""Every fault at every request of a whole life, then one more run, then a destroy: each object is there once.

The program is that of a full `MTLSLoadBalancer`; the life is made, changed, rotated, moved, swapped, refreshed and
destroyed. Cases are (method, route, nth; the polls of one task count as one) x fault; `strikes.folded` says which reads
are taken for the same. After the fault the next run, of the same program, must bring the account to what it would have
been, with nothing to do for another preview; then a destroy leaves what others have, as it was, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.counts import Counts
from tests.faults.faults import FAULTS, folded
from tests.faults.lifetime import PhaseName
from tests.faults.scenario import Story

PHASES: tuple[PhaseName, ...] = ("up", "change", "rotate", "move", "swap", "refresh", "destroy")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("phase", PHASES)
def test_the_next_run_ends_as_if_nothing_had_happened(
    phase: PhaseName, fault: str, story: Story, counted: Callable[[Counts], None]
) -> None:
    wrong: list[str] = []
    for point in folded(story.chapters[phase].points, FAULTS[fault]):
        counts, said = story.suffer(phase, point, FAULTS[fault])
        counted(counts)
        wrong += said
    assert not wrong, "\n".join(wrong)
