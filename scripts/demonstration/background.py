"""Processes in the background: started once, found again by later runs, stopped at the end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from bootstrap.processes import CommandFailed, output_of

STOP_SECONDS = 10


def command_line(pid: int) -> str:
    """Returns the words that a process was started with, separated by blanks; none if there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    try:
        return output_of(["ps", "-ww", "-o", "command=", "-p", str(pid)], seconds=10)
    except CommandFailed:
        return ""


def end(pid: int, is_ours: Callable[[int], bool]) -> None:
    """Ends a process, if it still is the one that was started: process ids are used again."""
    if not is_ours(pid):
        return
    os.kill(pid, signal.SIGTERM)
    if not becomes(lambda: not is_ours(pid), seconds=STOP_SECONDS):
        os.kill(pid, signal.SIGKILL)


def becomes(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Waits until a condition holds; returns whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_of(log: Path) -> str:
    """Returns the last lines of a log, for a message."""
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
