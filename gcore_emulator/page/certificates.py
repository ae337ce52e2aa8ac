"""Public facts of a secret for the page: subject and end date, never a key."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs12
from pydantic import BaseModel

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CRL = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_DAY_SECONDS = 86_400


class CertificateView(BaseModel):
    """Certificate, entry of a CA bundle, or CRL, as the page shows it.

    Attributes:
        role: Use of the secret: `listener`, `SNI`, `client`, `CA` or `CRL`.
        subject: DNS names or the common name; of a CRL, its issuer and the number of revoked certificates.
        ends_at: End of the certificate, or next update of the CRL. None if the secret cannot be read.
        days_left: Whole days until then, negative afterwards. None if the secret cannot be read.
    """

    role: str
    subject: str
    ends_at: datetime | None
    days_left: int | None


def certificate_views(role: str, blob: bytes, now: datetime) -> list[CertificateView]:
    """Return the certificates and CRLs in a secret.

    Args:
        role: Use of the secret.
        blob: Decoded payload: PKCS12 without a password, or PEM.
        now: Current time, from which days are counted.
    """
    try:
        found = _crls(blob) if role == "CRL" else _certificates(blob)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return [CertificateView(role=role, subject="cannot be read", ends_at=None, days_left=None)]
    return [_view(role, name, end, now) for name, end in found]


def _certificates(blob: bytes) -> list[tuple[str, datetime]]:
    found = [x509.load_pem_x509_certificate(match.group(0)) for match in _CERTIFICATE.finditer(blob)]
    if not found:
        _key, leaf, _chain = pkcs12.load_key_and_certificates(blob, None)
        found = [] if leaf is None else [leaf]
    if not found:
        raise ValueError("no certificate")
    return [(_name(one), one.not_valid_after_utc) for one in found]


def _crls(blob: bytes) -> list[tuple[str, datetime]]:
    found = [x509.load_pem_x509_crl(match.group(0)) for match in _CRL.finditer(blob)]
    if not found:
        raise ValueError("no CRL")
    never = datetime.max.replace(tzinfo=timezone.utc)
    return [(f"{_common_name(one.issuer)}, {len(one)} revoked", one.next_update_utc or never) for one in found]


def _name(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns_names = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        dns_names = []
    return ", ".join(dns_names) or _common_name(certificate.subject)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string() or "no name"


def _view(role: str, subject: str, end: datetime, now: datetime) -> CertificateView:
    return CertificateView(
        role=role, subject=subject, ends_at=end, days_left=int((end - now).total_seconds() // _DAY_SECONDS)
    )
