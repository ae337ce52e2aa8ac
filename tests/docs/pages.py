"""Pages of the documentation, and the blocks in them."""

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
    """Fenced block.

    Attributes:
        page: Path of the page, relative to the root.
        number: Number of the block on its page, from 1.
        language: Language or directive: `python`, `console`, `{toctree}`.
        text: Content.
    """

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


def blocks(page: Path) -> Sequence[Block]:
    """Return all blocks of a page in order."""
    name = str(page.relative_to(ROOT))
    return [
        Block(name, number, found["language"], dedent(found["text"]))
        for number, found in enumerate(_BLOCK.finditer(page.read_text()), 1)
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return _BLOCK.sub("", page.read_text())


def commands() -> Sequence[tuple[str, str]]:
    """Return the commands that readers type, with their page: in console blocks and between backticks."""
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
