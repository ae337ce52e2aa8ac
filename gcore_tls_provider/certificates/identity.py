"""An identity: a certificate with its chain and private key, as a TLS server or client shows it."""

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
    sorted_chain,
)
from gcore_tls_provider.certificates.der_types import UNREADABLE, UNREADABLE_X509
from gcore_tls_provider.certificates.digest import content_digest
from gcore_tls_provider.certificates.facts import certificate_facts, shown_name
from gcore_tls_provider.certificates.findings.finding import Finding, MaterialError, collect_findings, material_error
from gcore_tls_provider.certificates.key import (
    IdentityKey,
    blank_hint,
    parse_private_key,
    secret_bytes,
    usable_key,
)
from gcore_tls_provider.certificates.material import NOUNS, read_blocks
from gcore_tls_provider.certificates.parse_limits import count_keys, reject_expensive
from gcore_tls_provider.certificates.pem import BLOCK_LIMIT


@dataclass(frozen=True)
class Identity:
    """A certificate, the certificates between it and a root, and its private key.

    Attributes:
        certificate: the leaf, the one that the private key fits.
        chain: what was given beside it: the leaf's issuer first, then that one's issuer, and so on. A root is kept.
        private_key: RSA or EC. Never shown.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private_key: IdentityKey = field(repr=False)

    @property
    def public(self) -> CertificateChain:
        """All of it but the private key."""
        return CertificateChain(self.certificate, self.chain)

    @property
    def certificate_pem(self) -> str:
        """The leaf alone, PEM."""
        return encode_certificates([self.certificate])

    @property
    def chain_pem(self) -> str:
        """The chain without the leaf, PEM. Empty if there is none."""
        return encode_certificates(self.chain)

    @property
    def full_chain_pem(self) -> str:
        """The leaf and its chain, PEM, in the order in which a server sends them."""
        return self.certificate_pem + self.chain_pem

    @property
    def private_key_pem(self) -> str:
        """The private key, PEM, PKCS8, not encrypted."""
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")

    def to_pem_bundle(self) -> str:
        """Leaf, private key and chain in one PEM text, in the order in which HAProxy wants them."""
        return self.certificate_pem + self.private_key_pem + self.chain_pem

    def to_pkcs12(self, password: str | None = None) -> bytes:
        """Return a PKCS12 file (DER) with key, leaf and chain in order, without friendly names.

        Without a password, as Gcore wants it, nothing is encrypted and the integrity code (MAC) is that of an empty
        password: older readers refuse a file that has none. Each call gives other bytes, because the MAC is salted;
        compare by `digest`.

        Args:
            password: encrypts the file. Gcore's load balancers can't open such a file.
        """
        encryption: KeySerializationEncryption = NoEncryption()
        if password:
            encryption = BestAvailableEncryption(secret_bytes(password))
        return serialize_key_and_certificates(
            None, self.private_key, self.certificate, list(self.chain) or None, encryption
        )

    def digest(self) -> str:
        """SHA-256 of what the identity means: the leaf and its chain, in order. The leaf fixes the private key."""
        return content_digest([self.certificate, *self.chain], order="all")


def identity_from_pem(
    *,
    certificate: str,
    private_key: str,
    certificate_chain: str | None = None,
    private_key_passphrase: str | None = None,
) -> Identity:
    """Return the identity in PEM texts, in whatever order their certificates are.

    Args:
        certificate: the certificate, and perhaps its chain: PEM, or base64 of DER.
        private_key: its private key: PEM, or base64 of DER.
        certificate_chain: more certificates of the chain: PEM, or base64 of DER.
        private_key_passphrase: of an encrypted private key.

    Raises:
        MaterialError: all that is wrong with the arguments, each on the argument's name; `KEY_MISMATCH` on
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


def identity_from_pkcs12(*, pkcs12: str, password: str | None = None) -> Identity:
    """Return the identity in a PKCS12 file, with whatever encryption it has.

    Args:
        pkcs12: base64 of the file.
        password: of the file; None or empty for a file without.

    Raises:
        MaterialError: on `pkcs12`: `NOT_PKCS12`, `MALFORMED_PKCS12`, `KEY_MISSING`, `SEVERAL_KEYS`,
            `CERTIFICATE_MISSING`, `KEY_MISMATCH`, `UNSUPPORTED_KEY`, `TOO_LARGE` (more than 256 certificates), or what
            `refuse_costly` and `read_blocks` raise; on `pkcs12_password`: `PASSWORD_MISSING`, `PASSWORD_WRONG`.
    """
    loaded = _loaded_pkcs12(pkcs12, password)
    own = [] if loaded.cert is None else [loaded.cert.certificate]
    certificates = [*own, *(entry.certificate for entry in loaded.additional_certs)]
    if loaded.key is None:
        raise material_error(
            "KEY_MISSING",
            property="pkcs12",
            sentence="pkcs12 holds certificates, but no private key.",
            remedy="Export it again together with the key: `openssl pkcs12 -export -inkey KEY -in CHAIN`.",
        )
    if not certificates:
        raise material_error(
            "CERTIFICATE_MISSING",
            property="pkcs12",
            sentence="pkcs12 holds a private key, but no certificate.",
            remedy="Export it again together with the certificate: `openssl pkcs12 -export -inkey KEY -in CHAIN`.",
        )
    if len(certificates) > BLOCK_LIMIT:
        raise material_error(
            "TOO_LARGE",
            property="pkcs12",
            sentence=f"pkcs12 holds {len(certificates)} certificates, and this package reads {BLOCK_LIMIT} at most.",
            remedy="Export it again with the certificates of its own chain only.",
        )
    try:
        for entry in certificates:
            certificate_facts(entry)
    except UNREADABLE_X509 as error:
        raise material_error(
            "MALFORMED_CERTIFICATE",
            property="pkcs12",
            sentence=f"A certificate in pkcs12 can't be read: {error}.",
            remedy="Issue the certificate again.",
        ) from error
    return _identity(certificates, usable_key(loaded.key, property="pkcs12"), property="pkcs12")


def _loaded_pkcs12(material: str, password: str | None) -> PKCS12KeyAndCertificates:
    blocks = read_blocks(material, property="pkcs12", expected="a PKCS12 file")
    if len(blocks) > 1 or blocks[0].role != "PKCS12":
        raise material_error(
            "NOT_PKCS12",
            property="pkcs12",
            sentence=f"pkcs12 holds {NOUNS[blocks[0].role]}, not a PKCS12 file.",
            remedy="Give the .p12 or .pfx file with from_file, or PEM texts as certificate and private_key.",
        )
    der = blocks[0].der(property="pkcs12")
    reject_expensive(der, property="pkcs12")
    keys = count_keys(der)
    if keys > 1:
        raise material_error(
            "SEVERAL_KEYS",
            property="pkcs12",
            sentence=f"pkcs12 holds {keys} private keys.",
            remedy="Export it again with only the one that the certificate was issued for.",
        )
    try:
        return load_pkcs12(der, secret_bytes(password) if password else None)
    except UnsupportedAlgorithm as error:
        raise material_error(
            "MALFORMED_PKCS12",
            property="pkcs12",
            sentence="pkcs12 uses an encryption that can't be read.",
            remedy="Export it again with `openssl pkcs12 -export`.",
        ) from error
    except UNREADABLE as error:
        if "password" not in str(error).lower():
            raise material_error(
                "MALFORMED_PKCS12",
                property="pkcs12",
                sentence="pkcs12 is damaged: it begins like a PKCS12 file, and can't be read.",
                remedy="Copy the file again, as binary.",
            ) from error
        if not password:
            raise material_error(
                "PASSWORD_MISSING",
                property="pkcs12_password",
                sentence="pkcs12 doesn't open without a password, and pkcs12_password isn't set.",
                remedy="Set pkcs12_password as a secret; if the file has none, it is damaged: copy it again.",
            ) from error
        raise material_error(
            "PASSWORD_WRONG",
            property="pkcs12_password",
            sentence=f"pkcs12_password doesn't open pkcs12{blank_hint(password)}.",
            remedy="Check both with `openssl pkcs12 -noout -in FILE`; leave the password out if the file has none.",
        ) from error


def _identity(certificates: Sequence[x509.Certificate], key: IdentityKey, *, property: str) -> Identity:
    leaf = next((certificate for certificate in certificates if _fits(certificate, key)), None)
    if leaf is None:
        subject = shown_name(certificates[0].subject)
        further = len(certificates) - 1
        others = "" if not further else " nor the other one" if further == 1 else f" nor any of the {further} others"
        raise material_error(
            "KEY_MISMATCH",
            property=property,
            sentence=f"The private key in {property} doesn't fit the certificate {subject!r}{others}.",
            remedy="Give the key and the certificate that were made together.",
        )
    return Identity(leaf, sorted_chain(leaf, certificates), key)


def _fits(certificate: x509.Certificate, key: IdentityKey) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except UNREADABLE:
        return False
