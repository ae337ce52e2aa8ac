"""`gcore-tls discover`: print a Pulumi program that adopts an existing load balancer."""

from typing import Annotated, Literal

import typer

from gcore_tls_provider.cli.check.terminal import echo
from gcore_tls_provider.errors import GcoreTlsError

EPILOG = (
    "Example: gcore-tls discover --load-balancer 6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25 > __main__.py\n\n"
    "Reads GCORE_API_KEY, GCORE_CLOUD_PROJECT_ID, GCORE_CLOUD_REGION_ID and GCORE_BASE_URL from the environment. "
    "Changes nothing at Gcore."
)


def discover(
    load_balancer: Annotated[
        str, typer.Option("--load-balancer", metavar="ID", help="ID of the load balancer.", show_default=False)
    ],
    secrets: Annotated[
        Literal["adopt", "refer"],
        typer.Option(
            help="adopt: secrets become resources, and the program reads their content from your files; refer: the "
            "program refers to secrets by ID and does not manage them."
        ),
    ] = "adopt",
    project_id: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Project ID, instead of GCORE_CLOUD_PROJECT_ID.")
    ] = None,
    region_id: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Region ID, instead of GCORE_CLOUD_REGION_ID.")
    ] = None,
) -> None:
    """Print a Pulumi program that adopts a load balancer and everything attached to it."""
    # Imported here so that the other commands start without the API client.
    from gcore_tls_provider.cli.discover.discovery import discover as discover_program

    try:
        program = discover_program(load_balancer, secrets=secrets, project_id=project_id, region_id=region_id)
    except GcoreTlsError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    echo(program.removesuffix("\n"))
