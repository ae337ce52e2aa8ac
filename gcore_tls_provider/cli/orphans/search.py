"""Search for a stack's orphans: read its state and configuration, then list its objects at Gcore."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gcore_tls_provider.cli.discover.account import NullEngine
from gcore_tls_provider.cli.orphans.account import Orphan, SearchResult, find_orphans
from gcore_tls_provider.cli.orphans.deletion import DeletionResult, delete_orphans
from gcore_tls_provider.cli.orphans.stack import (
    PulumiRunner,
    Stack,
    configured_locations,
    read_configuration,
    read_stack,
    run_pulumi,
)
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT, Configuration
from gcore_tls_provider.lifecycle.session import Session


@dataclass(frozen=True)
class Search:
    """A finished search for a stack's orphans.

    Attributes:
        session: Session with the accounts.
        stack: State and locations of the stack.
        result: Orphans that were found.
    """

    session: Session
    stack: Stack
    result: SearchResult

    def delete(self, chosen: Sequence[Orphan]) -> list[DeletionResult]:
        """Delete orphans that were found, except those that something else uses."""
        return list(delete_orphans(self.session, self.stack, self.result.orphans, chosen))


def search(
    *,
    name: str | None = None,
    export: str | None = None,
    earlier_exports: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    run_pulumi: PulumiRunner = run_pulumi,
    note: Callable[[str], None] = lambda _text: None,
) -> Search:
    """Search for a stack's orphans without changing anything.

    Args:
        name: Name of the stack; None for the one selected in the current directory.
        export: Output of `pulumi stack export`; None to run that command.
        earlier_exports: Exports or checkpoints of earlier states of the stack.
        environment: Environment variables, such as `GCORE_API_KEY`; None for those of the process.
        run_pulumi: Function that runs `pulumi`.
        note: Function that receives notes for the user.

    Raises:
        ConfigurationError: The state cannot be read, or the configuration is invalid.
    """
    variables = os.environ if environment is None else environment
    selected = [] if name is None else ["--stack", name]
    stack = read_stack(run_pulumi(["stack", "export", *selected]) if export is None else export, earlier_exports)
    configured: Mapping[str, str] = {}
    if export is None or name is not None:
        try:
            configured = read_configuration(run_pulumi(["config", "--show-secrets", "--json", *selected]))
        except ConfigurationError as error:
            if not variables.get(ENVIRONMENT["apiKey"]):
                raise
            note(f"Using the configuration of the environment, because the stack's cannot be read: {error}")
    stack = replace(stack, locations=stack.locations | configured_locations(configured))
    session = Session.start(
        Configuration.read(configured.get, variables),
        NullEngine(),
        read_configuration=lambda namespace: Configuration.read(configured.get, {}, namespace),
    )
    if not stack.identities:
        note(
            "The state does not identify the stack: it was destroyed, or never contained a resource of "
            "gcore-tls-provider. Without that, no name can be recognized. Add an earlier state with --before FILE."
        )
    return Search(session, stack, find_orphans(session, stack))
