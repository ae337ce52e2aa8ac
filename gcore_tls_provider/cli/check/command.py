"""`gcore-tls check`: the rules that the preview runs, on files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from os.path import realpath
from pathlib import Path
from typing import Annotated, Final

import typer

from gcore_tls_provider.certificates import MaterialError, from_file
from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.cli.check.evaluate import TrustGraph
from gcore_tls_provider.cli.check.files import ROLES, Contents, Role, read_contents
from gcore_tls_provider.cli.check.host_names import host_names
from gcore_tls_provider.cli.check.passwords import (
    ENDING,
    VARIABLE,
    Passwords,
    environment_password,
    password_in,
    prompt,
)
from gcore_tls_provider.cli.check.report import Report, printable, reported
from gcore_tls_provider.cli.check.role_guessing import assigned
from gcore_tls_provider.cli.check.terminal import console, show_report

_ENDINGS: Final = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx", ENDING)
"""Suffixes of the files in a folder that are read."""

_UNOPENED: Final = frozenset({"FILE_NOT_FOUND", "FILE_UNREADABLE", "MATERIAL_AS_PATH"})
"""Findings that say that a file couldn't be opened: the command was called wrongly."""

EPILOG: Final = f"""\b
What FILE may hold:
  PEM, DER or PKCS12: certificates with or without chain and private key,
  certificate authorities, revocation lists, private keys. In a folder, files
  are read whose names end in
  {" ".join(_ENDINGS)}.

\b
What FILE is for is guessed from what it holds, and shown:
  revocation list                           --crl
  certificates of authorities only          --ca
  certificate for clients only              --client
  other certificate with its private key    --listener, each further one --sni
  ... issued directly by one of --ca,
      and another server certificate isn't  --backend
  other certificate without its key         --backend if a CA is given,
                                            else --listener
  private key                               --key, of the certificate it fits

\b
Passwords of PKCS12 files and private keys are asked for in a terminal. Else
they come from {VARIABLE}, from --password-file, or from a
FILE whose name ends in {ENDING}. Each one is tried on each file.

\b
Examples:
  gcore-tls check server.pem server.key
  gcore-tls check server.pem server.key --host-name app.example.com
  gcore-tls check client.p12 --password-file client.p12.password
  gcore-tls check --ca ca.pem --crl crl.pem --backend backend.pem \\
      --host-name app.example.com
  gcore-tls check certificates/ --strict --json > report.json
  gcore-tls check certificates/ --accept "SHARED_KEY=until the reissue in May"

\b
Exit code:
  0  no findings, or warnings only
  1  errors; with --strict warnings too, unless they are accepted
  2  the command can't be understood, or a file can't be opened
"""


@dataclass(frozen=True)
class _Given:
    """A file as it was given.

    Attributes:
        path: the file.
        role: its role, if given as an option.
    """

    path: Path
    role: Role | None

    @property
    def name(self) -> str:
        """Its name, safe to print."""
        return printable(str(self.path))


def _show_schema(wanted: bool) -> None:
    if wanted:
        typer.echo(json.dumps(Report.model_json_schema(), indent=2))
        raise typer.Exit


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", hidden=True),
    ] = None,
    listener: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Certificate that the load balancer shows to clients."),
    ] = None,
    sni: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Another one, for other names (SNI); may be repeated."),
    ] = None,
    client: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Certificate that the load balancer shows to backends."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Private key of one of these; may be repeated."),
    ] = None,
    ca: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Certificate authorities that sign backends; may be repeated."),
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Their revocation lists; may be repeated."),
    ] = None,
    backend: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Certificate that a backend shows; may be repeated."),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name that clients use; may be repeated. Default: the names of the listener's certificates.",
        ),
    ] = None,
    expiry_warning_days: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=3650,
            show_default=False,
            help="Warn so many days before an end. Default: 30; for lists a third of their life if that is less.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=REASON", help="Make this finding a warning that is accepted; may be repeated."),
    ] = None,
    password_file: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="File that holds a password and nothing else; may be repeated."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors for the exit code.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    json_schema: Annotated[
        bool,
        typer.Option(
            "--json-schema",
            callback=_show_schema,
            is_eager=True,
            help="Print the JSON schema of that report, and exit.",
        ),
    ] = False,
) -> None:
    """Check certificates, keys and revocation lists.

    The rules are those of `pulumi preview`: they look at each FILE alone, and at all of them side by side. FILE may be
    a folder too. What a file is for is guessed, unless an option says it. Nothing is sent anywhere. Private keys and
    passwords are never shown.
    """
    said: dict[Role, Sequence[Path]] = {
        "listener": [listener] if listener else [],
        "sni": sni or [],
        "client": [client] if client else [],
        "ca": ca or [],
        "crl": crl or [],
        "backend": backend or [],
        "key": key or [],
    }
    reasons = _reasons(accept or [])
    names = host_names(host_name, option="--host-name")
    given = _given(files or [], said)
    if not given:
        raise typer.BadParameter("give at least one file.", param_hint="FILE")
    graph = TrustGraph(
        files=sorted(
            assigned(_read(given, password_file or [])),
            key=lambda file: len(ROLES) if file.role is None else ROLES.index(file.role),
        ),
        declared_names=names,
        expiry_warning_days=expiry_warning_days,
        now=datetime.now(timezone.utc),
    )
    report = reported(graph, graph.judged(reasons))
    if as_json:
        typer.echo(report.to_json())
    else:
        show_report(report, console())
    if report.outcome == "errors" or (strict and report.outcome == "warnings"):
        raise typer.Exit(1)


def _reasons(pairs: Sequence[str]) -> dict[str, str]:
    """Why codes are accepted, by the code; each of them can be."""
    split = [pair.partition("=") for pair in pairs]
    reasons = {code.strip(): reason for code, _, reason in split}
    for finding in apply_waivers((), reasons, property="--accept"):
        raise typer.BadParameter(str(finding), param_hint="--accept CODE=REASON")
    return reasons


def _given(files: Sequence[Path], said: dict[Role, Sequence[Path]]) -> list[_Given]:
    """Return every file once, with the role from an option even if it is also among the other files."""
    given = [_Given(path, role) for role, paths in said.items() for path in paths]
    seen = {realpath(each.path) for each in given}
    for path in (each for file in files for each in _inside(file)):
        if realpath(path) not in seen:
            seen.add(realpath(path))
            given.append(_Given(path, "password" if path.name.endswith(ENDING) else None))
    return given


def _inside(path: Path) -> Iterator[Path]:
    """Return a file itself, or the files of a folder that look like material by their names."""
    if not path.is_dir():
        yield path
        return
    try:
        inside = sorted(each for each in path.iterdir() if each.name.endswith(_ENDINGS) and each.is_file())
    except OSError as error:
        raise typer.BadParameter(
            f"the folder {str(path)!r} can't be read: {error.strerror}.", param_hint="FILE"
        ) from error
    if not inside:
        raise typer.BadParameter(f"the folder {str(path)!r} holds no file to check.", param_hint="FILE")
    yield from inside


def _read(given: Sequence[_Given], password_files: Sequence[Path]) -> list[tuple[Contents, Role | None]]:
    """Return the contents of each file. Report all files that cannot be opened at once."""
    unopened: list[str] = []
    texts: dict[_Given, str | MaterialError] = {}
    known = environment_password()
    for path in [*(each.path for each in given if each.role == "password"), *password_files]:
        try:
            known.append(password_in(path))
        except MaterialError as error:
            unopened.append(str(error))
    for each in given:
        try:
            texts[each] = "" if each.role == "password" else from_file(each.path, property=each.name)
        except MaterialError as error:
            texts[each] = error
            if error.finding.code in _UNOPENED:
                unopened.append(str(error))
    if unopened:
        raise typer.BadParameter(" ".join(dict.fromkeys(unopened)), param_hint="FILE")
    passwords = Passwords(known, prompt())
    return [(_contents(each, text, passwords), each.role) for each, text in texts.items()]


def _contents(given: _Given, text: str | MaterialError, passwords: Passwords) -> Contents:
    if isinstance(text, MaterialError):
        return Contents(given.name, findings=text.findings)
    if given.role == "password":
        return Contents(given.name)
    return read_contents(given.name, text, given.role, passwords)
