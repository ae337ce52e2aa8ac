"""Selection of the CRL that OpenSSL uses for a certificate.

With a CRL OpenSSL, and with it HAProxy, needs one for every CA on the path of a backend, including the root
(`X509_V_FLAG_CRL_CHECK_ALL`), and rejects the backend otherwise. Where its versions differ, this module follows
OpenSSL 3.0. Of several CRLs of one CA, OpenSSL prefers one without unknown critical extensions, for the type of
certificate in question, valid now; then the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from gcore_tls_provider.certificates.crl import CrlBundle
from gcore_tls_provider.certificates.der_types import UNREADABLE_X509
from gcore_tls_provider.certificates.rules.extensions import extension_of, is_ca

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)

Subject = x509.Certificate | None
"""Certificate whose revocation is checked. None: an unknown server certificate."""

_SUPPORTED: Final = frozenset(
    {
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.DELTA_CRL_INDICATOR,
    }
)
"""Critical extensions of a CRL that OpenSSL supports."""


def effective_crls(bundle: CrlBundle, *, now: datetime) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the CRL of each CA that OpenSSL uses for a server certificate, without superseded ones."""
    return tuple(preferred_crl(own, None, now) for own in crls_by_issuer(bundle))


def crls_by_issuer(bundle: CrlBundle) -> Sequence[Sequence[x509.CertificateRevocationList]]:
    """Return the CRLs in groups, one for each issuer's name and key."""
    groups: dict[tuple[x509.Name, bytes | None], list[x509.CertificateRevocationList]] = {}
    for crl in bundle.crls:
        key = _extension_of(crl, x509.AuthorityKeyIdentifier)
        groups.setdefault((crl.issuer, None if key is None else key.key_identifier), []).append(crl)
    return list(groups.values())


def applicable_crl(
    ca: x509.Certificate, subject: Subject, bundle: CrlBundle, *, now: datetime
) -> x509.CertificateRevocationList | None:
    """Return the CRL of a CA that OpenSSL uses for a certificate, usable or not; None if there is none."""
    own = bundle.signed_by(ca)
    return preferred_crl(own, subject, now) if own else None


def preferred_crl(
    crls: Sequence[x509.CertificateRevocationList], subject: Subject, now: datetime
) -> x509.CertificateRevocationList:
    """Return the CRL of one CA that OpenSSL uses for a certificate.

    Args:
        crls: All CRLs of the CA, at least one.
        subject: Certificate.
        now: Current time, in UTC.
    """

    def preference(crl: x509.CertificateRevocationList) -> tuple[bool, bool, bool, bool, datetime]:
        return (
            not is_unsupported(crl),
            not unknown_critical_extensions_of(crl),
            is_in_scope(subject, crl),
            crl.last_update_utc <= now and not has_expired(crl, now),
            crl.last_update_utc,
        )

    return max(crls, key=preference)


def is_revoked(certificate: x509.Certificate, crl: x509.CertificateRevocationList) -> bool:
    """Return whether a CRL of the certificate's issuer revokes it."""
    number = certificate.serial_number
    if number < 0:
        # RFC 5280, section 4.1.2.2, forbids negative numbers, and `cryptography` looks up only positive ones.
        return any(each.serial_number == number for each in crl)
    revoked = crl.get_revoked_certificate_by_serial_number(number)
    if revoked is None:
        return False
    try:
        reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE_X509):
        return True
    return reason is not x509.ReasonFlags.remove_from_crl


def is_delta(crl: x509.CertificateRevocationList) -> bool:
    """Return whether it contains only the changes of a complete CRL."""
    return _extension_of(crl, x509.DeltaCRLIndicator) is not None


def unknown_critical_extensions_of(crl: x509.CertificateRevocationList) -> tuple[x509.ObjectIdentifier, ...]:
    """Return the critical extensions that OpenSSL does not support."""
    return tuple(each.oid for each in crl.extensions if each.critical and each.oid not in _SUPPORTED)


def has_expired(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    """Return whether its next update is due."""
    return crl.next_update_utc is not None and crl.next_update_utc <= now


def is_unsupported(crl: x509.CertificateRevocationList) -> bool:
    """Return whether OpenSSL never uses it: it covers other CAs' certificates, attributes, or only some reasons."""
    point = _extension_of(crl, x509.IssuingDistributionPoint)
    return point is not None and (
        point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons is not None
    )


def is_in_scope(subject: Subject, crl: x509.CertificateRevocationList) -> bool:
    """Return whether the CRL's issuing distribution point includes a certificate (RFC 5280, section 5.2.5)."""
    point = _extension_of(crl, x509.IssuingDistributionPoint)
    if point is None:
        return True
    of_ca = subject is not None and is_ca(subject)
    if point.only_contains_user_certs if of_ca else point.only_contains_ca_certs:
        return False
    if subject is None or (point.full_name is None and point.relative_name is None):
        return True
    points = extension_of(subject, x509.CRLDistributionPoints) or ()
    return any(not set(each.full_name or ()).isdisjoint(point.full_name or ()) for each in points)


def _extension_of(crl: x509.CertificateRevocationList, kind: type[ExtensionT]) -> ExtensionT | None:
    try:
        return crl.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
