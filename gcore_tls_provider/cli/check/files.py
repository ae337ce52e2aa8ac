"""Contents of a file, as far as it can be parsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from cryptography import x509

from gcore_tls_provider.certificates import (
    Finding,
    MaterialError,
    identity_from_pkcs12,
    parse_certificates,
    parse_crls,
)
from gcore_tls_provider.certificates.findings.report import material_error, report
from gcore_tls_provider.certificates.key import IdentityKey, parse_private_key
from gcore_tls_provider.certificates.material import read_blocks
from gcore_tls_provider.certificates.pem import Block, encode_pem
from gcore_tls_provider.cli.check.passwords import Passwords

Role = Literal["listener", "sni", "client", "ca", "crl", "backend", "key", "password"]
"""Role of a file; all roles except `password` are options of `gcore-tls check`."""

ROLES: tuple[Role, ...] = get_args(Role)
"""All roles, in the order of the report."""

_KEYS = frozenset({"private key", "OpenSSH private key"})
_CERTIFICATE = "CERTIFICATE"


@dataclass(frozen=True)
class FileContents:
    """Contents of a file.

    Attributes:
        file: Name of the file, safe to print.
        certificates: Certificates in the file's order, repetitions included; in a PKCS12 file the key's own first.
        crls: CRLs in the file's order.
        private_key: Private key.
        findings: Reasons why the file cannot be used. If there are any, everything else is empty.
    """

    file: str
    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    private_key: IdentityKey | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()


def read_file_contents(file: str, material: str, role: Role | None, passwords: Passwords) -> FileContents:
    """Return the contents of a file. Unreadable content, or content that does not match its role, is a finding.

    Args:
        file: Name of the file, for findings.
        material: Content, as `from_file` returns it.
        role: Role, if an option gives it.
        passwords: Passwords of encrypted files.
    """
    try:
        if role == "crl":
            return FileContents(file, crls=parse_crls(material, property=file))
        if role in ("ca", "backend"):
            return FileContents(file, parse_certificates(material, property=file))
        if role == "key":
            return FileContents(file, private_key=_private_key(file, material, passwords))
        return _parse_blocks(file, material, role, passwords)
    except MaterialError as error:
        return FileContents(file, findings=tuple(_about_file(file, each) for each in error.findings))


def _parse_blocks(file: str, material: str, role: Role | None, passwords: Passwords) -> FileContents:
    blocks = read_blocks(material, property=file, expected="a certificate, a key or a CRL")
    der_types = [block.der_type for block in blocks]
    if "PKCS12" in der_types:
        return _pkcs12(file, material, passwords)
    if role is None and der_types[0] == "CRL":
        return FileContents(file, crls=parse_crls(material, property=file))
    keys = [block for block in blocks if block.der_type in _KEYS]
    others = [block for block in blocks if block.der_type not in _KEYS]
    if not keys:
        return FileContents(file, parse_certificates(material, property=file))
    key = _private_key(file, material, passwords)
    if all(block.der_type == "parameters" for block in others):
        if role is None:
            return FileContents(file, private_key=key)
        raise material_error("CERTIFICATE_MISSING", file, message="file", role=role)
    return FileContents(file, parse_certificates(_join(others, file), property=file), private_key=key)


def _pkcs12(file: str, material: str, passwords: Passwords) -> FileContents:
    identity = passwords.open(
        file,
        lambda password: identity_from_pkcs12(
            pkcs12=material, password=password, property=file, password_property=file
        ),
    )
    return FileContents(file, (identity.certificate, *identity.chain), private_key=identity.private_key)


def _about_file(file: str, finding: Finding) -> Finding:
    """Return a finding whose remedy is about a program's arguments as one about files."""
    return report("NOT_PEM", file, message="file") if finding.code == "NOT_PEM" else finding


def _private_key(file: str, material: str, passwords: Passwords) -> IdentityKey:
    return passwords.open(
        file,
        lambda password: parse_private_key(material, property=file, passphrase=password, passphrase_property=file),
    )


def _join(blocks: Sequence[Block], file: str) -> str:
    return "".join(encode_pem(block.label or _CERTIFICATE, block.der(property=file)) for block in blocks)
