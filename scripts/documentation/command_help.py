"""Help texts of commands, as sections of a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_PROGRAMS: Final = Path(sys.executable).parent
_WIDTH: Final = 90
_SECONDS: Final = 60


@cache
def help_of(*command: str) -> str:
    """Return what a command prints for `--help`.

    Args:
        command: Program of this package, and one of its commands.
    """
    done = subprocess.run(
        [_PROGRAMS / command[0], *command[1:], "--help"],
        env=_plain(os.environ),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    return done.stdout


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the text is the same on every machine."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("GCORE_", "FORCE_"))}
    return {**kept, "COLUMNS": str(_WIDTH), "NO_COLOR": "1", "TERM": "dumb"}


def commands_of(program: str) -> Iterator[tuple[str, ...]]:
    """Yield the program itself, and each of its commands."""
    yield (program,)
    _, _, listed = help_of(program).partition("\nCommands:\n")
    yield from ((program, name) for name in re.findall(r"^  (\S+)", listed, re.MULTILINE))


class CommandHelp(SphinxDirective):
    """Directive: the help of a program and of its commands, a section for each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return [self._section(command) for command in commands_of(self.arguments[0])]

    def _section(self, command: tuple[str, ...]) -> nodes.section:
        name = " ".join(command)
        text = help_of(*command).rstrip()
        section = nodes.section("", nodes.title(name, name), ids=["-".join(command)])
        section += nodes.literal_block(text, text, language="text")
        return section
