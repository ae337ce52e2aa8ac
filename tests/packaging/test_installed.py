"""Programs deployed by the installed wheel, with the real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.examples import EXAMPLES
from tests.engine.stack import ROOT, Stack
from tests.packaging.conftest import Distribution
from tests.packaging.environments import SECONDS, Environment, serving, without_python_variables
from tests.packaging.interpreters import declared_minors, interpreters

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

README = EXAMPLES["root"]
"""Configuration and objects of the program in the README."""

TESTED_WITH_LOWEST = (
    "tests/resources",
    "tests/components",
    "tests/dynamic/test_handlers.py",
    "tests/api/test_connection.py",
    "tests/certificates/test_corpus.py::test_every_file_parses_as_certificates_or_has_findings",
    "tests/certificates/test_corpus.py::test_every_file_parses_as_private_key_or_has_findings",
)
"""Tests that depend most on Pulumi's SDK and the other libraries."""

TOOLS = ("pytest", "pytest-timeout", "hypothesis", "gcore", "cryptography-vectors")
"""Packages that these tests need."""


def create_readme_stack(environment: Environment, folder: Path, url: str, files: DevelopmentFiles) -> Stack:
    """Create a stack of the program in the README, which runs in an environment."""
    source = folder / "readme"
    source.mkdir()
    shutil.copy(ROOT / "__main__.py", source)
    (source / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    stack = Stack.of(source, folder / "stack", variables(environment, url))
    (stack.program / ".venv").symlink_to(environment.folder)
    stack.configure(README.configuration(files))
    stack.configure_secret("clientPassword", files.client_pkcs12_password)
    return stack


def variables(environment: Environment, url: str) -> dict[str, str]:
    """Return the variables of a stack that uses the emulator and the packages of an environment."""
    return {
        "GCORE_API_KEY": "emulator",
        "GCORE_CLOUD_PROJECT_ID": "1",
        "GCORE_CLOUD_REGION_ID": "1",
        "GCORE_BASE_URL": url,
        "PULUMI_PYTHON_CMD": str(environment.python),
        "PYTHONPATH": "",
    }


def installed(environment: Environment) -> dict[str, str]:
    """Return the packages of an environment and their versions."""
    listed = environment.run("python", "-m", "pip", "list", "--format", "json")
    return {each["name"].lower(): each["version"] for each in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def emulator(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the emulator and the newest Python."""
    found = interpreters()
    environment = Environment.create(tmp_path_factory.mktemp("emulator") / "venv", found[max(found)])
    environment.install(f"{distribution.wheel}[emulator]")
    return environment


@pytest.mark.xdist_group("installed")
def test_the_wheel_without_extras_deploys_the_program_of_the_readme(
    distribution: Distribution, emulator: Environment, files: DevelopmentFiles, tmp_path: Path
) -> None:
    """Use the newest Python and the newest libraries. The emulator runs in another environment."""
    found = interpreters()
    without_extras = Environment.create(tmp_path / "venv", found[max(found)])
    without_extras.install(distribution.wheel)
    assert not {"typer", "fastapi", "rich"} & installed(without_extras).keys()
    with serving(emulator) as url:
        stack = create_readme_stack(without_extras, tmp_path, url, files)
        stack.up().expect_success()
        state = httpx.get(f"{url}/_emulator/state").json()
        assert {kind: len(state[kind]) for kind in README.created} == README.created
        stack.preview().expect_no_changes()
        stack.destroy().expect_success()
        state = httpx.get(f"{url}/_emulator/state").json()
        assert not any(state[kind] for kind in README.created)


@pytest.mark.xdist_group("installed")
def test_a_command_without_its_extra_prints_how_to_install_it(distribution: Distribution, tmp_path: Path) -> None:
    bare = Environment.create(tmp_path / "venv", Path(sys.executable))
    bare.install("--no-deps", distribution.wheel)
    for command, extra in (("gcore-tls", "cli"), ("gcore-emulator", "emulator")):
        result = bare.run(command, "--help")
        assert result.returncode == 2, result.stderr
        install = f"pip install '/path/to/gcore-tls-provider[{extra}]'"
        assert result.stderr == f"{command} needs packages that are not installed. Run: {install}\n"


@pytest.mark.xdist_group("lowest")
def test_the_lowest_declared_versions_deploy_the_program_and_pass_the_tests(
    distribution: Distribution, files: DevelopmentFiles, tmp_path: Path
) -> None:
    """Use the oldest Python, and the lowest version of each library that `pyproject.toml` allows."""
    found = interpreters()
    lowest = Environment.create(tmp_path / "venv", found[min(found)])
    lowest.install("--resolution", "lowest-direct", "--all-extras", "--requirements", ROOT / "pyproject.toml")
    lowest.install("--no-deps", distribution.wheel)
    assert installed(lowest)["pulumi"].startswith("3.268.")
    with serving(lowest) as url:
        stack = create_readme_stack(lowest, tmp_path, url, files)
        stack.up().expect_success()
        stack.preview().expect_no_changes()
        stack.destroy().expect_success()
    lowest.install(*TOOLS)
    result = subprocess.run(
        [lowest.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTED_WITH_LOWEST],
        cwd=ROOT,
        env={**without_python_variables(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_each_interpreter_has_a_declared_version() -> None:
    assert set(interpreters()) <= set(declared_minors())
