"""Docstrings for Sphinx: sections in Google's style, and fenced code as in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sphinx.application import Sphinx
from sphinx.ext.napoleon.docstring import GoogleDocstring

_SHOWN_ONCE: Final = frozenset({"get", "id"})
"""Members that all resources share: one page describes them."""

_VARIABLES: Final = frozenset({"attribute", "data", "property"})


def register(app: Sphinx) -> None:
    """Connect this module to Sphinx's `autodoc`."""
    app.connect("autodoc-process-docstring", _convert)
    app.connect("autodoc-skip-member", _skip)


def _convert(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    unfenced = _unfenced(lines)
    # A variable has no sections, and napoleon would read text before a colon as its type.
    lines[:] = unfenced if what in _VARIABLES else GoogleDocstring(unfenced).lines()


def _unfenced(lines: Sequence[str]) -> list[str]:
    """Return the lines with fenced code in reStructuredText's form."""
    found: list[str] = []
    inside = False
    for line in lines:
        fence = re.fullmatch(r"( *)```(\w*)", line)
        if fence is None:
            found.append(f"   {line}" if inside and line else line)
        elif inside:
            inside = False
        else:
            inside = True
            found += [f"{fence[1]}.. code-block:: {fence[2] or 'text'}", ""]
    return found


def _skip(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    return True if name in _SHOWN_ONCE else None
