"""`gcore-tls orphans` after a killed run and a destroy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from gcore import Gcore

from gcore_emulator import Emulator
from tests.engine.conftest import API_KEY, PROJECT, REGION, NewProgram, create_emulator
from tests.engine.interrupted_runs import interrupt_up
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """\
import gcore_tls_provider as gcore

gcore.LoadBalancer("web")
"""


@pytest.fixture
def emulator() -> Emulator:
    """Return an emulator with slow creates of load balancers, which leave time to kill the run."""
    return create_emulator({"create_loadbalancer": 3.0})


def orphans(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the program's folder, with only the stack's configuration of the account."""
    done = subprocess.run(
        [sys.executable, "-m", "gcore_tls_provider.cli", "orphans", *arguments],
        cwd=stack.program,
        env={key: value for key, value in stack.environment.items() if not key.startswith("GCORE_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert API_KEY not in done.stdout + done.stderr
    return done


def test_orphans_lists_and_deletes_only_the_orphan(new_program: NewProgram, emulator: Emulator, url: str) -> None:
    """The first run is killed, and the stack is destroyed. The engine does not call the provider then."""
    other_client = Gcore(api_key=API_KEY, base_url=url, cloud_project_id=PROJECT, cloud_region_id=REGION)
    foreign = other_client.cloud.load_balancers.create_and_poll(name="web-0123abcd-012345").id
    stack = new_program(PROGRAM)
    stack.configure({"gcore:projectId": PROJECT, "gcore:regionId": REGION, "gcore:baseUrl": url})
    stack.run("config", "set", "--secret", "gcore:apiKey", API_KEY, "--non-interactive").expect_success()
    interrupt_up(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    stack.destroy().expect_success()
    (orphan_id,) = set(emulator.account.load_balancers) - {foreign}

    found = orphans(stack, "--json")
    assert (found.returncode, found.stderr) == (1, "")
    (orphan,) = json.loads(found.stdout)["orphans"]
    assert (orphan["id"], orphan["kind"], orphan["certain"]) == (orphan_id, "load balancer", True)

    deleted = orphans(stack, "--delete", "--yes")
    assert (deleted.returncode, deleted.stderr) == (0, "")
    assert set(emulator.account.load_balancers) == {foreign}
    none = orphans(stack)
    assert (none.returncode, none.stdout) == (0, "No orphans.\n")
    assert emulator.audit().intact
