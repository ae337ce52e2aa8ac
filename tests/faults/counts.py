"""Results of cases with faults, and their table at the end of a test run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

COUNTS_PROPERTY = "faults"
"""Property of a test's report that contains its counts."""


@dataclass
class FaultCounts:
    """Results of a number of cases. All except the first two must be 0.

    Attributes:
        cases: Number of cases.
        fired: Number of faults that occurred.
        orphans: Objects of the stack that remained after a destroy.
        duplicates: Objects that existed twice after the recovery.
        different: Cases whose account differed from the program after the recovery.
        foreign_changed: Objects of others that were changed or deleted.
        violations: Violations of invariants that the emulator's audit reports.
        leaks: Cases whose output, state or object names contained a secret.
    """

    cases: int = 0
    fired: int = 0
    orphans: int = 0
    duplicates: int = 0
    different: int = 0
    foreign_changed: int = 0
    violations: int = 0
    leaks: int = 0


COLUMN_TITLES = {
    "cases": "cases",
    "fired": "faults fired",
    "orphans": "orphans",
    "duplicates": "duplicates",
    "different": "not as declared",
    "foreign_changed": "foreign touched",
    "violations": "violations",
    "leaks": "secrets shown",
}
"""Titles of the columns, by attribute. All columns except the first two must contain 0."""


def print_fault_table(reporter: pytest.TerminalReporter) -> None:
    """Print the results of all cases, including those of other processes."""
    rows: dict[str, FaultCounts] = {}
    for reports in reporter.stats.values():
        for report in reports:
            for property_name, value in getattr(report, "user_properties", ()):
                if property_name == COUNTS_PROPERTY and report.when == "teardown":
                    row = rows.setdefault(report.nodeid.partition("::")[2].partition("[")[0], FaultCounts())
                    for name in COLUMN_TITLES:
                        setattr(row, name, getattr(row, name) + value[name])
    if not rows:
        return
    table = Table("", *COLUMN_TITLES.values(), box=box.SIMPLE_HEAD)
    for test, row in rows.items():
        table.add_row(
            test.removeprefix("test_").replace("_", " "), *(str(getattr(row, name)) for name in COLUMN_TITLES)
        )
    console = Console(width=170)
    with console.capture() as captured:
        console.print(table)
    reporter.section("faults")
    reporter.write_line(captured.get())
