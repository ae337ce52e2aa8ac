"""The stack's state and configuration, as the `pulumi` command prints them.

The engine passes no state to a provider. The process of a program or provider runs in the project's folder, has the
engine's environment and finds `pulumi` on PATH, so the command prints the state that this engine writes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

EXPORT_COMMAND: Final = ("stack", "export")
"""Arguments that print the state. They need no passphrase, and the output holds secrets in encrypted form only."""

_TIMEOUT_SECONDS: Final = 60.0


def run_pulumi(
    arguments: Sequence[str], *, folder: Path | None = None, timeout: float = _TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """Run the `pulumi` command without a terminal and without its check for updates.

    Args:
        arguments: Arguments of the command.
        folder: Working directory, a Pulumi project's folder. Defaults to the one of this process.
        timeout: Seconds after which the command is killed.

    Returns:
        The finished command with its output, whatever its exit code is.

    Raises:
        OSError: `pulumi` is not on PATH or cannot be run.
        subprocess.TimeoutExpired: The command did not finish in time.
    """
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
    )


def export_stack(stack: str) -> bytes | None:
    """Return the stack's state as JSON.

    Args:
        stack: Name of the stack.

    Returns:
        Output of `pulumi stack export`; None if the command fails, is absent or takes longer than a minute.
    """
    try:
        done = run_pulumi([*EXPORT_COMMAND, "--stack", stack], timeout=_TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
