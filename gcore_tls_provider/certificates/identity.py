"""Identities: a certificate with its chain and private key, as a TLS server or client uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12KeyAndCertificates,
    load_pkcs12,
    serialize_key_and_certificates,
)

from gcore_tls_provider.certificates.chain import (
    CertificateChain,
    encode_certificates,
    parse_certificates,
    sort_chain,
)
from gcore_tls_provider.certificates.der_types import UNREADABLE, UNREADABLE_X509
from gcore_tls_provider.certificates.digest import content_digest
from gcore_tls_provider.certificates.facts import certificate_facts, display_name
from gcore_tls_provider.certificates.findings.finding import Finding, MaterialError, collect_findings
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.certificates.key import (
    IdentityKey,
    has_outer_white_space,
    parse_private_key,
    require_supported_key,
    secret_bytes,
)
from gcore_tls_provider.certificates.material import DER_TYPE_NAMES, read_blocks
from gcore_tls_provider.certificates.parse_limits import count_keys, reject_expensive
from gcore_tls_provider.certificates.pem import BLOCK_LIMIT


@dataclass(frozen=True)
class Identity:
    """A certificate, the certificates between it and a root, and its private key.

    Attributes:
        certificate: Leaf, the certificate that matches the private key.
        chain: Other certificates that were given: the leaf's issuer first, then that one's issuer, and so on. A root
            is kept.
        private_key: RSA or EC. Never shown.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private_key: IdentityKey = field(repr=False)

    @property
    def public(self) -> CertificateChain:
        """Leaf and chain, without the private key."""
        return CertificateChain(self.certificate, self.chain)

    @property
    def certificate_pem(self) -> str:
        """Leaf alone, PEM."""
        return encode_certificates([self.certificate])

    @property
    def chain_pem(self) -> str:
        """Chain without the leaf, PEM. Empty if there is none."""
        return encode_certificates(self.chain)

    @property
    def full_chain_pem(self) -> str:
        """Leaf and chain, PEM, in the order in which a server sends them."""
        return self.certificate_pem + self.chain_pem

    @property
    def private_key_pem(self) -> str:
        """Private key, PEM, PKCS8, not encrypted."""
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    def to_pem_bundle(self) -> str:
        """Return leaf, private key and chain in one PEM text, in the order that HAProxy expects."""
        return self.certificate_pem + self.private_key_pem + self.chain_pem

    def to_pkcs12(self, password: str | None = None) -> bytes:
        """Return a PKCS12 file (DER) with key, leaf and chain in order, without friendly names.

        Without a password, as Gcore requires it, nothing is encrypted, and the integrity code (MAC) is that of an empty
        password: older readers reject a file without a MAC. Each call returns other bytes, because the MAC is salted;
        compare by `digest`.

        Args:
            password: Password that encrypts the file. Gcore's load balancers cannot open such a file.
        """
        encryption: KeySerializationEncryption = NoEncryption()
        if password:
            encryption = BestAvailableEncryption(secret_bytes(password))
        return serialize_key_and_certificates(
            None, self.private_key, self.certificate, list(self.chain) or None, encryption
        )

    def digest(self) -> str:
        """Return the SHA-256 digest of leaf and chain, in order. The leaf determines the private key."""
        return content_digest([self.certificate, *self.chain], order="all")


def identity_from_pem(
    *,
    certificate: str,
    private_key: str,
    certificate_chain: str | None = None,
    private_key_passphrase: str | None = None,
) -> Identity:
    """Return the identity in PEM texts, with their certificates in any order.

    Args:
        certificate: Certificate, with or without its chain: PEM, or base64 of DER.
        private_key: Its private key: PEM, or base64 of DER.
        certificate_chain: More certificates of the chain: PEM, or base64 of DER.
        private_key_passphrase: Passphrase of an encrypted private key.

    Raises:
        MaterialError: Everything that is wrong with the arguments, each on the argument's name; `KEY_MISMATCH` on
            `private_key`.
    """
    findings: list[Finding] = []
    certificates: list[x509.Certificate] = []
    key: IdentityKey | None = None
    with collect_findings(findings):
        certificates += parse_certificates(certificate, property="certificate")
    if certificate_chain is not None:
        with collect_findings(findings):
            certificates += parse_certificates(certificate_chain, property="certificate_chain")
    with collect_findings(findings):
        key = parse_private_key(
            private_key,
            property="private_key",
            passphrase=private_key_passphrase,
            passphrase_property="private_key_passphrase",
        )
    if findings or key is None:
        raise MaterialError(*findings)
    return _identity(certificates, key, property="private_key")


def identity_from_pkcs12(
    *, pkcs12: str, password: str | None = None, property: str = "pkcs12", password_property: str = "pkcs12_password"
) -> Identity:
    """Return the identity in a PKCS12 file with any encryption.

    Args:
        pkcs12: The file in base64.
        password: Password of the file; None or empty for a file without.
        property: Name of the argument that contains the file.
        password_property: Name of the password's argument.

    Raises:
        MaterialError: On the file: `NOT_PKCS12`, `MALFORMED_PKCS12`, `MALFORMED_CERTIFICATE`, `KEY_MISSING`,
            `SEVERAL_KEYS`, `CERTIFICATE_MISSING`, `KEY_MISMATCH`, `UNSUPPORTED_KEY`, `TOO_LARGE` (more than 256
            certificates), or the errors of `reject_expensive` and `read_blocks`. On the password:
            `PASSWORD_MISSING`, `PASSWORD_WRONG`.
    """
    loaded = _load_pkcs12(pkcs12, password, property, password_property)
    own = [] if loaded.cert is None else [loaded.cert.certificate]
    certificates = [*own, *(entry.certificate for entry in loaded.additional_certs)]
    if loaded.key is None:
        raise material_error("KEY_MISSING", property)
    if not certificates:
        raise material_error("CERTIFICATE_MISSING", property, message="pkcs12")
    if len(certificates) > BLOCK_LIMIT:
        raise material_error("TOO_LARGE", property, message="certificates", count=len(certificates), limit=BLOCK_LIMIT)
    try:
        for each in certificates:
            certificate_facts(each)
    except UNREADABLE_X509 as error:
        raise material_error("MALFORMED_CERTIFICATE", property, message="pkcs12", reason=error) from error
    return _identity(certificates, require_supported_key(loaded.key, property=property), property=property)


def _load_pkcs12(
    material: str, password: str | None, property: str, password_property: str
) -> PKCS12KeyAndCertificates:
    blocks = read_blocks(material, property=property, expected="a PKCS12 file")
    if len(blocks) > 1 or blocks[0].der_type != "PKCS12":
        raise material_error("NOT_PKCS12", property, found=DER_TYPE_NAMES[blocks[0].der_type])
    der = blocks[0].der(property=property)
    reject_expensive(der, property=property)
    keys = count_keys(der)
    if keys > 1:
        raise material_error("SEVERAL_KEYS", property, message="pkcs12", count=keys)
    try:
        return load_pkcs12(der, secret_bytes(password) if password else None)
    except UnsupportedAlgorithm as error:
        raise material_error("MALFORMED_PKCS12", property, message="encryption") from error
    except UNREADABLE as error:
        if "password" not in str(error).lower():
            raise material_error("MALFORMED_PKCS12", property, message="damaged") from error
        if not password:
            raise material_error(
                "PASSWORD_MISSING", password_property, message="argument", pkcs12_property=property
            ) from error
        raise material_error(
            "PASSWORD_WRONG",
            password_property,
            message="white_space" if has_outer_white_space(password) else "argument",
            pkcs12_property=property,
        ) from error


def _identity(certificates: Sequence[x509.Certificate], key: IdentityKey, *, property: str) -> Identity:
    leaf = next((certificate for certificate in certificates if _matches(certificate, key)), None)
    if leaf is None:
        subject = display_name(certificates[0].subject)
        if len(certificates) == 1:
            raise material_error("KEY_MISMATCH", property, message="one", subject=subject)
        raise material_error("KEY_MISMATCH", property, message="several", subject=subject, count=len(certificates))
    return Identity(leaf, sort_chain(leaf, certificates), key)


def _matches(certificate: x509.Certificate, key: IdentityKey) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except UNREADABLE:
        return False
