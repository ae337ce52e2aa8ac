"""Command `python -m benchmarks`. See docs/performance.md."""

from __future__ import annotations

import tempfile
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.report import Row, Rows, table, write_into
from benchmarks.runs import Bench
from benchmarks.starting import imports, provider_start


class Part(str, Enum):
    """Choices of --only."""

    imports = "imports"
    start = "start"
    one = "one"
    many = "many"
    growth = "growth"


def run(
    only: Annotated[list[Part] | None, typer.Option(help="Part to run; can be repeated. [default: all]")] = None,
    into: Annotated[Path, typer.Option(help="Folder for measured.json and timeline.svg.")] = Path("build/benchmarks"),
    page: Annotated[Path | None, typer.Option(help="Also write the table between the markers of this page.")] = None,
) -> None:
    """Measure the speed of the package with the real engine and the emulator."""
    into.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for part in only or list(Part):
            typer.echo(f"{part.value} ...", err=True)
            if part is Part.one:
                measured, timeline = bench.one()
                (into / "timeline.svg").write_text(timeline)
            elif part is Part.many:
                measured = bench.many()
            elif part is Part.growth:
                measured = bench.growth()
            else:
                measured = imports() if part is Part.imports else provider_start()
            rows += measured
            (into / "measured.json").write_text(Rows(rows).model_dump_json(indent=2) + "\n")
    typer.echo(table(rows))
    if page is not None:
        write_into(page, table(rows))


if __name__ == "__main__":
    typer.run(run)
