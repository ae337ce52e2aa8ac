"""Texts that control a terminal, hide what is around them, or end a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HOSTILE_TEXTS: Final[Mapping[str, str]] = {
    "colors": "\x1b[31mred\x1b[0m",
    "clear the screen": "\x1b[2J\x1b[H",
    "set the title": "\x1b]0;owned\x07",
    "write the clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "hyperlink": "\x1b]8;;https://evil.example\x1b\\Gcore\x1b]8;;\x1b\\",
    "device control": "\x1bP$q\x1b\\",
    "one-byte CSI": "\x9b31mred",
    "one-byte OSC": "\x9d0;owned\x9c",
    "overwrite the line": "error\rok   ",
    "erase": "error\b\b\b\b\bok",
    "bell and null": "\x07\x00",
    "delete": "a\x7fb",
    "new lines": "ok\nerror: all is lost\r\nok\x0b\x0c\x85",
    "Unicode line ends": "ok\u2028error\u2029ok",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069",
    "invisible": "a\u200bb\u2060c\ufeffd",
    "tag characters": "a\U000e0041b",
    "lone surrogate": "a\ud800b",
}


def is_harmless(text: str) -> bool:
    """Return whether a terminal shows each character of a text, in its place; line ends are allowed."""
    return all(each == "\n" or each.isprintable() for each in text)
