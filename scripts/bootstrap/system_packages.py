"""Packages of the operating system: installed where that is possible without asking, else named for the user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.processes import CommandFailed, run_showing_progress
from bootstrap.reporting import ScriptError, say

INSTALL_SECONDS = 15 * 60
"""The time limit of an installation, downloads included."""

SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")
"""Folders of system programs that a user's PATH can lack."""


@dataclass(frozen=True)
class Program:
    """A program that comes with the operating system's packages.

    Attributes:
        names: what it may be called.
        package: Debian's package of it.
        purpose: what needs it.
    """

    names: Sequence[str]
    package: str
    purpose: str


HAPROXY = Program(("haproxy",), "haproxy", "the emulator's data plane carries traffic with it")
NGINX = Program(("nginx",), "nginx", "the demo's backends are shown to work with it")
CHROMIUM = Program(
    ("chromium", "chromium-browser", "google-chrome"), "chromium", "the emulator's page is tested in a real browser"
)
CHROMEDRIVER = Program(
    ("chromedriver",), "chromium-driver", "the tests of the emulator's page drive the browser with it"
)


def find_program(program: Program) -> Path | None:
    """Return the program, on PATH or in a folder of system programs; None if it is not there."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    found = (shutil.which(name, path=path) for name in program.names)
    return next((Path(each) for each in found if each), None)


def ensure_program(program: Program) -> Path:
    """Return the program, after installing its package if necessary.

    Raises:
        ScriptError: It isn't there, and only the user can install it.
    """
    present = find_program(program)
    if present is not None:
        return present
    missing = f"{program.names[0]} is missing ({program.purpose})"
    install_package(program.package, missing)
    installed = find_program(program)
    if installed is None:
        raise ScriptError(f"{missing}, though the package {program.package} is installed. Put it on PATH.")
    return installed


def install_package(package: str, missing: str) -> None:
    """Installs a package with apt-get, as root or with a sudo that asks for no password.

    Args:
        package: Debian's name of it.
        missing: What is wrong without it, as the beginning of a sentence.

    Raises:
        ScriptError: That isn't possible here.
    """
    remedy = f"Type `sudo apt-get install {package}` (or your system's equivalent), then run this again."
    apt_get = shutil.which("apt-get")
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]  # -n: never ask for a password
    if apt_get is None or (as_root and shutil.which("sudo") is None):
        raise ScriptError(f"{missing}. {remedy}")
    say(f"      installing {package} with apt-get: {missing}")
    try:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            run_showing_progress(
                [*as_root, apt_get, "--quiet", *words],
                seconds=INSTALL_SECONDS,
                progress=lambda lines: lines[-1].strip() if lines else "apt-get is working",
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
    except CommandFailed as error:
        raise ScriptError(f"{missing}, and {package} could not be installed. {remedy}\n{error}") from error
