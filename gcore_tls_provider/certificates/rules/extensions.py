"""Purposes of a certificate by its extensions, as OpenSSL interprets them."""

from __future__ import annotations

from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)

_NETSCAPE_CERTIFICATE_TYPE: Final = x509.ObjectIdentifier("2.16.840.1.113730.1.1")
_SUPPORTED: Final = frozenset(
    {
        _NETSCAPE_CERTIFICATE_TYPE,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.OCSP_NO_CHECK,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
"""Extensions that OpenSSL supports, by its `X509_supported_extension`."""


def extension_of(certificate: x509.Certificate, kind: type[ExtensionT]) -> ExtensionT | None:
    """Return the extension of this kind; None if the certificate has none."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    """Return whether the basic constraints allow the certificate to issue others (`CA:TRUE`)."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def may_sign_certificates(certificate: x509.Certificate) -> bool:
    """Return whether the key usage, if there is one, has keyCertSign."""
    usage = extension_of(certificate, x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def serves_as(certificate: x509.Certificate, purpose: x509.ObjectIdentifier) -> bool:
    """Return whether the extended key usage, if there is one, names the purpose.

    `anyExtendedKeyUsage` is no substitute: OpenSSL rejects a peer that has nothing else.
    """
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    return usage is None or purpose in usage


def unknown_critical_extensions(certificate: x509.Certificate) -> tuple[x509.ObjectIdentifier, ...]:
    """Return the critical extensions that OpenSSL does not support.

    OpenSSL rejects a certificate with such an extension, as RFC 5280, section 4.2, requires.
    """
    return tuple(each.oid for each in certificate.extensions if each.critical and each.oid not in _SUPPORTED)
