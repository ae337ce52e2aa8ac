"""Boundaries of DER elements without PEM around them, found without parsing the content."""

from __future__ import annotations

from typing import Literal

DerType = Literal[
    "certificate",
    "CRL",
    "private key",
    "OpenSSH private key",
    "public key",
    "certificate request",
    "PKCS7",
    "PKCS12",
    "parameters",
    "unknown",
]
"""Types of blocks. `parameters` are those of Diffie-Hellman or of a curve, which some tools write next to a key."""

_SEQUENCE = 0x30
_INDEFINITE = 0x80


def is_sequence(data: bytes) -> bool:
    """Return whether `data` starts like every structure of X.509 and PKCS: with the tag of an ASN.1 SEQUENCE."""
    return data[:1] == bytes([_SEQUENCE])


def header_length(data: bytes) -> int:
    """Return the number of bytes of the tag and length at the start of `data` (X.690, section 8.1.3)."""
    return 2 + (data[1] & 0x7F if len(data) > 1 and data[1] > _INDEFINITE else 0)


def first_element(data: bytes) -> bytes | None:
    """Return the first ASN.1 element of `data` without what follows it, or None if its end is missing.

    An element of indefinite length (BER, as in older Java key stores) is returned with everything that follows.
    """
    header = header_length(data)
    if len(data) < header or len(data) < 2:
        return None
    if data[1] == _INDEFINITE:
        return data
    length = int.from_bytes(data[2:header], "big") if data[1] > _INDEFINITE else data[1]
    return data[: header + length] if len(data) >= header + length else None
