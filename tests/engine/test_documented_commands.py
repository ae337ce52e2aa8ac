"""The commands of `pulumi` that the documentation speaks of exist in the engine that is used, with their options."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections import defaultdict

import pytest

from tests.docs.pages import commands

pytestmark = pytest.mark.engine

SUBCOMMANDS = frozenset({"config", "stack"})
"""Those that have commands of their own."""


def spoken() -> dict[tuple[str, ...], set[str]]:
    """The options by the commands that they are given to."""
    found: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, command in commands():
        program, *arguments = shlex.split(command.partition(" > ")[0])
        if program != "pulumi" or not arguments:
            continue
        words = [each for each in arguments if not each.startswith("-")]
        named = tuple(words[: 2 if words[0] in SUBCOMMANDS else 1])
        found[named] |= {each.partition("=")[0] for each in arguments if each.startswith("--")}
    return found


SPOKEN = sorted(spoken().items())


@pytest.mark.parametrize(("command", "options"), SPOKEN, ids=[" ".join(command) for command, _ in SPOKEN])
def test_a_command_of_pulumi_exists(command: tuple[str, ...], options: set[str]) -> None:
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
    # A word that isn't known would get the help of the command above it.
    *above, last = command
    names = usage[1].split()[len(above) :][:1] + (aliases[1].split(", ") if aliases else [])
    assert usage[1].split()[: len(above)] == above and last in names, done.stdout
    assert all(re.search(rf"{option}\b", done.stdout) for option in options), done.stdout


def test_there_are_many() -> None:
    assert {("up",), ("preview",), ("destroy",), ("refresh",), ("config", "set"), ("stack", "init")} <= set(spoken())
