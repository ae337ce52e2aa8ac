"""A run that is killed: its provider ends too, and the next run goes on from what it has left."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from tests.engine.conftest import NewProgram, emulated
from tests.engine.ending import end

pytestmark = pytest.mark.engine

PROGRAM = """\
import gcore_tls_provider as gcore

load_balancer = gcore.LoadBalancer("web")
gcore.Listener("web", load_balancer=load_balancer, protocol="HTTP", protocol_port=80)
"""
BALANCER = """\
import gcore_tls_provider as gcore

gcore.LoadBalancer("web")
"""
OTHER_NETWORK = BALANCER.replace('"web"', '"web", vip_network_id="0d6c0fb4-0000-4000-8000-000000000002"')


@pytest.fixture
def emulator() -> Emulator:
    """One whose load balancers take a while, so that there is time to kill who waits for them."""
    return emulated({"create_loadbalancer": 4.0})


@pytest.mark.parametrize("how", ["Ctrl-C", "Ctrl-C twice", "SIGKILL"])
def test_the_next_run_goes_on(how: str, new_program: NewProgram, emulator: Emulator) -> None:
    stack = new_program(PROGRAM)
    end(stack, how, lambda: bool(emulator.account.load_balancers))
    (left,) = emulator.account.load_balancers

    again = stack.up().expect_success()
    assert list(emulator.account.load_balancers) == [left]
    taken_over = any(f"load balancer {left} was an orphan of an interrupted run" in each for each in again.diagnostics)
    # At the first Ctrl-C the engine waits for what is under way, and saves it.
    assert taken_over == (how != "Ctrl-C")
    assert len(emulator.account.listeners) == 1
    if taken_over:
        stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--non-interactive").expect_success()
    stack.preview().expect_nothing_to_do()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
    assert not emulator.account.listeners


def test_a_change_whose_run_was_killed_and_that_is_taken_back(new_program: NewProgram, emulator: Emulator) -> None:
    """Then nothing is to be made, and what was left goes all the same; also with a destroy straight after the kill."""
    stack = new_program(BALANCER)
    stack.up().expect_success()
    program = stack.program / "__main__.py"
    (kept,) = emulator.account.load_balancers

    program.write_text(OTHER_NETWORK)
    end(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    assert len(emulator.account.load_balancers) == 2
    program.write_text(BALANCER)
    stack.preview().expect_success()
    assert len(emulator.account.load_balancers) == 2, "a preview changes nothing"
    back = stack.up().expect_success()
    assert list(emulator.account.load_balancers) == [kept]
    assert any("was an orphan of an interrupted run and was deleted" in each for each in back.diagnostics)

    program.write_text(OTHER_NETWORK)
    end(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
