"""DER parsing by `cryptography`: the kind of content, found by trying, and the errors for unreadable input."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from gcore_tls_provider.certificates.der import DerType, header_length
from gcore_tls_provider.certificates.parse_limits import looks_like_private_key

UNREADABLE = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InternalError)
"""Errors that `cryptography` raises for input that it cannot read."""

UNREADABLE_X509 = (
    *UNREADABLE,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    KeyError,  # before version 50: for a name whose text is of no known type
)
"""The same for certificates and revocation lists."""

_PKCS12_VERSION = b"\x02\x01\x03\x30"


def detect_der_type(der: bytes) -> DerType:
    """Return the kind of `der`, found by trying. Recognize private keys by their form: reading one can take seconds."""
    if der[header_length(der) :].startswith(_PKCS12_VERSION):
        return "PKCS12"
    for role, load in _LOADERS:
        try:
            load(der)
        except UNREADABLE_X509:
            continue
        return role
    return "private key" if looks_like_private_key(der) else "unknown"


_LOADERS: tuple[tuple[DerType, Callable[[bytes], object]], ...] = (
    ("certificate", x509.load_der_x509_certificate),
    ("revocation list", x509.load_der_x509_crl),
    ("certificate request", x509.load_der_x509_csr),
    ("public key", serialization.load_der_public_key),
)
