"""Certificates: read from material, and sorted into the order in which a TLS server sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates.der import DerType
from gcore_tls_provider.certificates.der_types import UNREADABLE, UNREADABLE_X509
from gcore_tls_provider.certificates.facts import REMEMBERED, certificate_facts
from gcore_tls_provider.certificates.findings.finding import MaterialError, material_error
from gcore_tls_provider.certificates.material import NOUNS, read_blocks

CHAIN_LIMIT = 16
"""Issuers above a leaf that are looked for at most. Chains in use have two or three, and each link can cost as many
signature checks as there are certificates of one name."""

_REMEDIES: dict[DerType, str] = {
    "certificate request": "Give the certificate that the authority issued for this request.",
    "PKCS7": "Convert it with `openssl pkcs7 -print_certs`.",
    "PKCS12": "Give it as pkcs12, or convert it with `openssl pkcs12 -nokeys`.",
}


@dataclass(frozen=True)
class CertificateChain:
    """A leaf and what is sent beside it: the public part of an identity.

    Attributes:
        certificate: the leaf.
        chain: the leaf's issuer first, then that one's issuer, and so on; last what isn't part of the leaf's chain.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def parse(cls, material: str, *, property: str = "certificate") -> CertificateChain:
        """Read PEM with a leaf and perhaps its chain, in any order, or base64 of DER with one certificate.

        Without a private key the leaf is known by what it says of itself: it is the first certificate that isn't an
        authority's (CA:TRUE), and the first of all if each is.

        Raises:
            MaterialError: as `parse_certificates`.
        """
        certificates = parse_certificates(material, property=property)
        leaf = next((each for each in certificates if not _is_authority(each)), certificates[0])
        return cls(leaf, sorted_chain(leaf, certificates))

    def to_pem(self) -> str:
        """Leaf and chain as PEM, in the order in which a server sends them."""
        return encode_certificates([self.certificate, *self.chain])


def parse_certificates(material: str, *, property: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a text, in its order.

    Args:
        material: PEM with one certificate or more, or base64 of DER with one. At most 1 MiB and 256 blocks.
        property: name of the argument it came in, for the findings.

    Returns:
        At least one certificate; the facts of each can be computed.

    Raises:
        MaterialError: `PRIVATE_KEY_IN_CERTIFICATE`, `NOT_A_CERTIFICATE`, `MALFORMED_CERTIFICATE`, or what
            `read_blocks` raises.
    """
    blocks = [
        block
        for block in read_blocks(material, property=property, expected="a certificate")
        if block.role != "parameters"
    ]
    if any(block.role in ("private key", "OpenSSH private key") for block in blocks):
        raise material_error(
            "PRIVATE_KEY_IN_CERTIFICATE",
            property=property,
            sentence=f"{property} holds a private key, where only certificates belong.",
            remedy="Take the key out; if it was ever stored or shared like this, replace it.",
        )
    for block in blocks:
        if block.role != "certificate":
            raise _not_a_certificate(block.role, property)
    if not blocks:
        raise _not_a_certificate("parameters", property)
    return tuple(_certificate(block.der(property=property), number=block.number, property=property) for block in blocks)


def sorted_chain(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """`others` in the order of TLS: the leaf's issuer first, then that one's issuer, and so on (RFC 8446, 4.4.2).

    Repetitions and the leaf itself are left out. What isn't part of the leaf's chain follows in its own order, and so
    does what comes after `CHAIN_LIMIT` links: saying that it doesn't belong there isn't this function's task. An
    intermediate is preferred to a root of the same name and key, so that a cross certificate is kept in the chain.
    """
    remaining = [certificate for certificate in dict.fromkeys(others) if certificate != leaf]
    remaining.sort(key=is_self_issued)
    chain: list[x509.Certificate] = []
    current = leaf
    while not is_self_issued(current) and len(chain) < CHAIN_LIMIT:
        issuer = next((candidate for candidate in remaining if is_issuer(candidate, of=current)), None)
        if issuer is None:
            break
        remaining.remove(issuer)
        chain.append(issuer)
        current = issuer
    return (*chain, *(certificate for certificate in dict.fromkeys(others) if certificate in remaining))


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Return whether a certificate names itself as its issuer, as a root does."""
    return certificate.subject == certificate.issuer


@lru_cache(REMEMBERED)
def is_issuer(candidate: x509.Certificate, *, of: x509.Certificate) -> bool:
    """Return whether `candidate` has signed the certificate `of`: the names fit, and the signature is right.

    `cryptography` verifies no SHA-1 and MD5 signatures. There, names and key identifiers decide.
    """
    if candidate.subject != of.issuer:
        return False
    if _is_weakly_signed(of):
        return _key_identifiers_fit(candidate, of)
    try:
        of.verify_directly_issued_by(candidate)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def encode_certificates(certificates: Sequence[x509.Certificate]) -> str:
    """Return the certificates as PEM, one after the other, with a final line end. Empty for none."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates)


def _is_weakly_signed(certificate: x509.Certificate) -> bool:
    try:
        return isinstance(certificate.signature_hash_algorithm, (hashes.SHA1, hashes.MD5))
    except UNREADABLE:
        return False


def _key_identifiers_fit(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
        named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return True
    return named is None or named == own


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _certificate(der: bytes, *, number: int, property: str) -> x509.Certificate:
    try:
        return _read(der)
    except UNREADABLE_X509 as error:
        raise material_error(
            "MALFORMED_CERTIFICATE",
            property=property,
            sentence=f"Certificate {number} of {property} can't be read: {error}.",
            remedy="Compare with `openssl x509 -noout -text`, and copy or issue the certificate again.",
        ) from error


@lru_cache(REMEMBERED)
def _read(der: bytes) -> x509.Certificate:
    certificate = x509.load_der_x509_certificate(der)
    # Certificates are parsed as far as they are asked: better here than in the middle of a rule.
    certificate_facts(certificate)
    return certificate


def _not_a_certificate(role: DerType, property: str) -> MaterialError:
    return material_error(
        "NOT_A_CERTIFICATE",
        property=property,
        sentence=f"{property} holds {NOUNS[role]}, where only certificates belong.",
        remedy=_REMEDIES.get(role, "Give certificates only, as PEM text."),
    )
