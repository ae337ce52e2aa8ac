"""Background processes that outlive a script."""

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
    """Start a process that outlives this one. Truncate the log and write its output to it.

    Args:
        command: The program and its arguments.
        folder: The working folder.
        log: The log file.
        variables: Environment variables in addition to those of this process.
    """
    with log.open("ab") as output:
        output.truncate(0)
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def command_line(pid: int) -> str:
    """Return the command line of a process, separated by spaces, or "" if the process does not exist."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    try:
        return output_of(["ps", "-ww", "-o", "command=", "-p", str(pid)], seconds=10)
    except CommandFailed:
        return ""


def stop(pid: int, is_ours: Callable[[int], bool]) -> None:
    """Stop a process if it is still ours: the system reuses process IDs."""
    if not is_ours(pid):
        return
    os.kill(pid, signal.SIGTERM)
    if not wait_until(lambda: not is_ours(pid), seconds=STOP_SECONDS):
        os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until a condition holds. Return False at the time limit."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def last_lines(log: Path) -> str:
    """Return the last lines of a log, for a message."""
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
