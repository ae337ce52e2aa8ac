"""Public facts of certificates and CRLs, which a preview shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

_LONGEST_NAME: Final = 200
"""Largest number of characters of one name in a message."""

CACHE_SIZE: Final = 1024
"""Number of parsed certificates that are kept in memory: in a graph, several resources use each."""

_NIST_NAMES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


@dataclass(frozen=True)
class CertificateFacts:
    """Public facts of a certificate.

    Attributes:
        fingerprint_sha256: SHA-256 of the DER, in lower-case hexadecimal without colons.
        subject: Distinguished name as in RFC 4514: `CN=app.example.com,O=Example`.
        issuer: Distinguished name of the issuer.
        dns_names: DNS names of the subject alternative name, in the certificate's order.
        not_before: Start of validity, ISO 8601 in UTC: `2026-12-01T00:00:00Z`.
        not_after: End of validity, ISO 8601 in UTC.
        serial: Serial number, in lower-case hexadecimal.
        key_type: Type and size of the public key: `RSA 2048`, `EC P-256`, `Ed25519`.
    """

    fingerprint_sha256: str
    subject: str
    issuer: str
    dns_names: tuple[str, ...]
    not_before: str
    not_after: str
    serial: str
    key_type: str


@dataclass(frozen=True)
class CrlFacts:
    """Public facts of a CRL.

    Attributes:
        fingerprint_sha256: SHA-256 of the DER, in lower-case hexadecimal without colons.
        issuer: Distinguished name of the CA, as in RFC 4514.
        this_update: Time of issue, ISO 8601 in UTC.
        next_update: Time when the next CRL is due, ISO 8601 in UTC. After that, load balancers reject the CRL and all
            certificates that it covers. None if the CRL does not contain it.
        revoked_count: Number of revoked certificates.
        crl_number: CRL number, decimal, if there is one (RFC 5280, section 5.2.3).
    """

    fingerprint_sha256: str
    issuer: str
    this_update: str
    next_update: str | None
    revoked_count: int
    crl_number: str | None


@lru_cache(CACHE_SIZE)
def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Return the facts of a certificate; never fails for a certificate that `parse_certificates` has returned."""
    try:
        alternative_names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        dns_names = alternative_names.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        dns_names = []
    return CertificateFacts(
        fingerprint_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        subject=distinguished_name(certificate.subject),
        issuer=distinguished_name(certificate.issuer),
        dns_names=tuple(dns_names),
        not_before=_timestamp(certificate.not_valid_before_utc),
        not_after=_timestamp(certificate.not_valid_after_utc),
        serial=f"{certificate.serial_number:x}",
        key_type=_key_type(certificate),
    )


def crl_facts(crl: x509.CertificateRevocationList) -> CrlFacts:
    """Return the facts of a CRL; never fails for a CRL that `parse_crls` has returned."""
    try:
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        number = None
    next_update = crl.next_update_utc
    return CrlFacts(
        fingerprint_sha256=crl.fingerprint(hashes.SHA256()).hex(),
        issuer=distinguished_name(crl.issuer),
        this_update=_timestamp(crl.last_update_utc),
        next_update=None if next_update is None else _timestamp(next_update),
        revoked_count=len(crl),
        crl_number=None if number is None else str(number),
    )


def distinguished_name(name: x509.Name) -> str:
    r"""Return a name as in RFC 4514, safe to print: control characters have the `\0A` form (section 2.4)."""
    return "".join(
        character if character.isprintable() else "".join(f"\\{byte:02X}" for byte in character.encode("utf-8"))
        for character in name.rfc4514_string()
    )


def display_name(name: x509.Name) -> str:
    """Return a distinguished name for messages: shortened, because a hostile one can be as long as the file."""
    return shorten(distinguished_name(name))


def shorten(text: str) -> str:
    """Return the first 200 characters of a text from a certificate, for messages."""
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _key_type(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return f"unknown ({certificate.public_key_algorithm_oid.dotted_string})"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_NIST_NAMES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448"
    return f"unknown ({certificate.public_key_algorithm_oid.dotted_string})"
