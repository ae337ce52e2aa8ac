"""HAProxy itself: where it is, and what it says about a configuration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ENVIRONMENT = {"PATH": os.defpath}
"""The environment that HAProxy is run in. The emulator's own may hold its API key."""

_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin")
_CHECK_SECONDS = 30.0
_PREFIX = re.compile(r"^\[(ALERT|WARNING|NOTICE)\]\s*\(\d+\) : ")


class HaproxyMissing(RuntimeError):
    """HAProxy isn't installed. The message says how to install it."""


class ConfigurationRefused(RuntimeError):
    """HAProxy doesn't take a configuration. The message is its first ALERT line, without the process's id."""


def find_haproxy() -> Path:
    """Return the path of HAProxy, from PATH or a folder for system programs, which not every user has on PATH.

    Raises:
        HaproxyMissing: it is nowhere.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    found = shutil.which("haproxy", path=path)
    if found is None:
        raise HaproxyMissing(
            "HAProxy isn't installed, and the data plane is made of it. Install it: `sudo apt-get install haproxy` on "
            "Debian and Ubuntu, `sudo dnf install haproxy` on Fedora, `brew install haproxy` on macOS."
        )
    return Path(found)


def check_configuration(program: Path, file: Path) -> None:
    """Lets HAProxy check a configuration file, as Octavia does before each start and reload.

    Raises:
        ConfigurationRefused: it doesn't take it.
    """
    try:
        done = subprocess.run(
            [program, "-c", "-f", file],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            timeout=_CHECK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationRefused(f"HAProxy can't be run: {error}") from error
    if done.returncode:
        raise ConfigurationRefused(first_alert(done.stderr.splitlines(), file.parent))


def first_alert(lines: list[str], folder: Path) -> str:
    """HAProxy's first ALERT among lines that it printed, without its process's id and the private folder's path."""
    alerts = [line for line in lines if line.startswith("[ALERT]")] or lines or ["it said nothing"]
    return _PREFIX.sub("", alerts[0]).replace(f"{folder}/", "").strip()
