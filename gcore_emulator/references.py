"""References between objects: secrets in their roles, objects of the same load balancer, matching protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gcore_emulator.account import EmulatedAccount, Listener, LoadBalancer, Pool, ProjectRegion, Secret, Stored
from gcore_emulator.behavior import Behavior
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.octavia_checks import (
    UnusableSecretError,
    check_ca_bundle,
    check_client_certificate,
    check_crl,
    check_listener_certificate,
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
"""Pool protocols that Octavia accepts for each listener protocol."""

_NOT_UDP: frozenset[PoolProtocol] = frozenset({"HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP"})


@dataclass(frozen=True)
class References:
    """Look-up of the objects that a request of one project and region refers to.

    `ApiErrorResponse`s: 404 for a missing object, 400 with the field's name for a secret that cannot be used.
    """

    account: EmulatedAccount
    location: ProjectRegion
    behavior: Behavior

    def secret(self, secret_id: str) -> Secret:
        """Return a secret. Raise a 404 if it does not exist."""
        found = self.account.secrets.find(self.location, secret_id)
        if found is None or found.provisioning_status == "PENDING_CREATE":
            raise not_found("Secret", secret_id)
        return found

    def load_balancer(self, load_balancer_id: str) -> LoadBalancer:
        """Return a load balancer. Raise a 404 if it does not exist."""
        found = self.account.load_balancers.find(self.location, load_balancer_id)
        if found is None:
            raise not_found("Load balancer", load_balancer_id)
        return found

    def listener(self, listener_id: str) -> Listener:
        """Return a listener. Raise a 404 if it does not exist."""
        found = self.account.listeners.find(self.location, listener_id)
        if found is None:
            raise not_found("Listener", listener_id)
        return found

    def pool(self, pool_id: str) -> Pool:
        """Return a pool. Raise a 404 if it does not exist."""
        found = self.account.pools.find(self.location, pool_id)
        if found is None:
            raise not_found("Pool", pool_id)
        return found

    def check_listener_secrets(self, listener: Listener) -> None:
        """Check the listener's certificates: PKCS12 with key, required exactly where the listener terminates TLS."""
        default = (listener.secret_id,) if listener.secret_id else ()
        used = {"secret_id": default, "sni_secret_id": listener.sni_secret_ids}
        if not any(used.values()):
            if listener.protocol == "TERMINATED_HTTPS":
                raise invalid({"secret_id": "A TERMINATED_HTTPS listener needs secret_id or sni_secret_id."})
            return
        if listener.protocol not in TLS_LISTENERS:
            message = f"A listener of protocol {listener.protocol} accepts no certificate."
            raise invalid({name: message for name, ids in used.items() if ids})
        for name, ids in used.items():
            for secret_id in ids:
                self._check_role(name, secret_id, check_listener_certificate)

    def check_pool_secrets(self, pool: Pool) -> None:
        """Check the pool's TLS to its members: client certificate, CA bundle, and a CRL signed by the CA."""
        if pool.secret_id is not None:
            accepted = self.behavior.pem_client_secret == "accept"
            self._check_role("secret_id", pool.secret_id, lambda blob: check_client_certificate(blob, accepted))
        ca = None
        if pool.ca_secret_id is not None:
            ca = self._check_role("ca_secret_id", pool.ca_secret_id, check_ca_bundle)
        if pool.crl_secret_id is not None:
            if ca is None:
                raise invalid({"crl_secret_id": "A CRL needs its CA: ca_secret_id must be set."})
            issuer = ca
            self._check_role("crl_secret_id", pool.crl_secret_id, lambda blob: check_crl(blob, issuer))

    def check_protocols(self, listener_protocol: ListenerProtocol, pool_protocol: PoolProtocol) -> None:
        """Check that a listener accepts a pool of this protocol. Raise a 400 otherwise."""
        if self.behavior.protocol_pairs == "octavia" or listener_protocol in ("UDP", "PROMETHEUS"):
            allowed = OCTAVIA_PAIRS[listener_protocol]
        else:
            allowed = _NOT_UDP
        if pool_protocol not in allowed:
            raise invalid(
                {"protocol": f"A listener of protocol {listener_protocol} accepts no pool of protocol {pool_protocol}."}
            )

    def _check_role(self, field: str, secret_id: str, check: Callable[[bytes], R]) -> R:
        found = self.account.secrets.find(self.location, secret_id)
        if found is None or found.provisioning_status != "ACTIVE":
            raise invalid({field: f"Secret {secret_id} could not be found."})
        try:
            return check(found.payload)
        except UnusableSecretError as error:
            raise invalid({field: f"Secret {secret_id} cannot be used: {error}"}) from None


def check_updatable(stored: Stored) -> None:
    """Raise a 409 unless the object is ACTIVE: an object in ERROR can only be deleted."""
    if stored.provisioning_status != "ACTIVE":
        raise conflict(f"{type(stored).__name__} {stored.id} is immutable while it is {stored.provisioning_status}")


def check_deletable(stored: Stored) -> None:
    """Raise a 409 unless the object is ACTIVE or in ERROR."""
    if stored.provisioning_status not in ("ACTIVE", "ERROR"):
        raise conflict(f"{type(stored).__name__} {stored.id} is immutable while it is {stored.provisioning_status}")
