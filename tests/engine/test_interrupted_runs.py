"""Interrupted runs: the provider process ends, and the next run continues."""

from __future__ import annotations

import pytest

from gcore_emulator import Emulator
from tests.engine.conftest import NewProgram, create_emulator
from tests.engine.interrupted_runs import interrupt_up, kill_provider_during_destroy, wait_until

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
    """Return an emulator with slow tasks, which leave time to interrupt the run."""
    return create_emulator({"create_loadbalancer": 4.0, "delete_lblistener": 2.0})


@pytest.mark.parametrize("how", ["Ctrl-C", "Ctrl-C twice", "SIGKILL"])
def test_the_next_run_takes_over_the_load_balancer_of_an_interrupted_run(
    how: str, new_program: NewProgram, emulator: Emulator
) -> None:
    stack = new_program(PROGRAM)
    interrupt_up(stack, how, lambda: bool(emulator.account.load_balancers))
    (orphan_id,) = emulator.account.load_balancers

    again = stack.up().expect_success()
    assert list(emulator.account.load_balancers) == [orphan_id]
    taken_over = any(
        f"load balancer {orphan_id} was an orphan of an interrupted run" in each for each in again.diagnostics
    )
    # At the first Ctrl-C the engine waits for the running operations, and saves their results.
    assert taken_over == (how != "Ctrl-C")
    assert len(emulator.account.listeners) == 1
    if taken_over:
        stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--non-interactive").expect_success()
    stack.preview().expect_no_changes()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
    assert not emulator.account.listeners


def test_the_orphan_of_an_interrupted_replacement_is_deleted_after_the_change_is_reverted(
    new_program: NewProgram, emulator: Emulator
) -> None:
    """The next `up` creates nothing and deletes the orphan. So does a destroy right after the kill."""
    stack = new_program(BALANCER)
    stack.up().expect_success()
    program = stack.program / "__main__.py"
    (original,) = emulator.account.load_balancers

    program.write_text(OTHER_NETWORK)
    interrupt_up(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    assert len(emulator.account.load_balancers) == 2
    program.write_text(BALANCER)
    stack.preview().expect_success()
    assert len(emulator.account.load_balancers) == 2, "a preview deletes nothing"
    reverted = stack.up().expect_success()
    assert list(emulator.account.load_balancers) == [original]
    assert any("was an orphan of an interrupted run and was deleted" in each for each in reverted.diagnostics)

    program.write_text(OTHER_NETWORK)
    interrupt_up(stack, "SIGKILL", lambda: len(emulator.account.load_balancers) == 2)
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers


def test_the_remedy_after_a_provider_was_killed_during_a_destroy_works_as_printed(
    new_program: NewProgram, emulator: Emulator
) -> None:
    stack = new_program(PROGRAM)
    stack.up().expect_success()

    (listener,) = emulator.account.listeners.values()
    kill_provider_during_destroy(
        stack, lambda: emulator.account.listeners[listener.id].provisioning_status == "PENDING_DELETE"
    )
    wait_until(lambda: not (emulator.audit() and emulator.account.listeners))
    program = stack.program / "__main__.py"
    program.write_text(PROGRAM.replace("protocol_port=80", "protocol_port=80, connection_limit=5000"))
    failed = stack.up().expect_failure()
    (message,) = [each for each in failed.diagnostics if "Gcore answered 404" in each]
    assert "`pulumi up --refresh`" in message

    stack.run("up", "--refresh", "--yes", "--skip-preview", "--non-interactive").expect_success()
    (listener,) = emulator.account.listeners.values()
    assert listener.connection_limit == 5000
    stack.preview().expect_no_changes()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
