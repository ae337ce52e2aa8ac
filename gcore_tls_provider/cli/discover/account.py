"""What belongs to a load balancer: its listeners, their pools, and the secrets that they name.

It is read as the lifecycles read it, so that a program with these properties differs in nothing from what is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.api.wire.listeners import Listener
from gcore_tls_provider.api.wire.pools import Pool
from gcore_tls_provider.errors import ObjectFailed
from gcore_tls_provider.lifecycle.inputs.properties import Properties
from gcore_tls_provider.lifecycle.kind import Lifecycle
from gcore_tls_provider.lifecycle.kinds.certificate import (
    CertificateAuthorityLifecycle,
    ClientCertificateLifecycle,
    ListenerCertificateLifecycle,
    RevocationListLifecycle,
)
from gcore_tls_provider.lifecycle.kinds.listener.kind import ListenerLifecycle
from gcore_tls_provider.lifecycle.kinds.load_balancer import LoadBalancerLifecycle
from gcore_tls_provider.lifecycle.kinds.pool.kind import PoolLifecycle
from gcore_tls_provider.lifecycle.run.operation import Operation, ResourceContext
from gcore_tls_provider.lifecycle.run.session import Session

Kind = Literal[
    "LoadBalancer",
    "Listener",
    "Pool",
    "ListenerCertificate",
    "ClientCertificate",
    "CertificateAuthority",
    "RevocationList",
]
"""The resource that stands for an object."""

LIFECYCLES: Final[Mapping[Kind, Lifecycle[Any]]] = {
    "LoadBalancer": LoadBalancerLifecycle(),
    "Listener": ListenerLifecycle(),
    "Pool": PoolLifecycle(),
    "ListenerCertificate": ListenerCertificateLifecycle(),
    "ClientCertificate": ClientCertificateLifecycle(),
    "CertificateAuthority": CertificateAuthorityLifecycle(),
    "RevocationList": RevocationListLifecycle(),
}

_NOBODY = ResourceContext(urn="", name="", stack="")


@dataclass(frozen=True)
class Found:
    """An object at Gcore.

    Attributes:
        kind: the resource that stands for it.
        id: its id.
        name: what it is called at Gcore.
        properties: its properties, as its lifecycle reads them.
    """

    kind: Kind
    id: str
    name: str
    properties: Properties


@dataclass(frozen=True)
class FoundSecret(Found):
    """A secret that a listener or a pool names.

    Attributes:
        elsewhere: what else uses it, on other load balancers, in words.
    """

    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovery:
    """A load balancer and all that belongs to it.

    Attributes:
        load_balancer: the load balancer.
        listeners: its listeners, by port.
        pools: its pools, by name.
        secrets: what those name, in the order of their use.
    """

    load_balancer: Found
    listeners: tuple[Found, ...]
    pools: tuple[Found, ...]
    secrets: tuple[FoundSecret, ...]


class NullEngine:
    """A `Host` where there is no Pulumi engine: nothing is told, and there is no state."""

    def progress(self, urn: str, text: str) -> None:
        """Says nothing."""

    def warn(self, urn: str, text: str) -> None:
        """Says nothing."""

    def error(self, urn: str, text: str) -> None:
        """Says nothing."""

    def exported_stack(self, stack: str) -> bytes | None:
        """There is none."""
        return None

    def is_alive(self) -> bool:
        """Nobody can have gone."""
        return True


def read_load_balancer(session: Session, load_balancer_id: str, scope: Location | None = None) -> Discovery:
    """Reads a load balancer and all that belongs to it. Nothing is changed.

    Args:
        session: speaks to Gcore.
        load_balancer_id: the load balancer.
        scope: the project and region; None for the configured ones.

    Raises:
        ObjectFailed: there is no such load balancer.
        ApiError: anything else that Gcore answered.
        ConfigurationError: the key, the project or the region is missing.
    """
    operation = Operation(session, _NOBODY, "load balancer", "read", scope)
    balancer = _found(operation, "LoadBalancer", load_balancer_id)
    if balancer is None:
        raise ObjectFailed(
            f"read load balancer {load_balancer_id}",
            "there is no such object in this project and region",
            "Correct the id, or the project and region.",
        )
    listeners = operation.rows(routes.list_listeners)
    pools = operation.rows(routes.list_pools)
    own_listeners = sorted(
        (each for each in listeners if each.load_balancer_id == balancer.id),
        key=lambda each: (each.protocol_port, each.name),
    )
    own_pools = sorted((each for each in pools if _is_on(each, balancer.id)), key=lambda each: (each.name, each.id))
    uses: dict[str, Kind] = {}
    for secret_id, kind in (*_of_listeners(own_listeners), *_of_pools(own_pools)):
        uses.setdefault(secret_id, kind)
    other_listeners = [each for each in listeners if each.load_balancer_id != balancer.id]
    other_pools = [each for each in pools if not _is_on(each, balancer.id)]
    elsewhere: dict[str, list[str]] = {}
    for listener in other_listeners:
        for secret_id, _ in _of_listeners([listener]):
            elsewhere.setdefault(secret_id, []).append(f"listener '{listener.name}' ({listener.id})")
    for pool in other_pools:
        for secret_id, _ in _of_pools([pool]):
            elsewhere.setdefault(secret_id, []).append(f"pool '{pool.name}' ({pool.id})")
    secrets = [
        FoundSecret(found.kind, found.id, found.name, found.properties, tuple(elsewhere.get(secret_id, ())))
        for secret_id, kind in uses.items()
        if (found := _found(operation, kind, secret_id)) is not None
    ]
    return Discovery(
        balancer,
        tuple(found for each in own_listeners if (found := _found(operation, "Listener", each.id)) is not None),
        tuple(found for each in own_pools if (found := _found(operation, "Pool", each.id)) is not None),
        tuple(secrets),
    )


def _found(operation: Operation, kind: Kind, object_id: str) -> Found | None:
    live = LIFECYCLES[kind].look(operation, object_id, {})
    return None if live is None else Found(kind, live.id, str(live.properties.get("name")), live.properties)


def _is_on(pool: Pool, load_balancer_id: str) -> bool:
    return load_balancer_id in {each.id for each in pool.loadbalancers}


def _of_listeners(listeners: list[Listener]) -> Iterator[tuple[str, Kind]]:
    for each in listeners:
        for secret_id in (each.secret_id, *(each.sni_secret_id or ())):
            if secret_id:
                yield secret_id, "ListenerCertificate"


def _of_pools(pools: list[Pool]) -> Iterator[tuple[str, Kind]]:
    for each in pools:
        roles: tuple[tuple[str | None, Kind], ...] = (
            (each.ca_secret_id, "CertificateAuthority"),
            (each.secret_id, "ClientCertificate"),
            (each.crl_secret_id, "RevocationList"),
        )
        for secret_id, kind in roles:
            if secret_id:
                yield secret_id, kind
