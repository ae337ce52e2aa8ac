"""Effects of a reload.

HAProxy verifies a peer in a full handshake only: a resumed TLS session asks nothing again. What expires while HAProxy
runs therefore goes on working, until any change of the load balancer, for whatever reason, reloads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.crl import RevocationLists
from gcore_tls_provider.certificates.facts import shown_name
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.revocation import effective_crls
from gcore_tls_provider.certificates.san_matching import name_of

PublicMaterial = CaBundle | RevocationLists | CertificateChain


def reload_findings(material: Mapping[str, Sequence[PublicMaterial]], *, now: datetime) -> tuple[Finding, ...]:
    """Report expired material that a load balancer still uses, and that stops working with this change.

    Args:
        material: what is deployed and stays as it is, by the property that it came in.
        now: the moment, in UTC.
    """
    return tuple(
        Finding(
            "RELOAD_EXPOSES_EXPIRED",
            "warning",
            property,
            f"{what} expired on {end:%Y-%m-%d}; TLS session resumption may have hidden that, and this change reloads "
            f"the load balancer: from then on handshakes with it fail.",
            "Renew it in the same run, or before.",
        )
        for property, values in material.items()
        for each in values
        for what, end in _ends(each, now)
        if end <= now
    )


def _ends(material: PublicMaterial, now: datetime) -> Iterator[tuple[str, datetime]]:
    if isinstance(material, RevocationLists):
        for entry in effective_crls(material, now=now):
            if entry.next_update_utc is not None:
                yield f"The revocation list of '{shown_name(entry.issuer)}'", entry.next_update_utc
    elif isinstance(material, CaBundle):
        for certificate in material.certificates:
            yield _named("The certificate authority", certificate)
    else:
        yield _named("The certificate", material.certificate)


def _named(noun: str, certificate: x509.Certificate) -> tuple[str, datetime]:
    return f"{noun} '{name_of(certificate)}'", certificate.not_valid_after_utc
