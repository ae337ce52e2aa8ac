r"""PEM text: found, split into blocks and decoded.

RFC 7468 with the tolerance that users' files need: CRLF, a byte order mark, text around and between blocks,
indentation (as pasted from YAML), line ends that were lost or became the two characters `\n` (as in environment
variables), and OpenSSL's own labels.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from gcore_tls_provider.certificates.der import DerType, first_element
from gcore_tls_provider.certificates.findings.finding import MaterialError
from gcore_tls_provider.certificates.findings.report import material_error

BLOCK_LIMIT = 256
"""Largest number of blocks in one text."""

_DER_TYPES: dict[str, DerType] = {
    "CERTIFICATE": "certificate",
    "X509 CERTIFICATE": "certificate",
    "TRUSTED CERTIFICATE": "certificate",
    "X509 CRL": "CRL",
    "OPENSSH PRIVATE KEY": "OpenSSH private key",
    "PUBLIC KEY": "public key",
    "RSA PUBLIC KEY": "public key",
    "CERTIFICATE REQUEST": "certificate request",
    "NEW CERTIFICATE REQUEST": "certificate request",
    "PKCS7": "PKCS7",
    "CMS": "PKCS7",
    "PKCS12": "PKCS12",
}
"""Types of blocks by PEM label."""

_MARKER = re.compile(r"-----(BEGIN|END) ([^-\r\n]{1,64})-----")
_ENCRYPTION_HEADER = re.compile(r"Proc-Type:\s*4,ENCRYPTED\s+DEK-Info:\s*([A-Za-z0-9-]+,[0-9A-Fa-f]+)\s")


@dataclass(frozen=True)
class Block:
    """One block of PEM text, or a whole DER file.

    Attributes:
        der_type: Type of the content, by its label; for DER without a label by the content itself.
        number: Position in the text, from 1.
        encoded: Content in base64.
        label: PEM label, such as `RSA PRIVATE KEY`. Empty for DER.
        encryption: Algorithm and initialization vector of a key in OpenSSL's older encryption (`DEK-Info`).
    """

    der_type: DerType
    number: int
    encoded: str = field(repr=False)
    label: str = ""
    encryption: str | None = field(default=None, repr=False)

    def der(self, *, property: str) -> bytes:
        """Return the decoded content.

        Raises:
            MaterialError: `BROKEN_BLOCK` or `TRUNCATED`.
        """
        content = _decode(self.encoded)
        if not content:
            raise material_error(
                "BROKEN_BLOCK", property, message="content", number=self.number, der_type=self.der_type
            )
        # OpenSSL appends trust settings of its own to the certificate in a TRUSTED CERTIFICATE.
        element = content if self.encryption else first_element(content)
        if element is None:
            raise material_error("TRUNCATED", property, message="block", number=self.number, der_type=self.der_type)
        return element


def contains_pem(text: str) -> bool:
    """Return whether `text` contains a BEGIN or END line of a PEM block."""
    return _MARKER.search(text) is not None


def split_pem(text: str, *, property: str) -> tuple[Block, ...]:
    """Return the blocks of `text`, in order, at least one. Their contents are not decoded yet.

    Raises:
        MaterialError: `TRUNCATED`, `BROKEN_BLOCK` or `TOO_MANY_BLOCKS`.
    """
    text = text.replace("\\r", "").replace("\\n", "\n")
    blocks: list[Block] = []
    label: str | None = None
    start = 0
    for marker in _MARKER.finditer(text):
        kind, marker_label = marker[1], " ".join(marker[2].split())
        number = len(blocks) + 1
        if kind == "BEGIN":
            if label is not None:
                raise _missing_end(number, property)
            label, start = marker_label, marker.end()
            continue
        if label is None:
            raise material_error("BROKEN_BLOCK", property, message="begin_line", number=number)
        if marker_label != label:
            raise _missing_end(number, property)
        if number > BLOCK_LIMIT:
            raise material_error("TOO_MANY_BLOCKS", property, limit=BLOCK_LIMIT)
        blocks.append(_block(label, number, text[start : marker.start()]))
        label = None
    if label is not None:
        raise _missing_end(len(blocks) + 1, property)
    if not blocks:
        raise material_error("BROKEN_BLOCK", property, message="line_break")
    return tuple(blocks)


def encode_pem(label: str, der: bytes, *, encryption: str | None = None) -> str:
    """Return one PEM block (RFC 7468: lines of 64 characters), with the header of OpenSSL's older key encryption."""
    encoded = b64encode(der).decode("ascii")
    lines = [f"-----BEGIN {label}-----"]
    if encryption:
        lines += ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {encryption}", ""]
    lines += [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    return "\n".join([*lines, f"-----END {label}-----", ""])


def _block(label: str, number: int, body: str) -> Block:
    header = _ENCRYPTION_HEADER.search(body)
    encoded = "".join((body[header.end() :] if header else body).split())
    return Block(_der_type(label), number, encoded, label, header[1] if header else None)


def _der_type(label: str) -> DerType:
    if label in _DER_TYPES:
        return _DER_TYPES[label]
    if label.endswith("PRIVATE KEY"):
        return "private key"
    return "parameters" if label.endswith("PARAMETERS") else "unknown"


def _decode(encoded: str) -> bytes | None:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _missing_end(number: int, property: str) -> MaterialError:
    return material_error("TRUNCATED", property, message="end_line", number=number)
