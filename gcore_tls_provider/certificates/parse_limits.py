"""Cost limits for private keys and PKCS12 files, checked before a file is parsed.

A file itself determines how often its password is hashed and how large its numbers are: a damaged or hostile one would
keep a preview busy for hours. Common tools stay far below these limits: OpenSSL hashes 2,048 times, Java 10,000,
Bouncy Castle 51,200, macOS 100,000; recommendations for 2023 end at 1.3 million.

OpenSSL's older encryption of PEM (`DEK-Info`) hashes once, so there is nothing to limit. Content that is itself
encrypted inside a file cannot be checked. Only its size is limited, and only somebody who knows the password can have
put it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.certificates.ber import (
    ELEMENT_LIMIT,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    TooManyElements,
    walk,
)
from gcore_tls_provider.certificates.findings.report import material_error

ROUND_LIMIT = 10_000_000
"""Largest number of rounds of hashing over all encrypted or authenticated parts of one file: about ten seconds."""

SCRYPT_MEMORY_LIMIT = 256 * 1024 * 1024
"""Bytes that scrypt can use (128 * r * (N + p), RFC 7914, section 5). OpenSSL itself stops at 32 MiB."""

NUMBER_LIMIT = 8192
"""Largest number of bits of the numbers of a private key. An RSA key of that size takes four seconds to check, and the
time grows with the fourth power."""

KEY_LIMIT = 6 * 1024
"""Largest number of bytes of a private key in DER, encrypted or not: RSA with 8192 bits needs 4.8 KiB."""

_SCRYPT_ROUND = 2
"""Rounds of hashing that take about as long as one unit of scrypt's N * r * p."""

_PKCS5 = bytes.fromhex("2a864886f70d0105")  # 1.2.840.113549.1.5, RFC 8018
_PKCS12_ENCRYPTION = bytes.fromhex("2a864886f70d010c01")  # 1.2.840.113549.1.12.1, RFC 7292, appendix C
_PKCS12_KEY_BAGS = (
    bytes.fromhex("2a864886f70d010c0a0101"),  # keyBag, RFC 7292, section 4.2
    bytes.fromhex("2a864886f70d010c0a0102"),  # pkcs8ShroudedKeyBag
)
_SCRYPT = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11, RFC 7914


def reject_expensive(der: bytes, *, property: str) -> None:
    """Reject a private key or PKCS12 file that takes too long, or too much memory, to parse.

    Args:
        der: DER or BER of a PKCS8 or traditional key, encrypted or not, or of a PKCS12 file. Anything else passes.
        property: Name of the argument that contains it.

    Raises:
        MaterialError: `KEY_DERIVATION_TOO_EXPENSIVE` or `TOO_LARGE`.
    """
    rounds = 0
    try:
        for element in walk(der):
            if element.tag == INTEGER and len(element.content) > NUMBER_LIMIT // 8 + 1:
                raise material_error("TOO_LARGE", property, message="numbers", limit=NUMBER_LIMIT)
            if _is_encrypted_key(element) and len(element.children[1].content) > KEY_LIMIT:
                raise material_error("TOO_LARGE", property, message="key", limit=KEY_LIMIT)
            rounds += sum(_rounds(element, property))
    except TooManyElements as error:
        raise material_error("TOO_LARGE", property, message="elements", limit=f"{ELEMENT_LIMIT:,}") from error
    if rounds > ROUND_LIMIT:
        raise material_error("KEY_DERIVATION_TOO_EXPENSIVE", property, message="rounds", limit=f"{ROUND_LIMIT:,}")


def count_keys(der: bytes) -> int:
    """Return the number of private keys in a PKCS12 file, without those in encrypted parts.

    The file must have passed `reject_expensive`.
    """
    return sum(
        element.tag == SEQUENCE and _identifier(element) in _PKCS12_KEY_BAGS and len(element.children) > 1
        for element in walk(der)
    )


def looks_like_private_key(der: bytes) -> bool:
    """Return whether `der` has the form of a private key: PKCS8, encrypted or not, or older RSA, EC and DSA."""
    try:
        root = next(walk(der), None)
    except TooManyElements:
        return False
    if root is None or root.tag != SEQUENCE:
        return False
    tags = tuple(child.tag for child in root.children)
    return (
        _is_encrypted_key(root)
        or tags[:3] == (INTEGER, SEQUENCE, OCTET_STRING)  # PrivateKeyInfo, RFC 5958, section 2
        or tags[:9] == (INTEGER,) * 9  # RSAPrivateKey, RFC 8017, appendix A.1.2
        or tags == (INTEGER,) * 6  # OpenSSL's form for DSA
        or tags[:2] == (INTEGER, OCTET_STRING)  # ECPrivateKey, RFC 5915, section 3
    )


def _rounds(element: Element, property: str) -> Iterator[int]:
    """Yield the rounds of hashing that an algorithm identifier or a PKCS12 file's integrity code requires."""
    if element.tag != SEQUENCE:
        return
    identifier = _identifier(element)
    if identifier is None:
        yield from _integrity_rounds(element)
    elif identifier == _SCRYPT:
        yield _scrypt_rounds(element, property)
    elif identifier.startswith((_PKCS5, _PKCS12_ENCRYPTION)):
        # PBEParameter and PBKDF2-params are (salt, iterations, ...). The containers PBES2 and PBMAC1 have no numbers.
        yield from _numbers(element.children[1:2])


def _integrity_rounds(element: Element) -> Iterator[int]:
    """Yield the rounds of an integrity code (RFC 7292, section 4).

    MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER }
    """
    children = element.children
    if [child.tag for child in children] == [SEQUENCE, OCTET_STRING, INTEGER]:
        yield _number(children[2])


def _scrypt_rounds(element: Element, property: str) -> int:
    """Return the rounds that are as expensive as scrypt with these parameters (RFC 7914, section 7).

    Scrypt-params ::= SEQUENCE { salt, N, r, p, keyLength OPTIONAL }
    """
    numbers = _numbers(element.children[1:2])
    if len(numbers) < 3:
        return 0
    cost, block, parallel = numbers[:3]
    if 128 * block * (cost + parallel) > SCRYPT_MEMORY_LIMIT:
        limit = SCRYPT_MEMORY_LIMIT // 1024**2
        raise material_error("KEY_DERIVATION_TOO_EXPENSIVE", property, message="memory", limit=limit)
    return cost * block * parallel * _SCRYPT_ROUND


def _is_encrypted_key(element: Element) -> bool:
    """Return whether an element is an encrypted private key (RFC 5958, section 3).

    EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
    """
    return (
        element.tag == SEQUENCE
        and [child.tag for child in element.children] == [SEQUENCE, OCTET_STRING]
        and (_identifier(element.children[0]) or b"").startswith((_PKCS5, _PKCS12_ENCRYPTION))
    )


def _identifier(element: Element) -> bytes | None:
    children = element.children
    return children[0].content if children and children[0].tag == OBJECT_IDENTIFIER else None


def _numbers(parameters: tuple[Element, ...]) -> list[int]:
    return [_number(child) for each in parameters for child in each.children if child.tag == INTEGER]


def _number(element: Element) -> int:
    """Return a count. A number of more than eight bytes becomes 2^64: calculating with it would be expensive."""
    return min(max(0, element.number), 1 << 64)
