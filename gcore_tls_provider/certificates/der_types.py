"""DER parsing by `cryptography`: the type of content, found by trying, and the errors for unreadable input."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from gcore_tls_provider.certificates.der import DerType, header_length
from gcore_tls_provider.certificates.parse_limits import looks_like_private_key

UNREADABLE = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, InternalError)
"""Errors that `cryptography` raises for input that it cannot parse."""

UNREADABLE_X509 = (
    *UNREADABLE,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
    KeyError,  # before version 50: for a name whose text is of no known type
)
"""Errors that `cryptography` raises for certificates and CRLs that it cannot parse."""

_PKCS12_VERSION = b"\x02\x01\x03\x30"


def detect_der_type(der: bytes) -> DerType:
    """Return the type of `der`, found by trying.

    Private keys are recognized by their structure, because parsing one can take seconds.
    """
    if der[header_length(der) :].startswith(_PKCS12_VERSION):
        return "PKCS12"
    for der_type, load in _LOADERS:
        try:
            load(der)
        except UNREADABLE_X509:
            continue
        return der_type
    return "private key" if looks_like_private_key(der) else "unknown"


_LOADERS: tuple[tuple[DerType, Callable[[bytes], object]], ...] = (
    ("certificate", x509.load_der_x509_certificate),
    ("CRL", x509.load_der_x509_crl),
    ("certificate request", x509.load_der_x509_csr),
    ("public key", serialization.load_der_public_key),
)
