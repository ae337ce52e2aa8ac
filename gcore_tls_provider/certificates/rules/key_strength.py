"""Strength of keys and signatures for OpenSSL's default security level, and supported curves.

HAProxy with OpenSSL 3 refuses a configuration with a weaker certificate or chain as a whole, and a weaker peer with an
alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from gcore_tls_provider.certificates.chain import is_self_issued
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.facts import certificate_facts
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.san_matching import name_of

_BITS: Final = 2048
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_WEAK_DIGESTS: Final = frozenset({"md5", "sha1"})


def strength_findings(
    certificate: x509.Certificate, *, property: str, noun: str = "The certificate"
) -> tuple[Finding, ...]:
    """Check a certificate's key and signature; all findings are errors.

    The signature of a self-signed certificate isn't looked at, because nobody verifies it.

    Args:
        certificate: a leaf, an intermediate or a root.
        property: the argument it came in.
        noun: begins the sentences; the subject follows.
    """
    return tuple(_findings(certificate, f"{noun} '{name_of(certificate)}'", property))


def _findings(certificate: x509.Certificate, who: str, property: str) -> Iterator[Finding]:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        # Another rule's matter: what can be uploaded has an RSA or an EC key.
        key = None
    if isinstance(key, (rsa.RSAPublicKey, dsa.DSAPublicKey)) and key.key_size < _BITS:
        yield Finding(
            "WEAK_KEY",
            "error",
            property,
            f"{who} has a key of {key.key_size} bits ({certificate_facts(certificate).key_type}); load balancers and "
            f"other TLS software refuse less than {_BITS}.",
            "Issue it for an EC P-256 or an RSA 2048 key.",
        )
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        yield Finding(
            "UNSUPPORTED_CURVE",
            "error",
            property,
            f"{who} has a key on the curve {certificate_facts(certificate).key_type.removeprefix('EC ')}, which TLS "
            f"software doesn't offer: handshakes fail.",
            "Issue it for an EC P-256 key.",
        )
    digest = signature_digest(certificate)
    if digest in _WEAK_DIGESTS and not is_self_issued(certificate):
        yield Finding(
            "WEAK_SIGNATURE",
            "error",
            property,
            f"{who} is signed with {'SHA-1' if digest == 'sha1' else 'MD5'}, which load balancers and other TLS "
            f"software refuse.",
            "Let its authority issue it again, signed with SHA-256.",
        )


def signature_digest(certificate: x509.Certificate) -> str | None:
    """Return the signed digest's name in `cryptography`, such as `sha256`. None for Ed25519 or if unreadable."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UNREADABLE:
        return None
    return None if algorithm is None else algorithm.name
