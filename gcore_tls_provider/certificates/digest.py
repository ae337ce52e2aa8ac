"""Equality by meaning: a digest over the certificates themselves, not over the text that contains them.

White space, CRLF, comments, a changed password or friendly name, a re-encrypted key: none of these changes a digest.
The private key is not part of it, because the leaf certificate determines it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

Order = Literal["all", "first", "none"]
"""Significance of the parts' order: all of it (leaf and chain), only the first part (a CA bundle: a CRL
must be signed by that CA), or none."""


def content_digest(parts: Sequence[x509.Certificate | x509.CertificateRevocationList], *, order: Order) -> str:
    """Return the SHA-256 of the DER of all parts, in lower-case hexadecimal.

    The digest of a single part equals its fingerprint.

    Args:
        parts: Certificates or CRLs.
        order: Significance of their order. Where it has none, repetitions have none either.
    """
    contents = [part.public_bytes(Encoding.DER) for part in parts]
    if order == "first":
        contents = contents[:1] + sorted(set(contents) - set(contents[:1]))
    elif order == "none":
        contents = sorted(set(contents))
    return sha256(b"".join(contents)).hexdigest()
