"""Contents of a file, as far as it can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from cryptography import x509

from gcore_tls_provider.certificates import (
    Finding,
    MaterialError,
    identity_from_pkcs12,
    parse_certificates,
    parse_revocation_lists,
)
from gcore_tls_provider.certificates.findings.finding import material_error
from gcore_tls_provider.certificates.key import IdentityKey, parse_private_key
from gcore_tls_provider.certificates.material import read_blocks
from gcore_tls_provider.certificates.pem import Block, encode_pem
from gcore_tls_provider.cli.check.passwords import Passwords

Role = Literal["listener", "sni", "client", "ca", "crl", "backend", "key", "password"]
"""Role of a file; all roles except `password` are options of `gcore-tls check`."""

ROLES: tuple[Role, ...] = get_args(Role)
"""All roles, in the order in which they are shown."""

_KEYS = frozenset({"private key", "OpenSSH private key"})
_CERTIFICATE = "CERTIFICATE"


@dataclass(frozen=True)
class Contents:
    """Contents of a file.

    Attributes:
        file: its name, safe to print.
        certificates: in its order, repetitions included; in a PKCS12 file the key's own first.
        revocation_lists: in its order.
        private_key: the private key in it.
        findings: why it can't be used, if it can't. Then there is nothing else.
    """

    file: str
    certificates: tuple[x509.Certificate, ...] = ()
    revocation_lists: tuple[x509.CertificateRevocationList, ...] = ()
    private_key: IdentityKey | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()


def read_contents(file: str, material: str, role: Role | None, passwords: Passwords) -> Contents:
    """Return the contents of a file. Unreadable content, or content that does not fit its role, is a finding.

    Args:
        file: its name, for findings.
        material: its content, as `from_file` gives it.
        role: its role, if given as an option.
        passwords: for what is encrypted.
    """
    try:
        if role == "crl":
            return Contents(file, revocation_lists=parse_revocation_lists(material, property=file))
        if role in ("ca", "backend"):
            return Contents(file, parse_certificates(material, property=file))
        if role == "key":
            return Contents(file, private_key=_private_key(file, material, passwords))
        return _by_blocks(file, material, role, passwords)
    except MaterialError as error:
        return Contents(file, findings=tuple(map(_on_files, error.findings)))


def _by_blocks(file: str, material: str, role: Role | None, passwords: Passwords) -> Contents:
    blocks = read_blocks(material, property=file, expected="a certificate, a key or a revocation list")
    held = [block.role for block in blocks]
    if "PKCS12" in held:
        return _pkcs12(file, material, passwords)
    if role is None and held[0] == "revocation list":
        return Contents(file, revocation_lists=parse_revocation_lists(material, property=file))
    keys = [block for block in blocks if block.role in _KEYS]
    rest = [block for block in blocks if block.role not in _KEYS]
    if not keys:
        return Contents(file, parse_certificates(material, property=file))
    key = _private_key(file, material, passwords)
    if all(block.role == "parameters" for block in rest):
        if role is None:
            return Contents(file, private_key=key)
        raise material_error(
            "CERTIFICATE_MISSING",
            property=file,
            sentence=f"{file} holds a private key, but no certificate.",
            remedy=f"Give the certificate as --{role}, and the key without an option or as --key.",
        )
    return Contents(file, parse_certificates(_joined(rest, file), property=file), private_key=key)


def _pkcs12(file: str, material: str, passwords: Passwords) -> Contents:
    try:
        identity = passwords.open(file, lambda password: identity_from_pkcs12(pkcs12=material, password=password))
    except MaterialError as error:
        raise MaterialError(*(_about(file, finding) for finding in error.findings)) from error
    return Contents(file, (identity.certificate, *identity.chain), private_key=identity.private_key)


def _on_files(finding: Finding) -> Finding:
    """Return a finding whose remedy is about arguments of a program as one about files."""
    if finding.code != "NOT_PEM":
        return finding
    return replace(finding, remedy="Give PEM, DER or PKCS12; leave the file out if it is something else.")


def _about(file: str, finding: Finding) -> Finding:
    """Return a finding on the argument `pkcs12` as one on the file."""
    if finding.property == file:
        return finding
    return replace(finding, property=file, sentence=finding.sentence.replace("pkcs12", file, 1))


def _private_key(file: str, material: str, passwords: Passwords) -> IdentityKey:
    return passwords.open(
        file,
        lambda password: parse_private_key(
            material, property=file, passphrase=password, passphrase_property="the password"
        ),
    )


def _joined(blocks: Sequence[Block], file: str) -> str:
    return "".join(encode_pem(block.label or _CERTIFICATE, block.der(property=file)) for block in blocks)
