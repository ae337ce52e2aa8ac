"""`gcore-tls orphans`: what a stack's runs have left at Gcore, and its state doesn't know."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import BaseModel, ConfigDict
from rich.text import Text

from gcore_tls_provider.cli.check.terminal import console, pairs, show
from gcore_tls_provider.errors import GcoreTlsError

if TYPE_CHECKING:
    from gcore_tls_provider.cli.orphans.account import Orphan
    from gcore_tls_provider.cli.orphans.search import Search

EPILOG: Final = """\b
Examples:
  gcore-tls orphans
  gcore-tls orphans --stack production --delete
  pulumi stack export | gcore-tls orphans --export - --json

\b
Exit code: 0 if there are none, 1 if some are there (after --delete: are
still there), 2 if it wasn't possible to look everywhere.

What is certain: a run that died was making something, the state's pending
operations show that, and an object has the very name that this making
gave. What isn't: a name of the stack's pattern alone. The object may be
kept on purpose (retain_on_delete, pulumi state delete), or be in another
state by now.

What can't be found: once a stack was destroyed, its state may no longer say
who it was. Then give a state from before: pulumi stack export --version N,
or a checkpoint that the backend has kept (.pulumi/history,
.pulumi/backups). An object with an exact name= is never certain, and is
found only while its making is among the pending operations.

Nothing must be under way: what a run is making now looks as if it was left.
"""

_STDIN: Final = "-"


class ReportedOrphan(BaseModel):
    """An orphan, as `--json` shows it. `kept`: why it wasn't deleted, if it was to be; `deleted`: whether it was."""

    model_config = ConfigDict(frozen=True)

    kind: str
    id: str
    name: str
    project_id: int
    region_id: int
    provider_config: str | None
    urn: str
    certain: bool
    why: str
    deleted: bool = False
    kept: str | None = None


class ReportedOrphans(BaseModel):
    """All that `--json` shows. `looked`: in how many projects and regions; `failures`: where not, and why."""

    model_config = ConfigDict(frozen=True)

    orphans: tuple[ReportedOrphan, ...]
    looked: int
    failures: tuple[str, ...]
    notes: tuple[str, ...]


def orphans(
    stack: Annotated[
        str | None, typer.Option(metavar="NAME", help="The stack; without it the one that is selected in the folder.")
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The stack's state, as `pulumi stack export` prints it; -: standard input. The configuration then "
            "comes from the environment (GCORE_API_KEY, ...), unless --stack is given too.",
        ),
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="An earlier state of it, or a checkpoint; may be repeated. See below."),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is certain, after a confirmation.")] = False,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="Delete also what isn't certain.")] = False,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Delete this one alone; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without a confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what the stack's runs have left at Gcore and its state doesn't know, and delete it when asked to.

    Run it in the project's folder. Secrets, listeners, pools and load balancers are looked for in every project,
    region and provider config that the stack's configuration or resources name.
    """
    _check_options(delete=delete, uncertain=uncertain, ids=ids, yes=yes, asked=not as_json and export != _STDIN)
    # Here, so that the other commands start without what speaks to Gcore.
    from gcore_tls_provider.cli.orphans.search import search

    notes: list[str] = []
    try:
        found = search(
            name=stack,
            export=None if export is None else _text(export),
            earlier=[_text(str(each)) for each in before or ()],
            report=notes.append,
        )
    except GcoreTlsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    chosen = _chosen(found.found.orphans, uncertain=uncertain, ids=ids) if delete else []
    if not as_json:
        for note in notes:
            typer.echo(f"note: {note}", err=True)
        _show(found.found.orphans)
    if chosen and not yes:
        typer.confirm(f"No run of the stack may be under way. Delete {_counted(len(chosen))}?", abort=True, err=True)
    report = _report(found, chosen, notes)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _show_outcome(report)
    for failure in report.failures:
        typer.echo(f"error: {failure}", err=True)
    left = [each for each in report.orphans if not each.deleted]
    raise typer.Exit(2 if report.failures else int(bool(left)))


def _check_options(*, delete: bool, uncertain: bool, ids: list[str] | None, yes: bool, asked: bool) -> None:
    for option, given in (("--uncertain", uncertain), ("--id", bool(ids)), ("--yes", yes)):
        if given and not delete:
            raise typer.BadParameter("it needs --delete.", param_hint=option)
    if uncertain and ids:
        raise typer.BadParameter("either --uncertain or --id.", param_hint="--uncertain")
    if delete and not yes and not asked:
        raise typer.BadParameter("it needs --yes here: nobody can be asked.", param_hint="--delete")


def _text(name: str) -> str:
    try:
        return sys.stdin.read() if name == _STDIN else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't text"
        raise typer.BadParameter(f"'{name}' can't be read: {why}.") from None


def _chosen(found: Sequence[Orphan], *, uncertain: bool, ids: list[str] | None) -> list[Orphan]:
    if ids is None:
        return [each for each in found if each.certain or uncertain]
    missing = sorted(set(ids) - {each.id for each in found})
    if missing:
        raise typer.BadParameter(f"not among the orphans: {', '.join(missing)}.", param_hint="--id")
    return [each for each in found if each.id in ids]


def _report(search: Search, chosen: Sequence[Orphan], notes: Sequence[str]) -> ReportedOrphans:
    kept = {each.orphan.id: each.kept for each in search.delete(chosen)}
    return ReportedOrphans(
        orphans=tuple(
            ReportedOrphan(
                kind=each.kind,
                id=each.id,
                name=each.name,
                project_id=each.scope.project_id or 0,
                region_id=each.scope.region_id or 0,
                provider_config=each.scope.provider_config,
                urn=each.recognised.urn,
                certain=each.certain,
                why=each.recognised.why,
                deleted=each.id in kept and kept[each.id] is None,
                kept=kept.get(each.id),
            )
            for each in search.found.orphans
        ),
        looked=search.found.looked,
        failures=search.found.failures,
        notes=tuple(notes),
    )


def _show(found: Sequence[Orphan]) -> None:
    to = console()
    for each in found:
        head = Text.assemble((each.kind, "bold"), f" {each.name}  ", _judged(each.certain))
        where = f"project {each.scope.project_id}, region {each.scope.region_id}"
        where += f", provider config {each.scope.provider_config}" if each.scope.provider_config else ""
        rows = [("id", each.id), ("where", where), ("resource", each.recognised.urn), ("why", each.recognised.why)]
        show(head, pairs(rows), "", to=to)
    certain = sum(each.certain for each in found)
    show(f"{_counted(len(found))}: {certain} certain, {len(found) - certain} not." if found else "No orphans.", to=to)


def _judged(certain: bool) -> tuple[str, str]:
    return ("certain", "red") if certain else ("not certain", "yellow")


def _show_outcome(report: ReportedOrphans) -> None:
    for each in report.orphans:
        if each.deleted:
            show(f"deleted  {each.kind} {each.name}", to=console())
        elif each.kept is not None:
            show(f"kept  {each.kind} {each.name}: {each.kept}", to=console())


def _counted(number: int) -> str:
    return f"{number} orphan{'' if number == 1 else 's'}"
