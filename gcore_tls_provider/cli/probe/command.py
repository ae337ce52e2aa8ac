"""`gcore-tls probe`: finds out on a live account what Gcore's documents leave open."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gcore_tls_provider.cli.check.terminal import console, counted, show
from gcore_tls_provider.errors import GcoreTlsError

if TYPE_CHECKING:
    from gcore_tls_provider.cli.probe.report import Cleaning, Report

EPILOG = (
    "Reads GCORE_API_KEY, GCORE_CLOUD_PROJECT_ID, GCORE_CLOUD_REGION_ID and GCORE_BASE_URL from the environment. What "
    "it makes has names that begin with gcore-tls-probe-, and is removed at the end; where that can't be done the exit "
    "status is 1, and the last lines say what is left."
)


def probe(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before anything is made or removed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="Only remove what earlier probes have left, found by its names.")
    ] = False,
    flavor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Flavor of the load balancer. [default: the cheapest]")
    ] = None,
    network_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Network of its VIP. [default: the external one]")
    ] = None,
    task_timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="How long a task may take.")] = 600,
) -> None:
    """Find out on a live account what Gcore's documents leave open.

    Makes a load balancer and a few secrets, tries on them what the documents don't say, and removes them. Says first
    what it will make and what that costs, and asks. Use a project without production load balancers: requests are
    sent quickly at the end, to see whether they are limited.
    """
    # Here, so that the other commands start without what speaks to Gcore.
    from gcore_tls_provider.cli.probe.account import ProbedAccount
    from gcore_tls_provider.cli.probe.cleanup import leftovers
    from gcore_tls_provider.cli.probe.plan import make_plan
    from gcore_tls_provider.cli.probe.run import CLEANING_SECONDS, cleaned
    from gcore_tls_provider.cli.probe.run import probe as run
    from gcore_tls_provider.lifecycle.run.configuration import Configuration

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        connection = Configuration.read(lambda _key: None, os.environ).connection()
        account = ProbedAccount(connection, task_limit=task_timeout, flavor=flavor, network=network_id)
        if clean_up:
            found = leftovers(account, None)
            _agree([f"To be removed: {each.kind} {each.id} '{each.name}'" for each in found], yes or not found)
            cleaning = cleaned(account, None, CLEANING_SECONDS)
            typer.echo(
                cleaning.model_dump_json(indent=2) if json else f"{counted(cleaning.removed, 'object')} removed."
            )
            raise typer.Exit(_left(cleaning))
        _agree(make_plan(account).sentences(), yes)
        report = run(account, lambda text: typer.echo(text, err=True))
    except GcoreTlsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    if json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _show(report)
    raise typer.Exit(_left(report.cleaning) or (1 if report.stopped else 0))


def _agree(sentences: list[str] | tuple[str, ...], yes: bool) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        typer.echo("error: nobody can be asked here; give --yes to agree.", err=True)
        raise typer.Exit(2)
    typer.confirm("Go on?", abort=True, err=True)


def _show(report: Report) -> None:
    from gcore_tls_provider.cli.probe.open_questions import QUESTIONS

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for heading in ("question", "found", "evidence"):
        table.add_column(heading, overflow="fold", min_width=5)
    for each in report.findings:
        name = Text(f"{each.question}\n{QUESTIONS[each.question]}")
        table.add_row(name, Text(each.choice or "not answered"), Text(each.evidence))
    show(table, to=console())
    # Not wrapped: both are for copying.
    typer.echo("\nFor the stack's configuration:")
    typer.echo(f"pulumi config set gcore:dialect {report.dialect}")
    typer.echo("\nFor an emulator that behaves alike:")
    typer.echo(report.emulator_command)


def _left(cleaning: Cleaning) -> int:
    """Says what is left, and gives the exit status."""
    if cleaning.complete:
        return 0
    for each in cleaning.left:
        typer.echo(f"left: {each.kind} {each.id} '{each.name}': {each.reason}", err=True)
    if cleaning.problem:
        typer.echo(f"It isn't known what is left: {cleaning.problem}", err=True)
    typer.echo(
        "Look in the portal for names that begin with gcore-tls-probe-, or run `gcore-tls probe --clean-up` later.",
        err=True,
    )
    return 1
