"""Steps of `scripts/docs`."""

from __future__ import annotations

import os
import shutil
from typing import Final

from bootstrap.environment import ensure_environment
from bootstrap.places import ENVIRONMENT, ROOT
from bootstrap.processes import run_in_foreground
from bootstrap.reporting import print_line

SITE: Final = ROOT / "build" / "site"
"""Folder of the site: static files, for any web server or for a browser without one."""

OPTIONS: Final = ("--fail-on-warning", "--keep-going", "--quiet", "--fresh-env")
"""Options of `sphinx-build`."""


def main() -> int:
    """Set up, build the site and return the exit status: 1 if there was any warning."""
    print_line("== Setting up")
    ensure_environment()
    print_line("== Building the documentation")
    shutil.rmtree(SITE, ignore_errors=True)  # Sphinx does not remove deleted pages
    status = run_in_foreground(
        [ENVIRONMENT / "bin" / "sphinx-build", *OPTIONS, "-d", ROOT / "build" / "doctrees", ROOT / "docs", SITE],
        cwd=ROOT,
        env=os.environ,
    )
    if status:
        return 1
    print_line(f"      open {SITE / 'index.html'}, or serve the folder: python3 -m http.server -d {SITE}")
    return 0
