"""Shapes of the diagrams, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final, Literal

Color = Literal["plain", "strong", "gone", "good"]

_FILLS: Final = {"plain": "#f2f4f8", "strong": "#dbe7ff", "gone": "#f7dedb", "good": "#d9f0e1"}
_LINES: Final = {"plain": "#8a93a5", "strong": "#3565c4", "gone": "#b4483a", "good": "#2f8a55"}

_HEAD: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{title}</title>
<style>
text {{ font: 14px system-ui, sans-serif; fill: #1c2230; text-anchor: middle; }}
.small {{ font-size: 12px; fill: #4c5568; }}
.code {{ font: 13px ui-monospace, monospace; }}
.large {{ font: 22px ui-monospace, monospace; }}
.bold {{ font-weight: 600; }}
</style>
<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
<path d="M0 0 8 4 0 8z" fill="#4c5568"/></marker></defs>
<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>
"""


@dataclass
class Drawing:
    """Diagram.

    Attributes:
        title: Text for screen readers.
        width: Width in pixels.
        height: Height in pixels.
        parts: SVG elements; later ones cover earlier ones.
    """

    title: str
    width: int
    height: int
    parts: list[str] = field(default_factory=list)

    def box(self, x: int, y: int, width: int, lines: Sequence[str], color: Color = "plain", height: int = 0) -> None:
        """Draw a box with a title and small lines below it.

        Args:
            x: Left edge.
            y: Upper edge.
            width: Width.
            lines: Title, followed by the small lines.
            color: Color of the kind of thing that the box stands for.
            height: Height; 0 for as much as the lines need.
        """
        high = height or 24 + 20 * len(lines)
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{high}" rx="6" fill="{_FILLS[color]}" '
            f'stroke="{_LINES[color]}"/>'
        )
        top = y + (high - 20 * len(lines)) // 2 + 15
        for index, line in enumerate(lines):
            self.text(x + width // 2, top + 20 * index, line, "small" if index else "bold")

    def text(self, x: int, y: int, text: str, style: str = "") -> None:
        """Draw a line of text centered at `x`."""
        self.parts.append(f'<text x="{x}" y="{y}" class="{style}">{escape(text)}</text>')

    def arrow(self, x: int, y: int, to_x: int, to_y: int, label: Sequence[str] = ()) -> None:
        """Draw an arrow with lines of text above its middle."""
        self.parts.append(
            f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="#4c5568" stroke-width="1.5" '
            f'marker-end="url(#end)"/>'
        )
        for index, line in enumerate(reversed(label)):
            self.text((x + to_x) // 2, (y + to_y) // 2 - 8 - 16 * index, line, "small")

    def bar(self, x: int, y: int, width: int, text: str, color: Color) -> None:
        """Draw a bar on a time line."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="26" rx="4" fill="{_FILLS[color]}" '
            f'stroke="{_LINES[color]}"/>'
        )
        self.text(x + width // 2, y + 18, text, "small")

    def line(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Draw a thin dashed line."""
        self.parts.append(f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="#8a93a5" stroke-dasharray="4 4"/>')

    def svg(self) -> str:
        """Return the SVG file."""
        head = _HEAD.format(width=self.width, height=self.height, title=escape(self.title))
        return head + "\n".join(self.parts) + "\n</svg>\n"
