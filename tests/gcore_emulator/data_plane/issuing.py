"""Certificates and CRLs, good ones and ones with a single defect."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from typing_extensions import TypedDict, Unpack

Key: TypeAlias = "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey"

NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)

Span: TypeAlias = "tuple[datetime, datetime]"
NOW_VALID: Span = (NOW - DAY, NOW + 30 * DAY)
EXPIRED: Span = (NOW - 30 * DAY, NOW - DAY)
LATER: Span = (NOW + DAY, NOW + 30 * DAY)

SERVER, CLIENT, ANY = (
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")

CA_ISSUERS = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS,
            x509.UniformResourceIdentifier("http://ca.example/intermediate.cer"),
        )
    ]
)
"""URL of the issuer's certificate, from which the rules conclude that the issuer is an intermediate."""


@dataclass(frozen=True)
class Issued:
    """Certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def bundle(self) -> str:
        return self.pem + self.key_pem


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class IssueOptions(TypedDict, total=False):
    """Options of `issue_certificate`."""

    ca: bool | None
    names: Sequence[str]
    usages: Sequence[str] | None
    purposes: Sequence[x509.ObjectIdentifier] | None
    valid: Span
    key: Key | None
    path_length: int | None
    with_authority_key_id: bool
    extensions: Sequence[tuple[x509.ExtensionType, bool]]
    serial: int | None


def issue_certificate(
    name: str,
    issuer: Issued | None = None,
    *,
    ca: bool | None = False,
    names: Sequence[str] = (),
    usages: Sequence[str] | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    valid: Span = NOW_VALID,
    key: Key | None = None,
    path_length: int | None = None,
    with_authority_key_id: bool = True,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    serial: int | None = None,
) -> Issued:
    """Issue a certificate.

    Args:
        name: Common name of the subject; empty: an empty subject.
        issuer: Issuer; None: self-signed.
        ca: Value of the basic constraints; None: without them.
        names: DNS names.
        usages: Key usages; None: without the extension.
        purposes: Extended key usages; None: without the extension.
        valid: First and last time of validity.
        key: Key; default: a new one.
        path_length: Path length of the basic constraints.
        with_authority_key_id: Add the authority key ID.
        extensions: More extensions, each with whether it is critical.
        serial: Serial number; default: a random one.
    """
    key = key or ec_key()
    signer = issuer.key if issuer else key
    issuer_name = issuer.certificate.subject if issuer else _name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), True)
    if with_authority_key_id:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    if usages is not None:
        builder = builder.add_extension(_key_usage(usages), True)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Issued(builder.sign(signer, _hash(signer)), key)


def issue_ca(name: str, issuer: Issued | None = None, **changes: Unpack[IssueOptions]) -> Issued:
    """Issue a good CA certificate, except for the changed options."""
    good: IssueOptions = {"ca": True, "usages": ("key_cert_sign", "crl_sign"), **changes}
    return issue_certificate(name, issuer, **good)


def issue_backend(issuer: Issued | None, name: str = "app.example", **changes: Unpack[IssueOptions]) -> Issued:
    """Issue a good certificate of a backend, except for the changed options."""
    good: IssueOptions = {"names": (name,), "usages": ("digital_signature",), "purposes": (SERVER,), **changes}
    return issue_certificate(name, issuer, **good)


def issue_client(issuer: Issued | None, **changes: Unpack[IssueOptions]) -> Issued:
    """Issue a good client certificate, except for the changed options."""
    good: IssueOptions = {"usages": ("digital_signature",), "purposes": (CLIENT,), **changes}
    return issue_certificate("load-balancer", issuer, **good)


def issue_crl(
    issuer: Issued,
    *revoked: Issued,
    name: x509.Name | None = None,
    valid: Span = NOW_VALID,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    number: int = 1,
) -> str:
    """Issue a CRL (PEM)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name or issuer.certificate.subject)
        .last_update(valid[0])
        .next_update(valid[1])
        .add_extension(x509.CRLNumber(number), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(valid[0])
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, _hash(issuer.key)).public_bytes(Encoding.PEM).decode()


def sign_with_sha1(certificate: Issued, issuer: Issued, folder: Path) -> Issued:
    """Sign a certificate again with SHA-1, which only the `openssl` command still supports."""
    folder.mkdir(exist_ok=True)
    request = x509.CertificateSigningRequestBuilder().subject_name(certificate.certificate.subject)
    for extension in certificate.certificate.extensions:
        request = request.add_extension(extension.value, extension.critical)
    signed = request.sign(certificate.key, _hash(certificate.key)).public_bytes(Encoding.PEM).decode()
    for name, text in (("in", signed), ("ca", issuer.pem), ("key", issuer.key_pem)):
        (folder / name).write_text(text)
    command = "openssl x509 -req -in in -CA ca -CAkey key -sha1 -days 30 -set_serial 77 -copy_extensions copy"
    signed_again = subprocess.run(command.split(), cwd=folder, capture_output=True, check=True, timeout=30)
    (folder / "key").unlink()
    return Issued(x509.load_pem_x509_certificate(signed_again.stdout), certificate.key)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def _hash(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _key_usage(usages: Sequence[str]) -> x509.KeyUsage:
    known = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{usage: usage in usages for usage in known})
