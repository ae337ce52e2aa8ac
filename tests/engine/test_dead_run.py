"""A run that is killed: its provider ends too, and the next run goes on from what it has left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gcore_tls_provider.emulator import Emulator, Settings, TaskSeconds
from tests.engine.conftest import API_KEY, PROJECT, REGION, NewProgram
from tests.engine.stack import Stack

pytestmark = pytest.mark.engine

PROGRAM = """\
import gcore_tls_provider as gcore

load_balancer = gcore.LoadBalancer("web")
gcore.Listener("web", load_balancer=load_balancer, protocol="HTTP", protocol_port=80)
"""
SECONDS = 30


@pytest.fixture
def emulator() -> Emulator:
    """One whose load balancers take a while, so that there is time to kill who waits for them."""
    return Emulator(
        Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(0.05, {"create_loadbalancer": 4.0}),
        )
    )


def test_the_next_run_takes_over_what_a_killed_one_has_left(new_program: NewProgram, emulator: Emulator) -> None:
    stack = new_program(PROGRAM)

    killed = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.program,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: bool(emulator.account.load_balancers))
    (left,) = emulator.account.load_balancers
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(SECONDS)
    until(lambda: not list(providers(stack)))
    for process in processes(stack):
        os.kill(process, signal.SIGKILL)

    stack.run("cancel", "--yes", "--non-interactive").expect_success()
    again = stack.up().expect_success()

    assert list(emulator.account.load_balancers) == [left]
    assert any(f"load balancer {left} was left behind by a run that died" in each for each in again.diagnostics)
    assert len(emulator.account.listeners) == 1
    stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--non-interactive").expect_success()
    stack.preview().expect_nothing_to_do()
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers
    assert not emulator.account.listeners


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < end, f"not within {SECONDS} s"
        time.sleep(0.1)


def processes(stack: Stack) -> Iterator[int]:
    """The processes that work in the program's folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                folder = (entry / "cwd").resolve(strict=True)
            except OSError:
                continue
            if folder == stack.program.resolve():
                yield int(entry.name)


def providers(stack: Stack) -> Iterator[int]:
    """Those of them that are dynamic providers."""
    for process in processes(stack):
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(b"dynamic" in word for word in words):
            yield process
