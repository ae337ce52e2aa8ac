"""Text for terminals and pipes: wrapped to the width that there is, colored where that shows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gcore_tls_provider.certificates.findings.limits import SHOWN
from gcore_tls_provider.cli.check.files import Role
from gcore_tls_provider.cli.check.report import (
    CheckedCertificate,
    CheckedRevocationList,
    Report,
    ReportedFile,
    ReportedFinding,
)

ROLE_NAMES: dict[Role, str] = {
    "listener": "listener certificate",
    "sni": "SNI certificate",
    "client": "client certificate",
    "ca": "certificate authority",
    "crl": "revocation list",
    "backend": "expected backend certificate",
    "key": "private key",
    "password": "password",
}
"""Names of the roles in text."""

_COLORS = {"error": "bold red", "warning": "yellow"}
_INDENT = 2


def console() -> Console:
    """Return the standard output as it is now. Text is shown as it is: no markup, no emoji, nothing highlighted."""
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)


def show(*parts: RenderableType, to: Console) -> None:
    """Print each part on lines of its own, without the blanks at their ends that fill a table up."""
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
    for alike in _alike(report.findings):
        for finding in alike[:SHOWN]:
            show(*_finding(finding), "", to=to)
        if len(alike) > SHOWN:
            show(Text(f"And {len(alike) - SHOWN} more {alike[0].code} of the same; --json has them all."), "", to=to)
    show(_summary(report), to=to)


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Two columns: a label, and a text that is wrapped and never cut off."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(Text(label, style="dim"), Text(value))
    return table


def _facts(file: ReportedFile, every: Sequence[ReportedFile]) -> Iterator[list[tuple[str, str]]]:
    first = [("role", _role(file))]
    if file.role == "key":
        first.append(("fits", ", ".join(each.file for each in every if each.private_key_file == file.file) or "none"))
    parts: list[list[tuple[str, str]]] = [
        *([_certificate_rows(file.certificates[0], file)] if file.certificates else []),
        *(_certificate_rows(each, file) for each in file.certificates[1:] if file.role == "ca"),
        *map(_list_rows, file.revocation_lists),
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
        ("key", certificate.key),
        ("SHA-256", certificate.fingerprint_sha256),
    ]
    if file.role == "ca":
        return [row for row in rows if row[0] != "names"]
    if file.role in ("listener", "sni", "client"):
        rows.insert(5, ("key file", file.private_key_file or "not given: not compared"))
    return rows


def _list_rows(revocation_list: CheckedRevocationList) -> list[tuple[str, str]]:
    return [
        ("issuer", revocation_list.issuer or "none"),
        ("valid", _validity(revocation_list.this_update, revocation_list.next_update, revocation_list.days_left)),
        ("revoked", str(revocation_list.revoked_count)),
        ("number", revocation_list.crl_number or "none"),
        ("SHA-256", revocation_list.fingerprint_sha256),
    ]


def _validity(begin: str, end: str | None, days_left: int | None) -> str:
    if end is None or days_left is None:
        return f"from {begin[:10]}, without an end"
    if days_left < 0:
        return f"{begin[:10]} to {end[:10]}: over"
    return f"{begin[:10]} to {end[:10]}, {counted(days_left, 'day')} left"


def _alike(findings: Iterable[ReportedFinding]) -> Iterable[Sequence[ReportedFinding]]:
    """Return findings of one code and severity on the same files together, otherwise in their order."""
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
    files = counted(len(report.files), "file")
    accepted = sum(finding.accepted for finding in report.findings)
    counts = [
        counted(sum(each.severity == severity and not each.accepted for each in report.findings), severity)
        for severity in ("error", "warning")
    ]
    said = ", ".join([f"{files} checked", *counts, *([f"{accepted} accepted"] if accepted else [])])
    return Text(f"{said}.", style=_COLORS.get(report.outcome.removesuffix("s"), "green"))


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
