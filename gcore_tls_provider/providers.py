"""The dynamic providers.

The classes are saved in every user's state, by their import path and nothing else: they hold no state, and are never
renamed or moved. A program imports this module to declare resources, and only the provider process needs what they do:
so that is loaded when a provider is first called.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
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

if TYPE_CHECKING:
    from gcore_tls_provider.dynamic.handlers import Handlers

_configured: ConfigureRequest | None = None
"""What the engine has configured this process with: the same for all providers."""


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Loads without looking for garbage: there is none, and it takes a fifth of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@cache
def _loaded(kind: str) -> Handlers:
    with _not_collecting():
        from gcore_tls_provider.dynamic import handlers

        return handlers.handlers_for(kind)


class _Provider(ResourceProvider):
    """What all providers share. `kind` says what is provided."""

    serialize_as_secret_always: bool = False
    kind: ClassVar[str]

    def configure(self, req: ConfigureRequest) -> None:
        """Takes the stack's configuration, which is read at the first call."""
        global _configured
        _configured = req

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validates what is known; asks Gcore only for an object that is to be adopted."""
        return self._handlers().check(_olds, news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares by meaning, and says what the difference means for traffic."""
        return self._handlers().diff(_id, _olds, _news)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Makes the object and waits for it."""
        return self._handlers().create(props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Reads the object."""
        return self._handlers().read(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Changes the object in place."""
        return self._handlers().update(_id, _olds, _news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the object and waits until it is gone."""
        self._handlers().delete(_id, _props)

    def _handlers(self) -> Handlers:
        found = _loaded(self.kind)
        if _configured is not None:
            found.configure(_configured)
        return found


class SecretProvider(_Provider):
    """For `Secret`."""

    kind = "Secret"


class ListenerCertificateProvider(_Provider):
    """For `ListenerCertificate`."""

    kind = "ListenerCertificate"


class ClientCertificateProvider(_Provider):
    """For `ClientCertificate`."""

    kind = "ClientCertificate"


class CertificateAuthorityProvider(_Provider):
    """For `CertificateAuthority`."""

    kind = "CertificateAuthority"


class RevocationListProvider(_Provider):
    """For `RevocationList`."""

    kind = "RevocationList"


class LoadBalancerProvider(_Provider):
    """For `LoadBalancer`."""

    kind = "LoadBalancer"


class ListenerProvider(_Provider):
    """For `Listener`."""

    kind = "Listener"


class PoolProvider(_Provider):
    """For `Pool`."""

    kind = "Pool"


class PoolTlsAttachmentProvider(_Provider):
    """For `PoolTlsAttachment`."""

    kind = "PoolTlsAttachment"


class PoolTlsSnapshotProvider(_Provider):
    """For `PoolTlsSnapshot`, a part of `PoolTlsAttachment`."""

    kind = "PoolTlsSnapshot"
