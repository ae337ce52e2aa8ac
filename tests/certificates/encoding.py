"""Hand-written DER and BER: keys and PKCS12 files that no tool writes."""

from __future__ import annotations

SALT = bytes(8)


def element(tag: int, *parts: bytes) -> bytes:
    """Return one DER element."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag: int, *parts: bytes) -> bytes:
    """Return one BER element of indefinite length; octet strings become strings in pieces."""
    return bytes([tag | 0x20, 0x80]) + b"".join(parts) + b"\0\0"


def sequence(*parts: bytes) -> bytes:
    return element(0x30, *parts)


def octets(*parts: bytes) -> bytes:
    return element(0x04, *parts)


def explicit(*parts: bytes) -> bytes:
    return element(0xA0, *parts)


def integer(number: int | bytes) -> bytes:
    """Return an INTEGER; bytes are an unusual encoding of one."""
    if isinstance(number, bytes):
        return number
    return element(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def identifier(dotted: str) -> bytes:
    first, second, *others = (int(arc) for arc in dotted.split("."))
    content = bytes([first * 40 + second])
    for arc in others:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | arc & 0x7F)
        content += bytes(digits)
    return element(0x06, content)


AES_256_CBC = sequence(identifier("2.16.840.1.101.3.4.1.42"), octets(bytes(16)))
SHA_256 = sequence(identifier("2.16.840.1.101.3.4.2.1"), b"\x05\x00")


def pbes2(derivation: bytes) -> bytes:
    """Return PBES2 parameters (RFC 8018, appendix A.4)."""
    return sequence(identifier("1.2.840.113549.1.5.13"), sequence(derivation, AES_256_CBC))


def pbkdf2(rounds: int | bytes) -> bytes:
    """Return PBKDF2 parameters (RFC 8018, appendix A.2)."""
    return sequence(identifier("1.2.840.113549.1.5.12"), sequence(octets(SALT), integer(rounds)))


def scrypt(cost: int, block: int, parallel: int) -> bytes:
    """Return scrypt parameters (RFC 7914, section 7)."""
    parameters = sequence(octets(SALT), integer(cost), integer(block), integer(parallel))
    return sequence(identifier("1.3.6.1.4.1.11591.4.11"), parameters)


def triple_des(rounds: int) -> bytes:
    """Return pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C)."""
    return sequence(identifier("1.2.840.113549.1.12.1.3"), sequence(octets(SALT), integer(rounds)))


def encrypted_key(encryption: bytes, size: int = 144) -> bytes:
    """Return an encrypted private key (RFC 5958, section 3)."""
    return sequence(encryption, octets(bytes(size)))


def plain_key(algorithm: bytes, *content: bytes) -> bytes:
    """Return a private key that is not encrypted (RFC 5958, section 2)."""
    return sequence(integer(0), algorithm, octets(*content))


def bag(kind: int, content: bytes) -> bytes:
    """Return a bag (RFC 7292, section 4.2): 1 for a key, 2 for an encrypted one, 3 for a certificate."""
    return sequence(identifier(f"1.2.840.113549.1.12.10.1.{kind}"), explicit(content))


def certificate_bag(certificate: bytes) -> bytes:
    """Return a bag with a certificate (RFC 7292, section 4.2.3)."""
    return bag(3, sequence(identifier("1.2.840.113549.1.9.22.1"), explicit(octets(certificate))))


def plain_bags(*bags: bytes) -> bytes:
    """Return a part of a PKCS12 file that is not encrypted (RFC 7292, section 4.1)."""
    return sequence(identifier("1.2.840.113549.1.7.1"), explicit(octets(sequence(*bags))))


def encrypted_bags(encryption: bytes, size: int = 800) -> bytes:
    """Return an encrypted part of a PKCS12 file (RFC 7292, section 4.1)."""
    content = sequence(identifier("1.2.840.113549.1.7.1"), encryption, element(0x80, bytes(size)))
    return sequence(identifier("1.2.840.113549.1.7.6"), explicit(sequence(integer(0), content)))


def integrity(rounds: int) -> bytes:
    """Return the integrity code of a PKCS12 file (RFC 7292, section 4)."""
    return sequence(sequence(SHA_256, octets(bytes(32))), octets(SALT), integer(rounds))


def pkcs12(*contents: bytes, mac: bytes = b"") -> bytes:
    """Return a PKCS12 file (RFC 7292, section 4)."""
    return sequence(integer(3), plain_bags(*contents), mac)


def pkcs12_in_pieces(*contents: bytes, mac: bytes = b"") -> bytes:
    """Return a PKCS12 file with indefinite lengths and strings in pieces of 100 bytes, as in older Java key stores."""
    safe = sequence(*contents)
    pieces = [octets(safe[at : at + 100]) for at in range(0, len(safe), 100)]
    data = indefinite(0x30, identifier("1.2.840.113549.1.7.1"), indefinite(0xA0, indefinite(0x24, *pieces)))
    return indefinite(0x30, integer(3), data, mac)
