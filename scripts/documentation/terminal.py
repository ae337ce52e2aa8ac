"""Draw the output of a terminal as an SVG, in a light and a dark theme."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final, Literal
from xml.etree import ElementTree

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

Scheme = Literal["light", "dark"]
"""Color scheme of the reader's browser (`prefers-color-scheme`)."""

SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")

WIDTH: Final = 108
"""Width of the terminal in columns."""

_LIGHT_COLORS: Final = [
    (36, 41, 47),
    (180, 35, 24),
    (26, 114, 57),
    (138, 83, 0),
    (9, 105, 218),
    (130, 80, 223),
    (20, 108, 123),
    (87, 96, 106),
]
_DARK_COLORS: Final = [
    (72, 79, 88),
    (255, 123, 114),
    (86, 211, 100),
    (227, 179, 65),
    (121, 192, 255),
    (210, 168, 255),
    (86, 212, 221),
    (201, 209, 217),
]

_THEMES: Final[Mapping[Scheme, TerminalTheme]] = {
    "light": TerminalTheme((246, 248, 250), (36, 41, 47), _LIGHT_COLORS, _LIGHT_COLORS),
    "dark": TerminalTheme((22, 27, 34), (230, 237, 243), _DARK_COLORS, _DARK_COLORS),
}

# Rich's own format loads a font from another server, which GitHub and package indexes block.
_FORMAT: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, Menlo, Consolas, monospace; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def terminal_svg(output: str, command: str, scheme: Scheme) -> str:
    """Draw a terminal after a command.

    Args:
        output: The command's output, with ANSI escape codes for colors.
        command: The command line, shown above the output.
        scheme: Which colors to use.
    """
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(output))
    console.print()  # Rich clips the last line, without which underscores in it are invisible.
    svg = console.export_svg(title="", theme=_THEMES[scheme], code_format=_FORMAT, unique_id="terminal")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def text_of(svg: str) -> str:
    """Return the text that an SVG made by `terminal_svg` shows, one line for each line of the terminal."""
    lines: defaultdict[float, list[tuple[float, str]]] = defaultdict(list)
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if element.get("clip-path"):
            lines[float(element.get("y", "0"))].append((float(element.get("x", "0")), element.text or ""))
    texts = ["".join(text for _, text in sorted(lines[y])) for y in sorted(lines)]
    return "\n".join(re.sub("\N{NO-BREAK SPACE}", " ", text).rstrip() for text in texts)
