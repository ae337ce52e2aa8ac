"""What readers are to type exists, with its options. What `pulumi` takes is seen by tests/engine."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from documentation.command_help import commands_of, help_of
from tests.docs.pages import BLOCKS, ROOT, commands

OURS = ("gcore-tls", "gcore-emulator")
OTHERS = {".", "cat", "cp", "curl", "eval", "export", "git", "mkdir", "mypy", "openssl", "pip", "pulumi", "pytest"}
OTHERS |= {"python", "python3", "ruff", "sudo", "twine"}
"""Programs that are known to whoever reads the pages."""


def words(command: str) -> list[str]:
    """The command's words, without the folder that its program is in."""
    first, *rest = (each for each in shlex.split(command, comments=True) if not each.startswith("PYTHONPATH="))
    return [re.sub(r"^(\.venv|build/release)/bin/", "", first), *rest]


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_exists(page: str, command: str) -> None:
    program, *arguments = words(command)
    if program.startswith("scripts/"):
        assert (ROOT / program).exists()
    elif program in OURS:
        known = {" ".join(each[1:]) for each in commands_of(program)} - {""}
        given = next((each for each in arguments if not each.startswith("-")), "")
        helped = help_of(program, *([given] if given in known else []))
        assert not known or given in known or not given
        for option in filter(lambda each: each.startswith("--"), arguments):
            name = option.partition("=")[0]
            assert re.search(rf"{name}\b", helped) or name == "--version", f"{page}: {option}"
    else:
        assert program in OTHERS, f"{page}: {command}"


def test_there_are_many() -> None:
    typed = commands()
    assert len(typed) > 60
    assert {words(each)[0] for _, each in typed} >= {"pulumi", "scripts/demo", "scripts/docs", "gcore-tls"}


def test_every_language_is_known() -> None:
    """A block without a language, or with one that nobody looks at, would be tested by nobody."""
    plain = {"python", "console", "text", "yaml", "diff"}
    directives = {"{eval-rst}", "{toctree}", "{literalinclude}", "{command-help}"}
    made = {"{finding-sentences}", "{error-sentences}", "{warning-sentences}"}
    assert {block.language for block in BLOCKS} <= plain | directives | made


def test_programs_from_files_are_examples_that_are_run() -> None:
    texts = {block: block.text for block in BLOCKS if block.language == "{literalinclude}"}
    pages = Path(ROOT / "docs").rglob("*.md")
    included = {
        (page.parent / path).resolve()
        for page in pages
        for path in re.findall(r"^```\{literalinclude\} (\S+)$", page.read_text(), re.MULTILINE)
    }
    assert len(texts) >= len(included) > 5
    assert included <= {ROOT / "__main__.py", *(ROOT / "examples").glob("*/__main__.py")}


def test_what_is_configured_is_what_the_program_of_the_page_takes() -> None:
    configured = 0
    for page in (ROOT / "docs" / "how-to").glob("*.md"):
        text = page.read_text()
        projects = re.findall(r"^```\{literalinclude\} (\S+)__main__\.py$", text, re.MULTILINE)
        settings = [yaml.safe_load((page.parent / each / "Pulumi.yaml").read_text())["config"] for each in projects]
        known = {key for each in settings for key in each}
        for key in re.findall(r"^\$ pulumi config set (?:--\w+ )*'?([\w:-]+)", text, re.MULTILINE):
            assert key in known or ":" in key, f"{page.name}: {key}"
            configured += 1
    assert configured > 10
