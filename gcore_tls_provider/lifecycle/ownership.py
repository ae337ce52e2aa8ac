"""Whether an object that is in no state can be proven to be this stack's, and nobody else's."""

from __future__ import annotations

from gcore_tls_provider.api import routes
from gcore_tls_provider.lifecycle.names import Names
from gcore_tls_provider.lifecycle.operation import Operation
from gcore_tls_provider.lifecycle.stack import StackState


def is_on_own_load_balancer(operation: Operation, load_balancer_id: str, state: StackState) -> bool:
    """Whether a load balancer is one that this stack has made: what carries a name of this stack on it is its own."""
    return load_balancer_id in state.made | operation.session.made


def has_own_children_only(operation: Operation, load_balancer_id: str, state: StackState) -> bool:
    """Whether every listener and pool on a load balancer has a name that only this stack gives."""
    prefixes = tuple(Names.of_urn(state.identity, urn).prefix for urn in state.urns)
    children = [
        *(each.name for each in operation.rows(routes.list_listeners) if each.load_balancer_id == load_balancer_id),
        *(
            each.name
            for each in operation.rows(routes.list_pools)
            if load_balancer_id in {balancer.id for balancer in each.loadbalancers}
        ),
    ]
    return all(name.startswith(prefixes) for name in children)
