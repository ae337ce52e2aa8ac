"""Steps of `scripts/docs`."""

from __future__ import annotations

import os
import shutil
from typing import Final

from bootstrap.environment import ensure_environment
from bootstrap.places import ENVIRONMENT, ROOT
from bootstrap.processes import run_in_foreground
from bootstrap.reporting import say

SITE: Final = ROOT / "build" / "site"
"""The site: static files that any web server serves, and that a browser opens from the disk."""

OPTIONS: Final = ("--fail-on-warning", "--keep-going", "--quiet", "--fresh-env")
"""Of `sphinx-build`."""


def main() -> int:
    """Set up, build the site and return the exit status: 1 if there was any warning."""
    say("== Setting up")
    ensure_environment()
    say("== Building the documentation")
    shutil.rmtree(SITE, ignore_errors=True)  # a page that was deleted is no page of it any more
    status = run_in_foreground(
        [ENVIRONMENT / "bin" / "sphinx-build", *OPTIONS, "-d", ROOT / "build" / "doctrees", ROOT / "docs", SITE],
        cwd=ROOT,
        env=os.environ,
    )
    if status:
        return 1
    say(f"      open {SITE / 'index.html'}, or serve the folder: python3 -m http.server -d {SITE}")
    return 0
