"""PEM files for HAProxy, written from secrets as Octavia writes them.

Octavia never passes an uploaded certificate on unchanged: it opens the PKCS12 file and writes certificate, key and
chain as PEM. It passes a CA bundle and a CRL to HAProxy unchanged.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)

_Parts: TypeAlias = "tuple[PrivateKeyTypes | None, x509.Certificate | None, list[x509.Certificate]]"


class UnreadableSecret(ValueError):
    """A secret's payload cannot be written as PEM. The message has the reason, and nothing of the content."""


def identity_pem(blob: bytes) -> bytes:
    """Return certificate, private key and chain (PEM), in the order that HAProxy requires.

    Args:
        blob: PKCS12 without a password, or PEM with certificate and key. The certificates keep their order.

    Raises:
        UnreadableSecret: The payload cannot be parsed, or has no certificate with a key.
    """
    try:
        read = _from_pem if _CERTIFICATE.search(blob) else _from_pkcs12
        key, leaf, chain = read(blob)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnreadableSecret("the secret cannot be opened") from None
    if key is None or leaf is None:
        raise UnreadableSecret("the secret has no certificate with its private key")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return b"".join(
        [leaf.public_bytes(Encoding.PEM), private, *(link.public_bytes(Encoding.PEM) for link in chain)],
    )


def _from_pkcs12(blob: bytes) -> _Parts:
    return pkcs12.load_key_and_certificates(blob, None)


def _from_pem(blob: bytes) -> _Parts:
    certificates = [x509.load_pem_x509_certificate(match.group(0)) for match in _CERTIFICATE.finditer(blob)]
    key = _KEY.search(blob)
    if key is None:
        return None, None, []
    return load_pem_private_key(key.group(0), password=None), certificates[0], certificates[1:]
