"""A CA for development: certificates for the demo and the tests, never for production.

They are like those of a real CA: EC P-256 keys, the extensions of RFC 5280, server certificates below an intermediate
CA, PEM files and one PKCS12 file.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gcore_tls_provider.certificates.identity import Identity
from gcore_tls_provider.certificates.key import IdentityKey

ROOT_NAME = "Development Root CA"
"""Common name of the root CA if no other CA is given."""

_CLOCK_SKEW = timedelta(hours=1)
"""Time between the start of a certificate's validity and now, for machines whose clock is slow."""

_KEY_USAGES = (
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


@dataclass(frozen=True)
class DevelopmentCa:
    """A CA that issues certificates and CRLs.

    Attributes:
        identity: Its certificate, the certificates above it up to (not including) the root, and its key.
    """

    identity: Identity

    @classmethod
    def create(cls, name: str, *, now: datetime | None = None, valid_days: int = 3650) -> DevelopmentCa:
        """Create a root CA.

        Args:
            name: Common name.
            now: Time of issue, in the past for certificates that have expired. Default: the current time.
            valid_days: Days that its certificate is valid.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, now, valid_days)
        certificate = _ca_extensions(builder, key, key).sign(key, hashes.SHA256())
        return cls(Identity(certificate, (), key))

    @property
    def certificate(self) -> x509.Certificate:
        """Certificate of the CA."""
        return self.identity.certificate

    @property
    def certificate_pem(self) -> str:
        """Certificate of the CA, PEM."""
        return self.identity.certificate_pem

    def issue_ca(self, name: str, *, now: datetime | None = None, valid_days: int = 1825) -> DevelopmentCa:
        """Issue an intermediate CA."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self.certificate.subject, key, now, valid_days)
        certificate = _ca_extensions(builder, key, self.identity.private_key).sign(
            self.identity.private_key, hashes.SHA256()
        )
        return DevelopmentCa(Identity(certificate, self._chain(), key))

    def issue_server(self, names: Sequence[str], *, now: datetime | None = None, valid_days: int = 365) -> Identity:
        """Issue a server certificate, for a listener or a backend.

        Args:
            names: DNS names, wildcards included, and IP addresses. The first is the common name too.
            now: Time of issue. Default: the current time.
            valid_days: Days that it is valid.
        """
        alternative_names = x509.SubjectAlternativeName([_general_name(name) for name in names])
        return self._issue(names[0], ExtendedKeyUsageOID.SERVER_AUTH, alternative_names, now, valid_days)

    def issue_client(
        self,
        common_name: str,
        *,
        names: Sequence[str] | None = None,
        now: datetime | None = None,
        valid_days: int = 365,
    ) -> Identity:
        """Issue a client certificate, which a load balancer presents to its backends.

        Args:
            common_name: Common name of the subject.
            names: DNS names and IP addresses. Default: none.
            now: Time of issue. Default: the current time.
            valid_days: Days that it is valid.
        """
        alternative_names = x509.SubjectAlternativeName([_general_name(name) for name in names]) if names else None
        return self._issue(common_name, ExtendedKeyUsageOID.CLIENT_AUTH, alternative_names, now, valid_days)

    def issue_crl(
        self,
        revoked: Sequence[Identity] = (),
        *,
        now: datetime | None = None,
        next_update_days: int = 30,
        number: int | None = None,
    ) -> str:
        """Issue a CRL, PEM.

        Args:
            revoked: Certificates that it revokes. Default: none; an empty CRL is valid too.
            now: Time of issue. Default: the current time.
            next_update_days: Days that it is valid.
            number: CRL number. Default: derived from the time, so that it grows.
        """
        issued_at = _issued_at(now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(issued_at - _CLOCK_SKEW)
            .next_update(issued_at + timedelta(days=next_update_days))
            .add_extension(_issuer_key_identifier(self.identity.private_key), critical=False)
            .add_extension(x509.CRLNumber(number or int(issued_at.timestamp())), critical=False)
        )
        for identity in revoked:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(identity.certificate.serial_number)
                .revocation_date(issued_at - _CLOCK_SKEW)
            )
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.identity.private_key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")

    def _issue(
        self,
        common_name: str,
        usage: x509.ObjectIdentifier,
        alternative_names: x509.SubjectAlternativeName | None,
        now: datetime | None,
        valid_days: int,
    ) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_name(common_name), self.certificate.subject, key, now, valid_days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_issuer_key_identifier(self.identity.private_key), critical=False)
        )
        if alternative_names is not None:
            builder = builder.add_extension(alternative_names, critical=False)
        certificate = builder.sign(self.identity.private_key, hashes.SHA256())
        return Identity(certificate, self._chain(), key)

    def _chain(self) -> tuple[x509.Certificate, ...]:
        """Return the chain to send with a leaf of this CA: the intermediate CAs, without the root that clients have."""
        is_root = self.certificate.subject == self.certificate.issuer
        return () if is_root else (self.certificate, *self.identity.chain)


@dataclass(frozen=True)
class DevelopmentFiles:
    """Paths of the files that `write_development_certificates` has written.

    Attributes:
        ca: Certificate of the root CA.
        server: Listener certificate and its intermediate.
        server_key: Private key of the listener certificate.
        shop: SNI certificate and its intermediate.
        shop_key: Private key of the SNI certificate.
        client: Client certificate of the load balancer.
        client_key: Private key of the client certificate.
        client_pkcs12: Client certificate and its key as a PKCS12 file with a password.
        client_pkcs12_password: Password of the PKCS12 file.
        client_pkcs12_password_file: File that contains the password, without a line end.
        backend: Server certificate of a backend, issued by the root CA.
        backend_key: Private key of the backend's certificate.
        crl: CRL of the root CA, empty unless `revoked` was given.
    """

    ca: Path
    server: Path
    server_key: Path
    shop: Path
    shop_key: Path
    client: Path
    client_key: Path
    client_pkcs12: Path
    client_pkcs12_password: str = field(repr=False)
    client_pkcs12_password_file: Path
    backend: Path
    backend_key: Path
    crl: Path


def write_development_certificates(
    directory: Path,
    *,
    server_names: Sequence[str] = ("app.example.com",),
    sni_names: Sequence[str] = ("shop.example.com",),
    client_name: str = "load-balancer",
    valid_days: int = 365,
    root: DevelopmentCa | None = None,
    revoked: Sequence[Identity] = (),
) -> DevelopmentFiles:
    """Write all certificates, keys and CRLs of one load balancer with mutual TLS to its backends.

    Keys, the PKCS12 file and its password are readable by the owner alone, as is the folder. Existing files are
    replaced. The keys of the CAs are not written.

    Args:
        directory: Folder. It is created if it does not exist.
        server_names: Names of the listener certificate.
        sni_names: Names of the SNI certificate.
        client_name: Common name of the client certificate, and its DNS name `<client_name>.internal`.
        valid_days: Days that everything is valid except for the CAs, which last longer; at most 1825.
        root: Root CA. Default: a new one, whose key is not kept.
        revoked: Certificates of the root CA that its CRL revokes.

    Raises:
        OSError: The folder or a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    root = root or DevelopmentCa.create(ROOT_NAME)
    servers = root.issue_ca("Development Server CA")
    server = servers.issue_server(server_names, valid_days=valid_days)
    shop = servers.issue_server(sni_names, valid_days=valid_days)
    client = root.issue_client(client_name, names=[f"{client_name}.internal"], valid_days=valid_days)
    # The load balancer compares a backend's names with the name that its own client asks for: a backend needs all.
    backend = root.issue_server(tuple(dict.fromkeys([*server_names, *sni_names])), valid_days=valid_days)
    # Hexadecimal, because a password that starts with a hyphen would count as an option on a command line.
    password = secrets.token_hex(16)

    return DevelopmentFiles(
        ca=_write(directory / "ca.pem", root.certificate_pem),
        server=_write(directory / "server.pem", server.full_chain_pem),
        server_key=write_secret(directory / "server.key", server.private_key_pem),
        shop=_write(directory / "shop.pem", shop.full_chain_pem),
        shop_key=write_secret(directory / "shop.key", shop.private_key_pem),
        client=_write(directory / "client.pem", client.full_chain_pem),
        client_key=write_secret(directory / "client.key", client.private_key_pem),
        client_pkcs12=write_secret(directory / "client.p12", client.to_pkcs12(password)),
        client_pkcs12_password=password,
        client_pkcs12_password_file=write_secret(directory / "client.p12.password", password),
        backend=_write(directory / "backend.pem", backend.full_chain_pem),
        backend_key=write_secret(directory / "backend.key", backend.private_key_pem),
        crl=_write(directory / "crl.pem", root.issue_crl(revoked, next_update_days=valid_days)),
    )


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="ascii")
    return path


def write_secret(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read.

    Raises:
        OSError: The file cannot be written.
    """
    # Removed first, because an existing file would keep its mode, and a process that has it open could read it.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content.encode("ascii") if isinstance(content, str) else content)
    return path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime | None, valid_days: int
) -> x509.CertificateBuilder:
    issued_at = _issued_at(now)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issued_at - _CLOCK_SKEW)
        .not_valid_after(issued_at + timedelta(days=valid_days))
    )


def _ca_extensions(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer_key: IdentityKey
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issuer_key_identifier(issuer_key), critical=False)
    )


def _key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _KEY_USAGES})


def _issuer_key_identifier(issuer_key: IdentityKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())


def _issued_at(now: datetime | None) -> datetime:
    return (now or datetime.now(timezone.utc)).replace(microsecond=0)


def _name(common_name: str) -> x509.Name:
    # RFC 5280, appendix A.1: ub-common-name is 64. Longer DNS names are only in the subject alternative name.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
