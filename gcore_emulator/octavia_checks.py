"""Octavia's checks of a secret's blob, in the role in which an object uses it.

Octavia opens the blobs itself: a listener certificate is PKCS12 without a password, a CA bundle is PEM whose first
certificate parses, a CRL is PEM signed by that certificate. It does not check dates, names or chains.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_REJECTED_KEYS = (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)


class UnusableSecretError(ValueError):
    """Blob that cannot be used in this role. The message has the reason, and nothing of the content."""


def from_base64(payload: str) -> bytes:
    """Decode a payload. Line breaks and spaces are allowed.

    Raises:
        UnusableSecretError: The payload is empty or not base64.
    """
    try:
        blob = base64.b64decode("".join(payload.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableSecretError("The payload is not valid base64.") from None
    if not blob:
        raise UnusableSecretError("The payload is empty.")
    return blob


def from_pem(certificate: str, certificate_chain: str, private_key: str) -> bytes:
    """Join PEM texts into a PKCS12 without a password.

    Raises:
        UnusableSecretError: A part cannot be parsed, or the key is not the certificate's.
    """
    leaf = _certificates(certificate.encode(), "certificate")[0]
    chain = _certificates(certificate_chain.encode(), "certificate_chain")
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableSecretError("private_key is not an unencrypted private key in PEM.") from None
    if not isinstance(
        key,
        (
            rsa.RSAPrivateKey,
            dsa.DSAPrivateKey,
            ec.EllipticCurvePrivateKey,
            ed25519.Ed25519PrivateKey,
            ed448.Ed448PrivateKey,
        ),
    ):
        raise UnusableSecretError("private_key has a type that cannot be used for TLS.")
    if key.public_key() != leaf.public_key():
        raise UnusableSecretError("private_key is not the certificate's key.")
    return pkcs12.serialize_key_and_certificates(
        None, key, leaf, [link for link in chain if link != leaf] or None, NoEncryption()
    )


def is_pkcs12(blob: bytes) -> bool:
    """Return True if the blob opens as PKCS12 without a password."""
    try:
        pkcs12.load_pkcs12(blob, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def check_listener_certificate(blob: bytes) -> None:
    """Check a listener certificate or SNI certificate.

    Raises:
        UnusableSecretError: It is not a password-less PKCS12 with a private key and a certificate that has a name.
    """
    leaf = _pkcs12_leaf(blob)
    names = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if not names and not _dns_names(leaf):
        raise UnusableSecretError("The certificate has neither a common name nor a DNS name.")


def check_client_certificate(blob: bytes, pem_accepted: bool) -> None:
    """Check the client certificate of a pool.

    Raises:
        UnusableSecretError: It is not a password-less PKCS12 with certificate and key (or PEM, if `pem_accepted`).
    """
    if not _BLOCK.search(blob):
        _pkcs12_leaf(blob)
        return
    if not pem_accepted:
        raise UnusableSecretError("The secret is PEM; it must be a PKCS12 without a password.")
    _certificates(blob, "The client certificate")
    keys = [match.group(0) for match in _BLOCK.finditer(blob) if match.group(1).endswith(b"PRIVATE KEY")]
    if not keys:
        raise UnusableSecretError("The secret contains no private key.")
    try:
        load_pem_private_key(keys[0], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableSecretError("The secret's private key cannot be read without a passphrase.") from None


def check_ca_bundle(blob: bytes) -> x509.Certificate:
    """Check a CA bundle, and return its first certificate, the only one that Octavia parses.

    Raises:
        UnusableSecretError: The first certificate does not parse, or a block is corrupt.
    """
    return _certificates(blob, "The CA bundle", first_only=True)[0]


def check_crl(blob: bytes, ca: x509.Certificate) -> None:
    """Check a CRL against the first certificate of the CA bundle.

    Raises:
        UnusableSecretError: The first CRL does not parse, or that certificate has not signed it.
    """
    crls = [match.group(0) for match in _BLOCK.finditer(blob) if match.group(1) == b"X509 CRL"]
    if not crls:
        raise UnusableSecretError("The secret contains no CRL in PEM.")
    try:
        crl = x509.load_pem_x509_crl(crls[0])
        key = ca.public_key()
        signed = isinstance(
            key, (rsa.RSAPublicKey, dsa.DSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
        ) and crl.is_signature_valid(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableSecretError("The CRL cannot be parsed.") from None
    if not signed:
        raise UnusableSecretError("The CRL is not signed by the first certificate of the CA bundle.")


def _pkcs12_leaf(blob: bytes) -> x509.Certificate:
    try:
        key, leaf, _others = pkcs12.load_key_and_certificates(blob, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableSecretError("The secret is not a PKCS12 that opens without a password.") from None
    if key is None or leaf is None:
        raise UnusableSecretError("The PKCS12 does not contain a certificate together with its private key.")
    if isinstance(key, _REJECTED_KEYS):
        raise UnusableSecretError("The private key is Ed25519 or Ed448, which the load balancer cannot load.")
    return leaf


def _dns_names(certificate: x509.Certificate) -> Iterable[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.value.get_values_for_type(x509.DNSName)


def _certificates(blob: bytes, what: str, first_only: bool = False) -> list[x509.Certificate]:
    blocks = [match for match in _BLOCK.finditer(blob) if match.group(1) == b"CERTIFICATE"]
    if not blocks:
        raise UnusableSecretError(f"{what} contains no certificate in PEM.")
    try:
        for block in blocks:
            base64.b64decode(b"".join(block.group(2).split()), validate=True)
        return [x509.load_pem_x509_certificate(block.group(0)) for block in (blocks[:1] if first_only else blocks)]
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise UnusableSecretError(f"{what} contains a certificate that cannot be parsed.") from None
