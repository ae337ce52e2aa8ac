"""HAProxy's executable: find it, and check a configuration with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ENVIRONMENT = {"PATH": os.defpath}
"""Environment of HAProxy. The emulator's own is not passed on, because it can contain the API key."""

_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin")
_CHECK_SECONDS = 30.0
_PREFIX = re.compile(r"^\[(ALERT|WARNING|NOTICE)\]\s*\(\d+\) : ")


class HaproxyMissing(RuntimeError):
    """HAProxy is not installed. The message has the command that installs it."""


class ConfigurationRejected(RuntimeError):
    """HAProxy rejects a configuration. The message is its first ALERT line, without the process ID."""


def find_haproxy() -> Path:
    """Return the path of HAProxy, from PATH or a folder for system programs, which not every user has on PATH.

    Raises:
        HaproxyMissing: HAProxy is not installed.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    found = shutil.which("haproxy", path=path)
    if found is None:
        raise HaproxyMissing(
            "HAProxy is not installed, and the data plane requires it. Install it: `sudo apt-get install haproxy` on "
            "Debian and Ubuntu, `sudo dnf install haproxy` on Fedora, `brew install haproxy` on macOS."
        )
    return Path(found)


def check_configuration(program: Path, file: Path) -> None:
    """Check a configuration file with HAProxy, as Octavia does before each start and reload.

    Raises:
        ConfigurationRejected: HAProxy rejects the file, or cannot run.
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
        raise ConfigurationRejected(f"HAProxy cannot be run: {error}") from error
    if done.returncode:
        raise ConfigurationRejected(first_alert(done.stderr.splitlines(), file.parent))


def first_alert(lines: list[str], folder: Path) -> str:
    """Return HAProxy's first ALERT line in its output, without the process ID and the private folder's path."""
    alerts = [line for line in lines if line.startswith("[ALERT]")] or lines or ["it printed nothing"]
    return _PREFIX.sub("", alerts[0]).replace(f"{folder}/", "").strip()
