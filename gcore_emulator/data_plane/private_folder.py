"""Folder for private keys, which exists only while a data plane runs.

All such folders share a name prefix, and the process that created a folder locks a file in it. If no process holds the
lock, the process was killed, and the next process removes its folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET_PATH_LIMIT = 97
"""Maximum length of a socket's path in bytes: HAProxy binds a socket under a longer, temporary name first."""

_PREFIX = "gcore-emulator-"
_LOCK = "lock"
_LONGEST = f"{_PREFIX}xxxxxxxx/000000/m"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a new folder of mode 0700 with a path that is short enough for sockets; remove it at the end.

    Raises:
        OSError: The folder cannot be created.
    """
    base = _short_folder()
    _remove_orphans(base)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=base, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with open(folder / _LOCK, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _short_folder() -> Path:
    """Return the folder for temporary files; `/tmp` if its path is too long for sockets or unusable for HAProxy."""
    usual = Path(tempfile.gettempdir())
    short = len(os.fsencode(usual / _LONGEST)) <= SOCKET_PATH_LIMIT
    return usual if short and not set(str(usual)) & set(" \t\n\"'\\#$") else Path("/tmp")


def _remove_orphans(base: Path) -> None:
    for folder in base.glob(f"{_PREFIX}*"):
        # The folder can belong to another user, or another process can be removing it.
        with suppress(OSError), open(folder / _LOCK, "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
