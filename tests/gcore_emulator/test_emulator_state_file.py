"""State file: the restored state, and files that are rejected."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gcore_emulator import Emulator
from gcore_emulator.account import EmulatedAccount
from gcore_emulator.persistence import RecordKey, values_to_save
from gcore_emulator.state_file import APPLICATION_ID, VERSION, StateFileError, open_state_file
from tests.gcore_emulator.restart_scenarios import QUEUE, STEPS, RestartableEmulator, run_scenario
from tests.material import LoadBalancerPki

SCENARIOS = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=1, max_size=25)
"""Random scenarios, which run after `OPENING`."""

OPENING = [("secret", 1), ("balancer", 0), ("wait long", 0), ("listener", 0), ("wait long", 0), ("pool", 0)]


@given(scenario=SCENARIOS, restarts=st.sets(st.integers(0, 30), max_size=2))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_restart_does_not_change_the_state(
    scenario: list[tuple[str, int]],
    restarts: set[int],
    tmp_path_factory: pytest.TempPathFactory,
    material: LoadBalancerPki,
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    whole = [*OPENING, *scenario]
    with run_scenario(folder / "one", material, whole) as (one, answers):
        plain = one.records()
    with run_scenario(folder / "other", material, whole, restarts | {len(whole) - 1}) as (other, same):
        assert same == answers
        assert other.records() == plain


@given(scenario=SCENARIOS, restarts=st.sets(st.integers(3, 30), max_size=2))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_queued_requests_are_queued_again_after_a_restart(
    scenario: list[tuple[str, int]],
    restarts: set[int],
    tmp_path_factory: pytest.TempPathFactory,
    material: LoadBalancerPki,
) -> None:
    """With `locked-load-balancer=queue` a queued write is planned only when its turn comes."""
    folder = tmp_path_factory.mktemp("runs")
    whole = [*OPENING, ("tls", 0), *scenario, ("wait long", 0), ("read", 0), ("wait long", 0), ("read", 0)]
    with run_scenario(folder / "one", material, whole, (), QUEUE) as (one, answers):
        plain = one.outline()
    with run_scenario(folder / "other", material, whole, {*restarts, len(OPENING) + 1}, QUEUE) as (other, same):
        assert same == answers
        assert other.outline() == plain


def test_queued_request_for_a_deleted_object_fails_with_and_without_a_restart(
    tmp_path: Path, material: LoadBalancerPki
) -> None:
    scenario = [*OPENING[:-1], ("wait long", 0), ("rename", 0), ("remove", 0), ("listener", 1)]
    shapes = []
    for name, restarts in (("one", ()), ("other", (len(scenario) - 1, len(scenario)))):
        whole = [*scenario, *[("wait long", 0), ("read", 0)] * 3]
        with run_scenario(tmp_path / name, material, whole, restarts, QUEUE) as (emulator, _):
            shapes.append(emulator.outline())
    assert shapes[0] == shapes[1]
    assert any("could not be found" in each[2] or "not found" in each[2] for each in shapes[0]), shapes[0]


def test_every_change_is_saved_before_the_response(tmp_path: Path, material: LoadBalancerPki) -> None:
    """The records include fired faults, violations, locks, and lagging reads."""
    scenario = [*OPENING, ("wait long", 0), ("fault", 2), ("fault", 3), ("tls", 0), ("wait", 0), ("tls", 0)]
    scenario += [("wait long", 0), ("unsecret", 0), ("rename", 0), ("rename", 1), ("rename", 0), ("failover", 0)]
    with run_scenario(tmp_path / "state", material, scenario) as (emulator, _):
        before = emulator.records()
        emulator.restart()
        assert emulator.records() == before
        kinds = {"Secret", "LoadBalancer", "Listener", "Pool", "Task", "Lag", "RuleCount", "InvariantViolation"}
        assert {key.kind for key in before} == kinds


def test_only_the_owner_can_read_the_file_and_deleted_payloads_leave_it(
    tmp_path: Path, material: LoadBalancerPki
) -> None:
    file = tmp_path / "state"
    file.touch(mode=0o644)
    with run_scenario(file, material, [("secret", 0), ("wait long", 0), ("read", 0)]) as (emulator, _):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        text = material.ca_payload[100:160].encode()
        assert text in file.read_bytes()
        emulator.step("unsecret", 0)
        emulator.step("wait long", 0)
        emulator.step("read", 0)
        emulator.call("POST", "/_emulator/reset")
        assert emulator.records() == {}
        assert text not in file.read_bytes()
        emulator.restart()
        assert emulator.emulator.account == EmulatedAccount()


def test_file_is_not_written_if_nothing_changed(tmp_path: Path, material: LoadBalancerPki) -> None:
    with run_scenario(tmp_path / "state", material, [("secret", 0)]) as (emulator, _):
        written = emulator.file.stat().st_mtime_ns
        emulator.step("read", 0)
        assert emulator.file.stat().st_mtime_ns == written
        emulator.step("balancer", 0)
        assert emulator.file.stat().st_mtime_ns > written


def _other(path: Path, application: int, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (id)")
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


class TestRejectedFiles:
    """Each message is one line that names the file, and the file is not changed."""

    def check(self, path: Path, message: str) -> None:
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(StateFileError) as rejected, open_state_file(path) as file:
            Emulator(state=file)
        text = str(rejected.value)
        assert str(path) in text
        assert message in text
        assert "\n" not in text
        assert before is None or path.read_bytes() == before

    def test_file_that_is_no_database_is_rejected(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("Not a database at all, but long enough to be one. " * 30)
        self.check(path, "not an emulator's state")

    @pytest.mark.parametrize("application", [0, 77])
    def test_database_of_another_program_is_rejected(self, tmp_path: Path, application: int) -> None:
        _other(tmp_path / "state", application, 0)
        self.check(tmp_path / "state", "database of another program")

    def test_file_of_another_version_is_rejected(self, tmp_path: Path) -> None:
        _other(tmp_path / "state", APPLICATION_ID, VERSION + 1)
        self.check(tmp_path / "state", f"version {VERSION + 1}")

    def test_missing_folder_is_reported(self, tmp_path: Path) -> None:
        self.check(tmp_path / "none" / "state", "No such file or directory")

    def test_second_emulator_cannot_open_the_file(self, tmp_path: Path) -> None:
        with open_state_file(tmp_path / "state"):
            self.check(tmp_path / "state", "in use by another emulator")

    @pytest.mark.parametrize(
        ("key", "value"),
        [(RecordKey("Secret", "1"), '{"kind":"Secret","value":{"payload":"hidden"}}'), (RecordKey("X", "1"), "{}")],
    )
    def test_invalid_records_are_reported_without_their_content(
        self, tmp_path: Path, key: RecordKey, value: str
    ) -> None:
        with open_state_file(tmp_path / "state") as file:
            file.save({key: value})
        self.check(tmp_path / "state", "delete it to start with an empty account")


def test_change_that_cannot_be_saved_is_not_accepted(tmp_path: Path, material: LoadBalancerPki) -> None:
    with run_scenario(tmp_path / "state", material, [("secret", 0)]) as (emulator, _):
        before = emulator.records()
        emulator.stop()
        with pytest.raises(StateFileError, match="cannot be written"):
            emulator.step("balancer", 0)
        emulator.start()
        assert emulator.records() == before


def test_emulator_without_a_file_saves_nothing() -> None:
    emulator = Emulator()
    emulator.save()
    assert values_to_save(emulator.account, emulator.faults.counts, emulator.auditor.violations) == {}


def test_scenario_steps_are_accepted(tmp_path: Path, material: LoadBalancerPki) -> None:
    """No step of a scenario is rejected as an invalid request."""
    emulator = RestartableEmulator(tmp_path / "state", material)
    scenario = [*OPENING, ("wait long", 0)]
    for step in ("tls", "member", "rename", "failover", "remove", "unsecret", "fault", "read"):
        scenario += [(step, 0), ("wait long", 0)]
    answers = [emulator.step(step, at) for step, at in scenario]
    emulator.stop()
    assert set(answers) <= {200, 409, None}
