"""What objects may refer to: secrets in their roles, other objects of the same load balancer, protocols that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gcore_emulator.account import Account, Listener, LoadBalancer, Pool, Scope, Secret, Stored
from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.octavia_checks import (
    MaterialError,
    check_certificate_authority,
    check_client_certificate,
    check_listener_certificate,
    check_revocation_list,
)
from gcore_tls_provider.api.wire.enums import ListenerProtocol, PoolProtocol

R = TypeVar("R")

TLS_LISTENERS: frozenset[ListenerProtocol] = frozenset({"TERMINATED_HTTPS", "PROMETHEUS"})
"""Listener protocols that use certificates."""

OCTAVIA_PAIRS: Mapping[ListenerProtocol, frozenset[PoolProtocol]] = {
    "HTTP": frozenset({"HTTP", "PROXY", "PROXYV2"}),
    "HTTPS": frozenset({"HTTPS", "TCP", "PROXY", "PROXYV2"}),
    "PROMETHEUS": frozenset(),
    "TCP": frozenset({"HTTP", "HTTPS", "TCP", "PROXY", "PROXYV2"}),
    "TERMINATED_HTTPS": frozenset({"HTTP", "PROXY", "PROXYV2"}),
    "UDP": frozenset({"UDP"}),
}
"""Pool protocols that Octavia takes behind a listener."""

_NOT_UDP: frozenset[PoolProtocol] = frozenset({"HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP"})


@dataclass(frozen=True)
class References:
    """Looks up what a request of one project and region refers to.

    `Failure`s: 404 for a missing object, 400 with the field's name for a secret that can't serve.
    """

    account: Account
    scope: Scope
    behavior: Behavior

    def secret(self, secret_id: str) -> Secret:
        """A secret that exists. 404 otherwise."""
        found = self.account.secrets.find(self.scope, secret_id)
        if found is None or found.provisioning_status == "PENDING_CREATE":
            raise not_found("Secret", secret_id)
        return found

    def load_balancer(self, load_balancer_id: str) -> LoadBalancer:
        """A load balancer that exists. 404 otherwise."""
        found = self.account.load_balancers.find(self.scope, load_balancer_id)
        if found is None:
            raise not_found("Load balancer", load_balancer_id)
        return found

    def listener(self, listener_id: str) -> Listener:
        """A listener that exists. 404 otherwise."""
        found = self.account.listeners.find(self.scope, listener_id)
        if found is None:
            raise not_found("Listener", listener_id)
        return found

    def pool(self, pool_id: str) -> Pool:
        """A pool that exists. 404 otherwise."""
        found = self.account.pools.find(self.scope, pool_id)
        if found is None:
            raise not_found("Pool", pool_id)
        return found

    def check_listener_secrets(self, listener: Listener) -> None:
        """The listener's certificates: only and always where TLS ends at the load balancer, PKCS12 with key."""
        default = (listener.secret_id,) if listener.secret_id else ()
        used = {"secret_id": default, "sni_secret_id": listener.sni_secret_ids}
        if not any(used.values()):
            if listener.protocol == "TERMINATED_HTTPS":
                raise invalid({"secret_id": "A TERMINATED_HTTPS listener needs secret_id or sni_secret_id."})
            return
        if listener.protocol not in TLS_LISTENERS:
            message = f"A listener of protocol {listener.protocol} takes no certificate."
            raise invalid({name: message for name, ids in used.items() if ids})
        for name, ids in used.items():
            for secret_id in ids:
                self._check_role(name, secret_id, check_listener_certificate)

    def check_pool_secrets(self, pool: Pool) -> None:
        """The pool's TLS to its members: client certificate, CA bundle, and a revocation list that fits the CA."""
        if pool.secret_id is not None:
            accepted = self.behavior.pem_client_secret == "accept"
            self._check_role("secret_id", pool.secret_id, lambda blob: check_client_certificate(blob, accepted))
        authority = None
        if pool.ca_secret_id is not None:
            authority = self._check_role("ca_secret_id", pool.ca_secret_id, check_certificate_authority)
        if pool.crl_secret_id is not None:
            if authority is None:
                raise invalid({"crl_secret_id": "A revocation list needs its CA: ca_secret_id must be set."})
            issuer = authority
            self._check_role("crl_secret_id", pool.crl_secret_id, lambda blob: check_revocation_list(blob, issuer))

    def check_protocols(self, listener_protocol: ListenerProtocol, pool_protocol: PoolProtocol) -> None:
        """Whether a listener takes a pool of this protocol. 400 otherwise."""
        if self.behavior.protocol_pairs == "octavia" or listener_protocol in ("UDP", "PROMETHEUS"):
            allowed = OCTAVIA_PAIRS[listener_protocol]
        else:
            allowed = _NOT_UDP
        if pool_protocol not in allowed:
            raise invalid(
                {"protocol": f"A listener of protocol {listener_protocol} takes no pool of protocol {pool_protocol}."}
            )

    def _check_role(self, field: str, secret_id: str, check: Callable[[bytes], R]) -> R:
        found = self.account.secrets.find(self.scope, secret_id)
        if found is None or found.provisioning_status != "ACTIVE":
            raise invalid({field: f"Secret {secret_id} could not be found."})
        try:
            return check(found.payload)
        except MaterialError as error:
            raise invalid({field: f"Secret {secret_id} can't be used: {error}"}) from None


def check_updatable(stored: Stored) -> None:
    """409 unless the object is ACTIVE: one in ERROR can only be deleted."""
    if stored.provisioning_status != "ACTIVE":
        raise conflict(f"{type(stored).__name__} {stored.id} is immutable while it is {stored.provisioning_status}")


def check_removable(stored: Stored) -> None:
    """409 unless the object is ACTIVE or in ERROR."""
    if stored.provisioning_status not in ("ACTIVE", "ERROR"):
        raise conflict(f"{type(stored).__name__} {stored.id} is immutable while it is {stored.provisioning_status}")
