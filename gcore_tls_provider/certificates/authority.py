"""The CA material of a pool: the authorities that a load balancer trusts for its backends."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from gcore_tls_provider.certificates.chain import encode_certificates, parse_certificates
from gcore_tls_provider.certificates.digest import content_digest


@dataclass(frozen=True)
class CaBundle:
    """One CA certificate, or several: a rotation needs the old and the new one together.

    Attributes:
        certificates: in the order given, without repetitions. A revocation list must be signed by the first.
    """

    certificates: tuple[x509.Certificate, ...]

    @classmethod
    def parse(cls, material: str, *, property: str = "certificate") -> CaBundle:
        """Reads PEM with one certificate or more, or base64 of DER with one.

        Raises:
            MaterialError: as `parse_certificates`.
        """
        return cls(tuple(dict.fromkeys(parse_certificates(material, property=property))))

    def to_pem(self) -> str:
        """The bundle, written anew: CRLF, indentation and text around, which the load balancer can refuse, are gone."""
        return encode_certificates(self.certificates)

    def digest(self) -> str:
        """SHA-256 of what the bundle means: which certificate is first, and which others there are."""
        return content_digest(self.certificates, order="first")
