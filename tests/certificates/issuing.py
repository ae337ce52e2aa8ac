"""Certificates and CRLs that are valid except for one property, for the tests of the rules."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from gcore_tls_provider.certificates.chain import CertificateChain, is_self_issued

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
"""Current time of these tests. By default, everything is valid from 30 days before to 335 days after it."""

BEGIN = NOW - timedelta(days=30)
END = NOW + timedelta(days=335)

SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

KeyType = Literal["P-256", "P-384", "P-521", "P-224", "secp256k1", "RSA 2048", "RSA 1024", "Ed25519"]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "P-224": ec.SECP224R1(),
    "secp256k1": ec.SECP256K1(),
}


@dataclass(frozen=True)
class Issued:
    """A certificate, its key, and the certificates above it without the root."""

    certificate: x509.Certificate
    key: Key = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @property
    def public(self) -> CertificateChain:
        """Certificate and all intermediates above it."""
        return CertificateChain(self.certificate, self.above)

    @property
    def alone(self) -> CertificateChain:
        """Certificate without those above it."""
        return CertificateChain(self.certificate)

    def with_chain(self, *chain: Issued) -> CertificateChain:
        """Return the certificate with exactly this chain."""
        return CertificateChain(self.certificate, tuple(each.certificate for each in chain))

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def key_pem(self) -> str:
        """Private key, PKCS8, not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def new_key(kind: KeyType) -> Key:
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind.startswith("RSA "):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("RSA ")))
    return ec.generate_private_key(_CURVES[kind])


def key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _USAGES})


def issue(
    name: str | None,
    issuer: Issued | None = None,
    *,
    dns_names: Sequence[str] | None = None,
    ip_addresses: Sequence[str] = (),
    extended_key_usage: Sequence[x509.ObjectIdentifier] | None = (SERVER,),
    usages: Sequence[str] | None = ("digital_signature",),
    ca: bool | None = False,
    path_length: int | None = None,
    not_before: datetime = BEGIN,
    not_after: datetime = END,
    key: Key | KeyType = "P-256",
    sha1: bool = False,
    issuer_name: str | None = None,
    subject_key_id: bool = True,
    authority_key_id: bool = True,
    issuers_url: str | None = None,
    policy: str | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    serial_number: int | None = None,
) -> Issued:
    """Issue a certificate. By default it is a valid server certificate.

    Args:
        name: Common name; None for an empty subject.
        issuer: Issuer; None for a self-signed certificate.
        dns_names: DNS names of the subject alternative name. None: the common name. Empty: none.
        ip_addresses: IP addresses of the subject alternative name.
        extended_key_usage: Purposes; None for no such extension.
        usages: Key usages, by the names of `x509.KeyUsage`; None for no such extension.
        ca: CA flag of the basic constraints; None for no such extension.
        path_length: Path length of the basic constraints.
        not_before: Start of validity.
        not_after: End of validity.
        key: Private key, or the type of a new one.
        sha1: Sign with SHA-1; then with an authority key identifier, if there is an issuer.
        issuer_name: Common name in the issuer field, if it is not that of the issuer.
        subject_key_id: Add a subject key identifier.
        authority_key_id: Add an authority key identifier.
        issuers_url: Address of the issuer's certificate ("CA Issuers").
        policy: Dotted object identifier of a certificate policy.
        extensions: Additional extensions, each with whether it is critical.
        serial_number: Serial number; None for a random one.
    """
    own_key = new_key(key) if isinstance(key, str) else key
    signer = own_key if issuer is None else issuer.key
    subject = _name(name)
    issued_by = subject if issuer is None else issuer.certificate.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(own_key.public_key())
        .serial_number(serial_number or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    for extension, critical in (
        *_constraints(ca, path_length, usages, extended_key_usage),
        *_names(name, dns_names, ip_addresses, ca),
        *((x509.SubjectKeyIdentifier.from_public_key(own_key.public_key()), False) for _ in range(subject_key_id)),
        *((x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
          for _ in range(authority_key_id and not sha1)),
        *_pointers(issuers_url, policy),
        *extensions,
    ):  # fmt: skip
        builder = builder.add_extension(extension, critical=critical)
    if sha1:
        return Issued(_signed_with_sha1(builder.issuer_name(subject), own_key, issuer), own_key, _above(issuer))
    builder = builder.issuer_name(issued_by if issuer_name is None else _name(issuer_name))
    return Issued(builder.sign(signer, _digest(signer)), own_key, _above(issuer))


def issue_ca(
    name: str,
    issuer: Issued | None = None,
    *,
    usages: Sequence[str] | None = ("key_cert_sign", "crl_sign"),
    extended_key_usage: Sequence[x509.ObjectIdentifier] | None = None,
    ca: bool | None = True,
    path_length: int | None = None,
    not_before: datetime = BEGIN,
    not_after: datetime = END,
    key: Key | KeyType = "P-256",
    sha1: bool = False,
    issuer_name: str | None = None,
    subject_key_id: bool = True,
    authority_key_id: bool = True,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> Issued:
    """Issue a root CA or, with an issuer, an intermediate CA. The arguments are those of `issue`."""
    return issue(
        name,
        issuer,
        dns_names=(),
        extended_key_usage=extended_key_usage,
        usages=usages,
        ca=ca,
        path_length=path_length,
        not_before=not_before,
        not_after=not_after,
        key=key,
        sha1=sha1,
        issuer_name=issuer_name,
        subject_key_id=subject_key_id,
        authority_key_id=authority_key_id,
        extensions=extensions,
    )


def issue_crl(
    issuer: Issued,
    revoked: Sequence[Issued] = (),
    *,
    this_update: datetime = BEGIN,
    next_update: datetime = END,
    issuer_name: str | None = None,
    number: int = 1,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> x509.CertificateRevocationList:
    """Issue a CRL, empty by default."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject if issuer_name is None else _name(issuer_name))
        .last_update(this_update)
        .next_update(next_update)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    for each in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(each.certificate.serial_number)
            .revocation_date(this_update)
            .build()
        )
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, _digest(issuer.key))


def _name(common_name: str | None) -> x509.Name:
    return x509.Name([] if common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _constraints(
    ca: bool | None,
    path_length: int | None,
    usages: Sequence[str] | None,
    extended_key_usage: Sequence[x509.ObjectIdentifier] | None,
) -> list[tuple[x509.ExtensionType, bool]]:
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if ca is not None:
        extensions.append((x509.BasicConstraints(ca=ca, path_length=path_length), True))
    if usages is not None:
        extensions.append((key_usage(*usages), True))
    if extended_key_usage is not None:
        extensions.append((x509.ExtendedKeyUsage(extended_key_usage), False))
    return extensions


def _names(
    name: str | None, dns_names: Sequence[str] | None, ip_addresses: Sequence[str], ca: bool | None
) -> list[tuple[x509.ExtensionType, bool]]:
    given = dns_names if dns_names is not None else [] if name is None else [name]
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in given]
    names += [x509.IPAddress(ip_address(each)) for each in ip_addresses]
    return [(x509.SubjectAlternativeName(names), name is None)] if names else []


def _pointers(issuers_url: str | None, policy: str | None) -> list[tuple[x509.ExtensionType, bool]]:
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if issuers_url is not None:
        location = x509.UniformResourceIdentifier(issuers_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, location)
        extensions.append((x509.AuthorityInformationAccess([access]), False))
    if policy is not None:
        information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
        extensions.append((x509.CertificatePolicies([information]), False))
    return extensions


def _above(issuer: Issued | None) -> tuple[x509.Certificate, ...]:
    if issuer is None or is_self_issued(issuer.certificate):
        return ()
    return (issuer.certificate, *issuer.above)


def _digest(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _signed_with_sha1(builder: x509.CertificateBuilder, key: Key, issuer: Issued | None) -> x509.Certificate:
    """Return a certificate with a signature that `cryptography` cannot create: the `openssl` command creates it."""
    # It accepts only self-signed certificates, and then replaces the issuer's name and key identifier.
    own = builder.sign(key, _digest(key))
    if issuer is None:
        signer = ["-signkey", "key.pem"]
    else:
        signer = ["-CA", "issuer.pem", "-CAkey", "key.pem", "-set_serial", str(own.serial_number)]
        signer += ["-extfile", "extensions"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "own.pem").write_bytes(own.public_bytes(Encoding.PEM))
        Path(folder, "issuer.pem").write_text("" if issuer is None else issuer.pem)
        Path(folder, "extensions").write_text("authorityKeyIdentifier=keyid\n")
        Path(folder, "key.pem").write_text(Issued(own, key if issuer is None else issuer.key).key_pem)
        done = subprocess.run(
            ["openssl", "x509", "-in", "own.pem", "-sha1", "-preserve_dates", *signer],
            capture_output=True,
            cwd=folder,
            timeout=30,
        )
    assert done.returncode == 0, done.stderr
    return x509.load_pem_x509_certificate(done.stdout)
