"""The language check: over all code and pages, and on examples of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from documentation import language
from documentation.language import RULES, violations
from tests.docs.pages import ROOT

AREAS = (
    "benchmarks",
    "components",
    "docs",
    "examples",
    "gcore_emulator",
    "gcore_tls_provider",
    "scripts",
    "templates",
    "tests",
    "tools",
)
EXEMPT = {Path(language.__file__), Path(__file__)}
"""Files that quote what the check finds."""


def files(area: str) -> list[Path]:
    """Return the Python files and pages of a folder; scripts have no suffix."""
    found = [path for path in (ROOT / area).rglob("*") if path.is_file() and path.suffix in (".py", ".md")]
    if area == "scripts":
        found += [path for path in (ROOT / area).iterdir() if path.is_file() and path.suffix == ""]
    return sorted(path for path in found if path not in EXEMPT and ".venv" not in path.parts)


@pytest.mark.parametrize("area", AREAS)
def test_no_file_uses_words_outside_the_glossary(area: str) -> None:
    assert [str(each) for path in files(area) for each in violations(path)] == []


def test_no_file_at_the_root_uses_words_outside_the_glossary() -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "__main__.py"]
    assert len(pages) > 3
    assert [str(each) for path in pages for each in violations(path)] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"""Which pools exist."""\n', 1),
        ('x = 1\n"""What it is."""\n', 2),
        ("# It is made anew.\n", 1),
        ('raise ValueError("mend it first")\n', 1),
        ('def f():\n    """Return it.\n\n    Sent in\n    clear.\n    """\n', 4),
        ('x = f"the leftovers of {1}"\n', 1),
    ],
)
def test_code_that_breaks_a_rule_is_found_with_its_line(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(text)
    assert [each.line for each in violations(tmp_path / "module.py")] == [line]


def test_prose_is_checked_and_code_on_a_page_is_not(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("Keys are `in clear`.\n\n```text\nleftovers\n```\n\nA dead\nrun.\n")
    assert [each.line for each in violations(tmp_path / "page.md")] == [7]


def test_names_and_plain_words_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('"""Return the mender."""\nleftovers = "anewest"\n# Making sure it is clear.\n')
    assert list(violations(tmp_path / "module.py")) == []


def test_every_rule_names_what_to_use_instead() -> None:
    assert len(RULES) > 20
    assert all(rule.instead and rule.pattern.pattern for rule in RULES)
