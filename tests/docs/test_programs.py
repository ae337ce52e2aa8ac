"""Programs on pages pass the strict type checker, and a preview prints what is shown below them."""

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
"""Pages with a test of their own that runs their programs."""


def programs_with_output() -> Sequence[tuple[Block, str]]:
    """Return the programs of the other pages, with the text below them."""
    following = zip(BLOCKS, [*BLOCKS[1:], None], strict=True)
    return [
        (block, after.text if after is not None and after.page == block.page and after.language == "text" else "")
        for block, after in following
        if block.language == "python" and block.page not in ELSEWHERE
    ]


RUN = programs_with_output()


def test_programs_pass_the_strict_type_checker(tmp_path: Path) -> None:
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
def test_preview_prints_what_the_page_shows(block: Block, shown: str, folder: Folder) -> None:
    assert ast.parse(block.text).body
    found = folder.findings(block.text)
    assert [each for each in found if not each.startswith("warning: ")] == shown.splitlines()


def test_every_page_with_programs_has_a_test() -> None:
    pages = {block.page for block in PROGRAMS}
    assert pages >= ELSEWHERE
    assert {block.page for block, _ in RUN} == pages - ELSEWHERE
