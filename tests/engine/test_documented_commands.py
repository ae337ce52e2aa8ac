"""Commands of `pulumi` in the documentation exist in the engine, with their options."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections import defaultdict

import pytest

from tests.docs.pages import commands

pytestmark = pytest.mark.engine

SUBCOMMANDS = frozenset({"config", "stack"})
"""Commands with subcommands."""


def documented() -> dict[tuple[str, ...], set[str]]:
    """Return the options of each documented command."""
    found: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, command in commands():
        program, *arguments = shlex.split(command.partition(" > ")[0])
        if program != "pulumi" or not arguments:
            continue
        words = [each for each in arguments if not each.startswith("-")]
        named = tuple(words[: 2 if words[0] in SUBCOMMANDS else 1])
        found[named] |= {each.partition("=")[0] for each in arguments if each.startswith("--")}
    return found


DOCUMENTED = sorted(documented().items())


@pytest.mark.parametrize(("command", "options"), DOCUMENTED, ids=[" ".join(command) for command, _ in DOCUMENTED])
def test_the_command_exists_with_its_options(command: tuple[str, ...], options: set[str]) -> None:
    done = subprocess.run(
        ["pulumi", *command, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    usage = re.search(r"^Usage:\n +pulumi (.+)$", done.stdout, re.MULTILINE)
    aliases = re.search(r"^Aliases:\n +(.+)$", done.stdout, re.MULTILINE)
    assert usage
    # For an unknown subcommand, `pulumi` prints the help of its parent command.
    *parents, last = command
    names = usage[1].split()[len(parents) :][:1] + (aliases[1].split(", ") if aliases else [])
    assert usage[1].split()[: len(parents)] == parents and last in names, done.stdout
    assert all(re.search(rf"{option}\b", done.stdout) for option in options), done.stdout


def test_the_main_commands_are_documented() -> None:
    assert {("up",), ("preview",), ("destroy",), ("refresh",), ("config", "set"), ("stack", "init")} <= set(
        documented()
    )
