"""The pages that people read, and the blocks in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))

_BLOCK = re.compile(r"^ *(?P<fence>`{3,})(?P<language>\{?[\w-]*\}?)[^\n]*\n(?P<text>.*?)^ *(?P=fence)$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block between fences.

    Attributes:
        page: the page, from the root.
        number: which of the page's blocks it is, from 1.
        language: what it says of itself: `python`, `console`, `{toctree}`.
        text: what stands in it.
    """

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


def blocks(page: Path) -> Sequence[Block]:
    """All blocks of a page, in their order."""
    name = str(page.relative_to(ROOT))
    return [
        Block(name, number, found["language"], dedent(found["text"]))
        for number, found in enumerate(_BLOCK.finditer(page.read_text()), 1)
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def commands() -> Sequence[tuple[str, str]]:
    """What readers are to type, with the page: in console blocks, and between backticks."""
    typed = [
        (block.page, line.removeprefix("$ ").partition("  # ")[0].rstrip())
        for block in BLOCKS
        if block.language == "console"
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]
    for page in PAGES:
        spoken = re.findall(r"`((?:pulumi|gcore-tls|gcore-emulator|scripts/\w+)(?: [^`]+)?)`", prose(page))
        typed += [(str(page.relative_to(ROOT)), " ".join(each.split())) for each in spoken]
    return typed
