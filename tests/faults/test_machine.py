"""Random programs, changes, faults and runs, one after the other: after each run that ends well all is as it says."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gcore_tls_provider.lifecycle.recovery.stack_state import parse_export
from tests.fake_engine.engine import FakeEngine, Run
from tests.fake_engine.state import Program, State
from tests.faults.accounts import Snapshot, duplicates
from tests.faults.faults import FAULTS, Point
from tests.faults.lifetime import materials, program
from tests.faults.scenario import Story
from tests.material import LoadBalancerPki

PROGRAMS = st.fixed_dictionaries(
    {
        "rotated": st.booleans(),
        "changed": st.booleans(),
        "port": st.sampled_from([443, 444]),
        "forwarded": st.booleans(),
        "first": st.sampled_from([5, 6, 7, 8]),
    }
)
"""What is said of each resource, and how many of them there are: the later ones need the earlier ones."""

Said = Mapping[str, object]
WANTED: dict[str, list[str]] = {}
"""What programs make, in words, by what they say."""


@cache
def shared() -> tuple[LoadBalancerPki, Story]:
    """Made once: the life that it lives isn't looked at."""
    material = LoadBalancerPki.generate()
    return material, Story.of(material, "both")


def written(said: Said) -> Program:
    old, new = materials(shared()[0])
    whole = program(
        new if said["rotated"] else old,
        changed=bool(said["changed"]),
        port=int(str(said["port"])),
        forwarded=bool(said["forwarded"]),
    )
    return whole[: int(str(said["first"]))]


class Machine(RuleBasedStateMachine):
    """A user, an account, and bad luck."""

    @initialize()
    def begin(self) -> None:
        _, self.story = shared()
        self.story.foreign.restore(self.story.emulator)
        self.engine: FakeEngine = self.story.engine
        self.engine.state = State()
        self.program: Program = []
        self.doubtful = False

    @rule(said=PROGRAMS)
    def up(self, said: Said) -> None:
        self.program = written(said)
        self._run_well()

    @rule()
    def up_again(self) -> None:
        self._run_well()

    @rule(said=PROGRAMS, at=st.integers(1, 12), fault=st.sampled_from(sorted(FAULTS)))
    def up_with_a_fault(self, said: Said, at: int, fault: str) -> None:
        self.program = written(said)
        self._suffer(at, fault, lambda: self.engine.up(self.program))

    @precondition(lambda self: bool(self.engine.state.rows))
    @rule(at=st.integers(1, 8), fault=st.sampled_from(sorted(FAULTS)))
    def destroy_with_a_fault(self, at: int, fault: str) -> None:
        self.program = []
        self._suffer(at, fault, self.engine.destroy)

    @rule()
    def destroy(self) -> None:
        had = bool(self.engine.state.rows)
        self.program, self.doubtful = [], False
        self.story.network.begin()
        assert self.engine.destroy().outcome == "done"
        left = [each.name for each in self._own().all()]
        # Where the state holds nothing of ours, Pulumi calls nobody.
        assert not left or (not had and set(left) <= self._abandoned())

    @invariant()
    def what_others_have_is_as_it_was(self) -> None:
        if hasattr(self, "story"):
            assert Snapshot.of(self.story.emulator).touched(self.story.foreign) == []
            assert self.story.emulator.audit().violations == ()

    def _suffer(self, at: int, fault: str, run: Callable[[], Run]) -> None:
        network = self.story.network
        network.begin((Point("", "", at, with_task=False), FAULTS[fault]))
        struck = run()
        network.end()
        self.story.clock.advance(60)
        self.doubtful |= struck.outcome == "failed"

    def _run_well(self) -> None:
        self.story.network.begin()
        if self.doubtful:
            # A deletion may have failed whose object is gone: docs/interrupted-runs.md says what to type.
            assert self.engine.refresh().outcome == "done"
        run = self.engine.up(self.program)
        assert run.outcome == "done", run.error
        self.doubtful = False
        own = self._own()
        assert duplicates(own) == []
        assert own.described() == self._wanted()
        assert self.engine.preview(self.program) == []

    def _own(self) -> Snapshot:
        """What is ours, but for what dead runs were making that the program doesn't have any more."""
        own, abandoned = Snapshot.of(self.story.emulator).without(self.story.foreign), self._abandoned()
        tables = own.tables.items()
        return Snapshot(
            {k: {i: each for i, each in table.items() if each.name not in abandoned} for k, table in tables}
        )

    def _abandoned(self) -> set[str]:
        state = parse_export(self.engine.state.export())
        assert state is not None
        urns = {each.urn for each in self.program}
        return {each.name for each in state.creating if each.urn not in urns}

    def _wanted(self) -> list[str]:
        """What a first run of the program in an account of its own makes."""
        key = str([(each.name, sorted(map(str, each.inputs.items()))) for each in self.program])
        if key not in WANTED:
            WANTED[key] = self._made_anew()
        return WANTED[key]

    def _made_anew(self) -> list[str]:
        story = self.story
        now, state, died = Snapshot.of(story.emulator), self.engine.state, copy.copy(self.engine.died)
        story.foreign.restore(story.emulator)
        self.engine.state = State()
        assert self.engine.up(self.program).outcome == "done"
        wanted = Snapshot.of(story.emulator).without(story.foreign).described()
        now.restore(story.emulator)
        self.engine.state, self.engine.died = state, died
        return wanted


TestMachine = pytest.mark.timeout(300)(Machine.TestCase)
TestMachine.settings = settings(
    max_examples=40,
    stateful_step_count=10,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
