"""What cases under faults come to, and the table of it at the end of a test run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

PROPERTY = "faults"
"""The property of a test's report that holds its counts."""


@dataclass
class Counts:
    """What a number of cases came to. All but the first two must be 0.

    Attributes:
        cases: how many there were.
        fired: how many faults happened.
        orphans: objects of ours that a destroy left.
        duplicates: objects that were there twice after the recovery.
        lost: cases after whose recovery something wasn't as the program says.
        foreign: objects of others that were touched.
        breaches: invariants that were broken on the way, by the emulator's audit.
        leaks: cases that showed a secret to somebody.
    """

    cases: int = 0
    fired: int = 0
    orphans: int = 0
    duplicates: int = 0
    lost: int = 0
    foreign: int = 0
    breaches: int = 0
    leaks: int = 0


TITLES = {
    "cases": "cases",
    "fired": "faults fired",
    "orphans": "orphans",
    "duplicates": "duplicates",
    "lost": "not as said",
    "foreign": "foreign touched",
    "breaches": "invariants",
    "leaks": "secrets shown",
}
"""What the columns of the table are called. All but the first two must be 0."""


def summarize(reporter: pytest.TerminalReporter) -> None:
    """Prints what all cases came to, those of other processes included."""
    rows: dict[str, Counts] = {}
    for reports in reporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == PROPERTY and report.when == "teardown":
                    row = rows.setdefault(report.nodeid.partition("::")[2].partition("[")[0], Counts())
                    for title in TITLES:
                        setattr(row, title, getattr(row, title) + value[title])
    if not rows:
        return
    table = Table("", *TITLES.values(), box=box.SIMPLE_HEAD)
    for test, row in rows.items():
        table.add_row(test.removeprefix("test_").replace("_", " "), *(str(getattr(row, title)) for title in TITLES))
    console = Console(width=150)
    with console.capture() as captured:
        console.print(table)
    reporter.section("faults")
    reporter.write_line(captured.get())
