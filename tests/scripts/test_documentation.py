"""`scripts/docs` builds the site anew, and fails where Sphinx does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.scripts.fake_machine import Machine


@pytest.fixture
def clone(tmp_path: Path, machine: Machine) -> Path:
    """A clone that is set up, with a fake Sphinx that writes down how it was called."""
    root = tmp_path / "clone"
    sphinx = 'echo "$*" > called; test ! -e "sphinx fails"'
    machine.set_up(root, "scripts", tools={"sphinx-build": sphinx})
    return root


def build(clone: Path, machine: Machine) -> subprocess.CompletedProcess[str]:
    command = [clone / "scripts" / "docs"]
    return subprocess.run(command, env=machine.environ, capture_output=True, text=True, timeout=60, check=False)


def test_a_warning_is_an_error(clone: Path, machine: Machine) -> None:
    done = build(clone, machine)
    assert done.returncode == 0, done.stderr
    called = (clone / "called").read_text().split()
    assert "--fail-on-warning" in called
    assert called[-2:] == [str(clone / "docs"), str(clone / "build" / "site")]
    assert f"{clone}/build/site/index.html" in done.stdout


def test_a_page_of_before_is_gone(clone: Path, machine: Machine) -> None:
    old = clone / "build" / "site" / "old.html"
    old.parent.mkdir(parents=True)
    old.touch()
    build(clone, machine)
    assert not old.exists()


def test_it_fails_where_sphinx_does(clone: Path, machine: Machine) -> None:
    (clone / "sphinx fails").touch()
    done = build(clone, machine)
    assert done.returncode == 1
    assert "index.html" not in done.stdout
