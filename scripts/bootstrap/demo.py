"""The part of `scripts/demo` that runs before there is a virtual environment. The rest is `demonstration`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from bootstrap.engine import ensure_engine
from bootstrap.environment import ensure_environment
from bootstrap.places import DEMO, PYTHON, ROOT, STACK_FILE
from bootstrap.reporting import say
from bootstrap.shell import demo_variables


def main(arguments: Sequence[str]) -> None:
    """Create the virtual environment, find the engine, and continue under the virtual environment's Python."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Deploys this repository's Pulumi project on an emulator of Gcore's API, and shows the result.",
    )
    parser.add_argument("--destroy", action="store_true", help="take everything down again")
    destroy = parser.parse_args(arguments).destroy
    if destroy and not DEMO.exists() and not STACK_FILE.exists():
        say("Nothing to destroy: there is no demo in this clone.")
        return
    say("== Python packages")
    ensure_environment()
    say("== Pulumi engine")
    engine = ensure_engine(os.environ)
    environ = {**os.environ, **demo_variables(engine, os.environ)}
    os.chdir(ROOT / "scripts")  # where `-m` looks for modules
    os.execve(PYTHON, [str(PYTHON), "-m", "demonstration", *arguments], environ)
