"""Load balancers as requests create and update them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from gcore_emulator.account import FloatingIp, Listener, LoadBalancer, Pool, Stored
from gcore_emulator.addresses import floating_address, vip_for
from gcore_emulator.errors import conflict, invalid
from gcore_emulator.flavors import DEFAULT_FLAVOR, check_flavor
from gcore_emulator.listeners import new_listener
from gcore_emulator.pools import new_pool
from gcore_emulator.references import References
from gcore_tls_provider.api.wire.load_balancers import (
    ExistingFloatingIp,
    LoadBalancerChange,
    LoadBalancerCreate,
    NewFloatingIp,
)


def new_load_balancer(request: LoadBalancerCreate, references: References, now: datetime) -> tuple[Stored, ...]:
    """Return a new load balancer, followed by the listeners and pools that are nested in the request."""
    if request.vip_port_id is not None and request.vip_network_id is not None:
        raise invalid({"vip_port_id": "vip_port_id and vip_network_id cannot be used together."})
    others = [other for other in references.account.load_balancers.values() if other.location == references.location]
    if request.vip_port_id is not None and any(other.vip.port_id == request.vip_port_id for other in others):
        raise conflict(f"Port {request.vip_port_id} is already used by another Load Balancer")
    balancer_id = str(uuid4())
    balancer = LoadBalancer(
        id=balancer_id,
        location=references.location,
        name=request.name,
        created_at=now,
        flavor=check_flavor(request.flavor or DEFAULT_FLAVOR),
        vip=vip_for(balancer_id, request, {other.vip.address for other in others}),
        floating_ip=_floating_ip(request.floating_ip, others, now),
        tags=dict(request.tags),
        logging=request.logging,
        preferred_connectivity=request.preferred_connectivity,
    )
    listeners: list[Listener] = []
    pools: list[Pool] = []
    for nested in request.listeners:
        listener = new_listener(nested, references, balancer_id, balancer.vip, listeners, now)
        listeners.append(listener)
        for pool in nested.pools:
            references.check_protocols(listener.protocol, pool.protocol)
            pools.append(new_pool(pool, references, balancer_id, listener, now))
    return balancer, *listeners, *pools


def changed_load_balancer(present: LoadBalancer, request: LoadBalancerChange, now: datetime) -> LoadBalancer:
    """Return the load balancer after an update of the fields that the request contains. Tags are merged."""
    fields = {"name", "preferred_connectivity", "admin_state_up"}
    changed = replace(present, updated_at=now, **request.model_dump(include=request.model_fields_set & fields))
    if request.logging is not None:
        changed = replace(changed, logging=request.logging)
    if "tags" in request.model_fields_set:
        changed = replace(changed, tags=_merged(present.tags, request.tags))
    return changed


def _merged(present: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    if changes is None:
        return {}
    merged = {**present, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _floating_ip(
    requested: NewFloatingIp | ExistingFloatingIp | None, others: list[LoadBalancer], now: datetime
) -> FloatingIp | None:
    if requested is None:
        return None
    floating_ip_id = requested.existing_floating_id if isinstance(requested, ExistingFloatingIp) else str(uuid4())
    if any(other.floating_ip is not None and other.floating_ip.id == floating_ip_id for other in others):
        raise conflict(f"Floating IP {floating_ip_id} is already used by another Load Balancer")
    return FloatingIp(
        id=floating_ip_id,
        address=floating_address(floating_ip_id),
        created_at=now,
        new=isinstance(requested, NewFloatingIp),
    )
