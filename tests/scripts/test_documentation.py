"""`scripts/docs`: arguments and failures of Sphinx."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scripts.fake_machine import Machine


@pytest.fixture
def clone(tmp_path: Path, machine: Machine) -> Path:
    """Return a clone with a fake Sphinx that logs its arguments."""
    root = tmp_path / "clone"
    sphinx = 'echo "$*" > calls; test ! -e "sphinx fails"'
    machine.set_up(root, "scripts", tools={"sphinx-build": sphinx})
    return root


def build(clone: Path, machine: Machine) -> subprocess.CompletedProcess[str]:
    command = [clone / "scripts" / "docs"]
    return subprocess.run(command, env=machine.environ, capture_output=True, text=True, timeout=60, check=False)


def test_sphinx_runs_with_warnings_as_errors(clone: Path, machine: Machine) -> None:
    done = build(clone, machine)
    assert done.returncode == 0, done.stderr
    arguments = (clone / "calls").read_text().split()
    assert "--fail-on-warning" in arguments
    assert arguments[-2:] == [str(clone / "docs"), str(clone / "build" / "site")]
    assert f"{clone}/build/site/index.html" in done.stdout


def test_a_page_of_an_earlier_build_is_removed(clone: Path, machine: Machine) -> None:
    old = clone / "build" / "site" / "old.html"
    old.parent.mkdir(parents=True)
    old.touch()
    build(clone, machine)
    assert not old.exists()


def test_a_failure_of_sphinx_is_an_error(clone: Path, machine: Machine) -> None:
    (clone / "sphinx fails").touch()
    done = build(clone, machine)
    assert done.returncode == 1
    assert "index.html" not in done.stdout
