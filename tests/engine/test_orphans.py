"""`gcore-tls orphans` after a killed run and a destroy: it finds what is left, and nothing else, and removes it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from gcore import Gcore

from gcore_emulator import Emulator
from tests.engine.conftest import API_KEY, PROJECT, REGION, NewProgram, emulated
from tests.engine.ending import end
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """\
import gcore_tls_provider as gcore

gcore.LoadBalancer("web")
"""


@pytest.fixture
def emulator() -> Emulator:
    """One whose load balancers take a while, so that there is time to kill who waits for them."""
    return emulated({"create_loadbalancer": 3.0})


def orphans(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in the program's folder; the stack's configuration alone says who asks."""
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


def test_it_finds_what_is_left_and_removes_it(new_program: NewProgram, emulator: Emulator, url: str) -> None:
    """The very first run is killed, and the stack destroyed at once: then Pulumi calls nobody."""
    theirs = Gcore(api_key=API_KEY, base_url=url, cloud_project_id=PROJECT, cloud_region_id=REGION)
    foreign = theirs.cloud.load_balancers.create_and_poll(name="web-0123abcd-012345").id
    stack = new_program(PROGRAM)
    stack.configure({"gcore:projectId": PROJECT, "gcore:regionId": REGION, "gcore:baseUrl": url})
    stack.run("config", "set", "--secret", "gcore:apiKey", API_KEY, "--non-interactive").expect_success()
    end(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    stack.destroy().expect_success()
    (left,) = set(emulator.account.load_balancers) - {foreign}

    found = orphans(stack, "--json")
    assert (found.returncode, found.stderr) == (1, "")
    (orphan,) = json.loads(found.stdout)["orphans"]
    assert (orphan["id"], orphan["kind"], orphan["certain"]) == (left, "load balancer", True)

    gone = orphans(stack, "--delete", "--yes")
    assert (gone.returncode, gone.stderr) == (0, "")
    assert set(emulator.account.load_balancers) == {foreign}
    none = orphans(stack)
    assert (none.returncode, none.stdout) == (0, "No orphans.\n")
    assert emulator.audit().intact
