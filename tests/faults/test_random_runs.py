"""Random sequences of programs, faults and runs: after each successful run the account matches the program."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gcore_tls_provider.lifecycle.recovery.stack_state import parse_export
from tests.fake_engine.engine import FakeEngine, RunResult
from tests.fake_engine.state import Program, SavedState
from tests.faults.account_snapshot import AccountSnapshot, duplicate_names
from tests.faults.faults import FAULTS, RequestPoint
from tests.faults.phases import certificates_before_and_after, full_program
from tests.faults.scenario import Scenario
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
"""Variants of the program, and its number of resources; later resources refer to earlier ones."""

Variant = Mapping[str, object]
EXPECTED: dict[str, list[str]] = {}
"""Descriptions of the objects of each program, by its text."""


@cache
def shared_scenario() -> tuple[LoadBalancerPki, Scenario]:
    """Return the certificates and the scenario, which are created once. Its recorded phases are not used."""
    material = LoadBalancerPki.generate()
    return material, Scenario.record(material, "both")


def program_of(variant: Variant) -> Program:
    old, new = certificates_before_and_after(shared_scenario()[0])
    complete = full_program(
        new if variant["rotated"] else old,
        changed=bool(variant["changed"]),
        port=int(str(variant["port"])),
        forwarded=bool(variant["forwarded"]),
    )
    return complete[: int(str(variant["first"]))]


class RandomRuns(RuleBasedStateMachine):
    """A user who runs commands, and faults."""

    @initialize()
    def begin(self) -> None:
        _, self.scenario = shared_scenario()
        self.scenario.foreign.restore(self.scenario.emulator)
        self.engine: FakeEngine = self.scenario.engine
        self.engine.state = SavedState()
        self.program: Program = []
        self.needs_refresh = False

    @rule(variant=PROGRAMS)
    def up(self, variant: Variant) -> None:
        self.program = program_of(variant)
        self._run_successfully()

    @rule()
    def up_again(self) -> None:
        self._run_successfully()

    @rule(variant=PROGRAMS, nth=st.integers(1, 12), fault=st.sampled_from(sorted(FAULTS)))
    def up_with_a_fault(self, variant: Variant, nth: int, fault: str) -> None:
        self.program = program_of(variant)
        self._run_with_fault(nth, fault, lambda: self.engine.up(self.program))

    @precondition(lambda self: bool(self.engine.state.resources))
    @rule(nth=st.integers(1, 8), fault=st.sampled_from(sorted(FAULTS)))
    def destroy_with_a_fault(self, nth: int, fault: str) -> None:
        self.program = []
        self._run_with_fault(nth, fault, self.engine.destroy)

    @rule()
    def destroy(self) -> None:
        had_resources = bool(self.engine.state.resources)
        self.program, self.needs_refresh = [], False
        self.scenario.network.start_run()
        assert self.engine.destroy().outcome == "succeeded"
        remaining = [each.name for each in self._own().objects()]
        # Pulumi calls no provider if the state has no resources.
        assert not remaining or (not had_resources and set(remaining) <= self._abandoned_names())

    @invariant()
    def objects_of_others_are_unchanged(self) -> None:
        if hasattr(self, "scenario"):
            assert AccountSnapshot.of(self.scenario.emulator).changed_objects(self.scenario.foreign) == []
            assert self.scenario.emulator.audit().violations == ()

    def _run_with_fault(self, nth: int, fault: str, run: Callable[[], RunResult]) -> None:
        network = self.scenario.network
        network.start_run((RequestPoint("", "", nth, with_task=False), FAULTS[fault]))
        result = run()
        network.end_run()
        self.scenario.clock.advance(60)
        self.needs_refresh |= result.outcome == "failed"

    def _run_successfully(self) -> None:
        self.scenario.network.start_run()
        if self.needs_refresh:
            # An object can be gone although its delete failed: docs/interrupted-runs.md recommends a refresh.
            assert self.engine.refresh().outcome == "succeeded"
        run = self.engine.up(self.program)
        assert run.outcome == "succeeded", run.error
        self.needs_refresh = False
        own = self._own()
        assert duplicate_names(own) == []
        assert own.descriptions() == self._expected()
        assert self.engine.preview(self.program) == []

    def _own(self) -> AccountSnapshot:
        """Return the objects of the stack, except those that interrupted creates of dropped resources have created."""
        own = AccountSnapshot.of(self.scenario.emulator).without(self.scenario.foreign)
        abandoned = self._abandoned_names()
        tables = own.tables.items()
        return AccountSnapshot(
            {k: {i: each for i, each in table.items() if each.name not in abandoned} for k, table in tables}
        )

    def _abandoned_names(self) -> set[str]:
        state = parse_export(self.engine.state.export())
        assert state is not None
        urns = {each.urn for each in self.program}
        return {each.name for each in state.creating if each.urn not in urns}

    def _expected(self) -> list[str]:
        """Return the descriptions of the objects that the program creates in its first run."""
        key = str([(each.name, sorted(map(str, each.inputs.items()))) for each in self.program])
        if key not in EXPECTED:
            EXPECTED[key] = self._run_from_scratch()
        return EXPECTED[key]

    def _run_from_scratch(self) -> list[str]:
        scenario = self.scenario
        now, state, killed = (
            AccountSnapshot.of(scenario.emulator),
            self.engine.state,
            copy.copy(self.engine.process_killed),
        )
        scenario.foreign.restore(scenario.emulator)
        self.engine.state = SavedState()
        assert self.engine.up(self.program).outcome == "succeeded"
        expected = AccountSnapshot.of(scenario.emulator).without(scenario.foreign).descriptions()
        now.restore(scenario.emulator)
        self.engine.state, self.engine.process_killed = state, killed
        return expected


TestRandomRuns = pytest.mark.timeout(300)(RandomRuns.TestCase)
TestRandomRuns.settings = settings(
    max_examples=40,
    stateful_step_count=10,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
