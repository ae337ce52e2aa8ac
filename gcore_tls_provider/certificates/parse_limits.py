"""Cost limits for private keys and PKCS12 files, checked before a file is read.

A file says itself how often its password is hashed and how large its numbers are: a damaged or hostile one would keep
a preview busy for hours. Nobody's tools write anything near these limits: OpenSSL hashes 2,048 times, Java 10,000,
Bouncy Castle 51,200, macOS 100,000; recommendations for 2023 end at 1.3 million.

OpenSSL's older encryption of PEM (`DEK-Info`) hashes once, so there is nothing to limit. What is itself encrypted
inside a file can't be looked at: only its size is limited, and only who knows the password can have put it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from gcore_tls_provider.certificates.ber import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Element,
    TooManyElements,
    walk,
)
from gcore_tls_provider.certificates.findings.finding import MaterialError, material_error

ROUND_LIMIT = 10_000_000
"""Rounds of hashing at most, over all that is encrypted or authenticated in one file. About ten seconds."""

SCRYPT_MEMORY_LIMIT = 256 * 1024 * 1024
"""Bytes that scrypt may use (128 * r * (N + p), RFC 7914, section 5). OpenSSL itself stops at 32 MiB."""

NUMBER_LIMIT = 8192
"""Bits of the numbers of a private key at most. An RSA key of that size takes four seconds to check, and the time
grows with the fourth power."""

KEY_LIMIT = 6 * 1024
"""Bytes of a private key in DER at most, encrypted or not: RSA with 8192 bits needs 4.8 KiB."""

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
    """Refuses a private key or PKCS12 file that takes too long, or too much memory, to read.

    Args:
        der: DER or BER of a PKCS8 or traditional key, encrypted or not, or of a PKCS12 file. What is neither passes.
        property: name of the argument it came in.

    Raises:
        MaterialError: `KEY_DERIVATION_TOO_EXPENSIVE` or `TOO_LARGE`.
    """
    rounds = 0
    try:
        for element in walk(der):
            if element.tag == INTEGER and len(element.content) > NUMBER_LIMIT // 8 + 1:
                raise _too_large(f"numbers of more than {NUMBER_LIMIT} bits", property)
            if _is_encrypted_key(element) and len(element.children[1].content) > KEY_LIMIT:
                raise _too_large(f"a private key of more than {KEY_LIMIT} bytes", property)
            rounds += sum(_rounds(element, property))
    except TooManyElements as error:
        raise _too_large("more parts than this package reads", property) from error
    if rounds > ROUND_LIMIT:
        raise _too_costly(f"{ROUND_LIMIT:,} rounds of hashing", property)


def count_keys(der: bytes) -> int:
    """Return the private keys in a PKCS12 file that `refuse_costly` has let pass, those in encrypted parts left out."""
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
    """Return rounds of hashing that an algorithm identifier or a PKCS12 file's integrity code asks for."""
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
    """MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER } (RFC 7292, section 4)."""
    children = element.children
    if [child.tag for child in children] == [SEQUENCE, OCTET_STRING, INTEGER]:
        yield _number(children[2])


def _scrypt_rounds(element: Element, property: str) -> int:
    """Scrypt-params ::= SEQUENCE { salt, N, r, p, keyLength OPTIONAL } (RFC 7914, section 7)."""
    numbers = _numbers(element.children[1:2])
    if len(numbers) < 3:
        return 0
    cost, block, parallel = numbers[:3]
    if 128 * block * (cost + parallel) > SCRYPT_MEMORY_LIMIT:
        raise _too_costly(f"{SCRYPT_MEMORY_LIMIT // 1024**2} MiB of memory", property)
    return cost * block * parallel * _SCRYPT_ROUND


def _is_encrypted_key(element: Element) -> bool:
    """EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } (RFC 5958, section 3)."""
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
    """Return a count. A number of more than eight bytes becomes 2^64: calculating with it would be costly."""
    return min(max(0, element.number), 1 << 64)


def _too_costly(what: str, property: str) -> MaterialError:
    return material_error(
        "KEY_DERIVATION_TOO_EXPENSIVE",
        property=property,
        sentence=f"The encryption of {property} demands more than {what}.",
        remedy="Write the file again with the usual settings of `openssl pkcs8 -topk8` or `openssl pkcs12 -export`.",
    )


def _too_large(what: str, property: str) -> MaterialError:
    return material_error(
        "TOO_LARGE",
        property=property,
        sentence=f"{property} holds {what}.",
        remedy="Use an EC P-256 key, or RSA with 2048 to 4096 bits.",
    )
