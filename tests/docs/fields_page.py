"""Read the tables of `docs/fields.md`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fields.md"

Row = Mapping[str, str]


def tables() -> dict[str, list[Row]]:
    """Return the rows of the table under each heading, without code marks."""
    found: dict[str, list[Row]] = {}
    heading, columns = "", list[str]()
    for line in PAGE.read_text().splitlines():
        if line.startswith("#"):
            heading, columns = line.lstrip("# "), []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not columns:
                columns = cells
                found[heading] = []
            elif set(cells) != {"---"}:
                assert len(cells) == len(columns), line
                found[heading].append(dict(zip(columns, (_plain(each) for each in cells), strict=True)))
    return found


def removed_value(cell: str) -> object:
    """Return the value of a cell of the column `removed`: None for null, `...` for a field that stays."""
    return ... if cell == "stays" else json.loads(cell)


def _plain(cell: str) -> str:
    return cell[1:-1] if cell.startswith("`") and cell.endswith("`") and cell.count("`") == 2 else cell
