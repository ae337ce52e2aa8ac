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
from gcore_tls_provider.cli.check.evaluate import CertificateSet
from gcore_tls_provider.cli.check.files import ROLES, FileContents, Role, read_file_contents
from gcore_tls_provider.cli.check.host_names import host_names
from gcore_tls_provider.cli.check.passwords import (
    PASSWORD_SUFFIX,
    PASSWORD_VARIABLE,
    Passwords,
    environment_password,
    password_in,
    prompt,
)
from gcore_tls_provider.cli.check.report import Report, build_report, printable
from gcore_tls_provider.cli.check.role_guessing import assign_roles
from gcore_tls_provider.cli.check.terminal import console, show_report

_SUFFIXES: Final = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx", PASSWORD_SUFFIX)
"""Suffixes of the files that are read from a folder."""

_UNOPENED: Final = frozenset({"FILE_NOT_FOUND", "FILE_UNREADABLE", "MATERIAL_AS_PATH"})
"""Codes of files that cannot be opened: the command line is wrong."""

EPILOG: Final = f"""\b
Contents of FILE:
  PEM, DER or PKCS12: certificates with or without chain and private key, CAs,
  CRLs, private keys. In a folder, files with these suffixes are read:
  {" ".join(_SUFFIXES)}.

\b
The role of FILE is guessed from its contents, and printed:
  CRL                                       --crl
  only CA certificates                      --ca
  certificate only for clients              --client
  other certificate with its private key    --listener, each further one --sni
  ... issued directly by one of --ca,
      if another server certificate is not  --backend
  other certificate without its key         --backend if a CA is given,
                                            otherwise --listener
  private key                               --key, of the matching certificate

\b
Passwords of PKCS12 files and private keys are asked for in a terminal, or
come from {PASSWORD_VARIABLE}, from --password-file, or from a FILE with
the suffix {PASSWORD_SUFFIX}. Each password is tried on each file.

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
  0  no findings, or only warnings
  1  errors; with --strict warnings too, unless they are accepted
  2  the command line is not valid, or a file cannot be opened
"""


@dataclass(frozen=True)
class _GivenFile:
    """A file on the command line, or in a folder on it.

    Attributes:
        path: Path of the file.
        role: Role, if an option gives it.
    """

    path: Path
    role: Role | None

    @property
    def name(self) -> str:
        """Name of the file, safe to print."""
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
        typer.Option(metavar="FILE", help="Listener certificate, which the load balancer presents to clients."),
    ] = None,
    sni: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Listener certificate for other names (SNI); can be repeated."),
    ] = None,
    client: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Client certificate, which the load balancer presents to backends."),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Private key of one of these; can be repeated."),
    ] = None,
    ca: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="CA bundle that backends are verified with; can be repeated."),
    ] = None,
    crl: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="CRLs of these CAs; can be repeated."),
    ] = None,
    backend: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Certificate that a backend presents; can be repeated."),
    ] = None,
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name that clients use; can be repeated. Default: the names of the listener certificates.",
        ),
    ] = None,
    expiry_warning_days: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=3650,
            show_default=False,
            help="Days before an expiry at which warnings start. Default: 30; for CRLs a third of their validity if "
            "that is less.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=REASON", help="Turn this finding into an accepted warning; can be repeated."),
    ] = None,
    password_file: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="File that contains only a password; can be repeated."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
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
    """Check certificates, keys and CRLs.

    The rules are those of `pulumi preview`: they check each FILE alone, and all of them together. FILE can be a folder.
    The role of a file is guessed, unless an option gives it. Nothing is sent anywhere, and private keys and passwords
    are never printed.
    """
    by_role: dict[Role, Sequence[Path]] = {
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
    given = _given_files(files or [], by_role)
    if not given:
        raise typer.BadParameter("give at least one file or folder.", param_hint="FILE")
    certificates = CertificateSet(
        files=sorted(
            assign_roles(_read(given, password_file or [])),
            key=lambda file: len(ROLES) if file.role is None else ROLES.index(file.role),
        ),
        declared_names=names,
        expiry_warning_days=expiry_warning_days,
        now=datetime.now(timezone.utc),
    )
    report = build_report(certificates, certificates.evaluate(reasons))
    if as_json:
        typer.echo(report.to_json())
    else:
        show_report(report, console())
    if report.outcome == "errors" or (strict and report.outcome == "warnings"):
        raise typer.Exit(1)


def _reasons(pairs: Sequence[str]) -> dict[str, str]:
    """Return the reason for accepting each code; all of the codes are acceptable."""
    split = [pair.partition("=") for pair in pairs]
    reasons = {code.strip(): reason for code, _, reason in split}
    for finding in apply_waivers((), reasons, property="--accept"):
        raise typer.BadParameter(str(finding), param_hint="--accept CODE=REASON")
    return reasons


def _given_files(files: Sequence[Path], by_role: dict[Role, Sequence[Path]]) -> list[_GivenFile]:
    """Return every file once, with the role from an option even if it is also among the other files."""
    given = [_GivenFile(path, role) for role, paths in by_role.items() for path in paths]
    seen = {realpath(each.path) for each in given}
    for path in (each for file in files for each in _inside(file)):
        if realpath(path) not in seen:
            seen.add(realpath(path))
            given.append(_GivenFile(path, "password" if path.name.endswith(PASSWORD_SUFFIX) else None))
    return given


def _inside(path: Path) -> Iterator[Path]:
    """Yield a file itself, or the files of a folder with a known suffix."""
    if not path.is_dir():
        yield path
        return
    try:
        inside = sorted(each for each in path.iterdir() if each.name.endswith(_SUFFIXES) and each.is_file())
    except OSError as error:
        raise typer.BadParameter(
            f"the folder {str(path)!r} cannot be read: {error.strerror}.", param_hint="FILE"
        ) from error
    if not inside:
        raise typer.BadParameter(
            f"the folder {str(path)!r} contains no file with one of the suffixes {' '.join(_SUFFIXES)}.",
            param_hint="FILE",
        )
    yield from inside


def _read(given: Sequence[_GivenFile], password_files: Sequence[Path]) -> list[tuple[FileContents, Role | None]]:
    """Return the contents of each file. Report all files that cannot be opened at once."""
    unopened: list[str] = []
    texts: dict[_GivenFile, str | MaterialError] = {}
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


def _contents(given: _GivenFile, text: str | MaterialError, passwords: Passwords) -> FileContents:
    if isinstance(text, MaterialError):
        return FileContents(given.name, findings=text.findings)
    if given.role == "password":
        return FileContents(given.name)
    return read_file_contents(given.name, text, given.role, passwords)
