"""Names that prove that an object belongs to this stack."""

from __future__ import annotations

from collections.abc import Iterable

from gcore_tls_provider.api import routes
from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.operation import Operation


def has_only_own_children(operation: Operation, load_balancer_id: str, state: StackState) -> bool:
    """Return whether every listener and pool on a load balancer has a name that only this stack gives."""
    children = [
        *(each.name for each in operation.rows(routes.list_listeners) if each.load_balancer_id == load_balancer_id),
        *(
            each.name
            for each in operation.rows(routes.list_pools)
            if load_balancer_id in {balancer.id for balancer in each.loadbalancers}
        ),
    ]
    return _are_own(children, state)


def has_only_own_pools(operation: Operation, listener_id: str, state: StackState) -> bool:
    """Return whether every pool of a listener has a name that only this stack gives."""
    pools = operation.rows(routes.list_pools)
    return _are_own([each.name for each in pools if listener_id in {front.id for front in each.listeners}], state)


def _are_own(names: Iterable[str], state: StackState) -> bool:
    identities = {state.identity, *(each.identity for each in state.creating)}
    prefixes = tuple(ObjectNaming.of_urn(identity, urn).prefix for identity in identities for urn in state.urns)
    return all(name.startswith(prefixes) for name in names)
