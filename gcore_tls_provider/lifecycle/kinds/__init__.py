"""Kinds of objects, and their registry.

A kind is imported when it is first used, so that a provider's first response does not wait for the import of all kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gcore_tls_provider.lifecycle.kind import CreatableKind, Kind

_PACKAGE: Final = "gcore_tls_provider.lifecycle.kinds"


class _Kinds(Mapping[str, "Kind[Any]"]):
    """Kinds by resource type; kinds that use others come first."""

    _MODULES: Final = {
        "Pool": "pool.kind.POOL",
        "Listener": "listener.kind.LISTENER",
        "LoadBalancer": "load_balancer.LOAD_BALANCER",
        "Secret": "secret.SECRET",
        "ListenerCertificate": "certificate.LISTENER_CERTIFICATE",
        "ClientCertificate": "certificate.CLIENT_CERTIFICATE",
        "CertificateAuthority": "certificate.CERTIFICATE_AUTHORITY",
        "RevocationList": "certificate.REVOCATION_LIST",
        "PoolTlsAttachment": "pool.tls_attachment.POOL_TLS_ATTACHMENT",
        "PoolTlsSnapshot": "pool.tls_attachment.POOL_TLS_SNAPSHOT",
    }

    def __getitem__(self, resource_type: str) -> Kind[Any]:
        module, _, name = self._MODULES[resource_type].rpartition(".")
        kind: Kind[Any] = getattr(import_module(f"{_PACKAGE}.{module}"), name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self._MODULES)

    def __len__(self) -> int:
        return len(self._MODULES)


KINDS: Final[Mapping[str, Kind[Any]]] = _Kinds()
"""All kinds by the last part of their resource type: `Pool`. Kinds that use others come first."""


def creatable_kinds() -> Mapping[str, CreatableKind[Any]]:
    """Return the kinds whose objects a task creates, by resource type."""
    from gcore_tls_provider.lifecycle.kind import CreatableKind

    return {name: kind for name, kind in KINDS.items() if isinstance(kind, CreatableKind)}
