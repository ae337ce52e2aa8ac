"""Delete orphans, users before the objects that they use, and keep every orphan that something else uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from gcore_tls_provider.api import routes
from gcore_tls_provider.cli.orphans.account import KINDS_IN_DELETION_ORDER, Orphan, operation_on
from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.lifecycle.kinds.secret import users
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.session import Session


@dataclass(frozen=True)
class DeletionResult:
    """Result of deleting an orphan.

    Attributes:
        orphan: The orphan.
        kept: Reason why it still exists; None if it is gone.
    """

    orphan: Orphan
    kept: str | None


def delete_orphans(
    session: Session, stack: Stack, found: Iterable[Orphan], chosen: Collection[Orphan]
) -> Iterator[DeletionResult]:
    """Delete orphans one after the other, and continue after a failure.

    Args:
        session: Session with the accounts.
        stack: The stack.
        found: All orphans, in the order of `find_orphans`.
        chosen: The orphans to delete.
    """
    found = list(found)
    own = stack.state.created | {each.id for each in found}
    for orphan in found:
        if orphan not in chosen:
            continue
        operation = operation_on(session, orphan.kind, "delete", orphan.location)
        kind = KINDS_IN_DELETION_ORDER[orphan.kind]
        try:
            live = kind.read_object(operation, orphan.id, {})
            if live is None:
                yield DeletionResult(orphan, None)
                continue
            used_by = _users(operation, orphan, own)
            if used_by:
                yield DeletionResult(orphan, f"in use by {', '.join(used_by)}")
                continue
            kind.delete_object(operation, orphan.id, live.properties)
            yield DeletionResult(orphan, None)
        except GcoreTlsError as error:
            yield DeletionResult(orphan, str(error))


def _users(operation: Operation, orphan: Orphan, own: Collection[str]) -> list[str]:
    """Return descriptions of the objects that use an orphan and are not deleted with it."""
    if orphan.kind == "secret":
        return users(operation, orphan.id)
    pools = operation.rows(routes.list_pools)
    if orphan.kind == "pool":
        # A listener of this stack can lose a default pool that its program does not declare.
        interrupted = orphan.recognized.interrupted_create
        declared_listener = interrupted.inputs.get("listener_id") if interrupted else None
        listeners = [listener.id for pool in pools if pool.id == orphan.id for listener in pool.listeners]
        return [f"listener {each}" for each in listeners if each not in own and each != declared_listener]
    if orphan.kind == "listener":
        return [
            f"pool '{pool.name}' ({pool.id})"
            for pool in pools
            if orphan.id in {listener.id for listener in pool.listeners}
        ]
    return [
        *(
            f"listener '{each.name}' ({each.id})"
            for each in operation.rows(routes.list_listeners)
            if each.load_balancer_id == orphan.id
        ),
        *(
            f"pool '{each.name}' ({each.id})"
            for each in pools
            if orphan.id in {balancer.id for balancer in each.loadbalancers}
        ),
    ]
