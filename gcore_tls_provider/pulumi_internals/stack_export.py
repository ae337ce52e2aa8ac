"""What `pulumi stack export` prints: the stack's state, as this process's engine saves it."""

from __future__ import annotations

import os
import subprocess
from typing import Final

_TIME_LIMIT: Final = 60.0


def export_stack(stack: str) -> bytes | None:
    """What the command prints; it needs no passphrase and shows no secret in clear.

    Args:
        stack: the stack's name.

    Returns:
        The state; None where it can't be had.
    """
    try:
        done = subprocess.run(
            ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIME_LIMIT,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
