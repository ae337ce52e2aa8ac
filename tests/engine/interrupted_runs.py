"""Runs of the real engine that are interrupted: by Ctrl-C, once or twice, or by SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.engine.stack import Stack

SECONDS = 30


def interrupt_up(stack: Stack, how: str, when: Callable[[], bool]) -> None:
    """Start `pulumi up` and interrupt it when a condition holds. After SIGKILL, unlock the stack.

    Args:
        stack: The stack.
        how: `Ctrl-C`, `Ctrl-C twice` or `SIGKILL`.
        when: The condition.
    """
    running = _start(stack, "up")
    wait_until(when)
    if how == "SIGKILL":
        os.kill(running.pid, signal.SIGKILL)
    else:
        os.kill(running.pid, signal.SIGINT)
    if how == "Ctrl-C twice":
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGINT)
    running.wait(SECONDS)
    wait_until(lambda: not list(provider_processes_of(stack)))
    for process in processes_of(stack):
        os.kill(process, signal.SIGKILL)
    if how == "SIGKILL":
        stack.run("cancel", "--yes", "--non-interactive").expect_success()


def kill_provider_during_destroy(stack: Stack, when: Callable[[], bool]) -> None:
    """Start `pulumi destroy` and kill only its provider when a condition holds. The engine ends by itself.

    Args:
        stack: The stack.
        when: The condition.
    """
    running = _start(stack, "destroy")
    wait_until(when)
    for process in list(provider_processes_of(stack)):
        os.kill(process, signal.SIGKILL)
    assert running.wait(SECONDS) != 0


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, or fail at the time limit."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {SECONDS} s"
        time.sleep(0.1)


def processes_of(stack: Stack) -> Iterator[int]:
    """Yield the processes whose working folder is the program's."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                folder = (entry / "cwd").resolve(strict=True)
            except OSError:
                continue
            if folder == stack.program.resolve():
                yield int(entry.name)


def provider_processes_of(stack: Stack) -> Iterator[int]:
    """Yield the dynamic provider processes of a stack."""
    for process in processes_of(stack):
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(b"dynamic" in word for word in words):
            yield process


def _start(stack: Stack, command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["pulumi", command, "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.program,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
