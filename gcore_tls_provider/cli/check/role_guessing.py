"""Role of each file: from an option, otherwise guessed from its content and from the other files.

| content | role |
| --- | --- |
| a CRL | `crl` |
| only a private key | `key`, of the certificate that it matches |
| only CA certificates | `ca`; with DNS names and its private key: a self-signed `listener` |
| a certificate only for clients (extended key usage) | `client` |
| any other certificate with its private key | `listener`, every further one `sni` |
| the same, issued directly by a given CA, if another server certificate is not | `backend` |
| any other certificate without a private key | `backend` if a CA is given, otherwise `listener` or `sni` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.chain import CertificateChain, encode_certificates, is_issuer, sort_chain
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.key import IdentityKey
from gcore_tls_provider.certificates.rules.extensions import extension_of, is_ca
from gcore_tls_provider.certificates.san_matching import dns_names_of
from gcore_tls_provider.cli.check.files import FileContents, Role


@dataclass(frozen=True)
class CheckedFile:
    """A file with its role.

    Attributes:
        contents: Contents of the file.
        role: Role; None if the file cannot be parsed and no option gives the role.
        guessed: Whether the role was guessed.
        leaf: Certificate that is presented to TLS peers, with its chain; None for CAs and for files without
            certificates.
        key_file: File that contains the certificate's private key, if one does.
        findings: Findings about the file alone, before any rule runs.
    """

    contents: FileContents
    role: Role | None
    guessed: bool = False
    leaf: CertificateChain | None = None
    key_file: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file, safe to print."""
        return self.contents.file


def assign_roles(given: Sequence[tuple[FileContents, Role | None]]) -> tuple[CheckedFile, ...]:
    """Return the files with their roles, in their order.

    Args:
        given: Contents of each file, and its role if an option gives it.
    """
    all_contents = [contents for contents, _ in given]
    files = [_checked(contents, role, all_contents) for contents, role in given]
    backends = _backends(files)
    assigned: list[CheckedFile] = []
    for file in files:
        if not _is_undecided(file):
            assigned.append(file)
        elif file in backends:
            assigned.append(replace(file, role="backend", guessed=True))
        else:
            assigned.append(replace(file, role=_listener_role(file, [*assigned, *files]), guessed=True))
    return tuple(assigned)


def _checked(contents: FileContents, role: Role | None, all_contents: Sequence[FileContents]) -> CheckedFile:
    """Return a file with its certificate and key. The role of a server certificate can stay undecided."""
    guessed = role is None
    if contents.findings or role == "password":
        return CheckedFile(contents, role, findings=contents.findings)
    if contents.crls:
        return CheckedFile(contents, "crl", guessed)
    if not contents.certificates:
        return CheckedFile(contents, "key", guessed, findings=tuple(_unmatched_key(contents, all_contents)))
    leaf, key_file = _leaf(contents, all_contents)
    if role == "ca" or (guessed and _are_cas(contents, leaf, key_file)):
        return CheckedFile(contents, "ca", guessed, key_file=key_file, findings=tuple(_key_of_ca(contents)))
    if guessed and _is_only_for_clients(leaf.certificate):
        role = "client"
    return CheckedFile(contents, role, guessed, leaf, key_file, tuple(_mismatched_key(contents, key_file)))


def _is_undecided(file: CheckedFile) -> bool:
    return file.role is None and file.leaf is not None


def _leaf(contents: FileContents, all_contents: Sequence[FileContents]) -> tuple[CertificateChain, str | None]:
    """Return the leaf of a file, and the file with its key. If there is a key, the leaf is the one that matches."""
    for holder in (contents, *all_contents):
        for certificate in contents.certificates:
            if holder.private_key is not None and _matches(holder.private_key, certificate):
                return CertificateChain(certificate, sort_chain(certificate, contents.certificates)), holder.file
    return CertificateChain.parse(encode_certificates(contents.certificates), property=contents.file), None


def _backends(files: Sequence[CheckedFile]) -> Sequence[CheckedFile]:
    """Return the server certificates that belong to backends rather than to a listener.

    Backends have a private CA, which is given, and listeners mostly another one, or an intermediate of it.
    """
    cas = [each for file in files if file.role == "ca" for each in file.contents.certificates]
    servers = [file for file in files if _is_undecided(file)]
    issued_here = [
        file
        for file in servers
        if file.contents.private_key is None
        and file.leaf is not None
        and any(is_issuer(ca, of=file.leaf.certificate) for ca in cas)
    ]
    has_listener = len(issued_here) < len(servers) or any(file.role == "listener" for file in files)
    return [file for file in servers if (cas and file.key_file is None) or (has_listener and file in issued_here)]


def _listener_role(file: CheckedFile, others: Sequence[CheckedFile]) -> Role:
    """Return `listener` for the first server certificate, `sni` for others; the same certificate keeps its role."""
    for other in others:
        if other.role in ("listener", "sni") and _certificate_of(other) == _certificate_of(file):
            return other.role
    return "sni" if any(other.role == "listener" for other in others) else "listener"


def _certificate_of(file: CheckedFile) -> x509.Certificate | None:
    return None if file.leaf is None else file.leaf.certificate


def _are_cas(contents: FileContents, leaf: CertificateChain, key_file: str | None) -> bool:
    if not all(map(is_ca, contents.certificates)):
        return False
    # A certificate of `openssl req -x509` has the form of a CA certificate, and is meant for a server.
    return key_file is None or not dns_names_of(leaf.certificate)


def _is_only_for_clients(certificate: x509.Certificate) -> bool:
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    return (
        usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH in usage and ExtendedKeyUsageOID.SERVER_AUTH not in usage
    )


def _matches(key: IdentityKey, certificate: x509.Certificate) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except UNREADABLE:
        return False


def _unmatched_key(contents: FileContents, all_contents: Sequence[FileContents]) -> Sequence[Finding]:
    certificates = [each for other in all_contents for each in other.certificates]
    key = contents.private_key
    if key is None or not certificates or any(_matches(key, certificate) for certificate in certificates):
        return ()
    return (report("KEY_MISMATCH", contents.file, message="files"),)


def _mismatched_key(contents: FileContents, key_file: str | None) -> Sequence[Finding]:
    if contents.private_key is None or key_file == contents.file:
        return ()
    return (report("KEY_MISMATCH", contents.file, message="same_file"),)


def _key_of_ca(contents: FileContents) -> Sequence[Finding]:
    if contents.private_key is None:
        return ()
    return (report("PRIVATE_KEY_IN_CERTIFICATE", contents.file, message="ca"),)
