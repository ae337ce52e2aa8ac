"""`gcore-tls probe`: find out on a live account how Gcore behaves where its documentation does not say."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gcore_tls_provider.cli.check.terminal import console, counted, echo, echo_json, show
from gcore_tls_provider.errors import GcoreTlsError

if TYPE_CHECKING:
    from gcore_tls_provider.cli.probe.report import CleanupResult, ProbeReport

EPILOG = (
    "Reads GCORE_API_KEY, GCORE_CLOUD_PROJECT_ID, GCORE_CLOUD_REGION_ID and GCORE_BASE_URL from the environment. The "
    "names of all objects begin with gcore-tls-probe-. All objects are deleted at the end. If one cannot be deleted, "
    "the exit code is 1 and the last lines list it."
)


def probe(
    yes: Annotated[bool, typer.Option("--yes", help="Create and delete objects without confirmation.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    clean_up: Annotated[
        bool, typer.Option("--clean-up", help="Only delete objects of earlier probes, found by their names.")
    ] = False,
    flavor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Flavor of the load balancer. [default: the cheapest]")
    ] = None,
    network_id: Annotated[
        str | None, typer.Option(metavar="ID", help="ID of the network for the VIP. [default: the external network]")
    ] = None,
    task_timeout: Annotated[int, typer.Option(metavar="SECONDS", min=1, help="Time limit for a task.")] = 600,
) -> None:
    """Find out on a live account how Gcore behaves where its documentation does not say.

    Creates a load balancer and a few secrets, runs experiments on them, and deletes them. Prints the objects and their
    price first and asks for confirmation. Use a project without production load balancers: at the end, a burst of
    requests tests for a rate limit.
    """
    # Imported here so that the other commands start without the API client.
    from gcore_tls_provider.cli.probe.account import ProbedAccount
    from gcore_tls_provider.cli.probe.cleanup import find_probe_objects
    from gcore_tls_provider.cli.probe.plan import make_plan
    from gcore_tls_provider.cli.probe.run import CLEANUP_SECONDS, run_cleanup
    from gcore_tls_provider.cli.probe.run import probe as run
    from gcore_tls_provider.lifecycle.run.configuration import Configuration

    previous_handler = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        connection = Configuration.read(lambda _key: None, os.environ).connection()
        account = ProbedAccount(connection, task_limit=task_timeout, flavor=flavor, network=network_id)
        if clean_up:
            found = find_probe_objects(account, None)
            _confirm([f"To delete: {each.kind} {each.id} '{each.name}'" for each in found], yes or not found)
            cleanup = run_cleanup(account, None, CLEANUP_SECONDS)
            if json:
                echo_json(cleanup)
            else:
                echo(f"{counted(cleanup.removed, 'object')} deleted.")
            raise typer.Exit(_print_remaining(cleanup))
        _confirm(make_plan(account).sentences(), yes)
        report = run(account, lambda text: echo(text, err=True))
    except GcoreTlsError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
    if json:
        echo_json(report)
    else:
        _show(report)
    raise typer.Exit(_print_remaining(report.cleanup) or (1 if report.stopped else 0))


def _confirm(sentences: list[str] | tuple[str, ...], yes: bool) -> None:
    for sentence in sentences:
        echo(sentence, err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        echo("error: there is no terminal for the confirmation. Add --yes.", err=True)
        raise typer.Exit(2)
    typer.confirm("Continue?", abort=True, err=True)


def _show(report: ProbeReport) -> None:
    from gcore_tls_provider.cli.probe.behavior_options import BEHAVIOR_OPTIONS

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for heading in ("option", "value", "evidence"):
        table.add_column(heading, overflow="fold", min_width=5)
    for each in report.findings:
        name = Text(f"{each.option}\n{BEHAVIOR_OPTIONS[each.option]}")
        table.add_row(name, Text(each.value or "not determined"), Text(each.evidence))
    show(table, to=console())
    # Not wrapped, so that both commands can be copied.
    echo("\nFor the stack's configuration:")
    echo(f"pulumi config set gcore:dialect {report.dialect}")
    echo("\nAn emulator that behaves like this account:")
    echo(report.emulator_command)


def _print_remaining(cleanup: CleanupResult) -> int:
    """Print the objects that remain, and return the exit code."""
    if cleanup.complete:
        return 0
    for each in cleanup.remaining:
        echo(f"not deleted: {each.kind} {each.id} '{each.name}': {each.reason}", err=True)
    if cleanup.problem:
        echo(f"Cannot list the objects that remain: {cleanup.problem}", err=True)
    echo(
        "Run `gcore-tls probe --clean-up` later, or delete the objects named gcore-tls-probe-* in the portal.",
        err=True,
    )
    return 1
