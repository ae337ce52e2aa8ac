"""Equality by meaning: a digest over what the certificates are, not over the text they came in.

White space, CRLF, comments, a changed password or friendly name, a re-encrypted key: none of it changes a digest.
The private key isn't part of it, because the leaf certificate fixes it.
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
    """SHA-256 over the DER of all parts, lower hexadecimal.

    The digest of a single part equals its fingerprint.

    Args:
        parts: certificates or revocation lists.
        order: what their order means. Where it means nothing, repetitions mean nothing either.
    """
    contents = [part.public_bytes(Encoding.DER) for part in parts]
    if order == "first":
        contents = contents[:1] + sorted(set(contents) - set(contents[:1]))
    elif order == "none":
        contents = sorted(set(contents))
    return sha256(b"".join(contents)).hexdigest()
