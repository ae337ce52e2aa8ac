"""Commands on pages exist, with their options. `tests/engine` runs those of `pulumi`."""

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
"""Programs that readers know."""


def words(command: str) -> list[str]:
    """Return the words of a command, without the folder of its program."""
    first, *rest = (each for each in shlex.split(command, comments=True) if not each.startswith("PYTHONPATH="))
    return [re.sub(r"^(\.venv|build/release)/bin/", "", first), *rest]


@pytest.mark.parametrize(("page", "command"), commands())
def test_command_exists_with_its_options(page: str, command: str) -> None:
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


def test_pages_contain_many_commands() -> None:
    typed = commands()
    assert len(typed) > 60
    assert {words(each)[0] for _, each in typed} >= {"pulumi", "scripts/demo", "scripts/docs", "gcore-tls"}


def test_every_block_has_a_language_that_a_test_checks() -> None:
    """No test would check a block without a language, or with an unknown one."""
    plain = {"python", "console", "text", "yaml", "diff"}
    directives = {"{eval-rst}", "{toctree}", "{literalinclude}", "{command-help}"}
    made = {"{finding-messages}", "{error-classes}", "{warning-messages}"}
    assert {block.language for block in BLOCKS} <= plain | directives | made


def test_included_programs_are_examples_that_tests_run() -> None:
    texts = {block: block.text for block in BLOCKS if block.language == "{literalinclude}"}
    pages = Path(ROOT / "docs").rglob("*.md")
    included = {
        (page.parent / path).resolve()
        for page in pages
        for path in re.findall(r"^```\{literalinclude\} (\S+)$", page.read_text(), re.MULTILINE)
    }
    assert len(texts) >= len(included) > 5
    assert included <= {ROOT / "__main__.py", *(ROOT / "examples").glob("*/__main__.py")}


def test_configuration_on_a_page_is_what_its_program_reads() -> None:
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
