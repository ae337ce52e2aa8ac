"""Role of each file: from an option, else guessed from its content and from the other files.

| content | role |
| --- | --- |
| a revocation list | `crl` |
| a private key alone | `key`, of the certificate that it fits |
| certificates of authorities only | `ca`; with DNS names and its private key: a self-signed `listener` |
| a certificate for clients only (extended key usage) | `client` |
| any other certificate with its private key | `listener`, every further one `sni` |
| the same, issued directly by a given authority, when another server certificate isn't | `backend` |
| any other certificate without a private key | `backend` if an authority is given, else `listener` or `sni` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.chain import CertificateChain, encode_certificates, is_issuer, sorted_chain
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.key import IdentityKey
from gcore_tls_provider.certificates.rules.extensions import extension_of, is_authority
from gcore_tls_provider.certificates.san_matching import dns_names_of
from gcore_tls_provider.cli.check.files import Contents, Role


@dataclass(frozen=True)
class CheckedFile:
    """A file and what it is for.

    Attributes:
        contents: what it holds.
        role: its role; None if the file is unreadable and no option gives it.
        guessed: whether the role was guessed.
        leaf: the certificate that is shown to TLS peers, with its chain; None for authorities and what isn't a
            certificate.
        key_file: the file that holds the certificate's private key, if one does.
        findings: what is wrong with it before any rule is asked.
    """

    contents: Contents
    role: Role | None
    guessed: bool = False
    leaf: CertificateChain | None = None
    key_file: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def file(self) -> str:
        """Its name, safe to print."""
        return self.contents.file


def assigned(given: Sequence[tuple[Contents, Role | None]]) -> tuple[CheckedFile, ...]:
    """Return the files with their roles, in their order.

    Args:
        given: the contents of each file, and its role, if given as an option.
    """
    every = [contents for contents, _ in given]
    files = [_checked(contents, role, every) for contents, role in given]
    backends = _backends(files)
    placed: list[CheckedFile] = []
    for file in files:
        if not _is_open(file):
            placed.append(file)
        elif file in backends:
            placed.append(replace(file, role="backend", guessed=True))
        else:
            placed.append(replace(file, role=_beside(file, [*placed, *files]), guessed=True))
    return tuple(placed)


def _checked(contents: Contents, role: Role | None, every: Sequence[Contents]) -> CheckedFile:
    """Return a file with its certificate and key. Leave the role of a server certificate open if no option gives it."""
    guessed = role is None
    if contents.findings or role == "password":
        return CheckedFile(contents, role, findings=contents.findings)
    if contents.revocation_lists:
        return CheckedFile(contents, "crl", guessed)
    if not contents.certificates:
        return CheckedFile(contents, "key", guessed, findings=tuple(_stray_key(contents, every)))
    leaf, key_file = _leaf(contents, every)
    if role == "ca" or (guessed and _are_authorities(contents, leaf, key_file)):
        return CheckedFile(contents, "ca", guessed, key_file=key_file, findings=tuple(_key_of_authority(contents)))
    if guessed and _is_for_clients_only(leaf.certificate):
        role = "client"
    return CheckedFile(contents, role, guessed, leaf, key_file, tuple(_foreign_key(contents, key_file)))


def _is_open(file: CheckedFile) -> bool:
    return file.role is None and file.leaf is not None


def _leaf(contents: Contents, every: Sequence[Contents]) -> tuple[CertificateChain, str | None]:
    """Return the leaf of a file, and the file with its key. If there is a key, the leaf is the one that matches."""
    for holder in (contents, *every):
        for certificate in contents.certificates:
            if holder.private_key is not None and _fits(holder.private_key, certificate):
                return CertificateChain(certificate, sorted_chain(certificate, contents.certificates)), holder.file
    return CertificateChain.parse(encode_certificates(contents.certificates), property=contents.file), None


def _backends(files: Sequence[CheckedFile]) -> Sequence[CheckedFile]:
    """Return the server certificates that are backends' rather than a listener's.

    Backends have a private authority, which is given, and listeners mostly another one, or an intermediate of it.
    """
    authorities = [each for file in files if file.role == "ca" for each in file.contents.certificates]
    servers = [file for file in files if _is_open(file)]
    issued_here = [
        file
        for file in servers
        if file.contents.private_key is None
        and file.leaf is not None
        and any(is_issuer(authority, of=file.leaf.certificate) for authority in authorities)
    ]
    has_listener = len(issued_here) < len(servers) or any(file.role == "listener" for file in files)
    return [
        file for file in servers if (authorities and file.key_file is None) or (has_listener and file in issued_here)
    ]


def _beside(file: CheckedFile, others: Sequence[CheckedFile]) -> Role:
    """Return `listener` for a listener's first certificate, `sni` for further ones; the same one keeps its role."""
    for other in others:
        if other.role in ("listener", "sni") and _shown(other) == _shown(file):
            return other.role
    return "sni" if any(other.role == "listener" for other in others) else "listener"


def _shown(file: CheckedFile) -> x509.Certificate | None:
    return None if file.leaf is None else file.leaf.certificate


def _are_authorities(contents: Contents, leaf: CertificateChain, key_file: str | None) -> bool:
    if not all(map(is_authority, contents.certificates)):
        return False
    # What `openssl req -x509` makes is an authority's certificate in form, and meant for a server.
    return key_file is None or not dns_names_of(leaf.certificate)


def _is_for_clients_only(certificate: x509.Certificate) -> bool:
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    return (
        usage is not None and ExtendedKeyUsageOID.CLIENT_AUTH in usage and ExtendedKeyUsageOID.SERVER_AUTH not in usage
    )


def _fits(key: IdentityKey, certificate: x509.Certificate) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except UNREADABLE:
        return False


def _stray_key(contents: Contents, every: Sequence[Contents]) -> Sequence[Finding]:
    certificates = [each for other in every for each in other.certificates]
    key = contents.private_key
    if key is None or not certificates or any(_fits(key, certificate) for certificate in certificates):
        return ()
    return (
        Finding(
            "KEY_MISMATCH",
            "error",
            contents.file,
            f"The private key in {contents.file} fits none of the certificates that are given.",
            "Give the key and the certificate that were made together.",
        ),
    )


def _foreign_key(contents: Contents, key_file: str | None) -> Sequence[Finding]:
    if contents.private_key is None or key_file == contents.file:
        return ()
    return (
        Finding(
            "KEY_MISMATCH",
            "error",
            contents.file,
            f"The private key in {contents.file} fits none of the certificates beside it.",
            "Give the key and the certificate that were made together.",
        ),
    )


def _key_of_authority(contents: Contents) -> Sequence[Finding]:
    if contents.private_key is None:
        return ()
    return (
        Finding(
            "PRIVATE_KEY_IN_CERTIFICATE",
            "error",
            contents.file,
            f"{contents.file} holds the private key of a certificate authority beside its certificate.",
            "Take the key out: a load balancer needs the certificate alone. If it was ever stored or shared like this, "
            "replace it.",
        ),
    )
