"""Processes in the background: started once, found again by later runs, stopped at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bootstrap.processes import CommandFailed, output_of

STOP_SECONDS = 10


def start(
    command: Sequence[str | Path], *, folder: Path, log: Path, variables: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and write its output into a log that is empty at first.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        log: The file.
        variables: Environment variables beside those of this process.
    """
    with log.open("ab") as said:
        said.truncate(0)
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def command_line(pid: int) -> str:
    """Return the words that a process was started with, separated by blanks; none if there is no such process."""
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
    """Stop a process, if it still is the one that was started: process ids are used again."""
    if not is_ours(pid):
        return
    os.kill(pid, signal.SIGTERM)
    if not becomes(lambda: not is_ours(pid), seconds=STOP_SECONDS):
        os.kill(pid, signal.SIGKILL)


def becomes(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_of(log: Path) -> str:
    """Return the last lines of a log, for a message."""
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
