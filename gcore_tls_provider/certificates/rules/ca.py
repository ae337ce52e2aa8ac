"""CA bundle that backends are verified with.

A defect of a CA is an error where the bundle has no other CA that works: then the load balancer rejects every backend.
Next to one that works it is a warning: the load balancer rejects only what the defective one has issued.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CHAIN_LIMIT, has_same_key, is_self_issued
from gcore_tls_provider.certificates.facts import display_name
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.chain_path import is_self_signed, names_issuer
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_ca,
    may_sign_certificates,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.validity import is_valid_at, validity_findings
from gcore_tls_provider.certificates.san_matching import name_of


def ca_findings(
    bundle: CaBundle, *, now: datetime, expiry_warning_days: int | None, property: str = "certificate"
) -> tuple[Finding, ...]:
    """Check the certificates of a CA bundle.

    Args:
        bundle: At least one certificate.
        now: Current time, in UTC.
        expiry_warning_days: Days before a certificate's end at which warnings start; None: 30.
        property: Argument that contains the bundle.

    Returns:
        Of each certificate: `CA_EXPIRED` and so on (`CA_BUNDLE_ENTRY_EXPIRED` next to a valid one), `CA_EXPIRES_SOON`,
        `NOT_A_CA`, `CERT_SIGN_MISSING`, `CA_SERVER_AUTH_MISSING`, `CA_CRITICAL_EXTENSION`, `CA_PATH_LENGTH`,
        `WEAK_KEY`, `WEAK_SIGNATURE`, `PINNED_CERTIFICATE`, `CA_WITHOUT_ROOT`. Of the bundle: `CA_WITHOUT_ROOT`,
        `DUPLICATE_CA`, `CA_AMBIGUOUS`.
    """
    works = any(_is_usable_root(each, now) for each in bundle.certificates)
    return (
        *(
            finding
            for each in bundle.certificates
            for finding in _certificate_findings(each, now, expiry_warning_days, property, works)
        ),
        *_path_findings(bundle, property),
        *_duplicate_findings(bundle, property),
    )


def can_issue(certificate: x509.Certificate) -> bool:
    """Return whether OpenSSL accepts a certificate as a CA, regardless of its validity.

    A certificate without basic constraints is accepted if its key usage has keyCertSign, and so is a self-signed one of
    version 1.
    """
    if extension_of(certificate, x509.BasicConstraints) is not None:
        return is_ca(certificate) and may_sign_certificates(certificate)
    if extension_of(certificate, x509.KeyUsage) is not None:
        return may_sign_certificates(certificate)
    return certificate.version is x509.Version.v1 and is_self_signed(certificate)


def issuing_findings(certificate: x509.Certificate, *, property: str) -> tuple[Finding, ...]:
    """Return why OpenSSL rejects what a CA has issued, regardless of its validity and its position in a path."""
    return tuple(_issuing_findings(certificate, property))


def is_self_signed_leaf(certificate: x509.Certificate) -> bool:
    """Return whether it is a server's self-signed certificate: not a CA, with DNS names or the server purpose."""
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    is_for_servers = usage is not None and ExtendedKeyUsageOID.SERVER_AUTH in usage
    has_names = extension_of(certificate, x509.SubjectAlternativeName) is not None
    return is_self_signed(certificate) and not can_issue(certificate) and (is_for_servers or has_names)


def exceeded_path_length(certificates: tuple[x509.Certificate, ...]) -> x509.Certificate | None:
    """Return the CA of a path that allows fewer CAs below it than there are (RFC 5280, section 4.2.1.9).

    Args:
        certificates: CAs, the lowest first, each issued by the next.
    """
    below = 0
    for each in certificates:
        constraints = extension_of(each, x509.BasicConstraints)
        if constraints is not None and constraints.path_length is not None and below > constraints.path_length:
            return each
        # Self-issued certificates, which replace a key of the same CA, do not count.
        below += not is_self_issued(each)
    return None


def _is_usable_root(certificate: x509.Certificate, now: datetime) -> bool:
    """Return whether backends can be verified with this certificate alone."""
    return (
        is_valid_at(certificate, now)
        and is_self_signed(certificate)
        and not any(each.severity == "error" for each in issuing_findings(certificate, property=""))
    )


def _certificate_findings(
    certificate: x509.Certificate, now: datetime, days: int | None, property: str, works: bool
) -> Iterator[Finding]:
    yield from validity_findings(
        certificate,
        now=now,
        expiry_warning_days=days,
        property=property,
        code_prefix="CA_BUNDLE_ENTRY" if works and not is_valid_at(certificate, now) else "CA",
    )
    if is_self_signed_leaf(certificate):
        yield report("PINNED_CERTIFICATE", property, subject=name_of(certificate))
        yield from strength_findings(certificate, property=property, role="CA")
        return
    for finding in issuing_findings(certificate, property=property):
        yield replace(finding, severity="warning") if works else finding


def _issuing_findings(certificate: x509.Certificate, property: str) -> Iterator[Finding]:
    subject = name_of(certificate)
    if is_ca(certificate) and not may_sign_certificates(certificate):
        yield report("CERT_SIGN_MISSING", property, subject=subject)
    elif not can_issue(certificate):
        yield report("NOT_A_CA", property, message="not_ca", subject=subject)
    elif not is_ca(certificate):
        yield report("NOT_A_CA", property, message="no_constraints", severity="warning", subject=subject)
    if not serves_as(certificate, ExtendedKeyUsageOID.SERVER_AUTH):
        yield report("CA_SERVER_AUTH_MISSING", property, subject=subject)
    if unknown := unknown_critical_extensions(certificate):
        yield report("CA_CRITICAL_EXTENSION", property, subject=subject, oid=unknown[0].dotted_string)
    # TLS does not negotiate the curve of a CA's key: OpenSSL only has to support it.
    weaknesses = strength_findings(certificate, property=property, role="CA")
    yield from (each for each in weaknesses if each.code != "UNSUPPORTED_CURVE")


def _path_findings(bundle: CaBundle, property: str) -> Iterator[Finding]:
    roots = [each for each in bundle.certificates if is_self_signed(each)]
    for each in bundle.certificates:
        path = _path_upwards(each, bundle)
        if is_self_signed(path[-1]):
            limiting = exceeded_path_length(path) if can_issue(each) else None
            if limiting is not None:
                yield report("CA_PATH_LENGTH", property, subject=name_of(limiting), lower=name_of(each))
        elif len(path) == 1 and (root := _root_with_same_key(each, roots)) is not None:
            if bundle.certificates.index(each) < bundle.certificates.index(root):
                hidden = all(_is_hidden(root, bundle) for root in roots)
                yield report(
                    "CA_WITHOUT_ROOT",
                    property,
                    message="cross_certificate_first",
                    severity="error" if hidden else "warning",
                    subject=name_of(each),
                    issuer=display_name(each.issuer),
                )
        elif len(path) == 1 and (can_issue(each) or not roots):
            yield report(
                "CA_WITHOUT_ROOT",
                property,
                message="missing",
                severity="warning" if roots else "error",
                subject=name_of(each),
                issuer=display_name(each.issuer),
            )


def _root_with_same_key(
    cross_certificate: x509.Certificate, roots: Sequence[x509.Certificate]
) -> x509.Certificate | None:
    """Return the root with the name and key of a cross certificate: both have issued the same certificates."""
    return next(
        (each for each in roots if each.subject == cross_certificate.subject and has_same_key(each, cross_certificate)),
        None,
    )


def _is_hidden(root: x509.Certificate, bundle: CaBundle) -> bool:
    """Return whether a cross certificate without its issuer precedes a root, so that OpenSSL prefers it."""
    before = bundle.certificates[: bundle.certificates.index(root)]
    return any(
        each.subject == root.subject and has_same_key(each, root) and len(_path_upwards(each, bundle)) == 1
        for each in before
        if not is_self_signed(each)
    )


def _path_upwards(certificate: x509.Certificate, bundle: CaBundle) -> tuple[x509.Certificate, ...]:
    path = [certificate]
    while not is_self_signed(path[-1]) and len(path) <= CHAIN_LIMIT:
        issuers = (each for each in bundle.certificates if each not in path and names_issuer(path[-1], each))
        issuer = next(issuers, None)
        if issuer is None:
            break
        path.append(issuer)
    return tuple(path)


def _duplicate_findings(bundle: CaBundle, property: str) -> Iterator[Finding]:
    if bundle.repeated:
        yield report("DUPLICATE_CA", property, repeated=bundle.repeated, different=len(bundle.certificates))
    ambiguous = {
        each.subject: each
        for number, each in enumerate(bundle.certificates)
        for first in bundle.certificates[:number]
        if _same_subject_different_key(first, each)
    }
    for each in ambiguous.values():
        yield report("CA_AMBIGUOUS", property, subject=name_of(each))


def _same_subject_different_key(first: x509.Certificate, second: x509.Certificate) -> bool:
    """Return whether OpenSSL cannot distinguish two CAs: the first one has no key identifier."""
    return (
        first.subject == second.subject
        and has_same_key(first, second) is False
        and extension_of(first, x509.SubjectKeyIdentifier) is None
    )
