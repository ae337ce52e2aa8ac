"""Effects of a reload.

HAProxy verifies a peer only in a full handshake, not when a TLS session is resumed. A certificate that expires while
HAProxy runs therefore keeps working until any change of the load balancer, for any reason, reloads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.crl import CrlBundle
from gcore_tls_provider.certificates.facts import display_name
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.crl_selection import effective_crls
from gcore_tls_provider.certificates.san_matching import name_of

PublicCertificates = CaBundle | CrlBundle | CertificateChain
"""Certificates or CRLs of one property, without a private key."""


def reload_findings(deployed: Mapping[str, Sequence[PublicCertificates]], *, now: datetime) -> tuple[Finding, ...]:
    """Report expired certificates and CRLs that a load balancer still uses, and that this change stops.

    Args:
        deployed: Deployed, unchanged certificates and CRLs by property.
        now: Current time, in UTC.

    Returns:
        `RELOAD_EXPOSES_EXPIRED`, a warning, for each of them.
    """
    return tuple(
        report("RELOAD_EXPOSES_EXPIRED", property, message=message, subject=subject, not_after=f"{end:%Y-%m-%d}")
        for property, values in deployed.items()
        for each in values
        for message, subject, end in _ends(each, now)
        if end <= now
    )


def _ends(public: PublicCertificates, now: datetime) -> Iterator[tuple[str, str, datetime]]:
    """Yield the message's key, the name and the end of each certificate or CRL."""
    if isinstance(public, CrlBundle):
        for crl in effective_crls(public, now=now):
            if crl.next_update_utc is not None:
                yield "crl", display_name(crl.issuer), crl.next_update_utc
    elif isinstance(public, CaBundle):
        for ca in public.certificates:
            yield "ca", name_of(ca), ca.not_valid_after_utc
    else:
        yield "certificate", name_of(public.certificate), public.certificate.not_valid_after_utc
