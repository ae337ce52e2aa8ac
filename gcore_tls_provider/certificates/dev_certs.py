"""A certificate authority for development: the demo's and the tests' material, never for production.

Made as a user would get it from a real authority: EC P-256 keys, the extensions of RFC 5280, servers behind an
intermediate authority, PEM files and one PKCS12 file.
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
"""The root authority's common name, where no other authority is given."""

_CLOCK_SKEW = timedelta(hours=1)
"""Time between the start of a certificate's validity and now, for machines whose clock is behind."""

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
class DevelopmentAuthority:
    """A CA that issues certificates and revocation lists.

    Attributes:
        identity: its certificate, the certificates above it up to (not including) the root, and its key.
    """

    identity: Identity

    @classmethod
    def create(cls, name: str, *, now: datetime | None = None, valid_days: int = 3650) -> DevelopmentAuthority:
        """Return a root authority.

        Args:
            name: its common name.
            now: the time to issue at, in the past for material that has expired. Default: the clock's.
            valid_days: how long its certificate is valid.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, now, valid_days)
        certificate = _authority_extensions(builder, key, key).sign(key, hashes.SHA256())
        return cls(Identity(certificate, (), key))

    @property
    def certificate(self) -> x509.Certificate:
        """The authority's own certificate."""
        return self.identity.certificate

    @property
    def certificate_pem(self) -> str:
        """The authority's own certificate, PEM."""
        return self.identity.certificate_pem

    def issue_authority(
        self, name: str, *, now: datetime | None = None, valid_days: int = 1825
    ) -> DevelopmentAuthority:
        """Return an intermediate authority below this one."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self.certificate.subject, key, now, valid_days)
        certificate = _authority_extensions(builder, key, self.identity.private_key).sign(
            self.identity.private_key, hashes.SHA256()
        )
        return DevelopmentAuthority(Identity(certificate, self._chain(), key))

    def issue_server(self, names: Sequence[str], *, now: datetime | None = None, valid_days: int = 365) -> Identity:
        """Return a server certificate, for listeners and backends.

        Args:
            names: DNS names, wildcards included, and IP addresses. The first is the common name too.
            now: the time to issue at. Default: the clock's.
            valid_days: how long it is valid.
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
        """Return a client certificate, which a load balancer shows to its backends.

        Args:
            common_name: the subject's common name.
            names: DNS names and IP addresses. Default: none.
            now: the time to issue at. Default: the clock's.
            valid_days: how long it is valid.
        """
        alternative_names = x509.SubjectAlternativeName([_general_name(name) for name in names]) if names else None
        return self._issue(common_name, ExtendedKeyUsageOID.CLIENT_AUTH, alternative_names, now, valid_days)

    def revocation_list(
        self,
        revoked: Sequence[Identity] = (),
        *,
        now: datetime | None = None,
        next_update_days: int = 30,
        number: int | None = None,
    ) -> str:
        """Return this authority's revocation list, PEM.

        Args:
            revoked: what it revokes. Nothing: an empty list, which is as valid.
            now: the time to issue at. Default: the clock's.
            next_update_days: how long it is valid.
            number: its CRL number. Default: from the time, so that it grows.
        """
        issued_at = _issued_at(now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(issued_at - _CLOCK_SKEW)
            .next_update(issued_at + timedelta(days=next_update_days))
            .add_extension(_authority_key(self.identity.private_key), critical=False)
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
            .add_extension(_authority_key(self.identity.private_key), critical=False)
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
        ca: the root authority's certificate.
        server: the listener's certificate and its intermediate.
        server_key: its private key.
        shop: the SNI certificate and its intermediate.
        shop_key: its private key.
        client: the load balancer's client certificate.
        client_key: its private key.
        client_pkcs12: both of them as a PKCS12 file with a password.
        client_pkcs12_password: the password.
        client_pkcs12_password_file: the file that holds the password, without a line end.
        backend: a backend's server certificate, issued by the root authority.
        backend_key: its private key.
        crl: the root authority's revocation list, empty unless something was to be revoked.
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
    root: DevelopmentAuthority | None = None,
    revoked: Sequence[Identity] = (),
) -> DevelopmentFiles:
    """Create a complete set of material for one load balancer with mutual TLS to its backends, as files.

    Keys, the PKCS12 file and its password are readable by the owner alone, as is the folder. Existing files are
    replaced. The authorities' keys aren't kept.

    Args:
        directory: the folder, made if it isn't there.
        server_names: names of the listener's certificate.
        sni_names: names of the SNI certificate.
        client_name: common name of the client certificate, and its DNS name `<client_name>.internal`.
        valid_days: how long all of it is valid, apart from the authorities, which last longer: at most 1825.
        root: the root authority. Default: a new one, whose key isn't kept.
        revoked: certificates of the root authority that its revocation list revokes.

    Raises:
        OSError: the folder or a file can't be written.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    root = root or DevelopmentAuthority.create(ROOT_NAME)
    servers = root.issue_authority("Development Server CA")
    server = servers.issue_server(server_names, valid_days=valid_days)
    shop = servers.issue_server(sni_names, valid_days=valid_days)
    client = root.issue_client(client_name, names=[f"{client_name}.internal"], valid_days=valid_days)
    # The load balancer checks a backend's names against the name its own client asked for: it needs all of them.
    backend = root.issue_server(tuple(dict.fromkeys([*server_names, *sni_names])), valid_days=valid_days)
    # Hexadecimal: a password that begins with a hyphen passes for an option on a command line.
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
        crl=_write(directory / "crl.pem", root.revocation_list(revoked, next_update_days=valid_days)),
    )


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="ascii")
    return path


def write_secret(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read.

    Raises:
        OSError: it can't be written.
    """
    # Removed first: a file that is already there would keep its mode, and whoever has it open could read on.
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


def _authority_extensions(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, issuer_key: IdentityKey
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_key(issuer_key), critical=False)
    )


def _key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _KEY_USAGES})


def _authority_key(issuer_key: IdentityKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())


def _issued_at(now: datetime | None) -> datetime:
    return (now or datetime.now(timezone.utc)).replace(microsecond=0)


def _name(common_name: str) -> x509.Name:
    # RFC 5280, appendix A.1: ub-common-name is 64. Longer DNS names stand in the alternative names alone.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
