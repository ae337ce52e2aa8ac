"""Write the tables of codes in `docs/findings.md` from the tables of findings.

`PYTHONPATH=scripts .venv/bin/python -m documentation.findings` replaces each table between two markers.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from gcore_tls_provider.certificates.findings.codes import AREAS

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "findings.md"

_TABLE: Final = re.compile(r"(<!-- findings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def render(page: str) -> str:
    """Return a page with all tables between its markers generated."""
    return _TABLE.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", page)


def table(area: str) -> str:
    """Return the table of an area's codes.

    Args:
        area: Key of `AREAS`.
    """
    rows = ["| code | meaning | severity | can be accepted |", "| --- | --- | --- | --- |"]
    for code, entry in AREAS[area].items():
        accepted = "yes" if entry.acceptable else "no"
        rows.append(f"| `{code}` | {entry.meaning} | {' or '.join(sorted(entry.severities))} | {accepted} |")
    return "".join(f"{row}\n" for row in rows)


def main() -> int:
    """Write the page."""
    PAGE.write_text(render(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
