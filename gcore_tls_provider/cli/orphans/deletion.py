"""Deleting orphans: first what uses others, and nothing that somebody uses who isn't deleted too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from gcore_tls_provider.api import routes
from gcore_tls_provider.cli.orphans.account import LIFECYCLES, Orphan, operation_on
from gcore_tls_provider.cli.orphans.stack import Stack
from gcore_tls_provider.errors import GcoreTlsError
from gcore_tls_provider.lifecycle.kinds.secret import users
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.run.session import Session


@dataclass(frozen=True)
class Outcome:
    """What became of an orphan. `kept` says why it is still there; None: it is gone."""

    orphan: Orphan
    kept: str | None


def delete_orphans(
    session: Session, stack: Stack, found: Iterable[Orphan], chosen: Collection[Orphan]
) -> Iterator[Outcome]:
    """Deletes orphans one after the other; one that can't be deleted is no reason for the others to stay.

    Args:
        session: speaks to Gcore.
        stack: the stack.
        found: all orphans, in the order in which `find` gives them.
        chosen: those that are to be deleted.
    """
    found = list(found)
    own = stack.state.made | {each.id for each in found}
    for orphan in found:
        if orphan not in chosen:
            continue
        operation = operation_on(session, orphan.kind, "delete", orphan.scope)
        lifecycle = LIFECYCLES[orphan.kind]
        try:
            live = lifecycle.look(operation, orphan.id, {})
            if live is None:
                yield Outcome(orphan, None)
                continue
            used_by = _users(operation, orphan, own)
            if used_by:
                yield Outcome(orphan, f"in use by {', '.join(used_by)}")
                continue
            lifecycle.remove(operation, orphan.id, live.properties)
            yield Outcome(orphan, None)
        except GcoreTlsError as error:
            yield Outcome(orphan, str(error))


def _users(operation: Operation, orphan: Orphan, own: Collection[str]) -> list[str]:
    """What would suffer if an object went: what uses it and is still there."""
    if orphan.kind == "secret":
        return users(operation, orphan.id)
    pools = operation.rows(routes.list_pools)
    if orphan.kind == "pool":
        # A listener of this stack loses what its program doesn't give it.
        dead = orphan.recognised.dead
        made_for = dead.inputs.get("listener_id") if dead else None
        fronts = [front.id for pool in pools if pool.id == orphan.id for front in pool.listeners]
        return [f"listener {each}" for each in fronts if each not in own and each != made_for]
    if orphan.kind == "listener":
        return [
            f"pool '{pool.name}' ({pool.id})" for pool in pools if orphan.id in {front.id for front in pool.listeners}
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
