"""CRLs of the CAs that backends are verified with.

OpenSSL's selection among several CRLs of one CA is in `crl_selection`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.crl import CrlBundle, is_signed_by
from gcore_tls_provider.certificates.facts import display_name
from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.ca import can_issue, is_self_signed_leaf
from gcore_tls_provider.certificates.rules.chain_path import names_issuer
from gcore_tls_provider.certificates.rules.crl_selection import (
    Subject,
    crls_by_issuer,
    has_expired,
    is_delta,
    is_in_scope,
    is_revoked,
    is_unsupported,
    preferred_crl,
    unknown_critical_extensions_of,
)
from gcore_tls_provider.certificates.rules.extensions import extension_of
from gcore_tls_provider.certificates.rules.validity import CLOCK_SKEW, WARNING_DAYS
from gcore_tls_provider.certificates.san_matching import name_of, serial_of


def crl_findings(
    bundle: CrlBundle,
    *,
    ca: CaBundle | None,
    now: datetime,
    expiry_warning_days: int | None,
    known: Sequence[x509.Certificate] = (),
    property: str = "revocation_list",
) -> tuple[Finding, ...]:
    """Check CRLs.

    CRLs that another one of the same CA supersedes are not checked, and with `ca` neither are those of other CAs.

    Args:
        bundle: At least one CRL.
        ca: CAs of the CRLs; the first CA must have signed the first CRL. None: not known.
        now: Current time, in UTC.
        expiry_warning_days: Days before a CRL's next update at which warnings start. None: 30, or a third of the time
            between its updates, whichever is less.
        known: Certificates of the program.
        property: Argument that contains the CRLs.

    Returns:
        Of each effective CRL: `CRL_EXPIRED`, `CRL_NOT_YET_VALID`, `CRL_EXPIRES_SOON`, `CRL_CRITICAL_EXTENSION`,
        `CRL_SCOPE`, and with `ca` `CRL_SIGN_MISSING`. `CRL_NOT_YET_VALID` is a warning as long as different clocks can
        explain it. Of delta CRLs: `CRL_DELTA`, an error where there is no complete one. Of all together, with `ca`:
        `CRL_OF_ANOTHER_CA`. Of the known certificates: `CRL_REVOKES_KNOWN`.
    """
    findings = [] if ca is None else _order_findings(bundle, ca, property)
    for issuer, subjects, own in _by_ca(bundle, ca):
        for subject in subjects:
            rejected = next(_rejections(own, issuer, subject, now, property), None)
            if rejected is not None:
                findings.append(rejected)
                continue
            crl = preferred_crl(own, subject, now)
            findings += _expires_soon(crl, now, expiry_warning_days, property)
            if crl.last_update_utc > now:
                findings.append(_not_yet_valid(crl, "warning", property))
        if not all(map(is_delta, own)):
            findings += [_delta(each, property, alone=False) for each in own if is_delta(each)]
    return (*dict.fromkeys(findings), *revoked_findings(bundle, known, property=property))


def revoked_findings(
    bundle: CrlBundle, known: Sequence[x509.Certificate], *, property: str = "revocation_list"
) -> tuple[Finding, ...]:
    """Report certificates of the program that the CRLs revoke.

    A load balancer does not check its own certificates: they work until a client or a backend checks them.

    Returns:
        `CRL_REVOKES_KNOWN`, a warning, for each.
    """
    return tuple(
        report(
            "CRL_REVOKES_KNOWN",
            property,
            issuer=display_name(crl.issuer),
            subject=name_of(certificate),
            serial=serial_of(certificate),
        )
        for certificate in dict.fromkeys(known)
        for crl in bundle.crls
        if crl.issuer == certificate.issuer and is_revoked(certificate, crl)
    )


def coverage_findings(
    ca: CaBundle, crl: CrlBundle, *, now: datetime, property: str = "crl_secret_id"
) -> tuple[Finding, ...]:
    """Check that the CRLs of a pool match its CAs: the first CRL the first CA, and a usable CRL for each CA.

    Args:
        ca: CA bundle of the pool.
        crl: CRLs of the pool.
        now: Current time, in UTC.
        property: Argument of the CRLs.

    Returns:
        `CRL_OF_ANOTHER_CA`, which the API rejects, and the findings of `cas_without_crl`.
    """
    order = _order_findings(crl, ca, property)
    missing = dict(cas_without_crl(ca, crl, now=now, property=property))
    if order:
        missing.pop(ca.certificates[0], None)
    return (*order, *missing.values())


def cas_without_crl(
    ca: CaBundle, crl: CrlBundle, *, now: datetime, property: str
) -> Mapping[x509.Certificate, Finding]:
    """Return the CAs of a bundle without a usable CRL, each with its finding.

    `CRL_INCOMPLETE` where there is no CRL: an error if the CA has issued another one of the bundle or is the only one;
    otherwise a warning, because a CA that is being introduced has no backends yet. A CRL that cannot be used is an
    error: `CRL_DELTA`, `CRL_EXPIRED`, `CRL_NOT_YET_VALID`, `CRL_CRITICAL_EXTENSION`, `CRL_SCOPE`, `CRL_SIGN_MISSING`.
    """
    unexpired = [
        each
        for each in ca.certificates
        if each.not_valid_after_utc > now and (can_issue(each) or is_self_signed_leaf(each))
    ]
    findings: dict[x509.Certificate, Finding] = {}
    for each in unexpired:
        own = crl.signed_by(each)
        if not own:
            issues_others = any(other.subject != each.subject for other in _issued(each, ca))
            findings[each] = _missing(each, property, needed=len(unexpired) == 1 or issues_others)
            continue
        for subject in _subjects(each, ca):
            for finding in _rejections(own, each, subject, now, property):
                findings.setdefault(each, finding)
    return findings


def unusable_crl_finding(
    ca: x509.Certificate, subject: Subject, crl: CrlBundle, *, now: datetime, property: str
) -> Finding | None:
    """Return why OpenSSL finds no CRL for a certificate; None if it finds one.

    Args:
        ca: Issuer of the certificate.
        subject: Certificate.
        crl: All CRLs.
        now: Current time, in UTC.
        property: Argument of the CRLs.
    """
    own = crl.signed_by(ca)
    if not own:
        return _missing(ca, property, needed=True)
    return next(_rejections(own, ca, subject, now, property), None)


def _order_findings(bundle: CrlBundle, ca: CaBundle, property: str) -> list[Finding]:
    first = ca.certificates[0]
    subject = name_of(first)
    if is_signed_by(bundle.crls[0], first):
        return []
    if bundle.signed_by(first):
        return [report("CRL_OF_ANOTHER_CA", property, message="order", subject=subject)]
    if any(each.issuer == first.subject for each in bundle.crls):
        return [report("CRL_OF_ANOTHER_CA", property, message="other_key", subject=subject)]
    return [report("CRL_OF_ANOTHER_CA", property, message="missing", subject=subject)]


def _missing(ca: x509.Certificate, property: str, *, needed: bool) -> Finding:
    return report("CRL_INCOMPLETE", property, severity="error" if needed else "warning", subject=name_of(ca))


def _by_ca(
    bundle: CrlBundle, ca: CaBundle | None
) -> Iterator[tuple[Subject, Sequence[Subject], Sequence[x509.CertificateRevocationList]]]:
    """Yield each CA, None if it is not known, with samples of what it issues and with its CRLs."""
    if ca is None:
        for own in crls_by_issuer(bundle):
            yield None, [None], own
        return
    for each in ca.certificates:
        if signed := bundle.signed_by(each):
            yield each, _subjects(each, ca), signed


def _issued(issuer: x509.Certificate, ca: CaBundle) -> list[x509.Certificate]:
    return [each for each in ca.certificates if names_issuer(each, issuer)]


def _subjects(issuer: x509.Certificate, ca: CaBundle) -> Sequence[Subject]:
    """Return samples of what a CA issues: its certificates in the bundle or, if none, a server certificate."""
    issued = _issued(issuer, ca)
    return issued if any(each.subject != issuer.subject for each in issued) else [*issued, None]


def _rejections(
    own: Sequence[x509.CertificateRevocationList], ca: Subject, subject: Subject, now: datetime, property: str
) -> Iterator[Finding]:
    """Yield why OpenSSL rejects the certificates that the CRLs of a CA cover; all errors."""
    crl = preferred_crl(own, subject, now)
    if all(map(is_delta, own)):
        yield _delta(crl, property, alone=True)
    issuer = display_name(crl.issuer)
    usage = None if ca is None else extension_of(ca, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:
        yield report("CRL_SIGN_MISSING", property, issuer=issuer)
    if unknown := unknown_critical_extensions_of(crl):
        yield report("CRL_CRITICAL_EXTENSION", property, issuer=issuer, oid=unknown[0].dotted_string)
    if is_unsupported(crl) or (ca is not None and not is_in_scope(subject, crl)):
        yield report("CRL_SCOPE", property, issuer=issuer)
    if crl.last_update_utc - now > CLOCK_SKEW:
        yield _not_yet_valid(crl, "error", property)
    if has_expired(crl, now):
        yield report("CRL_EXPIRED", property, issuer=issuer, next_update=f"{crl.next_update_utc:%Y-%m-%d %H:%M}")


def _not_yet_valid(crl: x509.CertificateRevocationList, severity: Severity, property: str) -> Finding:
    return report(
        "CRL_NOT_YET_VALID",
        property,
        severity=severity,
        issuer=display_name(crl.issuer),
        this_update=f"{crl.last_update_utc:%Y-%m-%d %H:%M}",
    )


def _notice(start: datetime, end: datetime, days: int | None) -> timedelta:
    # CRLs often live a week, or an hour, and would cause a warning all their life.
    return timedelta(days=days) if days is not None else min(timedelta(days=WARNING_DAYS), (end - start) / 3)


def _expires_soon(
    crl: x509.CertificateRevocationList, now: datetime, days: int | None, property: str
) -> Iterator[Finding]:
    end = crl.next_update_utc
    if end is not None and end - now <= _notice(crl.last_update_utc, end, days):
        left = (end - now).days
        yield report(
            "CRL_EXPIRES_SOON",
            property,
            issuer=display_name(crl.issuer),
            left="less than a day" if left == 0 else "1 day" if left == 1 else f"{left} days",
            next_update=f"{end:%Y-%m-%d %H:%M}",
        )


def _delta(crl: x509.CertificateRevocationList, property: str, *, alone: bool) -> Finding:
    # OpenSSL 3.0 uses the newest CRL, delta or not; OpenSSL 4.0 ignores delta CRLs.
    return report(
        "CRL_DELTA",
        property,
        message="alone" if alone else "with_complete",
        severity="error" if alone else "warning",
        issuer=display_name(crl.issuer),
    )
