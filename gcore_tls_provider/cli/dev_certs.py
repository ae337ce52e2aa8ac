"""`gcore-tls dev-certs`: a complete set of certificates for trying things out."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Final

import typer
from rich.text import Text

from gcore_tls_provider.certificates import DevelopmentFiles, write_development_certificates
from gcore_tls_provider.cli.check.host_names import host_names
from gcore_tls_provider.cli.check.report import printable
from gcore_tls_provider.cli.check.terminal import console, pairs, show

_SERVER_NAMES: Final = ("app.example.com",)
_SNI_NAMES: Final = ("shop.example.com",)
_LONGEST: Final = 1825
"""Days that the authority above the server certificates is valid for."""

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
        typer.Option(metavar="NAME", help=f"Name of the listener; may be repeated. [default: {_SERVER_NAMES[0]}]"),
    ] = None,
    sni_name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help=f"Name of the SNI certificate; may be repeated. [default: {_SNI_NAMES[0]}]"),
    ] = None,
    client_name: Annotated[
        str, typer.Option(metavar="NAME", help="Common name of the client certificate.")
    ] = "load-balancer",
    days: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=_LONGEST, help="How many days certificates and revocation list are valid."
        ),
    ] = 365,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
) -> None:
    """Make a complete set of certificates for trying things out.

    Never for production. DIR is made if it isn't there. It gets a certificate authority, certificates for a listener,
    for another name of it and for a backend, a client certificate and a revocation list, as PEM files; and the client
    certificate as a PKCS12 file too. Private keys aren't encrypted; they, and the folder itself, are made readable by
    you alone.
    """
    servers = host_names(server_name, option="--server-name", addresses=True) or _SERVER_NAMES
    names = host_names(sni_name, option="--sni-name", addresses=True) or _SNI_NAMES
    (client,) = host_names([client_name], option="--client-name")
    if directory.exists() and not directory.is_dir():
        raise typer.BadParameter(f"{str(directory)!r} is no folder.", param_hint="DIR")
    try:
        if not force and directory.is_dir() and any(directory.iterdir()):
            raise typer.BadParameter(
                f"the folder {str(directory)!r} isn't empty. Name another one, or give --force to replace what an "
                "earlier run has made.",
                param_hint="DIR",
            )
        files = write_development_certificates(
            directory, server_names=servers, sni_names=names, client_name=client, valid_days=days
        )
    except OSError as error:
        raise typer.BadParameter(
            f"the files can't be written to {str(directory)!r}: {error.strerror}.", param_hint="DIR"
        ) from error
    _show(directory, files)


def _show(directory: Path, files: DevelopmentFiles) -> None:
    purposes = [
        (files.ca, "certificate authority: signs the backends and, through an intermediate, the servers"),
        (files.server, "listener certificate, with its intermediate"),
        (files.server_key, "its private key"),
        (files.shop, "SNI certificate of the listener, with its intermediate"),
        (files.shop_key, "its private key"),
        (files.client, "client certificate: what the load balancer shows to backends"),
        (files.client_key, "its private key"),
        (files.client_pkcs12, "both in one PKCS12 file, with a password"),
        (files.client_pkcs12_password_file, "that password"),
        (files.backend, "a backend's certificate, for all names of listener and SNI certificate"),
        (files.backend_key, "its private key"),
        (files.crl, "revocation list of the certificate authority, empty"),
    ]
    shown = printable(str(directory))
    show(
        Text(f"Made in {shown}:"),
        pairs((f"  {path.name}", purpose) for path, purpose in purposes),
        "",
        "For trying things out only: the private keys aren't encrypted, and nobody else trusts the authority. Keep the "
        "folder out of version control.",
        "",
        "To see what the files hold:",
        Text(f"  gcore-tls check {quote(shown)}"),
        to=console(),
    )
