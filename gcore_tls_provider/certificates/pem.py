r"""PEM text: found, split into blocks and decoded.

RFC 7468 with the tolerance that people's files need: CRLF, a byte order mark, text around and between blocks,
indentation (as pasted from YAML), line ends that were lost or became the two characters `\n` (as in environment
variables), and OpenSSL's own labels.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from gcore_tls_provider.certificates.der import DerType, first_element
from gcore_tls_provider.certificates.findings.finding import MaterialError, material_error

BLOCK_LIMIT = 256
"""Blocks in one text at most."""

_ROLES: dict[str, DerType] = {
    "CERTIFICATE": "certificate",
    "X509 CERTIFICATE": "certificate",
    "TRUSTED CERTIFICATE": "certificate",
    "X509 CRL": "revocation list",
    "OPENSSH PRIVATE KEY": "OpenSSH private key",
    "PUBLIC KEY": "public key",
    "RSA PUBLIC KEY": "public key",
    "CERTIFICATE REQUEST": "certificate request",
    "NEW CERTIFICATE REQUEST": "certificate request",
    "PKCS7": "PKCS7",
    "CMS": "PKCS7",
    "PKCS12": "PKCS12",
}

_MARKER = re.compile(r"-----(BEGIN|END) ([^-\r\n]{1,64})-----")
_ENCRYPTION_HEADER = re.compile(r"Proc-Type:\s*4,ENCRYPTED\s+DEK-Info:\s*([A-Za-z0-9-]+,[0-9A-Fa-f]+)\s")


@dataclass(frozen=True)
class Block:
    """One block of PEM text, or a whole DER file.

    Attributes:
        role: what it holds, by its label; for DER without a label by its content.
        number: its place in the text, from 1.
        encoded: its content in base64.
        label: its PEM label, such as `RSA PRIVATE KEY`. Empty for DER.
        encryption: algorithm and initialization vector of a key that was encrypted in OpenSSL's older way (`DEK-Info`).
    """

    role: DerType
    number: int
    encoded: str = field(repr=False)
    label: str = ""
    encryption: str | None = field(default=None, repr=False)

    def der(self, *, property: str) -> bytes:
        """Return the content, decoded.

        Raises:
            MaterialError: `BROKEN_BLOCK` or `TRUNCATED`.
        """
        content = _decoded(self.encoded)
        if not content:
            raise material_error(
                "BROKEN_BLOCK",
                property=property,
                sentence=f"Block {self.number} of {property} ({self.role}) is damaged: what it holds isn't base64.",
                remedy="Copy the file again, unchanged from its first to its last line.",
            )
        # OpenSSL appends trust settings of its own to the certificate in a TRUSTED CERTIFICATE.
        element = content if self.encryption else first_element(content)
        if element is None:
            raise material_error(
                "TRUNCATED",
                property=property,
                sentence=f"Block {self.number} of {property} ({self.role}) is cut off: its last lines are missing.",
                remedy="Copy the file again, complete.",
            )
        return element


def holds_pem(text: str) -> bool:
    """Return whether `text` has a marker of a PEM block, a beginning or an end."""
    return _MARKER.search(text) is not None


def split_pem(text: str, *, property: str) -> tuple[Block, ...]:
    """Return the blocks of `text`, in order, at least one. Their contents aren't decoded yet.

    Raises:
        MaterialError: `TRUNCATED`, `BROKEN_BLOCK` or `TOO_MANY_BLOCKS`.
    """
    text = text.replace("\\r", "").replace("\\n", "\n")
    blocks: list[Block] = []
    label: str | None = None
    start = 0
    for marker in _MARKER.finditer(text):
        kind, named = marker[1], " ".join(marker[2].split())
        number = len(blocks) + 1
        if kind == "BEGIN":
            if label is not None:
                raise _without_end(number, property)
            label, start = named, marker.end()
            continue
        if label is None:
            raise material_error(
                "BROKEN_BLOCK",
                property=property,
                sentence=f"Block {number} of {property} has an end, but no beginning.",
                remedy="Copy the file again, with its first line and all five dashes on each side of it.",
            )
        if named != label:
            raise _without_end(number, property)
        if number > BLOCK_LIMIT:
            raise material_error(
                "TOO_MANY_BLOCKS",
                property=property,
                sentence=f"{property} has more than {BLOCK_LIMIT} PEM blocks.",
                remedy="Give only the certificates or lists that this load balancer needs.",
            )
        blocks.append(_block(label, number, text[start : marker.start()]))
        label = None
    if label is not None:
        raise _without_end(len(blocks) + 1, property)
    if not blocks:
        raise material_error(
            "BROKEN_BLOCK",
            property=property,
            sentence=f"The first line of {property} is damaged: there is a line end inside it.",
            remedy="Copy the file again, unchanged from its first to its last line.",
        )
    return tuple(blocks)


def encode_pem(label: str, der: bytes, *, encryption: str | None = None) -> str:
    """One PEM block (RFC 7468: lines of 64 characters), with the header of OpenSSL's older key encryption if given."""
    encoded = b64encode(der).decode("ascii")
    lines = [f"-----BEGIN {label}-----"]
    if encryption:
        lines += ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {encryption}", ""]
    lines += [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
    return "\n".join([*lines, f"-----END {label}-----", ""])


def _block(label: str, number: int, body: str) -> Block:
    header = _ENCRYPTION_HEADER.search(body)
    encoded = "".join((body[header.end() :] if header else body).split())
    return Block(_role(label), number, encoded, label, header[1] if header else None)


def _role(label: str) -> DerType:
    if label in _ROLES:
        return _ROLES[label]
    if label.endswith("PRIVATE KEY"):
        return "private key"
    return "parameters" if label.endswith("PARAMETERS") else "unknown"


def _decoded(encoded: str) -> bytes | None:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _without_end(number: int, property: str) -> MaterialError:
    return material_error(
        "TRUNCATED",
        property=property,
        sentence=f"Block {number} of {property} has a beginning, but no end that fits it.",
        remedy="Copy the file again, complete to its last line.",
    )
