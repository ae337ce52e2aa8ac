"""DER without PEM around it: where it ends, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from gcore_tls_provider.certificates.cost import looks_like_private_key

Role = Literal[
    "certificate",
    "revocation list",
    "private key",
    "OpenSSH private key",
    "public key",
    "certificate request",
    "PKCS7",
    "PKCS12",
    "parameters",
    "unknown",
]
"""What a block holds. `parameters` are those of Diffie-Hellman or of a curve, which some tools write beside a key."""

UNREADABLE = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InternalError)
"""What `cryptography` raises for input that it can't read."""

UNREADABLE_X509 = (
    *UNREADABLE,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    KeyError,  # before version 50: for a name whose text is of no known type
)
"""The same for certificates and revocation lists."""

_SEQUENCE = 0x30
_INDEFINITE = 0x80
_PKCS12_VERSION = b"\x02\x01\x03\x30"


def is_sequence(data: bytes) -> bool:
    """Whether `data` begins like every structure of X.509 and PKCS: with the tag of an ASN.1 SEQUENCE."""
    return data[:1] == bytes([_SEQUENCE])


def header_length(data: bytes) -> int:
    """Bytes of tag and length at the start of `data` (X.690, section 8.1.3)."""
    return 2 + (data[1] & 0x7F if len(data) > 1 and data[1] > _INDEFINITE else 0)


def first_element(data: bytes) -> bytes | None:
    """The first ASN.1 element of `data` without what follows it, or None if its end is missing.

    An element of indefinite length (BER, as older Java key stores have it) is returned with all that follows.
    """
    header = header_length(data)
    if len(data) < header or len(data) < 2:
        return None
    if data[1] == _INDEFINITE:
        return data
    length = int.from_bytes(data[2:header], "big") if data[1] > _INDEFINITE else data[1]
    return data[: header + length] if len(data) >= header + length else None


def der_role(der: bytes) -> Role:
    """What `der` holds, found by trying. Private keys are known by their form: reading one can take seconds."""
    if der[header_length(der) :].startswith(_PKCS12_VERSION):
        return "PKCS12"
    for role, load in _LOADERS:
        try:
            load(der)
        except UNREADABLE_X509:
            continue
        return role
    return "private key" if looks_like_private_key(der) else "unknown"


_LOADERS: tuple[tuple[Role, Callable[[bytes], object]], ...] = (
    ("certificate", x509.load_der_x509_certificate),
    ("revocation list", x509.load_der_x509_crl),
    ("certificate request", x509.load_der_x509_csr),
    ("public key", serialization.load_der_public_key),
)
