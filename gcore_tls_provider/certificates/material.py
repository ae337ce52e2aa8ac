"""Certificates, keys, CRLs and passwords from users, as text or bytes.

In this package material is text: PEM as it was given, or one line of base64 for binary content (DER, PKCS12). Programs
pass this text as an argument, and the other modules parse it.
"""

from __future__ import annotations

import binascii
import errno
import os
import re
import stat
from base64 import b64decode, b64encode

from gcore_tls_provider.certificates.der import DerType, first_element, is_sequence
from gcore_tls_provider.certificates.findings.finding import MaterialError
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.certificates.pem import Block, contains_pem, split_pem

SIZE_LIMIT = 1024 * 1024
"""Largest number of bytes of a file, and of characters of a text."""

DER_TYPE_NAMES: dict[DerType, str] = {
    "certificate": "a certificate",
    "CRL": "a certificate revocation list",
    "private key": "a private key",
    "OpenSSH private key": "a private key in OpenSSH's own format",
    "public key": "a bare public key",
    "certificate request": "a certificate signing request",
    "PKCS7": "a PKCS7 bundle",
    "PKCS12": "a PKCS12 file",
    "parameters": "key parameters",
    "unknown": "something else",
}
"""Names of the types of blocks in messages."""

_FILE_KINDS = {
    stat.S_IFIFO: "named pipe",
    stat.S_IFDIR: "folder",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFSOCK: "socket",
}
"""Names of the kinds of files that are not regular files."""

_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
"""Control characters other than white space, and the replacement of bytes that are not text."""

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PATH_ENDINGS = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx")
_LONGEST_PATH = 1024
_SMALLEST_KEY = 48
"""Bytes of the smallest private key (Ed25519) in DER. Anything shorter can be a path that happens to be base64."""


def from_file(path: str | os.PathLike[str], *, property: str = "") -> str:
    """Return the content of a file: text as it is (PEM, base64, a password), or one line of base64 for DER and PKCS12.

    Args:
        path: Path of the file. A relative path starts in the folder that the program runs in.
        property: Name of the argument that the content is for, if it is known.

    Raises:
        MaterialError: `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `EMPTY`, `TOO_LARGE`, or `MATERIAL_AS_PATH`.
    """
    name = os.fspath(path)
    if len(name) > _LONGEST_PATH or _is_material(name):
        # The value can be a private key, so the message does not contain it.
        raise material_error("MATERIAL_AS_PATH", property)
    try:
        content = _read_regular_file(name)
    except FileNotFoundError as error:
        raise material_error("FILE_NOT_FOUND", property, file=repr(name)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise material_error("FILE_UNREADABLE", property, file=repr(name), reason=reason) from error
    if not content.strip():
        raise material_error("EMPTY", property, message="file", file=repr(name))
    if len(content) > SIZE_LIMIT:
        raise material_error("TOO_LARGE", property, message="file", file=repr(name), limit=SIZE_LIMIT)
    return as_material(content)


def _read_regular_file(path: str) -> bytes:
    """Return the start of a file, up to one byte more than the limit. Never wait for a writer.

    Raises:
        OSError: The file cannot be read, or is no regular file. A pipe would block, and a device can be endless.
    """
    _require_regular(os.stat(path))  # before the file is opened: opening a device can change it
    with open(path, "rb", opener=_open_without_blocking) as file:
        _require_regular(os.fstat(file.fileno()))  # the path can be another file by now
        return file.read(SIZE_LIMIT + 1)


def _open_without_blocking(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # Windows has no such flag, and no such pipes


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _FILE_KINDS.get(stat.S_IFMT(status.st_mode), "special file")
        raise OSError(errno.EINVAL, f"it is a {kind}")


def as_material(value: str | bytes) -> str:
    """Return a value as text: a string without a byte order mark; bytes as text if they are text, else as base64.

    Base64 and passwords are text too. Nothing is checked here: the function that parses the text rejects it, with the
    name of its argument.
    """
    if isinstance(value, str):
        return value.removeprefix(_BYTE_ORDER_MARK)
    text = value.decode("utf-16" if value.startswith(_UTF16_MARKS) else "utf-8", errors="replace")
    if contains_pem(text) or not _BINARY.search(text):
        return text.removeprefix(_BYTE_ORDER_MARK)
    return b64encode(value).decode("ascii")


def read_blocks(material: str, *, property: str, expected: str) -> tuple[Block, ...]:
    """Return the blocks of a text: those of PEM, of base64 of PEM, or the only one of base64 of DER.

    Args:
        material: The text.
        property: Name of the argument that contains it.
        expected: Expected content, with its article: `a certificate`.

    Returns:
        At least one block.

    Raises:
        MaterialError: `EMPTY`, `TOO_LARGE`, `TOO_MANY_BLOCKS`, `NOT_PEM`, `DOUBLE_BASE64`, `TRUNCATED`, `BROKEN_BLOCK`.
    """
    if len(material) > SIZE_LIMIT:
        raise material_error("TOO_LARGE", property, message="text", limit=SIZE_LIMIT)
    text = as_material(material)
    if not text.strip():
        raise material_error("EMPTY", property, message="text", expected=expected)
    if contains_pem(text):
        return split_pem(text, property=property)
    content = _from_base64(text)
    if content is None:
        raise _not_pem(text, property=property, expected=expected)
    inner = content.decode("utf-8", errors="replace")
    if contains_pem(inner):
        return split_pem(inner, property=property)
    if not is_sequence(content):
        if _is_material(inner):
            raise material_error("DOUBLE_BASE64", property)
        raise _not_pem(text, property=property, expected=expected)
    der = first_element(content)
    if der is None:
        raise material_error("TRUNCATED", property, message="binary")
    # Imported here, because a program that only passes material on needs no cryptography.
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
    while not contains_pem(text):
        content = _from_base64(text)
        if content is None:
            return False
        if is_sequence(content) and len(content) >= _SMALLEST_KEY:
            return True
        text = content.decode("utf-8", errors="replace")
    return True


def _not_pem(text: str, *, property: str, expected: str) -> MaterialError:
    line = text.strip()
    is_path = "\n" not in line and (line.lower().endswith(_PATH_ENDINGS) or line.startswith(("/", "./", "../", "~")))
    if is_path:
        return material_error("NOT_PEM", property, message="path")
    return material_error("NOT_PEM", property, message="text", expected=expected)
