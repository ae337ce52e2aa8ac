"""Report of the measurements: rows with their targets, as a table, as JSON, and on the docs page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, RootModel

BEGIN: Final = "<!-- measured: begin -->"
END: Final = "<!-- measured: end -->"


class Row(BaseModel, frozen=True):
    """Row of the report.

    Attributes:
        part: Part of the benchmark.
        measure: Description of the measurement.
        measured: Measured value.
        target: Maximum value; None for a value without a target.
        unit: Unit; empty for a ratio.
    """

    part: str
    measure: str
    measured: float
    target: float | None = None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """`pass` or `FAIL`, or a dash without a target."""
        if self.target is None:
            return "-"
        return "pass" if self.measured <= self.target else "FAIL"


class Rows(RootModel[list[Row]]):
    """Rows in the form of the JSON file."""


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| measure | measured | target | |", "| --- | ---: | ---: | --- |"]
    for row in rows:
        target = "" if row.target is None else f"<= {row.target:g}{_unit(row)}"
        lines.append(f"| {row.measure} | {row.measured:.3g}{_unit(row)} | {target} | {row.verdict} |")
    return "\n".join(lines)


def write_into(page: Path, text: str) -> None:
    """Write a text between the markers of a page.

    Raises:
        ValueError: The page has no markers.
    """
    whole = page.read_text()
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no lines {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def _unit(row: Row) -> str:
    return f" {row.unit}" if row.unit else ""
