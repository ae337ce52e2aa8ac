"""`gcore-tls discover`, configured from the environment as Gcore's own SDK is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.cli.discover.account import NullEngine, read_load_balancer
from gcore_tls_provider.cli.discover.program import Secrets, program
from gcore_tls_provider.lifecycle.run.configuration import Configuration
from gcore_tls_provider.lifecycle.run.session import Session


def discover(
    load_balancer: str,
    *,
    secrets: Secrets = "adopt",
    project_id: int | None = None,
    region_id: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """A Pulumi program that adopts a load balancer with all that belongs to it. Nothing is changed at Gcore.

    Args:
        load_balancer: its id.
        secrets: `adopt`: they become resources, whose content the program takes from files; `refer`: they are named by
            their ids, and stay unmanaged.
        project_id: another project than `GCORE_CLOUD_PROJECT_ID`; the program then names it.
        region_id: another region than `GCORE_CLOUD_REGION_ID`; the program then names it.
        environment: `GCORE_API_KEY` and so on, see `configuration`; None for the process's own.

    Raises:
        ObjectFailed: there is no such load balancer.
        ConfigurationError: the key, the project or the region is missing or can't be used.
        ApiError: anything else that Gcore answered.
    """
    variables = os.environ if environment is None else environment
    session = Session(Configuration.read(lambda _key: None, variables), NullEngine())
    scope = Location(project_id, region_id)
    return program(read_load_balancer(session, load_balancer.strip(), scope), secrets=secrets, scope=scope)
