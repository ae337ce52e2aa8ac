"""Workflows of the GitHub Actions example, checked with actionlint and zizmor."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def jobs(workflow: Path) -> dict[str, Any]:
    """Return the jobs of a workflow."""
    found: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
    return found


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each step of each job, with the name of its workflow and job."""
    for workflow in WORKFLOWS:
        for name, job in jobs(workflow).items():
            yield from ((f"{workflow.stem}/{name}", step) for step in job["steps"])


def test_the_readme_names_every_secret_of_the_workflows() -> None:
    readme = (EXAMPLE / "README.md").read_text()
    named = {name for workflow in WORKFLOWS for name in re.findall(r"secrets\.(\w+)", workflow.read_text())}
    assert len(named) == 5
    assert [name for name in sorted(named) if f"`{name}`" not in readme] == []


def zizmor(*workflows: Path) -> subprocess.CompletedProcess[str]:
    """Run zizmor with its strictest rules, without a configuration and without requests."""
    program = Path(sys.prefix) / "bin" / "zizmor"
    command = [
        str(program),
        "--offline",
        "--no-config",
        "--no-progress",
        "--persona=auditor",
        "--format=plain",
        *map(str, workflows),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_workflows_have_no_security_findings() -> None:
    result = zizmor(*WORKFLOWS)
    assert result.returncode == 0, result.stdout
    assert "No findings to report" in result.stdout


WEAKNESSES = {
    "unpinned-uses": (r"(actions/checkout)@\S+ # \S+", r"\1@v6"),
    "artipacked": (r"persist-credentials: false", "persist-credentials: true"),
    "excessive-permissions": (r"permissions: \{\}", "permissions: write-all"),
    "template-injection": (r'"\$NUMBER"', "${{ github.event.pull_request.title }}"),
    "secrets-outside-env": (r" +environment: preview\n", ""),
    "dangerous-triggers": (r"on:\n  pull_request:", "on:\n  pull_request_target:"),
}


@pytest.mark.parametrize("rule", WEAKNESSES)
def test_zizmor_detects_a_weakness(rule: str, tmp_path: Path) -> None:
    pattern, weaker = WEAKNESSES[rule]
    text, count = re.subn(pattern, weaker, (EXAMPLE / ".github" / "workflows" / "preview.yml").read_text())
    assert count > 0
    weak = tmp_path / "preview.yml"
    weak.write_text(text)
    result = zizmor(weak)
    assert result.returncode != 0
    assert f"[{rule}]" in result.stdout


def test_every_action_is_pinned_to_a_commit_with_its_version() -> None:
    uses = [line.strip() for each in WORKFLOWS for line in each.read_text().splitlines() if "uses:" in line]
    assert len(uses) == 6
    assert [line for line in uses if not re.fullmatch(r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)] == []


def test_only_the_steps_that_run_pulumi_get_secrets() -> None:
    for where, step in steps():
        gets_secrets = "secrets." in str(step)
        assert gets_secrets == ("pulumi preview" in str(step) or "pulumi up" in str(step)), (where, step)
    for workflow in WORKFLOWS:
        others = {name: part for name, part in yaml.safe_load(workflow.read_text()).items() if name != "jobs"}
        assert "secrets." not in str(others)
        assert not any("secrets." in str(job.get("env")) for job in jobs(workflow).values())


def test_no_job_has_both_secrets_and_a_permission_to_write() -> None:
    for workflow in WORKFLOWS:
        for name, job in jobs(workflow).items():
            assert not ("secrets." in str(job) and "write" in job["permissions"].values()), name
    assert "GCORE_API_KEY" not in (EXAMPLE / ".github" / "workflows" / "preview.yml").read_text()


def test_packages_are_installed_with_their_hashes_only() -> None:
    installs = [step["run"] for _, step in steps() if "pip" in step.get("run", "")]
    assert installs == ["pip install --require-hashes -r requirements.txt"] * 2


INSTALL_STEPS = [step for _, step in steps() if step.get("name") == "Install Pulumi"]


@pytest.mark.parametrize("case", ["genuine", "altered", "of another version", "not listed"])
def test_pulumi_is_installed_only_if_its_checksum_matches(case: str, tmp_path: Path) -> None:
    assert len(INSTALL_STEPS) == 2 and INSTALL_STEPS[0] == INSTALL_STEPS[1]
    version = "1.2.3"
    archive = f"pulumi-v{version}-linux-x64.tar.gz"
    for folder in ("temporary", "workspace", "server", "bin"):
        (tmp_path / folder).mkdir()
    (tmp_path / "server" / "pulumi").write_text("the program\n")
    with tarfile.open(tmp_path / "server" / archive, "w:gz") as packed:
        packed.add(tmp_path / "server" / "pulumi", "pulumi/pulumi")
    checksum = hashlib.sha256((tmp_path / "server" / archive).read_bytes()).hexdigest()
    listed = {"of another version": archive.replace("1.2.3", "1.2.4"), "not listed": "other"}.get(case, archive)
    other = f"{'0' * 64}  pulumi-v{version}-darwin-arm64.tar.gz"
    (tmp_path / "workspace" / "pulumi.sha256").write_text(f"{other}\n{checksum}  {listed}\n")
    if case == "altered":
        with (tmp_path / "server" / archive).open("ab") as file:
            file.write(b"more")
    curl = tmp_path / "bin" / "curl"
    curl.write_text('#!/bin/sh\nfor url; do :; done\ncp "$SERVER/${url##*/}" .\n')
    curl.chmod(0o755)
    variables = {
        "PATH": f"{curl.parent}:{os.environ['PATH']}",
        "SERVER": str(tmp_path / "server"),
        "RUNNER_TEMP": str(tmp_path / "temporary"),
        "GITHUB_WORKSPACE": str(tmp_path / "workspace"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "PULUMI_VERSION": version,
    }
    # The options with which GitHub runs a step in bash.
    command = ["bash", "--noprofile", "--norc", "-e", "-c", INSTALL_STEPS[0]["run"]]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    installed = tmp_path / "temporary" / "pulumi" / "pulumi"
    assert (done.returncode == 0, installed.exists(), (tmp_path / "path").exists()) == (case == "genuine",) * 3
