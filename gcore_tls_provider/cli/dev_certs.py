"""`gcore-tls dev-certs`: create a complete set of test certificates."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Final

import typer
from rich.text import Text

from gcore_tls_provider.certificates import DevelopmentFiles, write_development_certificates
from gcore_tls_provider.cli.check.host_names import host_names
from gcore_tls_provider.cli.check.terminal import console, pairs, show
from gcore_tls_provider.printable import printable

_SERVER_NAMES: Final = ("app.example.com",)
_SNI_NAMES: Final = ("shop.example.com",)
_MAX_DAYS: Final = 1825
"""Validity of the intermediate CA that issues the server certificates, in days."""

EPILOG: Final = """\b
Examples:
  gcore-tls dev-certs certificates
  gcore-tls dev-certs certificates --server-name app.test \\
      --server-name www.app.test
  gcore-tls check certificates
"""


def dev_certs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", hidden=True)],
    server_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help=f"DNS name or IP address of the listener. Repeatable. [default: {_SERVER_NAMES[0]}]"
        ),
    ] = None,
    sni_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=f"DNS name or IP address of the SNI certificate. Repeatable. [default: {_SNI_NAMES[0]}]",
        ),
    ] = None,
    client_name: Annotated[
        str, typer.Option(metavar="NAME", help="Common name of the client certificate.")
    ] = "load-balancer",
    days: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=_MAX_DAYS, help="Validity of the certificates and the CRL, in days."),
    ] = 365,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Create a complete set of test certificates.

    Not for production. Writes to DIR, which is created if needed: a CA, a listener certificate, an SNI certificate, a
    backend certificate, a client certificate and a CRL as PEM files, and the client certificate as a PKCS12 file too.
    Private keys are not encrypted. Only you can read them and the directory.
    """
    servers = host_names(server_name, option="--server-name", addresses=True) or _SERVER_NAMES
    names = host_names(sni_name, option="--sni-name", addresses=True) or _SNI_NAMES
    (client,) = host_names([client_name], option="--client-name")
    if directory.exists() and not directory.is_dir():
        raise typer.BadParameter(f"{str(directory)!r} is not a directory.", param_hint="DIR")
    try:
        if not force and directory.is_dir() and any(directory.iterdir()):
            raise typer.BadParameter(
                f"the directory {str(directory)!r} is not empty. Choose another one, or add --force to replace the "
                "files of an earlier run.",
                param_hint="DIR",
            )
        files = write_development_certificates(
            directory, server_names=servers, sni_names=names, client_name=client, valid_days=days
        )
    except OSError as error:
        raise typer.BadParameter(
            f"cannot write the files to {str(directory)!r}: {error.strerror}.", param_hint="DIR"
        ) from error
    _show_files(directory, files)


def _show_files(directory: Path, files: DevelopmentFiles) -> None:
    purposes = [
        (files.ca, "CA: issues the backend certificate and, through an intermediate CA, the server certificates"),
        (files.server, "listener certificate, with its intermediate CA"),
        (files.server_key, "its private key"),
        (files.shop, "SNI certificate of the listener, with its intermediate CA"),
        (files.shop_key, "its private key"),
        (files.client, "client certificate that the load balancer presents to backends"),
        (files.client_key, "its private key"),
        (files.client_pkcs12, "client certificate and key in one PKCS12 file, with a password"),
        (files.client_pkcs12_password_file, "password of the PKCS12 file"),
        (files.backend, "backend certificate, for all names of the listener and SNI certificates"),
        (files.backend_key, "its private key"),
        (files.crl, "CRL of the CA, empty"),
    ]
    shown = printable(str(directory))
    show(
        Text(f"Created in {shown}:"),
        pairs((f"  {path.name}", purpose) for path, purpose in purposes),
        "",
        "For tests only: the private keys are not encrypted, and no client trusts this CA by default. Keep the "
        "directory out of version control.",
        "",
        "To check the files:",
        Text(f"  gcore-tls check {quote(shown)}"),
        to=console(),
    )
