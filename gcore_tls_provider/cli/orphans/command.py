"""`gcore-tls orphans`: find and delete objects that interrupted runs left at Gcore and out of the stack's state."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import BaseModel, ConfigDict
from rich.text import Text

from gcore_tls_provider.cli.check.terminal import console, echo, echo_json, pairs, show
from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.printable import printable

if TYPE_CHECKING:
    from gcore_tls_provider.cli.orphans.account import Orphan
    from gcore_tls_provider.cli.orphans.search import Search

EPILOG: Final = """\b
Examples:
  gcore-tls orphans
  gcore-tls orphans --stack production --delete
  pulumi stack export | gcore-tls orphans --export - --json

\b
Exit code: 0 if there are no orphans, 1 if there are some (with --delete: if
some remain), 2 if not every location could be searched.

Certain: the state's pending operations contain an interrupted create, and an
object has the exact name that this create generated. Not certain: the name
only follows the stack's pattern. The object can be retained on purpose
(retain_on_delete, pulumi state delete) or be in another state now.

Limits: the state of a destroyed stack can lack the stack's identity. Then
add an earlier state: the output of pulumi stack export --version N, or a
checkpoint that the backend keeps (.pulumi/history, .pulumi/backups). An
object with an exact name= is never certain, and is found only while its
create is among the pending operations.

Do not run this during an update of the stack: objects that the update is
creating look like orphans.
"""

_STDIN: Final = "-"


class ReportedOrphan(BaseModel):
    """An orphan in the output of `--json`. `kept`: reason why it was selected but not deleted."""

    model_config = ConfigDict(frozen=True)

    kind: str
    id: str
    name: str
    project_id: int
    region_id: int
    provider_config: str | None
    urn: str
    certain: bool
    reason: str
    deleted: bool = False
    kept: str | None = None


class ReportedOrphans(BaseModel):
    """Output of `--json`. `failures`: locations that could not be searched, each with the error."""

    model_config = ConfigDict(frozen=True)

    orphans: tuple[ReportedOrphan, ...]
    locations_searched: int
    failures: tuple[str, ...]
    notes: tuple[str, ...]


def orphans(
    stack: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Stack to search. [default: the one selected in the current directory]"),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="File with the output of `pulumi stack export`; - for standard input. The configuration then comes "
            "from the environment (GCORE_API_KEY, ...), unless --stack is also given.",
        ),
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Earlier state of the stack, or a checkpoint. Repeatable. See below."),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete certain orphans, after confirmation.")] = False,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="Also delete orphans that are not certain.")] = False,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Delete only this orphan. Repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List a stack's orphans: objects that interrupted runs left at Gcore and out of the state. --delete deletes them.

    Run it in the directory of the Pulumi project. It searches secrets, listeners, pools and load balancers in every
    project, region and provider config that the stack's configuration or resources name.
    """
    _check_options(delete=delete, uncertain=uncertain, ids=ids, yes=yes, can_prompt=not as_json and export != _STDIN)
    # Imported here so that the other commands start without the API client.
    from gcore_tls_provider.cli.orphans.search import search

    notes: list[str] = []
    try:
        found = search(
            name=stack,
            export=None if export is None else _read_text(export),
            earlier_exports=[_read_text(str(each)) for each in before or ()],
            note=notes.append,
        )
    except GcoreTlsError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    chosen = _select(found.result.orphans, uncertain=uncertain, ids=ids) if delete else []
    if not as_json:
        for note in notes:
            echo(f"note: {note}", err=True)
        _show(found.result.orphans)
    if chosen and not yes:
        typer.confirm(
            f"Make sure that no update of the stack is running. Delete {_count(len(chosen))}?", abort=True, err=True
        )
    report = _delete_and_report(found, chosen, notes)
    if as_json:
        echo_json(report)
    else:
        _show_outcome(report)
    for failure in report.failures:
        echo(f"error: {failure}", err=True)
    remaining = [each for each in report.orphans if not each.deleted]
    raise typer.Exit(2 if report.failures else int(bool(remaining)))


def _check_options(*, delete: bool, uncertain: bool, ids: list[str] | None, yes: bool, can_prompt: bool) -> None:
    for option, given in (("--uncertain", uncertain), ("--id", bool(ids)), ("--yes", yes)):
        if given and not delete:
            raise typer.BadParameter("requires --delete.", param_hint=option)
    if uncertain and ids:
        raise typer.BadParameter("cannot be combined with --id.", param_hint="--uncertain")
    if delete and not yes and not can_prompt:
        raise typer.BadParameter(
            "requires --yes here, because there is no prompt with --json or --export -.", param_hint="--delete"
        )


def _read_text(name: str) -> str:
    try:
        return sys.stdin.read() if name == _STDIN else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise typer.BadParameter(f"cannot read {name!r}: {reason}.") from None


def _select(found: Sequence[Orphan], *, uncertain: bool, ids: list[str] | None) -> list[Orphan]:
    if ids is None:
        return [each for each in found if each.certain or uncertain]
    missing = sorted(set(ids) - {each.id for each in found})
    if missing:
        raise typer.BadParameter(f"no orphan has the ID {', '.join(map(printable, missing))}.", param_hint="--id")
    return [each for each in found if each.id in ids]


def _delete_and_report(search: Search, chosen: Sequence[Orphan], notes: Sequence[str]) -> ReportedOrphans:
    kept = {each.orphan.id: each.kept for each in search.delete(chosen)}
    return ReportedOrphans(
        orphans=tuple(
            ReportedOrphan(
                kind=each.kind,
                id=each.id,
                name=each.name,
                project_id=each.location.project_id or 0,
                region_id=each.location.region_id or 0,
                provider_config=each.location.provider_config,
                urn=each.recognized.urn,
                certain=each.certain,
                reason=each.recognized.reason,
                deleted=each.id in kept and kept[each.id] is None,
                kept=kept.get(each.id),
            )
            for each in search.result.orphans
        ),
        locations_searched=search.result.locations_searched,
        failures=search.result.failures,
        notes=tuple(notes),
    )


def _show(found: Sequence[Orphan]) -> None:
    output = console()
    for each in found:
        head = Text.assemble((each.kind, "bold"), f" {each.name}  ", _certainty_label(each.certain))
        location = f"project {each.location.project_id}, region {each.location.region_id}"
        location += f", provider config {each.location.provider_config}" if each.location.provider_config else ""
        rows = [
            ("id", each.id),
            ("location", location),
            ("resource", each.recognized.urn),
            ("reason", each.recognized.reason),
        ]
        show(head, pairs(rows), "", to=output)
    certain = sum(each.certain for each in found)
    show(f"{_count(len(found))}: {certain} certain, {len(found) - certain} not." if found else "No orphans.", to=output)


def _certainty_label(certain: bool) -> tuple[str, str]:
    return ("certain", "red") if certain else ("not certain", "yellow")


def _show_outcome(report: ReportedOrphans) -> None:
    for each in report.orphans:
        if each.deleted:
            show(f"deleted  {each.kind} {each.name}", to=console())
        elif each.kept is not None:
            show(f"kept  {each.kind} {each.name}: {each.kept}", to=console())


def _count(number: int) -> str:
    return f"{number} orphan{'' if number == 1 else 's'}"
