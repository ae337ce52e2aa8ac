"""Typer application that joins the commands of `gcore-tls`."""

from importlib.metadata import version
from typing import Annotated

import typer

from gcore_tls_provider.cli.check.command import EPILOG as CHECK_EPILOG
from gcore_tls_provider.cli.check.command import check
from gcore_tls_provider.cli.check.terminal import echo
from gcore_tls_provider.cli.dev_certs import EPILOG as DEV_CERTS_EPILOG
from gcore_tls_provider.cli.dev_certs import dev_certs
from gcore_tls_provider.cli.discover.command import EPILOG as DISCOVER_EPILOG
from gcore_tls_provider.cli.discover.command import discover
from gcore_tls_provider.cli.orphans.command import EPILOG as ORPHANS_EPILOG
from gcore_tls_provider.cli.orphans.command import orphans
from gcore_tls_provider.cli.probe.command import EPILOG as PROBE_EPILOG
from gcore_tls_provider.cli.probe.command import probe

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    # Passwords and private keys are local variables, so a traceback must not show locals.
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


def _show_version(requested: bool) -> None:
    if requested:
        echo(f"gcore-tls-provider {version('gcore-tls-provider')}")
        raise typer.Exit


@app.callback()
def gcore_tls(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Tools for Gcore load balancers that speak mutual TLS to their backends."""


app.command("check", epilog=CHECK_EPILOG, no_args_is_help=True)(check)
app.command("dev-certs", epilog=DEV_CERTS_EPILOG, no_args_is_help=True)(dev_certs)
app.command("discover", epilog=DISCOVER_EPILOG, no_args_is_help=True)(discover)
app.command("orphans", epilog=ORPHANS_EPILOG)(orphans)
app.command("probe", epilog=PROBE_EPILOG)(probe)
