"""CA bundles: the CAs that a load balancer verifies a pool's backends with."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509

from gcore_tls_provider.certificates.chain import encode_certificates, parse_certificates
from gcore_tls_provider.certificates.digest import content_digest


@dataclass(frozen=True)
class CaBundle:
    """One CA certificate, or several: a rotation needs the old and the new one together.

    Attributes:
        certificates: In the given order, without repetitions. The first one must have signed the first CRL.
        repeated: Number of repetitions in the given content. They are not uploaded.
    """

    certificates: tuple[x509.Certificate, ...]
    repeated: int = field(default=0, compare=False)

    @classmethod
    def parse(cls, material: str, *, property: str = "certificate") -> CaBundle:
        """Parse PEM with one certificate or more, or base64 of DER with one.

        Raises:
            MaterialError: The errors of `parse_certificates`.
        """
        given = parse_certificates(material, property=property)
        certificates = tuple(dict.fromkeys(given))
        return cls(certificates, repeated=len(given) - len(certificates))

    def to_pem(self) -> str:
        """Return the bundle in canonical PEM: load balancers can reject CRLF, indentation and comments."""
        return encode_certificates(self.certificates)

    def digest(self) -> str:
        """Return a SHA-256 digest that depends on the first certificate and on the set of the others."""
        return content_digest(self.certificates, order="first")
