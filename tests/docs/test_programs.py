"""Every program on a page passes the strict type checker, and a preview of it says what is shown below it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.docs.pages import BLOCKS, ROOT, Block
from tests.docs.preview import Folder
from tests.docs.test_findings_page import folder as folder

PROGRAMS = [block for block in BLOCKS if block.language == "python"]

ELSEWHERE = frozenset({"README.md", "docs/findings.md", "docs/surprises.md", "docs/tutorial.md"})
"""Pages whose programs a test of their own runs."""


def programs_with_output() -> Sequence[tuple[Block, str]]:
    """The other pages' programs, with the text below them."""
    following = zip(BLOCKS, [*BLOCKS[1:], None], strict=True)
    return [
        (block, after.text if after is not None and after.page == block.page and after.language == "text" else "")
        for block, after in following
        if block.language == "python" and block.page not in ELSEWHERE
    ]


RUN = programs_with_output()


def test_all_of_them_are_typed(tmp_path: Path) -> None:
    for block in PROGRAMS:
        name = str(block).replace("/", "_").replace(".", "_").replace(":", "_").replace("-", "_")
        (tmp_path / f"{name}.py").write_text(block.text)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental"]
    done = subprocess.run(
        [*command, *sorted(tmp_path.glob("*.py"))], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert len(PROGRAMS) > 8


@pytest.mark.parametrize(("block", "shown"), RUN, ids=[str(block) for block, _ in RUN])
def test_a_preview_says_what_is_shown(block: Block, shown: str, folder: Folder) -> None:
    assert ast.parse(block.text).body
    said = folder.findings(block.text)
    assert [each for each in said if not each.startswith("warning: ")] == shown.splitlines()


def test_every_page_with_programs_is_tested() -> None:
    pages = {block.page for block in PROGRAMS}
    assert pages >= ELSEWHERE
    assert {block.page for block, _ in RUN} == pages - ELSEWHERE
