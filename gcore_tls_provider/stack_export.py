"""What `pulumi stack export` prints: the stack's state, as this process's engine saves it.

The command takes a while. It is begun at the very first call of a run, so that it works while all else is loaded.
"""

from __future__ import annotations

import os
import subprocess
import threading
from typing import Final

_TIME_LIMIT: Final = 60.0


class _Begun:
    """An export that runs on a thread of its own."""

    def __init__(self, stack: str) -> None:
        self._printed: bytes | None = None
        self._thread = threading.Thread(target=self._export, args=(stack,), name="state", daemon=True)
        self._thread.start()

    def _export(self, stack: str) -> None:
        self._printed = _exported(stack)

    def printed(self) -> bytes | None:
        self._thread.join()
        return self._printed


_begun: dict[str, _Begun | None] = {}
_beginning = threading.Lock()


def begin(stack: str) -> None:
    """Begins to export a stack, for whoever asks for it first; only once in a process.

    Args:
        stack: its name.
    """
    with _beginning:
        if stack not in _begun:
            _begun[stack] = _Begun(stack)


def exported(stack: str) -> bytes | None:
    """What the command prints; it needs no passphrase and shows no secret in clear.

    Args:
        stack: the stack's name.

    Returns:
        The state; None where it can't be had.
    """
    with _beginning:
        begun = _begun.get(stack)
        _begun[stack] = None
    return _exported(stack) if begun is None else begun.printed()


def _exported(stack: str) -> bytes | None:
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
