"""The file that the state is kept in: what comes back out of it, and what is refused."""

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
from tests.gcore_emulator.restarts import QUEUE, STEPS, Life, lived
from tests.material import Material

STORIES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=1, max_size=25)
"""Stories that may go anywhere; they begin where there is something to change."""

OPENING = [("secret", 1), ("balancer", 0), ("wait long", 0), ("listener", 0), ("wait long", 0), ("pool", 0)]


@given(story=STORIES, restarts=st.sets(st.integers(0, 30), max_size=2))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_restart_changes_nothing(
    story: list[tuple[str, int]], restarts: set[int], tmp_path_factory: pytest.TempPathFactory, material: Material
) -> None:
    folder = tmp_path_factory.mktemp("lives")
    whole = [*OPENING, *story]
    with lived(folder / "one", material, whole) as (one, answers):
        plain = one.remembers()
    with lived(folder / "other", material, whole, restarts | {len(whole) - 1}) as (other, same):
        assert same == answers
        assert other.remembers() == plain


@given(story=STORIES, restarts=st.sets(st.integers(3, 30), max_size=2))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_waited_waits_again(
    story: list[tuple[str, int]], restarts: set[int], tmp_path_factory: pytest.TempPathFactory, material: Material
) -> None:
    """Where writes to a busy load balancer wait: what they are to do isn't known until their turn comes."""
    folder = tmp_path_factory.mktemp("lives")
    whole = [*OPENING, ("tls", 0), *story, ("wait long", 0), ("read", 0), ("wait long", 0), ("read", 0)]
    with lived(folder / "one", material, whole, (), QUEUE) as (one, answers):
        plain = one.shape()
    with lived(folder / "other", material, whole, {*restarts, len(OPENING) + 1}, QUEUE) as (other, same):
        assert same == answers
        assert other.shape() == plain


def test_what_waits_for_an_object_that_goes_fails_as_it_would_have(tmp_path: Path, material: Material) -> None:
    story = [*OPENING[:-1], ("wait long", 0), ("rename", 0), ("remove", 0), ("listener", 1)]
    shapes = []
    for name, restarts in (("one", ()), ("other", (len(story) - 1, len(story)))):
        whole = [*story, *[("wait long", 0), ("read", 0)] * 3]
        with lived(tmp_path / name, material, whole, restarts, QUEUE) as (life, _):
            shapes.append(life.shape())
    assert shapes[0] == shapes[1]
    assert any("could not be found" in each[2] or "not found" in each[2] for each in shapes[0]), shapes[0]


def test_all_is_there_before_the_answer(tmp_path: Path, material: Material) -> None:
    """Also what no answer tells: a fault that has fired, a breach, a lock, a read that lags."""
    story = [*OPENING, ("wait long", 0), ("fault", 2), ("fault", 3), ("tls", 0), ("wait", 0), ("tls", 0)]
    story += [("wait long", 0), ("unsecret", 0), ("rename", 0), ("rename", 1), ("rename", 0), ("failover", 0)]
    with lived(tmp_path / "state", material, story) as (life, _):
        before = life.remembers()
        life.restart()
        assert life.remembers() == before
        kinds = {"Secret", "LoadBalancer", "Listener", "Pool", "Task", "Lag", "RuleCount", "InvariantViolation"}
        assert {key.kind for key in before} == kinds


def test_secrets_are_for_the_owner_only_and_gone_when_they_are_gone(tmp_path: Path, material: Material) -> None:
    file = tmp_path / "state"
    file.touch(mode=0o644)
    with lived(file, material, [("secret", 0), ("wait long", 0), ("read", 0)]) as (life, _):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        text = material.ca_payload[100:160].encode()
        assert text in file.read_bytes()
        life.step("unsecret", 0)
        life.step("wait long", 0)
        life.step("read", 0)
        life.call("POST", "/_emulator/reset")
        assert life.remembers() == {}
        assert text not in file.read_bytes()
        life.restart()
        assert life.emulator.account == EmulatedAccount()


def test_nothing_is_written_when_nothing_changed(tmp_path: Path, material: Material) -> None:
    with lived(tmp_path / "state", material, [("secret", 0)]) as (life, _):
        written = life.file.stat().st_mtime_ns
        life.step("read", 0)
        assert life.file.stat().st_mtime_ns == written
        life.step("balancer", 0)
        assert life.file.stat().st_mtime_ns > written


def _other(path: Path, application: int, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (id)")
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


class TestRefused:
    """Each in one line that names the file, and without changing it."""

    def check(self, path: Path, said: str) -> None:
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(StateFileError) as refused, open_state_file(path) as file:
            Emulator(state=file)
        text = str(refused.value)
        assert str(path) in text
        assert said in text
        assert "\n" not in text
        assert before is None or path.read_bytes() == before

    def test_another_file(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("Not a database at all, but long enough to be one. " * 30)
        self.check(path, "not an emulator's state")

    @pytest.mark.parametrize("application", [0, 77])
    def test_another_programs_database(self, tmp_path: Path, application: int) -> None:
        _other(tmp_path / "state", application, 0)
        self.check(tmp_path / "state", "database of another program")

    def test_another_version(self, tmp_path: Path) -> None:
        _other(tmp_path / "state", APPLICATION_ID, VERSION + 1)
        self.check(tmp_path / "state", f"version {VERSION + 1}")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        self.check(tmp_path / "none" / "state", "No such file or directory")

    def test_a_second_emulator(self, tmp_path: Path) -> None:
        with open_state_file(tmp_path / "state"):
            self.check(tmp_path / "state", "in use by another emulator")

    @pytest.mark.parametrize(
        ("key", "value"),
        [(RecordKey("Secret", "1"), '{"kind":"Secret","value":{"payload":"hidden"}}'), (RecordKey("X", "1"), "{}")],
    )
    def test_records_that_make_no_sense(self, tmp_path: Path, key: RecordKey, value: str) -> None:
        with open_state_file(tmp_path / "state") as file:
            file.save({key: value})
        self.check(tmp_path / "state", "delete it to start with an empty account")


def test_what_cannot_be_written_is_not_accepted(tmp_path: Path, material: Material) -> None:
    with lived(tmp_path / "state", material, [("secret", 0)]) as (life, _):
        before = life.remembers()
        life.end()
        with pytest.raises(StateFileError, match="cannot be written"):
            life.step("balancer", 0)
        life.begin()
        assert life.remembers() == before


def test_without_a_file_nothing_is_kept() -> None:
    emulator = Emulator()
    emulator.save()
    assert values_to_save(emulator.account, emulator.faults.counts, emulator.auditor.violations) == {}


def test_a_life_is_what_it_says(tmp_path: Path, material: Material) -> None:
    """The stories reach every kind of step: none of them is refused for being badly asked."""
    life = Life(tmp_path / "state", material)
    story = [*OPENING, ("wait long", 0)]
    for step in ("tls", "member", "rename", "failover", "remove", "unsecret", "fault", "read"):
        story += [(step, 0), ("wait long", 0)]
    answers = [life.step(step, at) for step, at in story]
    life.end()
    assert set(answers) <= {200, 409, None}
