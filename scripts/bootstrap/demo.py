"""First part of `scripts/demo`, which runs without a virtual environment. `demonstration` is the second part."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bootstrap.engine import ensure_engine
from bootstrap.environment import ensure_environment
from bootstrap.places import DEMO, PYTHON, ROOT, STACK_FILE
from bootstrap.reporting import print_line
from bootstrap.shell import demo_variables


def main(arguments: Sequence[str]) -> None:
    """Create the virtual environment, find the engine, and continue under the virtual environment's Python."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Deploy this repository's Pulumi project on an emulator of Gcore's API, and show the result.",
    )
    parser.add_argument("--destroy", action="store_true", help="remove everything that the demo created")
    destroy = parser.parse_args(arguments).destroy
    if destroy and not DEMO.exists() and not STACK_FILE.exists():
        print_line("Nothing to destroy: this clone has no demo. To create one, run `scripts/demo`.")
        return
    print_line("== Python packages")
    ensure_environment()
    print_line("== Pulumi engine")
    engine = ensure_engine(os.environ)
    environ = {**os.environ, **demo_variables(engine, os.environ)}
    os.chdir(ROOT / "scripts")  # `-m` looks for modules here
    os.execve(PYTHON, [str(PYTHON), "-m", "demonstration", *arguments], environ)
