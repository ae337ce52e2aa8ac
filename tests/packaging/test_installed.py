"""The wheel, installed as users install it, deploys programs on the real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.stack import ROOT, Stack
from tests.engine.test_examples import EXAMPLES
from tests.packaging.conftest import Distribution
from tests.packaging.environments import SECONDS, Environment, serving, without_python_variables
from tests.packaging.interpreters import declared_minors, interpreters

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

README = EXAMPLES["root"]
"""The program that the README shows: its configuration, and what it makes."""

TESTED_WITH_LOWEST = (
    "tests/resources",
    "tests/components",
    "tests/dynamic/test_handlers.py",
    "tests/api/test_connection.py",
    "tests/certificates/test_corpus.py::test_every_file_as_certificates",
    "tests/certificates/test_corpus.py::test_every_file_as_private_key",
)
"""What meets Pulumi's SDK and the other libraries most closely."""

TOOLS = ("pytest", "pytest-timeout", "hypothesis", "gcore", "cryptography-vectors")
"""What these tests need."""


def program_of_the_readme(environment: Environment, folder: Path, url: str, files: DevelopmentFiles) -> Stack:
    """A stack of the program that the README shows, run by what is installed in an environment."""
    source = folder / "readme"
    source.mkdir()
    shutil.copy(ROOT / "__main__.py", source)
    (source / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    stack = Stack.of(source, folder / "stack", variables(environment, url))
    (stack.program / ".venv").symlink_to(environment.folder)
    stack.configure(README.configured(files))
    stack.configure_secret("clientPassword", files.client_pkcs12_password)
    return stack


def variables(environment: Environment, url: str) -> dict[str, str]:
    """What leads a stack to the emulator, and to what is installed in an environment."""
    return {
        "GCORE_API_KEY": "emulator",
        "GCORE_CLOUD_PROJECT_ID": "1",
        "GCORE_CLOUD_REGION_ID": "1",
        "GCORE_BASE_URL": url,
        "PULUMI_PYTHON_CMD": str(environment.python),
        "PYTHONPATH": "",
    }


def installed(environment: Environment) -> dict[str, str]:
    """The packages of an environment and their versions."""
    listed = environment.run("python", "-m", "pip", "list", "--format", "json")
    return {each["name"].lower(): each["version"] for each in json.loads(listed.stdout)}


@pytest.fixture(scope="module")
def emulator(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the emulator, on the newest Python."""
    found = interpreters()
    environment = Environment.made(tmp_path_factory.mktemp("emulator") / "venv", found[max(found)])
    environment.install(f"{distribution.wheel}[emulator]")
    return environment


@pytest.mark.xdist_group("installed")
def test_the_wheel_alone_deploys_the_readmes_program(
    distribution: Distribution, emulator: Environment, files: DevelopmentFiles, tmp_path: Path
) -> None:
    """On the newest Python, with the newest libraries; the emulator is another environment's."""
    found = interpreters()
    alone = Environment.made(tmp_path / "venv", found[max(found)])
    alone.install(distribution.wheel)
    assert not {"typer", "fastapi", "rich"} & installed(alone).keys()
    with serving(emulator) as url:
        stack = program_of_the_readme(alone, tmp_path, url, files)
        stack.up().expect_success()
        state = httpx.get(f"{url}/_emulator/state").json()
        assert {kind: len(state[kind]) for kind in README.made} == README.made
        stack.preview().expect_nothing_to_do()
        stack.destroy().expect_success()
        state = httpx.get(f"{url}/_emulator/state").json()
        assert not any(state[kind] for kind in README.made)


@pytest.mark.xdist_group("installed")
def test_commands_say_which_extra_they_need(distribution: Distribution, tmp_path: Path) -> None:
    bare = Environment.made(tmp_path / "venv", Path(sys.executable))
    bare.install("--no-deps", distribution.wheel)
    for command, extra in (("gcore-tls", "cli"), ("gcore-emulator", "emulator")):
        ended = bare.run(command, "--help")
        assert ended.returncode == 2, ended.stderr
        said = f"{command} needs packages that are not installed. Run: pip install 'gcore-tls-provider[{extra}]'\n"
        assert ended.stderr == said


@pytest.mark.xdist_group("lowest")
def test_the_lowest_versions(distribution: Distribution, files: DevelopmentFiles, tmp_path: Path) -> None:
    """On the oldest Python, with the lowest version of each library that `pyproject.toml` allows."""
    found = interpreters()
    lowest = Environment.made(tmp_path / "venv", found[min(found)])
    lowest.install("--resolution", "lowest-direct", "--all-extras", "--requirements", ROOT / "pyproject.toml")
    lowest.install("--no-deps", distribution.wheel)
    assert installed(lowest)["pulumi"].startswith("3.268.")
    with serving(lowest) as url:
        stack = program_of_the_readme(lowest, tmp_path, url, files)
        stack.up().expect_success()
        stack.preview().expect_nothing_to_do()
        stack.destroy().expect_success()
    lowest.install(*TOOLS)
    tested = subprocess.run(
        [lowest.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTED_WITH_LOWEST],
        cwd=ROOT,
        env={**without_python_variables(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout


def test_each_interpreter_is_one_that_is_declared() -> None:
    assert set(interpreters()) <= set(declared_minors())
