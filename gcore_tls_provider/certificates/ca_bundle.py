"""The CA material of a pool: the authorities that a load balancer trusts for its backends."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509

from gcore_tls_provider.certificates.chain import encode_certificates, parse_certificates
from gcore_tls_provider.certificates.digest import content_digest


@dataclass(frozen=True)
class CaBundle:
    """One CA certificate, or several: a rotation needs the old and the new one together.

    Attributes:
        certificates: in the order given, without repetitions. A revocation list must be signed by the first.
        repeated: how many repetitions the material had. They aren't uploaded, and mean nothing.
    """

    certificates: tuple[x509.Certificate, ...]
    repeated: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, material: str, *, property: str = "certificate") -> CaBundle:
        """Read PEM with one certificate or more, or base64 of DER with one.

        Raises:
            MaterialError: as `parse_certificates`.
        """
        given = parse_certificates(material, property=property)
        certificates = tuple(dict.fromkeys(given))
        return cls(certificates, repeated=len(given) - len(certificates))

    def to_pem(self) -> str:
        """Return the bundle as canonical PEM: the load balancer can reject CRLF, indentation and comments."""
        return encode_certificates(self.certificates)

    def digest(self) -> str:
        """SHA-256 of what the bundle means: which certificate is first, and which others there are."""
        return content_digest(self.certificates, order="first")
