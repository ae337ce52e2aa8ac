"""`pulumi new` with the template, and the life cycle of its project."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
import yaml

from gcore_emulator import Emulator, Settings, TaskSeconds, serving
from gcore_tls_provider.certificates import DevelopmentFiles
from tests.engine.stack import ROOT, Stack
from tests.packaging.conftest import Distribution

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("distribution"), pytest.mark.timeout(600)]

TEMPLATE = ROOT / "templates" / "mtls-load-balancer"
API_KEY = "1_0123456789abcdef"
CREATED = {"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1}


def new_project(folder: Path, distribution: Distribution, settings: dict[str, str]) -> Stack:
    """Run `pulumi new` as the install page does: with a copy of the template that contains the built wheel."""
    program, template = folder / "web", folder / "template"
    program.mkdir()
    shutil.copytree(TEMPLATE, template)
    (template / "wheels").mkdir()
    shutil.copy(distribution.wheel, template / "wheels")
    stack = Stack(program, folder / "home", {"PYTHONPATH": ""}, name="dev")
    stack.backend.mkdir(parents=True)
    configured = [part for key, value in settings.items() for part in ("--config", f"{key}={value}")]
    result = stack.run(
        "new", "../template", "--yes", "--non-interactive", "--name", "web", "--stack", "dev", *configured
    )
    result.expect_success()
    assert "Your new project is ready to go!" in result.output
    assert (program / "wheels" / distribution.wheel.name).read_bytes() == distribution.wheel.read_bytes()
    environment = program / ".venv"
    if not environment.exists():
        # The language host of an engine built from Go modules does not support the option `virtualenv` yet, and creates
        # the environment in the project's folder.
        assert (program / "pyvenv.cfg").exists()
        environment.symlink_to(".")
    stack.variables["PULUMI_PYTHON_CMD"] = str(environment / "bin" / "python")
    return stack


def test_a_new_project_deploys_and_destroys_a_load_balancer(
    distribution: Distribution, files: DevelopmentFiles, tmp_path: Path
) -> None:
    emulator = Emulator(Settings(api_key=API_KEY, task_seconds=TaskSeconds(0.05)))
    with serving(emulator) as url:
        location = {"gcore:projectId": "1", "gcore:regionId": "1"}
        paths = {
            "certificate": str(files.server),
            "privateKey": str(files.server_key),
            "clientCertificate": str(files.client),
            "clientKey": str(files.client_key),
            "ca": str(files.ca),
        }
        stack = new_project(tmp_path, distribution, {**location, **paths, "members": "10.0.0.11, 10.0.0.12"})
        configured = yaml.safe_load((stack.program / "Pulumi.dev.yaml").read_text())["config"]
        assert configured["web:memberPort"] == "8443"
        stack.configure({"gcore:baseUrl": url})
        # The prompt hides the input and encrypts the key. `pulumi new --config` would write it in plaintext.
        stack.configure_secret("gcore:apiKey", API_KEY)
        stack.up().expect_success()
        assert {kind: len(emulator_state(url)[kind]) for kind in CREATED} == CREATED
        assert set(stack.outputs()) == {"certificates", "vip_address"}
        stack.preview().expect_no_changes()
        stack.destroy().expect_success()
        assert not any(emulator_state(url)[kind] for kind in CREATED)


def emulator_state(url: str) -> dict[str, dict[str, object]]:
    """Return the state of the emulator."""
    state: dict[str, dict[str, object]] = httpx.get(f"{url}/_emulator/state").json()
    return state


def test_the_template_asks_for_each_setting_of_the_program() -> None:
    program = (TEMPLATE / "__main__.py").read_text()
    prompts = yaml.safe_load((TEMPLATE / "Pulumi.yaml").read_text())["template"]["config"]
    assert prompts["gcore:apiKey"]["secret"] is True
    own = {key for key in prompts if not key.startswith("gcore:")}
    assert own == {key for key in own if f'("{key}")' in program}
    assert program.count("config.require") == len(own)
