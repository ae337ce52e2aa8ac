"""Certificates: parsed, and sorted into the order in which a TLS server sends them."""

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
from gcore_tls_provider.certificates.facts import CACHE_SIZE, certificate_facts
from gcore_tls_provider.certificates.findings.finding import MaterialError
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.certificates.material import DER_TYPE_NAMES, read_blocks

CHAIN_LIMIT = 16
"""Largest number of issuers that are looked up above a leaf. Chains in use have two or three, and each link can cost
as many signature checks as there are certificates of one name."""


@dataclass(frozen=True)
class CertificateChain:
    """A leaf and the certificates that are sent with it: the public part of an identity.

    Attributes:
        certificate: Leaf.
        chain: The leaf's issuer first, then that one's issuer, and so on; last the certificates that are not part of
            the leaf's chain.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def parse(cls, material: str, *, property: str = "certificate") -> CertificateChain:
        """Parse PEM with a leaf, with or without its chain, in any order, or base64 of DER with one certificate.

        Without a private key, the leaf is the first certificate that is not a CA's (CA:TRUE), or the first of all if
        each is.

        Raises:
            MaterialError: The errors of `parse_certificates`.
        """
        certificates = parse_certificates(material, property=property)
        leaf = next((each for each in certificates if not _is_ca(each)), certificates[0])
        return cls(leaf, sort_chain(leaf, certificates))

    def to_pem(self) -> str:
        """Return leaf and chain as PEM, in the order in which a server sends them."""
        return encode_certificates([self.certificate, *self.chain])


def parse_certificates(material: str, *, property: str) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a text, in its order.

    Args:
        material: PEM with one certificate or more, or base64 of DER with one. At most 1 MiB and 256 blocks.
        property: Name of the argument that contains it.

    Returns:
        At least one certificate; the facts of each can be computed.

    Raises:
        MaterialError: `PRIVATE_KEY_IN_CERTIFICATE`, `NOT_A_CERTIFICATE`, `MALFORMED_CERTIFICATE`, or the errors of
            `read_blocks`.
    """
    blocks = [
        block
        for block in read_blocks(material, property=property, expected="a certificate")
        if block.der_type != "parameters"
    ]
    if any(block.der_type in ("private key", "OpenSSH private key") for block in blocks):
        raise material_error("PRIVATE_KEY_IN_CERTIFICATE", property, message="certificates")
    for block in blocks:
        if block.der_type != "certificate":
            raise _not_a_certificate(block.der_type, property)
    if not blocks:
        raise _not_a_certificate("parameters", property)
    return tuple(_certificate(block.der(property=property), number=block.number, property=property) for block in blocks)


def sort_chain(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return `others` in the order of TLS: the leaf's issuer, then that one's issuer, and so on (RFC 8446, 4.4.2).

    Repetitions and the leaf itself are left out. Certificates that are not part of the leaf's chain follow in their
    own order, and so do those after `CHAIN_LIMIT` links; the rules report them. An intermediate is preferred to a root
    of the same name and key, so that a cross certificate stays in the chain.
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


@lru_cache(CACHE_SIZE)
def is_issuer(candidate: x509.Certificate, *, of: x509.Certificate) -> bool:
    """Return whether `candidate` has signed the certificate `of`: the names match, and the signature is valid.

    `cryptography` verifies no SHA-1 and MD5 signatures. There, names and key identifiers decide.
    """
    if candidate.subject != of.issuer:
        return False
    if _is_weakly_signed(of):
        return _key_identifiers_match(candidate, of)
    try:
        of.verify_directly_issued_by(candidate)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def has_same_key(one: x509.Certificate, other: x509.Certificate) -> bool | None:
    """Return whether two certificates have the same public key; None if one of the keys cannot be parsed."""
    try:
        return one.public_key() == other.public_key()
    except UNREADABLE:
        return None


def encode_certificates(certificates: Sequence[x509.Certificate]) -> str:
    """Return the certificates as PEM, one after the other, with a final line end. Empty for none."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates)


def _is_weakly_signed(certificate: x509.Certificate) -> bool:
    try:
        return isinstance(certificate.signature_hash_algorithm, (hashes.SHA1, hashes.MD5))
    except UNREADABLE:
        return False


def _key_identifiers_match(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.key_identifier
        named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return True
    return named is None or named == own


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _certificate(der: bytes, *, number: int, property: str) -> x509.Certificate:
    try:
        return _parse(der)
    except UNREADABLE_X509 as error:
        raise material_error(
            "MALFORMED_CERTIFICATE", property, message="numbered", number=number, reason=error
        ) from error


@lru_cache(CACHE_SIZE)
def _parse(der: bytes) -> x509.Certificate:
    certificate = x509.load_der_x509_certificate(der)
    # `cryptography` parses parts on first access. Parse them all here, so that no rule fails later.
    certificate_facts(certificate)
    return certificate


def _not_a_certificate(der_type: DerType, property: str) -> MaterialError:
    if der_type == "certificate request":
        return material_error("NOT_A_CERTIFICATE", property, message="request")
    if der_type == "PKCS7":
        return material_error("NOT_A_CERTIFICATE", property, message="pkcs7")
    if der_type == "PKCS12":
        return material_error("NOT_A_CERTIFICATE", property, message="pkcs12")
    return material_error("NOT_A_CERTIFICATE", property, message="other", found=DER_TYPE_NAMES[der_type])
