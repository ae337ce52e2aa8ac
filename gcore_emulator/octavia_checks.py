"""What the load balancer can make of a secret's blob, in the role in which it is used.

The rules are Octavia's, which opens blobs itself: listener certificates are PKCS12 without a password, a CA is PEM
whose first certificate parses, a revocation list is PEM signed by that certificate. It looks at no dates, names or
chains.
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
_REFUSED_KEYS = (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)


class MaterialError(ValueError):
    """The blob can't be used in this role. The message says why, without any of its content."""


def from_base64(payload: str) -> bytes:
    """Decodes a payload. Line breaks and blanks are allowed.

    Raises:
        MaterialError: if it is empty or no base64.
    """
    try:
        blob = base64.b64decode("".join(payload.split()), validate=True)
    except (binascii.Error, ValueError):
        raise MaterialError("The payload is not valid base64.") from None
    if not blob:
        raise MaterialError("The payload is empty.")
    return blob


def from_pem(certificate: str, certificate_chain: str, private_key: str) -> bytes:
    """Joins PEM texts into a PKCS12 without a password.

    Raises:
        MaterialError: if a part can't be parsed, or the key isn't the certificate's.
    """
    leaf = _certificates(certificate.encode(), "certificate")[0]
    chain = _certificates(certificate_chain.encode(), "certificate_chain")
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError("private_key is no unencrypted private key in PEM.") from None
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
        raise MaterialError("private_key is of a kind that can't serve TLS.")
    if key.public_key() != leaf.public_key():
        raise MaterialError("private_key is not the certificate's key.")
    return pkcs12.serialize_key_and_certificates(
        None, key, leaf, [link for link in chain if link != leaf] or None, NoEncryption()
    )


def is_pkcs12(blob: bytes) -> bool:
    """Whether the blob opens as PKCS12 without a password."""
    try:
        pkcs12.load_pkcs12(blob, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def check_listener_certificate(blob: bytes) -> None:
    """Checks a listener's or SNI certificate.

    Raises:
        MaterialError: unless it is a password-less PKCS12 with a certificate that has a name, and its key.
    """
    leaf = _pkcs12_leaf(blob)
    names = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if not names and not _dns_names(leaf):
        raise MaterialError("The certificate has neither a common name nor a DNS name.")


def check_client_certificate(blob: bytes, pem_accepted: bool) -> None:
    """Checks the certificate that the load balancer shows to members.

    Raises:
        MaterialError: unless it is a password-less PKCS12 with certificate and key, or, if accepted, PEM with both.
    """
    if not _BLOCK.search(blob):
        _pkcs12_leaf(blob)
        return
    if not pem_accepted:
        raise MaterialError("The secret is PEM; it must be a PKCS12 without a password.")
    _certificates(blob, "The client certificate")
    keys = [match.group(0) for match in _BLOCK.finditer(blob) if match.group(1).endswith(b"PRIVATE KEY")]
    if not keys:
        raise MaterialError("The secret holds no private key.")
    try:
        load_pem_private_key(keys[0], password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError("The secret's private key can't be read without a passphrase.") from None


def check_certificate_authority(blob: bytes) -> x509.Certificate:
    """Checks a CA bundle, and gives its first certificate, which is the only one that is looked at.

    Raises:
        MaterialError: unless the first certificate parses and no block is corrupt.
    """
    return _certificates(blob, "The CA bundle", first_only=True)[0]


def check_revocation_list(blob: bytes, authority: x509.Certificate) -> None:
    """Checks a revocation list against the first certificate of the CA bundle.

    Raises:
        MaterialError: unless the first list parses and is signed by that certificate.
    """
    lists = [match.group(0) for match in _BLOCK.finditer(blob) if match.group(1) == b"X509 CRL"]
    if not lists:
        raise MaterialError("The secret holds no revocation list in PEM.")
    try:
        revocations = x509.load_pem_x509_crl(lists[0])
        key = authority.public_key()
        signed = isinstance(
            key, (rsa.RSAPublicKey, dsa.DSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
        ) and revocations.is_signature_valid(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError("The revocation list can't be parsed.") from None
    if not signed:
        raise MaterialError("The revocation list is not signed by the first certificate of the CA bundle.")


def _pkcs12_leaf(blob: bytes) -> x509.Certificate:
    try:
        key, leaf, _others = pkcs12.load_key_and_certificates(blob, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MaterialError("The secret is no PKCS12 that opens without a password.") from None
    if key is None or leaf is None:
        raise MaterialError("The PKCS12 does not hold a certificate together with its private key.")
    if isinstance(key, _REFUSED_KEYS):
        raise MaterialError("The private key is Ed25519 or Ed448, which the load balancer can't load.")
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
        raise MaterialError(f"{what} holds no certificate in PEM.")
    try:
        for block in blocks:
            base64.b64decode(b"".join(block.group(2).split()), validate=True)
        return [x509.load_pem_x509_certificate(block.group(0)) for block in (blocks[:1] if first_only else blocks)]
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise MaterialError(f"{what} holds a certificate that can't be parsed.") from None
