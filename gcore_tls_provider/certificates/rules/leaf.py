"""Listener certificate or client certificate, with the chain that is sent with it.

HAProxy sends what it is given: an expired certificate, one for another purpose, a wrong chain. The other side rejects
the handshake, so each rule checks what that side does. Weak keys and signatures are the exception: HAProxy itself
rejects them, and with them the configuration of the whole load balancer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_ca,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.intermediates import intermediate_findings
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.server_names import host_name_not_covered
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.san_matching import (
    clients_accept,
    common_names_of,
    dns_names_of,
    name_of,
    serial_of,
)

LeafRole = Literal["listener", "client"]
"""Role of a leaf: clients verify a listener certificate, backends verify a client certificate."""

_PURPOSES: Final[dict[LeafRole, x509.ObjectIdentifier]] = {
    "listener": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}


def leaf_findings(
    public: CertificateChain,
    *,
    role: LeafRole,
    now: datetime,
    expiry_warning_days: int | None,
    host_names: Sequence[str] = (),
    property: str = "certificate",
) -> tuple[Finding, ...]:
    """Check a leaf and its chain.

    Args:
        public: Leaf and its chain.
        role: Role of the leaf.
        now: Current time, in UTC.
        expiry_warning_days: Days before a certificate's end at which warnings start; 0 for no warning, None for 30.
        host_names: Names that clients use, each of which this certificate must cover. For a listener with more than
            one certificate, see `server_name_findings`.
        property: Argument that contains the certificate.
    """
    leaf = public.certificate
    return (
        *validity_findings(leaf, now=now, expiry_warning_days=expiry_warning_days, property=property),
        *_purpose_findings(leaf, role, property),
        *_name_findings(leaf, role, property),
        *(host_name_not_covered(name, property) for name in host_names if not clients_accept(leaf, name)),
        *_form_findings(leaf, property),
        *strength_findings(leaf, property=property),
        *intermediate_findings(
            public, purpose=_PURPOSES[role], now=now, expiry_warning_days=expiry_warning_days, property=property
        ),
    )


def _purpose_findings(leaf: x509.Certificate, role: LeafRole, property: str) -> Iterator[Finding]:
    subject = name_of(leaf)
    if not serves_as(leaf, _PURPOSES[role]):
        code = "SERVER_AUTH_MISSING" if role == "listener" else "CLIENT_AUTH_MISSING"
        yield report(code, property, subject=subject)
    usage = extension_of(leaf, x509.KeyUsage)
    if usage is None or usage.digital_signature:
        return
    if role == "client":
        yield report("DIGITAL_SIGNATURE_MISSING", property, message="backends", subject=subject)
    elif usage.key_encipherment or usage.key_agreement:
        yield report("DIGITAL_SIGNATURE_MISSING", property, message="some_clients", severity="warning", subject=subject)
    else:
        yield report("DIGITAL_SIGNATURE_MISSING", property, message="clients", subject=subject)


def _name_findings(leaf: x509.Certificate, role: LeafRole, property: str) -> Iterator[Finding]:
    if dns_names_of(leaf):
        return
    if not common_names_of(leaf):
        message = "listener" if role == "listener" else "client"
        yield report("NO_NAME", property, message=message, serial=serial_of(leaf))
    elif role == "listener":
        yield report("NO_DNS_NAME", property, subject=name_of(leaf))


def _form_findings(leaf: x509.Certificate, property: str) -> Iterator[Finding]:
    subject = name_of(leaf)
    if is_ca(leaf):
        yield report("CA_AS_LEAF", property, subject=subject)
    for unknown in unknown_critical_extensions(leaf):
        yield report("CRITICAL_EXTENSION", property, message="leaf", subject=subject, oid=unknown.dotted_string)
