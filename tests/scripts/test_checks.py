"""`scripts/test` runs everything, reports every failure, and passes arguments on to pytest alone."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.engine_sources import ENGINE_VERSION
from tests.scripts.fake_machine import Machine

PROGRAMS = ("ruff", "typos", "lint-imports", "mypy", "pytest")


@pytest.fixture
def clone(tmp_path: Path, machine: Machine) -> Path:
    """A clone that is set up, with fake tools that write down how they were called."""
    root = tmp_path / "clone"
    tools = {each: f'echo "{each} $*" >> calls; test ! -e "{each} fails"' for each in PROGRAMS}
    machine.set_up(root, "scripts", ".ci", tools=tools)
    for program in ("haproxy", "nginx", "chromium", "chromedriver"):
        machine.install(program, "")
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    return root


def run(clone: Path, machine: Machine, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a script of the clone from another folder."""
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
def test_everything_is_run(script: str, clone: Path, machine: Machine) -> None:
    assert run(clone, machine, script).returncode == 0
    assert (clone / "calls").read_text().splitlines() == ALL


def test_arguments_are_for_pytest_alone(clone: Path, machine: Machine) -> None:
    assert run(clone, machine, "scripts/test", "tests/api", "-k", "tasks").returncode == 0
    assert (clone / "calls").read_text().splitlines() == ["pytest tests/api -k tasks"]


@pytest.mark.parametrize("tool", PROGRAMS)
def test_a_failure_does_not_hide_the_others(tool: str, clone: Path, machine: Machine) -> None:
    (clone / f"{tool} fails").touch()
    done = run(clone, machine, ".ci/run")
    assert done.returncode == 1
    assert f"failed: {tool}" in done.stderr
    assert (clone / "calls").read_text().splitlines() == ALL


def test_without_an_engine_nothing_passes(clone: Path, machine: Machine) -> None:
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
