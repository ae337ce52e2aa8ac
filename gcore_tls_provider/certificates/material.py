"""Certificate material from users, and its forms.

Material is a text in this package: PEM as it was found, or one line of base64 for what is binary (DER, PKCS12).
That is what a program passes on as an argument; the functions of the other modules read it.
"""

from __future__ import annotations

import binascii
import os
import re
from base64 import b64decode, b64encode
from typing import NoReturn

from gcore_tls_provider.certificates.der import DerType, first_element, is_sequence
from gcore_tls_provider.certificates.findings.finding import material_error
from gcore_tls_provider.certificates.pem import Block, holds_pem, split_pem

SIZE_LIMIT = 1024 * 1024
"""Bytes of a file, and characters of a text, at most."""

NOUNS: dict[DerType, str] = {
    "certificate": "a certificate",
    "revocation list": "a certificate revocation list",
    "private key": "a private key",
    "OpenSSH private key": "a private key in OpenSSH's own format",
    "public key": "a bare public key",
    "certificate request": "a certificate signing request",
    "PKCS7": "a PKCS7 bundle",
    "PKCS12": "a PKCS12 file",
    "parameters": "key parameters",
    "unknown": "something else",
}
"""Names of the kinds of blocks in messages."""

_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
"""Control characters other than white space, and what stands for bytes that aren't text."""

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PATH_ENDINGS = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx")
_LONGEST_PATH = 1024
_SMALLEST_KEY = 48
"""Bytes of the smallest private key (Ed25519) in DER. What is shorter can be a path that happens to be base64."""


def from_file(path: str | os.PathLike[str], *, property: str = "") -> str:
    """Return the material in a file: text as it is (PEM, base64, a password), or one line of base64 for DER and PKCS12.

    Args:
        path: the file. A relative path is looked up from the folder the program runs in.
        property: name of the argument that the material is for, if that is known.

    Raises:
        MaterialError: `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `EMPTY`, `TOO_LARGE`, or `MATERIAL_AS_PATH`.
    """
    name = os.fspath(path)
    if len(name) > _LONGEST_PATH or _is_material(name):
        # The value may be a private key, so it is not shown.
        raise material_error(
            "MATERIAL_AS_PATH",
            property=property,
            sentence="from_file was given material in place of a file's path.",
            remedy="Pass the text itself as the argument, without from_file.",
        )
    try:
        with open(name, "rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError as error:
        raise material_error(
            "FILE_NOT_FOUND",
            property=property,
            sentence=f"The file {name!r} does not exist.",
            remedy="Check the path; a relative one is looked up from the folder the program runs in.",
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise material_error(
            "FILE_UNREADABLE",
            property=property,
            sentence=f"The file {name!r} can't be read: {reason}.",
            remedy="Give a plain file that the user who runs the program may read.",
        ) from error
    if not content.strip():
        raise material_error(
            "EMPTY",
            property=property,
            sentence=f"The file {name!r} is empty.",
            remedy="Check that the step that writes it has run.",
        )
    if len(content) > SIZE_LIMIT:
        raise material_error(
            "TOO_LARGE",
            property=property,
            sentence=f"The file {name!r} is larger than {SIZE_LIMIT} bytes.",
            remedy="Give a file that holds only what this load balancer needs.",
        )
    return as_material(content)


def as_material(value: str | bytes) -> str:
    """Return the material in a value: text without a byte order mark; bytes as text if they are text, else as base64.

    Base64 and passwords are text too.

    Nothing is checked here: what can't be used is refused where it is read, with the name of its argument.
    """
    if isinstance(value, str):
        return value.removeprefix(_BYTE_ORDER_MARK)
    text = value.decode("utf-16" if value.startswith(_UTF16_MARKS) else "utf-8", errors="replace")
    if holds_pem(text) or not _BINARY.search(text):
        return text.removeprefix(_BYTE_ORDER_MARK)
    return b64encode(value).decode("ascii")


def read_blocks(material: str, *, property: str, expected: str) -> tuple[Block, ...]:
    """Return the blocks of a text: of PEM, of base64 of PEM, or the single one that base64 of DER is.

    Args:
        material: the text.
        property: name of the argument it came in.
        expected: what should be in it, with its article: `a certificate`.

    Returns:
        At least one block.

    Raises:
        MaterialError: `EMPTY`, `TOO_LARGE`, `TOO_MANY_BLOCKS`, `NOT_PEM`, `DOUBLE_BASE64`, `TRUNCATED`, `BROKEN_BLOCK`.
    """
    if len(material) > SIZE_LIMIT:
        raise material_error(
            "TOO_LARGE",
            property=property,
            sentence=f"{property} is longer than {SIZE_LIMIT} characters.",
            remedy="Give only what this load balancer needs.",
        )
    text = as_material(material)
    if not text.strip():
        raise material_error(
            "EMPTY",
            property=property,
            sentence=f"{property} is empty.",
            remedy=f"Give {expected}, as PEM text, or read a file with from_file.",
        )
    if holds_pem(text):
        return split_pem(text, property=property)
    content = _from_base64(text)
    if content is None:
        _refuse_text(text, property=property, expected=expected)
    inner = content.decode("utf-8", errors="replace")
    if holds_pem(inner):
        return split_pem(inner, property=property)
    if not is_sequence(content):
        if _is_material(inner):
            raise material_error(
                "DOUBLE_BASE64",
                property=property,
                sentence=f"{property} is base64 of base64.",
                remedy="Leave one of the two encodings out.",
            )
        _refuse_text(text, property=property, expected=expected)
    der = first_element(content)
    if der is None:
        raise material_error(
            "TRUNCATED",
            property=property,
            sentence=f"{property} is cut off: the end of its binary content is missing.",
            remedy="Copy the file again, complete and as binary.",
        )
    # A program only hands material over: it needs no cryptography.
    from gcore_tls_provider.certificates.der_types import detect_der_type

    return (Block(detect_der_type(der), 1, b64encode(der).decode("ascii")),)


def _from_base64(text: str) -> bytes | None:
    line = "".join(text.split())
    if not _BASE64_LINE.fullmatch(line):
        return None
    try:
        return b64decode(line, validate=True)
    except binascii.Error:
        return None


def _is_material(text: str) -> bool:
    """Return whether `text` is PEM or base64 of DER, however often it was encoded."""
    while not holds_pem(text):
        content = _from_base64(text)
        if content is None:
            return False
        if is_sequence(content) and len(content) >= _SMALLEST_KEY:
            return True
        text = content.decode("utf-8", errors="replace")
    return True


def _refuse_text(text: str, *, property: str, expected: str) -> NoReturn:
    line = text.strip()
    is_path = "\n" not in line and (line.lower().endswith(_PATH_ENDINGS) or line.startswith(("/", "./", "../", "~")))
    raise material_error(
        "NOT_PEM",
        property=property,
        sentence=f"{property} is a file's path, not its content."
        if is_path
        else f"{property} is neither PEM text nor base64 of a binary file.",
        remedy=f"Read the file with from_file, or give {expected} as PEM text, with its BEGIN and END lines.",
    )
