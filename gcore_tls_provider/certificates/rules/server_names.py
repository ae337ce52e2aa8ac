"""Certificates of one listener together: the one that HAProxy selects for a client.

HAProxy selects the certificate with the name that a client asks for (SNI), an exact name before a wildcard. Among
several with keys of one type it takes the first, and the listener's own before the SNI certificates. An EC certificate
next to an RSA certificate with the same names serves clients that support only one of the two. A client that asks for
a name that no certificate has, or for none, gets the listener's own certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.facts import certificate_facts, shorten
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.san_matching import address_of, clients_accept, covers, name_of, names_of


def server_name_findings(
    default: CertificateChain | None, sni: Sequence[CertificateChain], *, host_names: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Check the certificates of one listener together.

    Args:
        default: The listener's own certificate; None if it is not known.
        sni: Its SNI certificates, as far as they are known.
        host_names: Names that clients use, or addresses. Only to be given if all certificates are known.

    Returns:
        Findings on `sni_certificates` and `host_names`.
    """
    own = None if default is None else default.certificate
    others = [each.certificate for each in sni]
    return (
        *_duplicate_findings(own, others),
        *(host_name_not_covered(name, "host_names") for name in host_names if not _is_served(name, own, others)),
    )


def host_name_not_covered(host_name: str, property: str) -> Finding:
    """Return the finding for a name that clients use, and that the certificate they get does not have."""
    return report("HOST_NAME_NOT_COVERED", property, host_name=host_name)


def _duplicate_findings(own: x509.Certificate | None, sni: Sequence[x509.Certificate]) -> Iterator[Finding]:
    property = "sni_certificates"
    seen: set[x509.Certificate] = set()
    # Certificate that HAProxy selects, by type of key and name.
    selected: dict[tuple[str, str], x509.Certificate] = {}
    for each in [*([] if own is None else [own]), *sni]:
        subject = name_of(each)
        if each in seen:
            yield report("DUPLICATE_SNI", property, message="own" if each == own else "repeated", subject=subject)
            continue
        seen.add(each)
        shared: dict[x509.Certificate, list[str]] = {}
        algorithm = _key_algorithm(each)
        for name in names_of(each):
            other = selected.setdefault((algorithm, name), each)
            if other != each:
                shared.setdefault(other, []).append(name)
        for other, names in shared.items():
            yield report(
                "SNI_OVERLAP",
                property,
                message="own" if other == own else "earlier",
                subject=subject,
                names=_join(names),
                other=name_of(other),
            )


def _key_algorithm(certificate: x509.Certificate) -> str:
    """Return `RSA` or `EC`, for keys of any size."""
    return certificate_facts(certificate).key_type.split()[0]


def _join(names: Sequence[str], limit: int = 5) -> str:
    listed = ", ".join(f"'{shorten(name)}'" for name in names[:limit])
    return listed if len(names) <= limit else f"{listed} and {len(names) - limit} more"


def _is_served(host_name: str, own: x509.Certificate | None, sni: Sequence[x509.Certificate]) -> bool:
    """Return whether clients that connect to `host_name` get a certificate that they accept."""
    certificates = [*([] if own is None else [own]), *sni]
    if address_of(host_name) is not None:
        # Clients send no SNI for an address.
        selected = certificates[:1]
    else:
        exact = [each for each in certificates if host_name.lower() in names_of(each)]
        selected = exact or [each for each in certificates if covers(each, host_name)] or certificates[:1]
    return any(clients_accept(each, host_name) for each in selected)
