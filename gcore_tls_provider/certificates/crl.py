"""Certificate revocation lists: which of an authority's certificates a load balancer must no longer accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates.der import DerType
from gcore_tls_provider.certificates.der_types import UNREADABLE, UNREADABLE_X509
from gcore_tls_provider.certificates.digest import content_digest
from gcore_tls_provider.certificates.facts import revocation_list_facts
from gcore_tls_provider.certificates.findings.finding import MaterialError, material_error
from gcore_tls_provider.certificates.material import NOUNS, read_blocks

_REMEMBERED: Final = 128
"""Lists that are kept in memory once they are read: in a graph each is looked at by several resources."""


@dataclass(frozen=True)
class RevocationLists:
    """The content of one CRL secret: a list for each authority that needs one.

    Attributes:
        lists: in the order given, without repetitions.
    """

    lists: tuple[x509.CertificateRevocationList, ...]
    _signed: dict[x509.Certificate, tuple[x509.CertificateRevocationList, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Cache of `signed_by`: rules call it many times, and each call verifies one signature for each CRL with the CA's
    name."""

    @classmethod
    def parse(cls, material: str, *, property: str = "revocation_list") -> RevocationLists:
        """Read PEM with one list or more, or base64 of DER with one.

        Raises:
            MaterialError: as `parse_revocation_lists`.
        """
        parsed = parse_revocation_lists(material, property=property)
        # Lists aren't hashable, their DER is.
        return cls(tuple({entry.public_bytes(Encoding.DER): entry for entry in parsed}.values()))

    def beginning_with(self, authority: x509.Certificate) -> RevocationLists:
        """Return the same lists, those that `authority` has signed first.

        Gcore's load balancers check the first list of a secret against the first certificate of the CA secret, and
        refuse the pool if it isn't signed by that.
        """
        return RevocationLists(tuple(sorted(self.lists, key=lambda entry: not is_signed_by(entry, authority))))

    def signed_by(self, authority: x509.Certificate) -> tuple[x509.CertificateRevocationList, ...]:
        """Those that an authority has signed, in their order."""
        if authority not in self._signed:
            self._signed[authority] = tuple(entry for entry in self.lists if is_signed_by(entry, authority))
        return self._signed[authority]

    def to_pem(self) -> str:
        """Return the CRLs in canonical PEM."""
        return "".join(entry.public_bytes(Encoding.PEM).decode("ascii") for entry in self.lists)

    def digest(self) -> str:
        """SHA-256 of what the lists mean: which is the first, and which others there are, in whatever order."""
        return content_digest(self.lists, order="first")


def parse_revocation_lists(material: str, *, property: str) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the revocation lists of a text, in its order.

    Args:
        material: PEM with one list or more, or base64 of DER with one. At most 1 MiB and 256 blocks.
        property: name of the argument it came in, for the findings.

    Returns:
        At least one list; the facts of each can be computed.

    Raises:
        MaterialError: `PRIVATE_KEY_IN_REVOCATION_LIST`, `NOT_A_REVOCATION_LIST`, `MALFORMED_REVOCATION_LIST`, or what
            `read_blocks` raises.
    """
    blocks = read_blocks(material, property=property, expected="a certificate revocation list")
    if any(block.role in ("private key", "OpenSSH private key") for block in blocks):
        raise material_error(
            "PRIVATE_KEY_IN_REVOCATION_LIST",
            property=property,
            sentence=f"{property} holds a private key, where only revocation lists belong.",
            remedy="Take the key out; if it was ever stored or shared like this, replace it.",
        )
    for block in blocks:
        if block.role != "revocation list":
            raise _not_a_revocation_list(block.role, property)
    return tuple(
        _revocation_list(block.der(property=property), number=block.number, property=property) for block in blocks
    )


def is_signed_by(revocation_list: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    """Return whether the key of `authority` has signed the list, and the names fit."""
    if revocation_list.issuer != authority.subject:
        return False
    try:
        # Keys that can't sign a list, such as X25519, are answered by a TypeError.
        return revocation_list.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except UNREADABLE:
        return False


def _revocation_list(der: bytes, *, number: int, property: str) -> x509.CertificateRevocationList:
    try:
        return _read(der)
    except UNREADABLE_X509 as error:
        raise material_error(
            "MALFORMED_REVOCATION_LIST",
            property=property,
            sentence=f"Revocation list {number} of {property} can't be read: {error}.",
            remedy="Compare with `openssl crl -noout -text`, and fetch the list from its authority again.",
        ) from error


@lru_cache(_REMEMBERED)
def _read(der: bytes) -> x509.CertificateRevocationList:
    revocation_list = x509.load_der_x509_crl(der)
    # Lists are parsed as far as they are asked: better here than in the middle of a rule.
    revocation_list_facts(revocation_list)
    return revocation_list


def _not_a_revocation_list(role: DerType, property: str) -> MaterialError:
    return material_error(
        "NOT_A_REVOCATION_LIST",
        property=property,
        sentence=f"{property} holds {NOUNS[role]}, where only certificate revocation lists belong.",
        remedy="Give the list that the authority publishes, as PEM or DER. A certificate here would stop all traffic.",
    )
