"""`gcore-tls orphans`: reads the stack, then Gcore, as the stack's resources do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gcore_tls_provider.cli.discover.account import NullEngine
from gcore_tls_provider.cli.orphans.account import Found, Orphan, find
from gcore_tls_provider.cli.orphans.deletion import Outcome, delete_orphans
from gcore_tls_provider.cli.orphans.stack import Run, Stack, configured_scopes, pulumi, read_configuration, read_stack
from gcore_tls_provider.errors import ConfigurationError
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT, Configuration
from gcore_tls_provider.lifecycle.run.session import Session


@dataclass(frozen=True)
class Search:
    """A search for a stack's orphans, and its result.

    Attributes:
        session: speaks to Gcore.
        stack: what is known of the stack.
        found: what was found.
    """

    session: Session
    stack: Stack
    found: Found

    def delete(self, chosen: Sequence[Orphan]) -> list[Outcome]:
        """Deletes orphans that were found, unless somebody uses them."""
        return list(delete_orphans(self.session, self.stack, self.found.orphans, chosen))


def search(
    *,
    name: str | None = None,
    export: str | None = None,
    earlier: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    run: Run = pulumi,
    report: Callable[[str], None] = lambda _text: None,
) -> Search:
    """Looks for a stack's orphans. Nothing is changed.

    Args:
        name: the stack's name; None for the one that is selected in the folder.
        export: its state; None: `pulumi stack export` tells.
        earlier: earlier states of it.
        environment: `GCORE_API_KEY` and so on, see `configuration`; None for the process's own.
        run: runs `pulumi`.
        report: is told what the user should know beside the result.

    Raises:
        ConfigurationError: the state can't be read, or the configuration can't be used.
    """
    variables = os.environ if environment is None else environment
    selected = [] if name is None else ["--stack", name]
    stack = read_stack(run(["stack", "export", *selected]) if export is None else export, earlier)
    configured: Mapping[str, str] = {}
    if export is None or name is not None:
        try:
            configured = read_configuration(run(["config", "--show-secrets", "--json", *selected]))
        except ConfigurationError as error:
            if not variables.get(ENVIRONMENT["apiKey"]):
                raise
            report(f"The stack's configuration is left out, the environment's is taken: {error}")
    stack = replace(stack, scopes=stack.scopes | configured_scopes(configured))
    session = Session(
        Configuration.read(configured.get, variables),
        NullEngine(),
        named=lambda namespace: Configuration.read(configured.get, {}, namespace),
    )
    if not stack.identities:
        report(
            "The state doesn't say who the stack is: it was destroyed, or has never held anything of "
            "gcore-tls-provider. So no name can be recognised. Give a state from before that with --before."
        )
    return Search(session, stack, find(session, stack))
