"""`gcore-tls check`: the rules that the preview runs, on files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final

import typer

from gcore_tls_provider.certificates.findings.severity import apply_waivers
from gcore_tls_provider.cli.check.evaluate import CertificateSet
from gcore_tls_provider.cli.check.files import ROLES, Role
from gcore_tls_provider.cli.check.host_names import host_names
from gcore_tls_provider.cli.check.passwords import PASSWORD_SUFFIX, PASSWORD_VARIABLE
from gcore_tls_provider.cli.check.reading import SUFFIXES, given_files, read_files
from gcore_tls_provider.cli.check.report import Report, build_report
from gcore_tls_provider.cli.check.role_guessing import assign_roles
from gcore_tls_provider.cli.check.terminal import console, echo_json, show_report

EPILOG: Final = f"""\b
Contents of FILE:
  PEM, DER or PKCS12: certificates with or without chain and private key, CAs,
  CRLs, private keys. In a folder, files with these suffixes are read:
  {" ".join(SUFFIXES)}.

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


def _show_schema(wanted: bool) -> None:
    if wanted:
        echo_json(Report.model_json_schema())
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
    given = given_files(files or [], by_role)
    if not given:
        raise typer.BadParameter("give at least one file or folder.", param_hint="FILE")
    read = read_files(given, password_file or [])
    certificates = CertificateSet(
        files=sorted(
            assign_roles(read.contents),
            key=lambda file: len(ROLES) if file.role is None else ROLES.index(file.role),
        ),
        declared_names=names,
        expiry_warning_days=expiry_warning_days,
        now=datetime.now(timezone.utc),
        omitted_files=read.omitted,
    )
    report = build_report(certificates, certificates.evaluate(reasons))
    if as_json:
        echo_json(report)
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
