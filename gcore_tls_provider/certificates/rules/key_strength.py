"""Strength of keys and signatures for OpenSSL's default security level, and supported curves.

HAProxy with OpenSSL 3 rejects a configuration with a weaker certificate or chain as a whole, and a weaker peer with an
alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from gcore_tls_provider.certificates.chain import is_self_issued
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.facts import certificate_facts
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.san_matching import name_of

CertificateRole = Literal["backend certificate", "CA", "certificate", "certificate in the chain"]
"""Role of a certificate in messages."""

_MINIMUM_BITS: Final = 2048
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_WEAK_DIGESTS: Final = {"md5": "MD5", "sha1": "SHA-1"}


def strength_findings(
    certificate: x509.Certificate, *, property: str, role: CertificateRole = "certificate"
) -> tuple[Finding, ...]:
    """Check a certificate's key and signature; all findings are errors.

    The signature of a self-signed certificate does not count, because nothing verifies it.

    Args:
        certificate: Leaf, intermediate or root.
        property: Argument that contains it.
        role: Role of the certificate in messages.
    """
    return tuple(_findings(certificate, role, property))


def _findings(certificate: x509.Certificate, role: CertificateRole, property: str) -> Iterator[Finding]:
    subject = name_of(certificate)
    try:
        key = certificate.public_key()
    except UNREADABLE:
        # Reported by another rule: certificates that can be uploaded have an RSA or an EC key.
        key = None
    if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)) and key.key_size < _MINIMUM_BITS:
        yield report(
            "WEAK_KEY",
            property,
            role=role,
            subject=subject,
            bits=key.key_size,
            key_type=certificate_facts(certificate).key_type,
            minimum=_MINIMUM_BITS,
        )
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        curve = certificate_facts(certificate).key_type.removeprefix("EC ")
        yield report("UNSUPPORTED_CURVE", property, role=role, subject=subject, curve=curve)
    digest = signature_digest(certificate)
    if digest in _WEAK_DIGESTS and not is_self_issued(certificate):
        yield report("WEAK_SIGNATURE", property, role=role, subject=subject, digest=_WEAK_DIGESTS[digest])


def signature_digest(certificate: x509.Certificate) -> str | None:
    """Return the signed digest's name in `cryptography`, such as `sha256`. None for Ed25519 or if unreadable."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UNREADABLE:
        return None
    return None if algorithm is None else algorithm.name
