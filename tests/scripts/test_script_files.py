"""Executables of the scripts, run in a clone whose path contains spaces and quotes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.engine_sources import ENGINE_VERSION
from bootstrap.places import ROOT
from tests.scripts.fake_machine import Machine


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone that contains only the scripts."""
    root = tmp_path / 'it\'s a "clone" & more'
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def run(command: str, clone: Path, machine: Machine) -> subprocess.CompletedProcess[str]:
    """Run a shell command in the clone, on the machine."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=clone,
        env=machine.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def variables_of_shell(clone: Path, machine: Machine, times: int = 1) -> dict[str, str]:
    """Return the variables of a shell after it evaluated the output of `scripts/env`."""
    evaluations = 'eval "$(scripts/env 2>/dev/null)"; ' * times
    done = run(f"{evaluations} env --null", clone, machine)
    assert done.stderr == ""
    return dict(item.split("=", 1) for item in done.stdout.split("\0") if item)


def test_env_exports_the_variables_of_pulumi(clone: Path, machine: Machine) -> None:
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    variables = variables_of_shell(clone, machine)
    path = variables["PATH"].split(os.pathsep)
    assert path[:3] == [str(clone / ".venv" / "bin"), str(machine.cached_engine), str(machine.programs)]
    assert variables["PULUMI_PYTHON_CMD"] == str(clone / ".venv" / "bin" / "python")
    assert variables["PULUMI_BACKEND_URL"] == (clone / ".demo" / "state").as_uri()
    assert variables["PULUMI_HOME"] == str(clone / ".demo" / "pulumi")
    assert variables["PULUMI_CONFIG_PASSPHRASE"]
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_evaluating_env_twice_changes_nothing(clone: Path, machine: Machine) -> None:
    machine.install_engine(ENGINE_VERSION, machine.cached_engine)
    assert variables_of_shell(clone, machine, times=2) == variables_of_shell(clone, machine)


def test_env_before_the_demo_prints_what_is_missing(clone: Path, machine: Machine) -> None:
    done = run("scripts/env", clone, machine)
    assert done.returncode == 0
    for missing in ("the virtual environment", "the engine", "the demo's stack"):
        assert missing in done.stderr
    assert all(line.startswith("export ") for line in done.stdout.splitlines())


def test_env_after_the_demo_prints_no_note(clone: Path, machine: Machine) -> None:
    machine.install_engine(ENGINE_VERSION)
    machine.install("python", "", clone / ".venv" / "bin")
    state = clone / ".demo" / "state" / ".pulumi" / "stacks" / "project" / "demo.json"
    state.parent.mkdir(parents=True)
    state.touch()
    assert run("scripts/env", clone, machine).stderr == ""


def test_env_reports_a_folder_without_a_stack_as_a_missing_demo(clone: Path, machine: Machine) -> None:
    (clone / ".demo" / "pulumi").mkdir(parents=True)
    assert "the demo's stack" in run("scripts/env", clone, machine).stderr


def test_engine_prints_only_the_engine_s_folder_on_standard_output(clone: Path, machine: Machine) -> None:
    machine.install_engine(ENGINE_VERSION)
    done = run("scripts/engine", clone, machine)
    assert done.stdout == f"{machine.programs}\n"
    assert f"Pulumi engine {ENGINE_VERSION}: found on PATH" in done.stderr


def test_an_error_of_engine_is_one_line_without_a_traceback(clone: Path, machine: Machine) -> None:
    done = run("GCORE_TLS_ENGINE=cache scripts/engine", clone, machine)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("error: no Pulumi engine was found or could be installed (cache: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("script", ["demo", "docs", "test"])
def test_an_incomplete_clone_is_an_error_without_a_traceback(script: str, clone: Path, machine: Machine) -> None:
    done = run(f"scripts/{script}", clone, machine)
    assert done.returncode == 1
    assert "error: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_destroy_without_a_demo_installs_nothing(clone: Path, machine: Machine) -> None:
    done = run("scripts/demo --destroy", clone, machine)
    assert (done.returncode, done.stdout) == (
        0,
        "Nothing to destroy: this clone has no demo. To create one, run `scripts/demo`.\n",
    )
    assert sorted(entry.name for entry in clone.iterdir()) == ["scripts"]


def test_demo_rejects_an_unknown_argument(clone: Path, machine: Machine) -> None:
    done = run("scripts/demo --distroy", clone, machine)
    assert done.returncode == 2
    assert "--distroy" in done.stderr
