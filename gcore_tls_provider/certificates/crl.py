"""Certificate revocation lists (CRLs): certificates of a CA that a load balancer must no longer accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates.der_types import UNREADABLE, UNREADABLE_X509
from gcore_tls_provider.certificates.digest import content_digest
from gcore_tls_provider.certificates.facts import crl_facts
from gcore_tls_provider.certificates.findings.report import material_error
from gcore_tls_provider.certificates.material import DER_TYPE_NAMES, read_blocks

_CACHE_SIZE: Final = 128
"""Number of parsed CRLs that are kept in memory: in a graph, several resources use each."""


@dataclass(frozen=True)
class CrlBundle:
    """Content of one CRL secret: a CRL of each CA that needs one.

    Attributes:
        crls: In the given order, without repetitions.
    """

    crls: tuple[x509.CertificateRevocationList, ...]
    _signed: dict[x509.Certificate, tuple[x509.CertificateRevocationList, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Cache of `signed_by`: rules call it many times, and each call verifies one signature for each CRL with the CA's
    name."""

    @classmethod
    def parse(cls, material: str, *, property: str = "revocation_list") -> CrlBundle:
        """Parse PEM with one CRL or more, or base64 of DER with one.

        Raises:
            MaterialError: The errors of `parse_crls`.
        """
        parsed = parse_crls(material, property=property)
        # CRLs are not hashable, but their DER is.
        return cls(tuple({crl.public_bytes(Encoding.DER): crl for crl in parsed}.values()))

    def starting_with(self, ca: x509.Certificate) -> CrlBundle:
        """Return the same CRLs, those that `ca` has signed first.

        Gcore's load balancers verify the first CRL of a secret with the first certificate of the CA secret, and reject
        the pool if that has not signed it.
        """
        return CrlBundle(tuple(sorted(self.crls, key=lambda crl: not is_signed_by(crl, ca))))

    def signed_by(self, ca: x509.Certificate) -> tuple[x509.CertificateRevocationList, ...]:
        """Return the CRLs that a CA has signed, in their order."""
        if ca not in self._signed:
            self._signed[ca] = tuple(crl for crl in self.crls if is_signed_by(crl, ca))
        return self._signed[ca]

    def to_pem(self) -> str:
        """Return the CRLs in canonical PEM."""
        return "".join(crl.public_bytes(Encoding.PEM).decode("ascii") for crl in self.crls)

    def digest(self) -> str:
        """Return a SHA-256 digest that depends on the first CRL and on the set of the others."""
        return content_digest(self.crls, order="first")


def parse_crls(material: str, *, property: str) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the CRLs of a text, in its order.

    Args:
        material: PEM with one CRL or more, or base64 of DER with one. At most 1 MiB and 256 blocks.
        property: Name of the argument that contains it.

    Returns:
        At least one CRL; the facts of each can be computed.

    Raises:
        MaterialError: `PRIVATE_KEY_IN_REVOCATION_LIST`, `NOT_A_REVOCATION_LIST`, `MALFORMED_REVOCATION_LIST`, or the
            errors of `read_blocks`.
    """
    blocks = read_blocks(material, property=property, expected="a certificate revocation list")
    if any(block.der_type in ("private key", "OpenSSH private key") for block in blocks):
        raise material_error("PRIVATE_KEY_IN_REVOCATION_LIST", property)
    for block in blocks:
        if block.der_type != "CRL":
            raise material_error("NOT_A_REVOCATION_LIST", property, found=DER_TYPE_NAMES[block.der_type])
    return tuple(_crl(block.der(property=property), number=block.number, property=property) for block in blocks)


def is_signed_by(crl: x509.CertificateRevocationList, ca: x509.Certificate) -> bool:
    """Return whether the key of `ca` has signed the CRL, and the names match."""
    if crl.issuer != ca.subject:
        return False
    try:
        return crl.is_signature_valid(ca.public_key())  # type: ignore[arg-type]  # other keys raise a TypeError
    except UNREADABLE:
        return False


def _crl(der: bytes, *, number: int, property: str) -> x509.CertificateRevocationList:
    try:
        return _parse(der)
    except UNREADABLE_X509 as error:
        raise material_error("MALFORMED_REVOCATION_LIST", property, number=number, reason=error) from error


@lru_cache(_CACHE_SIZE)
def _parse(der: bytes) -> x509.CertificateRevocationList:
    crl = x509.load_der_x509_crl(der)
    # `cryptography` parses parts on first access. Parse them all here, so that no rule fails later.
    crl_facts(crl)
    return crl
