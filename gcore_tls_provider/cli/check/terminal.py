"""All output of `gcore-tls`: wrapped to the available width, colored in terminals, and always printable."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

import typer
from pydantic import BaseModel
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from gcore_tls_provider.certificates.findings.limits import MAX_REPEATS
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.report import (
    CheckedCertificate,
    CheckedCrl,
    Report,
    ReportedFile,
    ReportedFinding,
)
from gcore_tls_provider.printable import printable

ROLE_NAMES: dict[Role, str] = {
    "listener": "listener certificate",
    "sni": "SNI certificate",
    "client": "client certificate",
    "ca": "CA",
    "crl": "CRL",
    "backend": "expected backend certificate",
    "key": "private key",
    "password": "password",
}
"""Names of the roles in the text report."""

_COLORS = {"error": "bold red", "warning": "yellow"}
_INDENT = 2


class _PrintableConsole(Console):
    """Console in which only its own styles control the terminal, and no text does."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the parts of a renderable, each of them printable."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text, keep_lines=True)
            yield Segment(text, segment.style, segment.control)


def console() -> Console:
    """Return a console on the current standard output, without markup, emoji and highlighting."""
    return _PrintableConsole(file=sys.stdout, markup=False, emoji=False, highlight=False)


def echo(text: str, *, err: bool = False) -> None:
    """Print printable lines, not wrapped, and a line end.

    Args:
        text: Text of any origin.
        err: Print to standard error.
    """
    typer.echo(printable(text, keep_lines=True), err=err)


def echo_json(content: BaseModel | Mapping[str, object]) -> None:
    """Print JSON in ASCII: names from Gcore or from certificates cannot control a terminal."""
    data = content.model_dump(mode="json") if isinstance(content, BaseModel) else content
    typer.echo(json.dumps(data, indent=2).replace("\x7f", "\\u007f"))


def show(*parts: RenderableType, to: Console) -> None:
    """Print each part on lines of its own, without the spaces that pad tables at the ends of lines."""
    with to.capture() as captured:
        for part in parts:
            to.print(part, overflow="fold")
    for line in captured.get().splitlines():
        to.file.write(f"{line.rstrip()}\n")


def show_report(report: Report, to: Console) -> None:
    """Print files with their facts, then the findings, then a summary line."""
    for file in report.files:
        facts = (Padding(pairs(rows), (0, 0, 0, _INDENT)) for rows in _facts(file, report.files))
        show(Text(file.file, style="bold"), *facts, "", to=to)
    for group in _groups(report.findings):
        for finding in group[:MAX_REPEATS]:
            show(*_finding(finding), "", to=to)
        if len(group) > MAX_REPEATS:
            omitted = f"And {len(group) - MAX_REPEATS} more {group[0].code} of the same files; --json prints all."
            show(Text(omitted), "", to=to)
    if report.omitted_files:
        omitted = (
            f"And {counted(report.omitted_files, 'more file')} that cannot be used. Fix or remove those above first."
        )
        show(Text(omitted), "", to=to)
    show(_summary(report), to=to)


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Return a table with two columns: a label, and a text that is wrapped and never cut off."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(Text(printable(label, keep_lines=True), style="dim"), Text(printable(value)))
    return table


def _facts(file: ReportedFile, all_files: Sequence[ReportedFile]) -> Iterator[list[tuple[str, str]]]:
    first = [("role", _role(file))]
    if file.role == "key":
        matching = ", ".join(each.file for each in all_files if each.private_key_file == file.file)
        first.append(("matches", matching or "none"))
    parts: list[list[tuple[str, str]]] = [
        *([_certificate_rows(file.certificates[0], file)] if file.certificates else []),
        *(_certificate_rows(each, file) for each in file.certificates[1:] if file.role == "ca"),
        *map(_crl_rows, file.crls),
    ]
    if file.role != "ca":
        for each in file.certificates[1:]:
            parts[0].append(("chain", f"{each.subject}, {_validity(each.not_before, each.not_after, each.days_left)}"))
    yield first + (parts[0] if parts else [])
    for part in parts[1:]:
        yield [("", ""), *part]


def _role(file: ReportedFile) -> str:
    if file.role is None:
        return "unknown"
    return ROLE_NAMES[file.role] + (" (guessed)" if file.role_guessed else "")


def _certificate_rows(certificate: CheckedCertificate, file: ReportedFile) -> list[tuple[str, str]]:
    rows = [
        ("subject", certificate.subject or "none"),
        ("issuer", certificate.issuer or "none"),
        ("names", ", ".join(certificate.dns_names) or "none"),
        ("valid", _validity(certificate.not_before, certificate.not_after, certificate.days_left)),
        ("key", certificate.key_type),
        ("SHA-256", certificate.fingerprint_sha256),
    ]
    if file.role == "ca":
        return [row for row in rows if row[0] != "names"]
    if file.role in ("listener", "sni", "client"):
        rows.insert(5, ("key file", file.private_key_file or "not given, so not compared"))
    return rows


def _crl_rows(crl: CheckedCrl) -> list[tuple[str, str]]:
    return [
        ("issuer", crl.issuer or "none"),
        ("valid", _validity(crl.this_update, crl.next_update, crl.days_left)),
        ("revoked", str(crl.revoked_count)),
        ("number", crl.crl_number or "none"),
        ("SHA-256", crl.fingerprint_sha256),
    ]


def _validity(start: str, end: str | None, days_left: int | None) -> str:
    if end is None or days_left is None:
        return f"from {start[:10]}, without an end"
    if days_left < 0:
        return f"{start[:10]} to {end[:10]}: expired"
    return f"{start[:10]} to {end[:10]}, {counted(days_left, 'day')} left"


def _groups(findings: Iterable[ReportedFinding]) -> Iterable[Sequence[ReportedFinding]]:
    """Return the findings of one code and severity on the same files together, otherwise in their order."""
    groups: dict[tuple[object, ...], list[ReportedFinding]] = {}
    for each in findings:
        groups.setdefault((each.code, each.severity, each.accepted, each.files), []).append(each)
    return groups.values()


def _finding(finding: ReportedFinding) -> Iterator[RenderableType]:
    label = "accepted" if finding.accepted else finding.severity
    head = Text.assemble((label, _COLORS[finding.severity]), "  ", (finding.code, "bold"))
    if finding.files:
        head.append(f"  {', '.join(finding.files)}")
    yield head
    for line in (finding.sentence, finding.remedy):
        yield Padding(Text(line, overflow="fold"), (0, 0, 0, _INDENT))


def _summary(report: Report) -> Text:
    files = counted(len(report.files) + report.omitted_files, "file")
    accepted = sum(finding.accepted for finding in report.findings)
    counts = [
        counted(more + sum(each.severity == severity and not each.accepted for each in report.findings), severity)
        for severity, more in (("error", report.omitted_files), ("warning", 0))
    ]
    summary = ", ".join([f"{files} checked", *counts, *([f"{accepted} accepted"] if accepted else [])])
    return Text(f"{summary}.", style=_COLORS.get(report.outcome.removesuffix("s"), "green"))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
