"""Read a load balancer with its listeners, their pools, and the secrets that those reference.

Objects are read by the same code as for `pulumi refresh`, so that a program with these properties has no diff.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.api.wire.listeners import Listener
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.errors import ObjectFailed
from gcore_tls_provider.lifecycle.apply import start_without_resource
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kinds import KINDS
from gcore_tls_provider.lifecycle.run.operation import Operation
from gcore_tls_provider.lifecycle.session import Session

ResourceKind = Literal[
    "LoadBalancer",
    "Listener",
    "Pool",
    "ListenerCertificate",
    "ClientCertificate",
    "CertificateAuthority",
    "RevocationList",
]
"""Name of the resource class for an object."""


@dataclass(frozen=True)
class DiscoveredObject:
    """An object at Gcore.

    Attributes:
        kind: Name of its resource class.
        id: ID at Gcore.
        name: Name at Gcore.
        properties: Properties as its `Kind` reads them.
    """

    kind: ResourceKind
    id: str
    name: str
    properties: Properties


@dataclass(frozen=True)
class DiscoveredSecret(DiscoveredObject):
    """A secret that a listener or a pool references.

    Attributes:
        other_users: Listeners and pools of other load balancers that use it, as text.
    """

    other_users: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovery:
    """A load balancer and everything attached to it.

    Attributes:
        load_balancer: The load balancer.
        listeners: Its listeners, sorted by port.
        pools: Its pools, sorted by name.
        secrets: The secrets that listeners and pools reference, in the order of first use.
    """

    load_balancer: DiscoveredObject
    listeners: tuple[DiscoveredObject, ...]
    pools: tuple[DiscoveredObject, ...]
    secrets: tuple[DiscoveredSecret, ...]


class NullEngine:
    """`EnginePort` for a process without a Pulumi engine: it prints nothing and has no state."""

    def progress(self, urn: str, text: str) -> None:
        """Do nothing."""

    def warn(self, urn: str, text: str) -> None:
        """Do nothing."""

    def error(self, urn: str, text: str) -> None:
        """Do nothing."""

    def exported_stack(self, stack: str) -> bytes | None:
        """Return None: there is no state."""
        return None

    def is_alive(self) -> bool:
        """Return True: no engine can stop."""
        return True


def read_load_balancer(session: Session, load_balancer_id: str, location: Location | None = None) -> Discovery:
    """Read a load balancer and everything attached to it, without changing anything.

    Args:
        session: Session with the accounts.
        load_balancer_id: ID of the load balancer.
        location: Project and region; None for the configured ones.

    Raises:
        ObjectFailed: The load balancer does not exist.
        ApiError: Any other error from Gcore.
        ConfigurationError: The API key, the project or the region is missing.
    """
    operation = start_without_resource(KINDS["LoadBalancer"], session, "read", location)
    balancer = _read_object(operation, "LoadBalancer", load_balancer_id)
    if balancer is None:
        raise ObjectFailed(
            f"read load balancer {load_balancer_id}",
            "this project and region have no load balancer with this ID",
            "Correct --load-balancer, or set --project-id and --region-id.",
        )
    listeners = operation.rows(routes.list_listeners)
    pools = operation.rows(routes.list_pools)
    own_listeners = sorted(
        (each for each in listeners if each.load_balancer_id == balancer.id),
        key=lambda each: (each.protocol_port, each.name),
    )
    own_pools = sorted((each for each in pools if _is_on(each, balancer.id)), key=lambda each: (each.name, each.id))
    uses: dict[str, ResourceKind] = {}
    for secret_id, kind in (*_secrets_of_listeners(own_listeners), *_secrets_of_pools(own_pools)):
        uses.setdefault(secret_id, kind)
    other_listeners = [each for each in listeners if each.load_balancer_id != balancer.id]
    other_pools = [each for each in pools if not _is_on(each, balancer.id)]
    other_users: dict[str, list[str]] = {}
    for listener in other_listeners:
        for secret_id, _ in _secrets_of_listeners([listener]):
            other_users.setdefault(secret_id, []).append(f"listener '{listener.name}' ({listener.id})")
    for pool in other_pools:
        for secret_id, _ in _secrets_of_pools([pool]):
            other_users.setdefault(secret_id, []).append(f"pool '{pool.name}' ({pool.id})")
    secrets = [
        DiscoveredSecret(found.kind, found.id, found.name, found.properties, tuple(other_users.get(secret_id, ())))
        for secret_id, kind in uses.items()
        if (found := _read_object(operation, kind, secret_id)) is not None
    ]
    return Discovery(
        balancer,
        tuple(found for each in own_listeners if (found := _read_object(operation, "Listener", each.id)) is not None),
        tuple(found for each in own_pools if (found := _read_object(operation, "Pool", each.id)) is not None),
        tuple(secrets),
    )


def _read_object(operation: Operation, kind: ResourceKind, object_id: str) -> DiscoveredObject | None:
    live = KINDS[kind].read_object(operation, object_id, {})
    return None if live is None else DiscoveredObject(kind, live.id, str(live.properties.get("name")), live.properties)


def _is_on(pool: Pool, load_balancer_id: str) -> bool:
    return load_balancer_id in {each.id for each in pool.loadbalancers}


def _secrets_of_listeners(listeners: list[Listener]) -> Iterator[tuple[str, ResourceKind]]:
    for each in listeners:
        for secret_id in (each.secret_id, *(each.sni_secret_id or ())):
            if secret_id:
                yield secret_id, "ListenerCertificate"


def _secrets_of_pools(pools: list[Pool]) -> Iterator[tuple[str, ResourceKind]]:
    for each in pools:
        roles: tuple[tuple[str | None, ResourceKind], ...] = (
            (each.ca_secret_id, "CertificateAuthority"),
            (each.secret_id, "ClientCertificate"),
            (each.crl_secret_id, "RevocationList"),
        )
        for secret_id, kind in roles:
            if secret_id:
                yield secret_id, kind
