"""The public material of the resources that a process has checked, never a key.

The engine checks a resource after all those that it refers to, in one process. So what a certificate's resource holds
is known when a listener or a pool that refers to it is checked, and needn't be handed over a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gcore_tls_provider.certificates.rules.reload_effects import PublicMaterial


@dataclass(frozen=True)
class CachedCertificate:
    """What a resource holds.

    Attributes:
        digest: the digest of its content.
        material: its public material.
    """

    digest: str
    material: PublicMaterial


class CertificateCache:
    """What the resources of a program hold, and held in the run before. Threads share it."""

    def __init__(self) -> None:
        """Nothing was checked yet."""
        self._held: dict[str, CachedCertificate | None] = {}
        self._unknown: set[str] = set()
        self._by_digest: dict[str, PublicMaterial] = {}

    def put(self, urn: str, seen: CachedCertificate | None, *, known: bool = True) -> None:
        """A resource was checked.

        Args:
            urn: the resource.
            seen: what it holds; None where that can't be read, or isn't known.
            known: whether its content is known before some other resource is made.
        """
        self._held[urn] = seen
        if known:
            self._unknown.discard(urn)
        else:
            self._unknown.add(urn)
        if seen is not None:
            self.put_previous(seen)

    def is_unknown(self, urn: str) -> bool:
        """Whether what a resource holds isn't known yet."""
        return urn in self._unknown

    def put_previous(self, seen: CachedCertificate) -> None:
        """What a resource held in the run before."""
        self._by_digest[seen.digest] = seen.material

    def was_checked(self, urn: str) -> bool:
        """Whether the resource was checked: with targets, it may not have been."""
        return urn in self._held

    def of_resource(self, urn: str) -> CachedCertificate | None:
        """What a resource holds; None where nobody knows."""
        return self._held.get(urn)

    def with_digest(self, digest: str) -> PublicMaterial | None:
        """The material with a digest; None where no resource holds it, or held it in the run before."""
        return self._by_digest.get(digest)
