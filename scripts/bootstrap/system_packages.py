"""Packages of the operating system: installed if no password is needed, otherwise named in the error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.processes import CommandFailed, run_showing_progress
from bootstrap.reporting import ScriptError, print_line

INSTALL_SECONDS = 15 * 60
"""Time limit for an installation, including downloads."""

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Folders of system programs that are not on every user's PATH."""


@dataclass(frozen=True)
class Program:
    """A program from a package of the operating system.

    Attributes:
        names: Possible names of the program.
        package: Name of its Debian package.
        purpose: The reason why a script needs it, as a clause.
    """

    names: Sequence[str]
    package: str
    purpose: str


HAPROXY = Program(("haproxy",), "haproxy", "the emulator's data plane needs it to carry traffic")
NGINX = Program(("nginx",), "nginx", "the tests of the demo's backends need it")
CHROMIUM = Program(
    ("chromium", "chromium-browser", "google-chrome"), "chromium", "the tests of the emulator's page need a browser"
)
CHROMEDRIVER = Program(
    ("chromedriver",), "chromium-driver", "the tests of the emulator's page need it to control the browser"
)


def find_program(program: Program) -> Path | None:
    """Return the program from PATH or a folder of system programs, or None if it is missing."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    found = (shutil.which(name, path=path) for name in program.names)
    return next((Path(each) for each in found if each), None)


def ensure_program(program: Program) -> Path:
    """Return the program. Install its package first if it is missing.

    Raises:
        ScriptError: It is missing, and only the user can install it.
    """
    present = find_program(program)
    if present is not None:
        return present
    missing = f"{program.names[0]} is missing ({program.purpose})"
    install_package(program.package, missing)
    installed = find_program(program)
    if installed is None:
        raise ScriptError(f"{missing}, although the package {program.package} is installed. Put the program on PATH.")
    return installed


def install_package(package: str, missing: str) -> None:
    """Install a package with apt-get, as root or with a sudo that needs no password.

    Args:
        package: Name of the Debian package.
        missing: The problem, as the beginning of a sentence.

    Raises:
        ScriptError: Only the user can install it, or the installation fails.
    """
    remedy = f"Run `sudo apt-get install {package}` (or your system's equivalent), then run this again."
    apt_get = shutil.which("apt-get")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]  # -n: fail instead of asking for a password
    if apt_get is None or (as_root and shutil.which("sudo") is None):
        raise ScriptError(f"{missing}. {remedy}")
    print_line(f"      installing {package} with apt-get: {missing}")
    try:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            run_showing_progress(
                [*as_root, apt_get, "--quiet", *words],
                seconds=INSTALL_SECONDS,
                progress=lambda lines: lines[-1].strip() if lines else "running apt-get",
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
    except CommandFailed as error:
        raise ScriptError(f"{missing}, and {package} could not be installed. {remedy}\n{error}") from error
