"""Checks of `scripts/test`: all, the fast ones, or pytest alone with arguments."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.checks import SLOW_TESTS
from bootstrap.engine_sources import ENGINE_VERSION
from bootstrap.places import ROOT
from tests.scripts.fake_machine import Machine

PROGRAMS = ("ruff", "typos", "lint-imports", "mypy", "pytest")


@pytest.fixture
def clone(tmp_path: Path, machine: Machine) -> Path:
    """Return a clone with fake tools that log their arguments."""
    root = tmp_path / "clone"
    tools = {each: f'echo "{each} $*" >> calls; test ! -e "{each} fails"' for each in PROGRAMS}
    machine.set_up(root, "scripts", ".ci", tools=tools)
    for program in ("haproxy", "nginx", "chromium", "chromedriver"):
        machine.install(program, "")
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    return root


def run(clone: Path, machine: Machine, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the clone from another folder."""
    return subprocess.run(
        [clone / command[0], *command[1:]],
        cwd=clone.parent,
        env=machine.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


ALL = [
    "ruff check",
    "ruff format --check",
    "typos ",
    "lint-imports --no-logo",
    "mypy ",
    "pytest --numprocesses 2 --dist loadgroup",
]


@pytest.mark.parametrize("script", ["scripts/test", ".ci/run"])
def test_all_checks_run_without_arguments(script: str, clone: Path, machine: Machine) -> None:
    assert run(clone, machine, script).returncode == 0
    assert (clone / "calls").read_text().splitlines() == ALL


def test_arguments_run_pytest_alone(clone: Path, machine: Machine) -> None:
    assert run(clone, machine, "scripts/test", "tests/api", "-k", "tasks").returncode == 0
    assert (clone / "calls").read_text().splitlines() == ["pytest tests/api -k tasks"]


def test_fast_leaves_out_the_slow_tests_and_prints_them(clone: Path, machine: Machine) -> None:
    done = run(clone, machine, "scripts/test", "--fast")
    assert done.returncode == 0
    *linters, pytest_command = (clone / "calls").read_text().splitlines()
    assert linters == ALL[:-1]
    assert pytest_command == " ".join([ALL[-1], *(f"--ignore={path}" for path in SLOW_TESTS)])
    assert done.stdout.splitlines()[-1] == f"Left out: {', '.join(SLOW_TESTS)}. To run them, too: scripts/test"


def test_fast_rejects_other_arguments(clone: Path, machine: Machine) -> None:
    done = run(clone, machine, "scripts/test", "--fast", "tests/api")
    assert done.returncode == 1
    assert "error: `--fast` takes no other arguments" in done.stderr
    assert not (clone / "calls").exists()


@pytest.mark.parametrize("path", SLOW_TESTS)
def test_each_slow_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("tool", PROGRAMS)
def test_all_checks_run_after_a_failure(tool: str, clone: Path, machine: Machine) -> None:
    (clone / f"{tool} fails").touch()
    done = run(clone, machine, ".ci/run")
    assert done.returncode == 1
    assert f"failed: {tool}" in done.stderr
    assert (clone / "calls").read_text().splitlines() == ALL


def test_no_check_runs_without_an_engine(clone: Path, machine: Machine) -> None:
    shutil.rmtree(machine.cached_engine)
    done = subprocess.run(
        [clone / "scripts" / "test"],
        env={**machine.environ, "GCORE_TLS_ENGINE": "cache"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "error: no Pulumi engine" in done.stderr
    assert not (clone / "calls").exists()
