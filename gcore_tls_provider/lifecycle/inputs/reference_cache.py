"""Certificates, CA bundles and CRLs that resources of the running program hold, never a key.

The engine checks a resource after all resources that it refers to, in one process. So a front end keeps what each check
publishes, and passes it to the checks that follow: no certificate is parsed or transferred a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates


@dataclass(frozen=True)
class CachedCertificate:
    """Public content of one resource.

    Attributes:
        digest: Digest of the content.
        material: Certificate chain, CA bundle or CRLs.
    """

    digest: str
    material: PublicCertificates


@dataclass(frozen=True)
class PublishedCertificate:
    """Content of a certificate resource, as its check publishes it for later checks.

    Attributes:
        urn: URN of the certificate resource.
        current: Content now; None if it is unreadable or unknown.
        previous: Content in the previous run, if it differs.
        known: The content is known before other resources are created.
    """

    urn: str
    current: CachedCertificate | None
    previous: CachedCertificate | None = None
    known: bool = True


class CertificateCache:
    """Contents of the certificate resources that were checked. Threads share it."""

    def __init__(self) -> None:
        """Contain nothing."""
        self._published: dict[str, PublishedCertificate] = {}
        self._by_digest: dict[str, PublicCertificates] = {}

    def put(self, published: Iterable[PublishedCertificate]) -> None:
        """Add what a check has published."""
        for each in published:
            self._published[each.urn] = each
            for content in (each.current, each.previous):
                if content is not None:
                    self._by_digest[content.digest] = content.material

    def is_unknown(self, urn: str) -> bool:
        """Return whether the content of a checked resource is not known yet."""
        return urn in self._published and not self._published[urn].known

    def was_checked(self, urn: str) -> bool:
        """Return whether a resource was checked: with `--target`, some are not."""
        return urn in self._published

    def of_resource(self, urn: str) -> CachedCertificate | None:
        """Return the content of a resource; None if it was not checked, or is unknown or unreadable."""
        published = self._published.get(urn)
        return None if published is None else published.current

    def with_digest(self, digest: str) -> PublicCertificates | None:
        """Return content by its digest; None if no checked resource holds it now or has held it in the last run."""
        return self._by_digest.get(digest)
