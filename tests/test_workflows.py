"""Workflows of the GitHub Actions example, checked with actionlint."""

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
    # Disable the integrations, so that other tools on this machine cannot change the findings.
    command = [str(actionlint), "-no-color", "-shellcheck=", "-pyflakes=", *map(str, workflows)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_workflows_have_no_errors(actionlint: Path) -> None:
    assert len(WORKFLOWS) == 2
    result = check(actionlint, *WORKFLOWS)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


ERRORS = {
    "an expression": ("github.event.pull_request.number", "github.event.pull_request.nummer }} ${{ nothing.there"),
    "a step's output": ("steps.preview.outputs", "steps.review.outputs"),
    "a permission": ("pull-requests: write", "pull-request: write"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_actionlint_detects_an_error(actionlint: Path, tmp_path: Path, error: str) -> None:
    text = (EXAMPLE / ".github" / "workflows" / "preview.yml").read_text()
    correct, wrong = ERRORS[error]
    assert correct in text
    broken = tmp_path / "preview.yml"
    broken.write_text(text.replace(correct, wrong))
    assert check(actionlint, broken).returncode == 1


def test_the_version_of_actionlint_matches_its_go_module() -> None:
    module = (ROOT / "tools" / "actionlint" / "go.mod").read_text()
    assert f"github.com/rhysd/actionlint v{ACTIONLINT_VERSION} " in module


def test_the_readme_names_every_secret_of_the_workflows() -> None:
    readme = (EXAMPLE / "README.md").read_text()
    for workflow in WORKFLOWS:
        for job in yaml.safe_load(workflow.read_text())["jobs"].values():
            named = [name for name in job["env"] if not name.startswith("AWS_")]
            assert [name for name in named if f"`{name}`" not in readme] == []
