"""Read a load balancer and render its program, with the configuration from the environment, as for Gcore's SDK."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.cli.discover.account import NullEngine, read_load_balancer
from gcore_tls_provider.cli.discover.program import SecretHandling, render_program
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.session import Session


def discover(
    load_balancer: str,
    *,
    secrets: SecretHandling = "adopt",
    project_id: int | None = None,
    region_id: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Return a Pulumi program that adopts a load balancer and everything attached to it. Change nothing at Gcore.

    Args:
        load_balancer: ID of the load balancer.
        secrets: `adopt`: secrets become resources, and the program reads their content from files; `refer`: the
            program refers to them by ID and does not manage them.
        project_id: Project to use instead of `GCORE_CLOUD_PROJECT_ID`; the program then sets it.
        region_id: Region to use instead of `GCORE_CLOUD_REGION_ID`; the program then sets it.
        environment: Environment variables, such as `GCORE_API_KEY`; None for those of the process.

    Raises:
        ObjectFailed: The load balancer does not exist.
        ConfigurationError: The API key, the project or the region is missing or invalid.
        ApiError: Any other error from Gcore.
    """
    variables = os.environ if environment is None else environment
    session = Session.start(Configuration.read(lambda _key: None, variables), NullEngine())
    location = Location(project_id, region_id)
    return render_program(
        read_load_balancer(session, load_balancer.strip(), location), secrets=secrets, location=location
    )
