"""One listener's certificates together: which of them HAProxy selects for a client.

HAProxy takes the certificate that has the name a client asks for (SNI), an exact name before a wildcard; among several
of one kind of key the first, the listener's own before the SNI certificates. An EC certificate beside an RSA one with
the same names serves clients that know only one of both. A client that asks for a name that none has, or for none, is
shown the listener's own certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.facts import certificate_facts, shortened
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.san_matching import address_of, clients_accept, covers, name_of, names_of


def server_name_findings(
    default: CertificateChain | None, sni: Sequence[CertificateChain], *, host_names: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Check the certificates of one listener together.

    Args:
        default: the listener's own certificate; None if it isn't known.
        sni: its SNI certificates, as far as they are known.
        host_names: names that clients use, or addresses. Only to be given if all certificates are known.

    Returns:
        Findings on `sni_certificates` and `host_names`.
    """
    own = None if default is None else default.certificate
    others = [each.certificate for each in sni]
    return (
        *_repeated(own, others),
        *(not_covered(name, "host_names") for name in host_names if not _is_served(name, own, others)),
    )


def not_covered(host_name: str, property: str) -> Finding:
    """Return the finding for a name that clients use, and that the certificate they are shown doesn't have."""
    return Finding(
        "HOST_NAME_NOT_COVERED",
        "error",
        property,
        f"Clients that ask for {host_name!r} are shown a certificate without this name in its subject alternative "
        f"name, and refuse it.",
        "Issue a certificate with the name as a DNS name (for an address, as an IP address), or take the name out of "
        "host_names. A wildcard covers exactly one label.",
    )


def _repeated(own: x509.Certificate | None, sni: Sequence[x509.Certificate]) -> Iterator[Finding]:
    seen: set[x509.Certificate] = set()
    # Which one HAProxy shows, by kind of key and name.
    first: dict[tuple[str, str], x509.Certificate] = {}
    for each in [*([] if own is None else [own]), *sni]:
        who = f"The SNI certificate '{name_of(each)}'"
        if each in seen:
            role = "the listener's own certificate" if each == own else "given twice"
            yield Finding(
                "DUPLICATE_SNI",
                "warning",
                "sni_certificates",
                f"{who} is {role}.",
                "Give each certificate once; the listener's own serves its names without being an SNI certificate.",
            )
            continue
        seen.add(each)
        shared: dict[x509.Certificate, list[str]] = {}
        kind = _kind_of_key(each)
        for name in names_of(each):
            other = first.setdefault((kind, name), each)
            if other != each:
                shared.setdefault(other, []).append(name)
        for other, names in shared.items():
            which = "is the listener's own" if other == own else "comes first"
            yield Finding(
                "SNI_OVERLAP",
                "warning",
                "sni_certificates",
                f"{who} shares {_listed(names)} with '{name_of(other)}', which is shown to clients that ask for "
                f"{'it' if len(names) == 1 else 'them'}, because it {which}.",
                "Remove one of both, or issue one of them without the shared names.",
            )


def _kind_of_key(certificate: x509.Certificate) -> str:
    """`RSA` or `EC`, whatever the size."""
    return certificate_facts(certificate).key_type.split()[0]


def _listed(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(repr(shortened(name)) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _is_served(host_name: str, own: x509.Certificate | None, sni: Sequence[x509.Certificate]) -> bool:
    """Return whether clients that want to speak to `host_name` are shown a certificate that they accept."""
    all_of_them = [*([] if own is None else [own]), *sni]
    if address_of(host_name) is not None:
        # Clients ask for no name then.
        chosen = all_of_them[:1]
    else:
        exact = [each for each in all_of_them if host_name.lower() in names_of(each)]
        chosen = exact or [each for each in all_of_them if covers(each, host_name)] or all_of_them[:1]
    return any(clients_accept(each, host_name) for each in chosen)
