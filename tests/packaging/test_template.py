"""`pulumi new` with the template, from its folder to a load balancer, and back to nothing."""

from __future__ import annotations

import os
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
MADE = {"secrets": 3, "load_balancers": 1, "listeners": 1, "pools": 1}


def new_project(folder: Path, distribution: Distribution, settings: dict[str, str]) -> Stack:
    """What `pulumi new` makes of the template in an empty folder; the package comes from the wheel that was built."""
    program = folder / "web"
    program.mkdir()
    find_links = f"{os.environ.get('PIP_FIND_LINKS', '')} {distribution.wheel.parent}".strip()
    stack = Stack(program, folder / "home", {"PIP_FIND_LINKS": find_links, "PYTHONPATH": ""}, name="dev")
    stack.backend.mkdir(parents=True)
    configured = [part for key, value in settings.items() for part in ("--config", f"{key}={value}")]
    made = stack.run("new", str(TEMPLATE), "--yes", "--non-interactive", "--name", "web", "--stack", "dev", *configured)
    made.expect_success()
    assert "Your new project is ready to go!" in made.output
    environment = program / ".venv"
    if not environment.exists():
        # An engine that was built from Go modules has a language host that doesn't know the option `virtualenv` yet,
        # and makes the environment in the project's folder.
        assert (program / "pyvenv.cfg").exists()
        environment.symlink_to(".")
    stack.variables["PULUMI_PYTHON_CMD"] = str(environment / "bin" / "python")
    return stack


def test_a_project_is_made_and_deployed(distribution: Distribution, files: DevelopmentFiles, tmp_path: Path) -> None:
    emulator = Emulator(Settings(api_key=API_KEY, task_seconds=TaskSeconds(0.05)))
    with serving(emulator) as url:
        asked = {"gcore:projectId": "1", "gcore:regionId": "1"}
        paths = {
            "certificate": str(files.server),
            "privateKey": str(files.server_key),
            "clientCertificate": str(files.client),
            "clientKey": str(files.client_key),
            "ca": str(files.ca),
        }
        stack = new_project(tmp_path, distribution, {**asked, **paths, "members": "10.0.0.11, 10.0.0.12"})
        configured = yaml.safe_load((stack.program / "Pulumi.dev.yaml").read_text())["config"]
        assert configured["web:memberPort"] == "8443"
        stack.configure({"gcore:baseUrl": url})
        # Who is asked for it types it in secret; `pulumi new --config` would write it in clear.
        stack.configure_secret("gcore:apiKey", API_KEY)
        stack.up().expect_success()
        assert {kind: len(held(url)[kind]) for kind in MADE} == MADE
        assert set(stack.outputs()) == {"certificates", "vip_address"}
        stack.preview().expect_nothing_to_do()
        stack.destroy().expect_success()
        assert not any(held(url)[kind] for kind in MADE)


def held(url: str) -> dict[str, dict[str, object]]:
    """What the emulator holds."""
    state: dict[str, dict[str, object]] = httpx.get(f"{url}/_emulator/state").json()
    return state


def test_everything_that_the_program_reads_is_asked_for() -> None:
    program = (TEMPLATE / "__main__.py").read_text()
    asked = yaml.safe_load((TEMPLATE / "Pulumi.yaml").read_text())["template"]["config"]
    assert asked["gcore:apiKey"]["secret"] is True
    own = {key for key in asked if not key.startswith("gcore:")}
    assert own == {key for key in own if f'("{key}")' in program}
    assert program.count("config.require") == len(own)
