"""What the tests under faults share: a life, lived once per process; and the table of what all cases came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields

import pytest
from rich import box
from rich.console import Console
from rich.table import Table

from tests.faults.story import Counts, Story
from tests.material import Material

PROPERTY = "faults"


@pytest.fixture(scope="session")
def story() -> Story:
    return Story.of(Material.generate(), "both")


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Iterator[Callable[[Counts], None]]:
    """Adds a case to the table that is printed at the end."""
    total = Counts()

    def add(counts: Counts) -> None:
        for each in fields(Counts):
            setattr(total, each.name, getattr(total, each.name) + getattr(counts, each.name))

    yield add
    record_property(PROPERTY, asdict(total))


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what all cases came to, those of other processes included."""
    rows: dict[str, Counts] = {}
    for reports in terminalreporter.stats.values():
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
    terminalreporter.section("faults")
    terminalreporter.write_line(captured.get())
