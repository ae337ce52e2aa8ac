"""A listener's certificate, or the one that a load balancer shows to its backends, with what is sent beside it.

HAProxy sends what it is given: an expired certificate, one for another purpose, a wrong chain. It is the other side
that refuses the handshake, so each rule asks what that side does. Weak keys and signatures are the exception: HAProxy
itself refuses them, and with them the configuration of the whole load balancer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_authority,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.intermediates import intermediate_findings
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.server_names import not_covered
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.san_matching import (
    clients_accept,
    common_names_of,
    dns_names_of,
    name_of,
    serial_of,
)

LeafRole = Literal["listener", "client"]
"""Peers that verify the certificate: clients for a listener certificate, backends for a client certificate."""

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
    """All that is to be said about a leaf and its chain.

    Args:
        public: the leaf and its chain.
        role: what it is for.
        now: the moment, in UTC.
        expiry_warning_days: a certificate that ends within so many days is warned about; 0 for no warning.
            None: 30.
        host_names: names that clients use, each of which this certificate has to cover. For a listener with more than
            one certificate, see `server_name_findings`.
        property: the argument that the certificate came in.
    """
    leaf = public.certificate
    return (
        *validity_findings(leaf, now=now, expiry_warning_days=expiry_warning_days, property=property),
        *_purpose(leaf, role, property),
        *_names(leaf, role, property),
        *(not_covered(name, property) for name in host_names if not clients_accept(leaf, name)),
        *_form(leaf, property),
        *strength_findings(leaf, property=property),
        *intermediate_findings(
            public, purpose=_PURPOSES[role], now=now, expiry_warning_days=expiry_warning_days, property=property
        ),
    )


def _purpose(leaf: x509.Certificate, role: LeafRole, property: str) -> Iterator[Finding]:
    name = name_of(leaf)
    if not serves_as(leaf, _PURPOSES[role]):
        if role == "listener":
            code, purpose, who, they = "SERVER_AUTH_MISSING", "serverAuth", "servers", "clients"
        else:
            code, purpose, who, they = "CLIENT_AUTH_MISSING", "clientAuth", "clients", "backends"
        yield Finding(
            code,
            "error",
            property,
            f"The certificate '{name}' isn't meant for TLS {who}: its extended key usage lacks {purpose}, and {they} "
            f"refuse it.",
            f"Issue it with the extended key usage {purpose}.",
        )
    usage = extension_of(leaf, x509.KeyUsage)
    if usage is None or usage.digital_signature:
        return
    if role == "client":
        they = "backends refuse it"
    elif usage.key_encipherment or usage.key_agreement:
        they = "some clients, browsers among them, refuse it"
    else:
        they = "clients refuse it"
    yield Finding(
        "DIGITAL_SIGNATURE_MISSING",
        "warning" if they.startswith("some") else "error",
        property,
        f"The certificate '{name}' must not sign handshakes: its key usage lacks digitalSignature, and {they}.",
        "Issue it with the key usage digitalSignature.",
    )


def _names(leaf: x509.Certificate, role: LeafRole, property: str) -> Iterator[Finding]:
    if dns_names_of(leaf):
        return
    if not common_names_of(leaf):
        yield Finding(
            "NO_NAME",
            "error",
            property,
            f"The certificate with the serial number {serial_of(leaf)} has neither a common name nor a DNS name "
            f"in its subject alternative name; Gcore refuses it.",
            "Issue it with a DNS name in the subject alternative name."
            if role == "listener"
            else "Issue it with a common name, whatever it is, or with a DNS name in the subject alternative name.",
        )
    elif role == "listener":
        yield Finding(
            "NO_DNS_NAME",
            "warning",
            property,
            f"The certificate '{name_of(leaf)}' has no DNS name in its subject alternative name; "
            f"browsers and most other clients don't look at the common name, and refuse it.",
            "Issue it with each name that clients use as a DNS name in the subject alternative name.",
        )


def _form(leaf: x509.Certificate, property: str) -> Iterator[Finding]:
    name = name_of(leaf)
    if is_authority(leaf):
        yield Finding(
            "CA_AS_LEAF",
            "warning",
            property,
            f"The certificate '{name}' is that of an authority (CA:TRUE): who gets at the load balancer's key can "
            f"issue certificates in its name.",
            "Issue a certificate with CA:FALSE for the load balancer, and keep the authority's key elsewhere.",
        )
    for unknown in unknown_critical_extensions(leaf):
        yield Finding(
            "CRITICAL_EXTENSION",
            "error",
            property,
            f"The certificate '{name}' has the critical extension {unknown.dotted_string}, which TLS software doesn't "
            f"know, and therefore refuses.",
            "Issue it without that extension, or with it not critical.",
        )
