"""Dynamic providers, one class per kind of resource.

Every user's state holds these classes by import path and nothing else, so they are stateless and must never be renamed
or moved. Programs import this module to declare resources. Only the provider's process needs the handlers, so the first
call to a provider loads them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from gcore_tls_provider.pulumi_internals import gc_tuning

if TYPE_CHECKING:
    from gcore_tls_provider.dynamic.handlers import Handlers

_configured: ConfigureRequest | None = None
"""Configuration from the engine, the same for all providers of the process."""


@cache
def _handlers_for(kind: str) -> Handlers:
    with gc_tuning.paused():
        from gcore_tls_provider.dynamic import handlers

        return handlers.handlers_for(kind)


class _Provider(ResourceProvider):
    """Dynamic provider that delegates to the handlers of its kind.

    Attributes:
        kind: Last part of the resource's type, such as `Pool`.
    """

    serialize_as_secret_always: bool = False
    kind: ClassVar[str]

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's configuration for the first call."""
        global _configured
        _configured = req

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the known inputs; send a request to Gcore only for an object that is to be adopted."""
        return self._handlers().check(_olds, news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare inputs by meaning and report the traffic impact of the changes."""
        return self._handlers().diff(_id, _olds, _news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the object and wait until it is ACTIVE."""
        return self._handlers().create(props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the object."""
        return self._handlers().read(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Update the object in place."""
        return self._handlers().update(_id, _olds, _news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the object and wait until it is gone."""
        self._handlers().delete(_id, _props)

    def _handlers(self) -> Handlers:
        handlers = _handlers_for(self.kind)
        if _configured is not None:
            handlers.configure(_configured)
        return handlers


class SecretProvider(_Provider):
    """Provider of `Secret`."""

    kind = "Secret"


class ListenerCertificateProvider(_Provider):
    """Provider of `ListenerCertificate`."""

    kind = "ListenerCertificate"


class ClientCertificateProvider(_Provider):
    """Provider of `ClientCertificate`."""

    kind = "ClientCertificate"


class CertificateAuthorityProvider(_Provider):
    """Provider of `CertificateAuthority`."""

    kind = "CertificateAuthority"


class RevocationListProvider(_Provider):
    """Provider of `RevocationList`."""

    kind = "RevocationList"


class LoadBalancerProvider(_Provider):
    """Provider of `LoadBalancer`."""

    kind = "LoadBalancer"


class ListenerProvider(_Provider):
    """Provider of `Listener`."""

    kind = "Listener"


class PoolProvider(_Provider):
    """Provider of `Pool`."""

    kind = "Pool"


class PoolTlsAttachmentProvider(_Provider):
    """Provider of `PoolTlsAttachment`."""

    kind = "PoolTlsAttachment"


class PoolTlsSnapshotProvider(_Provider):
    """Provider of `PoolTlsSnapshot`, a part of `PoolTlsAttachment`."""

    kind = "PoolTlsSnapshot"
