"""The workflows of the example are what GitHub takes: checked with actionlint."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from bootstrap.actionlint import ACTIONLINT_VERSION, ensure_actionlint

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "github-actions"
WORKFLOWS = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def actionlint() -> Path:
    return ensure_actionlint(os.environ)


def check(actionlint: Path, *workflows: Path) -> subprocess.CompletedProcess[str]:
    # What else is on this machine doesn't decide what is found.
    command = [str(actionlint), "-no-color", "-shellcheck=", "-pyflakes=", *map(str, workflows)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_they_have_no_faults(actionlint: Path) -> None:
    assert len(WORKFLOWS) == 2
    checked = check(actionlint, *WORKFLOWS)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


FAULTS = {
    "an expression": ("github.event.pull_request.number", "github.event.pull_request.nummer }} ${{ nothing.there"),
    "a step's output": ("steps.preview.outputs", "steps.review.outputs"),
    "a permission": ("pull-requests: write", "pull-request: write"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(actionlint: Path, tmp_path: Path, fault: str) -> None:
    text = (EXAMPLE / ".github" / "workflows" / "preview.yml").read_text()
    right, wrong = FAULTS[fault]
    assert right in text
    broken = tmp_path / "preview.yml"
    broken.write_text(text.replace(right, wrong))
    assert check(actionlint, broken).returncode == 1


def test_it_is_the_version_of_its_module() -> None:
    module = (ROOT / "tools" / "actionlint" / "go.mod").read_text()
    assert f"github.com/rhysd/actionlint v{ACTIONLINT_VERSION} " in module


def test_the_secrets_are_those_of_its_readme() -> None:
    readme = (EXAMPLE / "README.md").read_text()
    for workflow in WORKFLOWS:
        for job in yaml.safe_load(workflow.read_text())["jobs"].values():
            named = [name for name in job["env"] if not name.startswith("AWS_")]
            assert [name for name in named if f"`{name}`" not in readme] == []
