"""Runs of the real engine that end before they are done: by Ctrl-C, once or twice, or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.engine.stack import Stack

SECONDS = 30


def end(stack: Stack, how: str, when: Callable[[], bool]) -> None:
    """Begins an `up` and ends it at a moment; types what Pulumi asks for before it goes on."""
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=stack.program,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(when)
    if how == "SIGKILL":
        os.kill(running.pid, signal.SIGKILL)
    else:
        os.kill(running.pid, signal.SIGINT)
    if how == "Ctrl-C twice":
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGINT)
    running.wait(SECONDS)
    until(lambda: not list(providers(stack)))
    for process in processes(stack):
        os.kill(process, signal.SIGKILL)
    if how == "SIGKILL":
        stack.run("cancel", "--yes", "--non-interactive").expect_success()


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
