"""Checks of `scripts/test`, in order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from bootstrap.engine import ensure_engine
from bootstrap.environment import ensure_environment
from bootstrap.places import ENVIRONMENT, ROOT
from bootstrap.processes import run_in_foreground
from bootstrap.reporting import ScriptError, print_error, print_line
from bootstrap.shell import tool_variables
from bootstrap.system_packages import CHROMEDRIVER, CHROMIUM, HAPROXY, NGINX, ensure_program

LINTERS: Sequence[Sequence[str]] = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("typos",),
    ("lint-imports", "--no-logo"),
    ("mypy",),
)
"""Linters and the type checker. `pyproject.toml` has their settings."""

PYTEST = ("pytest", "--numprocesses", "2", "--dist", "loadgroup")
"""Two processes. Tests of one `xdist_group` run in the same process."""

FAST = "--fast"
"""Option that leaves out `SLOW_TESTS`."""

SLOW_TESTS: Sequence[str] = (
    "tests/api/test_hostile_responses.py",
    "tests/benchmarks",
    "tests/certificates/test_corpus.py",
    "tests/docs/test_site.py",
    "tests/engine",
    "tests/faults",
    "tests/gcore_emulator/data_plane/test_data_plane_traffic.py",
    "tests/gcore_emulator/page/test_emulator_page.py",
    "tests/packaging",
    "tests/scripts/test_demo.py",
    "tests/scripts/test_demo_traffic.py",
)
"""Paths of the slowest tests."""


def main(arguments: Sequence[str]) -> int:
    """Set up, run the checks and return the exit status.

    Without arguments, run all checks. With `--fast`, leave out `SLOW_TESTS`. Other arguments run pytest alone.

    A failed check does not stop the run, so that one run shows all errors. A missing system program stops it, unless
    there are arguments: then only the tests that need the program fail.

    Raises:
        ScriptError: A system program is missing, or `--fast` comes with other arguments.
    """
    fast = FAST in arguments
    if fast and len(arguments) > 1:
        raise ScriptError(
            f"`{FAST}` takes no other arguments. Run `scripts/test {FAST}`, or `scripts/test` with pytest's arguments."
        )
    print_line("== Setting up")
    ensure_environment()
    engine = ensure_engine(os.environ)
    for program in (HAPROXY, NGINX, CHROMIUM, CHROMEDRIVER):
        try:
            print_line(f"      {ensure_program(program)}")
        except ScriptError as error:
            if not arguments:
                raise
            print_error(f"note: {error}")
    environ = {**os.environ, **tool_variables(engine, os.environ)}
    # The tests start hundreds of interpreters. Without bytecode files, each of them would compile the package.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    failed = [command for command in commands(arguments) if not passes(command, environ)]
    for command in failed:
        print_error(f"failed: {' '.join(command)}")
    if fast:
        print_line(f"Left out: {', '.join(SLOW_TESTS)}. To run them, too: scripts/test")
    return 1 if failed else 0


def commands(arguments: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the commands of a run with these arguments."""
    if not arguments:
        return [*LINTERS, PYTEST]
    if FAST in arguments:
        return [*LINTERS, [*PYTEST, *(f"--ignore={path}" for path in SLOW_TESTS)]]
    return [["pytest", *arguments]]


def passes(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Run a program of the virtual environment in the clone, and return whether it succeeded."""
    print_line(f"== {' '.join(command)}")
    return run_in_foreground([ENVIRONMENT / "bin" / command[0], *command[1:]], cwd=ROOT, env=environ) == 0
