"""Checks of `scripts/test`, in order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from bootstrap.engine import ensure_engine
from bootstrap.environment import ensure_environment
from bootstrap.places import ENVIRONMENT, ROOT
from bootstrap.processes import run_in_foreground
from bootstrap.reporting import ScriptError, complain, say
from bootstrap.shell import tool_variables
from bootstrap.system_packages import CHROMEDRIVER, CHROMIUM, HAPROXY, NGINX, ensure_program

LINTERS: Sequence[Sequence[str]] = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("typos",),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
"""The programs that read the code. What they look at stands in `pyproject.toml`."""

PYTEST = ("pytest", "--numprocesses", "2", "--dist", "loadgroup")
"""Two processes; tests of one `xdist_group` stay together."""


def main(arguments: Sequence[str]) -> int:
    """Set up, run everything (or, with arguments, pytest alone) and return the exit status.

    All programs run, even if an early one fails, so that one run shows all that is wrong. Without HAProxy or a browser
    there is no whole run; with arguments the tests that need them fail by themselves.
    """
    say("== Setting up")
    ensure_environment()
    engine = ensure_engine(os.environ)
    for program in (HAPROXY, NGINX, CHROMIUM, CHROMEDRIVER):
        try:
            say(f"      {ensure_program(program)}")
        except ScriptError as error:
            if not arguments:
                raise
            complain(f"note: {error}")
    environ = {**os.environ, **tool_variables(engine, os.environ)}
    # The tests start hundreds of interpreters: without bytecode, each of them would compile the package.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    commands = [("pytest", *arguments)] if arguments else [*LINTERS, PYTEST]
    failed = [command for command in commands if not passes(command, environ)]
    for command in failed:
        complain(f"failed: {' '.join(command)}")
    return 1 if failed else 0


def passes(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Run a program of the virtual environment in the clone, and return whether it succeeded."""
    say(f"== {' '.join(command)}")
    return run_in_foreground([ENVIRONMENT / "bin" / command[0], *command[1:]], cwd=ROOT, env=environ) == 0
