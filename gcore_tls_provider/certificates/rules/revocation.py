"""The revocation lists of the authorities that backends are verified against.

With a revocation list OpenSSL, and with it HAProxy, wants one for each authority on the path of a backend, the root
included (`X509_V_FLAG_CRL_CHECK_ALL`), and refuses the backend otherwise. Where its versions differ, the rules are
those of OpenSSL 3.0. Of several lists of one authority the one
counts that OpenSSL prefers: without unknown critical extensions, for the kind of certificate in question, valid now;
then the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.crl import RevocationLists, is_signed_by
from gcore_tls_provider.certificates.der_types import UNREADABLE_X509
from gcore_tls_provider.certificates.facts import shown_name
from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.rules.authority import can_issue, is_self_signed_leaf
from gcore_tls_provider.certificates.rules.chain_path import names_issuer
from gcore_tls_provider.certificates.rules.extensions import extension_of, is_authority
from gcore_tls_provider.certificates.rules.validity import CLOCK_SKEW, WARNING_DAYS
from gcore_tls_provider.certificates.san_matching import name_of, serial_of

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)

Subject = x509.Certificate | None
"""The certificate that a list is asked about. None: a server's that isn't known."""

_UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.ISSUING_DISTRIBUTION_POINT,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.DELTA_CRL_INDICATOR,
    }
)
"""Critical extensions of a list that OpenSSL handles."""


def revocation_findings(
    lists: RevocationLists,
    *,
    ca: CaBundle | None,
    now: datetime,
    expiry_warning_days: int | None,
    known: Sequence[x509.Certificate] = (),
    property: str = "revocation_list",
) -> tuple[Finding, ...]:
    """Check CRLs.

    A list that another one of its authority supersedes, and with `ca` that of a stranger, means nothing.

    Args:
        lists: at least one.
        ca: the authorities they are for; the first list must be signed by the first of them. None: not known.
        now: the moment, in UTC.
        expiry_warning_days: a list whose next update is due within so many days is warned about. None: 30, or a third
            of the time between its updates, whichever is less.
        known: certificates of the program.
        property: the argument they came in.

    Returns:
        Of each list that counts: `CRL_EXPIRED`, `CRL_NOT_YET_VALID`, `CRL_EXPIRES_SOON`, `CRL_CRITICAL_EXTENSION`,
        `CRL_SCOPE`, and with `ca` `CRL_SIGN_MISSING`. `CRL_NOT_YET_VALID` is a warning for as long as two clocks that
        differ can be the reason. Of delta lists: `CRL_DELTA`, an error where there is no complete
        one. Of all together, with `ca`: `CRL_OF_ANOTHER_CA`. Of the known certificates: `CRL_REVOKES_KNOWN`.
    """
    findings = [] if ca is None else _of_another_authority(lists, ca, property)
    for authority, subjects, own in _by_authority(lists, ca):
        for subject in subjects:
            refused = next(_refused(own, authority, subject, now, property), None)
            if refused is not None:
                findings.append(refused)
                continue
            entry = _counting(own, subject, now)
            findings += _expires_soon(entry, now, expiry_warning_days, property)
            if entry.last_update_utc > now:
                findings.append(_not_yet_valid(entry, "warning", property))
        if not all(map(_is_delta, own)):
            findings += [_delta(each, property, alone=False) for each in own if _is_delta(each)]
    return (*dict.fromkeys(findings), *revoked_findings(lists, known, property=property))


def revoked_findings(
    lists: RevocationLists, known: Sequence[x509.Certificate], *, property: str = "revocation_list"
) -> tuple[Finding, ...]:
    """Report certificates of the program that the CRLs revoke.

    A load balancer doesn't look its own certificates up: they work, until a client or a backend does.

    Returns:
        `CRL_REVOKES_KNOWN`, a warning, for each.
    """
    return tuple(
        Finding(
            "CRL_REVOKES_KNOWN",
            "warning",
            property,
            f"The revocation list of '{shown_name(entry.issuer)}' revokes the certificate "
            f"'{name_of(certificate)}' (serial {serial_of(certificate)}), which this program "
            f"uses.",
            "Issue a new certificate: any peer that checks the CRL rejects this one.",
        )
        for certificate in dict.fromkeys(known)
        for entry in lists.lists
        if entry.issuer == certificate.issuer and is_revoked(certificate, entry)
    )


def coverage_findings(
    ca: CaBundle, crl: RevocationLists, *, now: datetime, property: str = "crl_secret_id"
) -> tuple[Finding, ...]:
    """Check that the CRLs of a pool fit its CAs: the first CRL the first CA, and a usable CRL for each CA.

    Args:
        ca: the pool's authorities.
        crl: its revocation lists.
        now: the moment, in UTC.
        property: the argument of the lists.

    Returns:
        `CRL_OF_ANOTHER_CA`, which the API refuses, and those of `uncovered`.
    """
    refused = _of_another_authority(crl, ca, property)
    missing = dict(uncovered(ca, crl, now=now, property=property))
    if refused:
        missing.pop(ca.certificates[0], None)
    return (*refused, *missing.values())


def uncovered(
    ca: CaBundle, crl: RevocationLists, *, now: datetime, property: str
) -> Mapping[x509.Certificate, Finding]:
    """Return the authorities of a bundle without a list that can be used, and what is to be said of each.

    `CRL_INCOMPLETE` where there is none: an error if the authority has issued another one of the bundle or is the only
    one; else a warning, because one that is being introduced has no backends yet. What is wrong with one that is
    there is an error: `CRL_DELTA`, `CRL_EXPIRED`, `CRL_NOT_YET_VALID`, `CRL_CRITICAL_EXTENSION`, `CRL_SCOPE`,
    `CRL_SIGN_MISSING`.
    """
    living = [
        each
        for each in ca.certificates
        if each.not_valid_after_utc > now and (can_issue(each) or is_self_signed_leaf(each))
    ]
    findings: dict[x509.Certificate, Finding] = {}
    for authority in living:
        own = crl.signed_by(authority)
        if not own:
            issues_others = any(each.subject != authority.subject for each in _issued(authority, ca))
            findings[authority] = _missing(authority, property, needed=len(living) == 1 or issues_others)
            continue
        for subject in _subjects(authority, ca):
            for finding in _refused(own, authority, subject, now, property):
                findings.setdefault(authority, finding)
    return findings


def effective_crls(lists: RevocationLists, *, now: datetime) -> tuple[x509.CertificateRevocationList, ...]:
    """Of each authority the list that OpenSSL takes for a server: one that another supersedes means nothing."""
    return tuple(_counting(own, None, now) for _, _, own in _by_authority(lists, None))


def list_finding(
    authority: x509.Certificate,
    subject: Subject,
    crl: RevocationLists,
    *,
    now: datetime,
    property: str,
) -> Finding | None:
    """Why OpenSSL finds no list that says whether an authority has revoked a certificate; None if it finds one.

    Args:
        authority: who has issued the certificate.
        subject: the certificate.
        crl: all lists.
        now: the moment, in UTC.
        property: the argument of the lists.
    """
    own = crl.signed_by(authority)
    if not own:
        return _missing(authority, property, needed=True)
    return next(_refused(own, authority, subject, now, property), None)


def list_of(
    authority: x509.Certificate, subject: Subject, crl: RevocationLists, *, now: datetime
) -> x509.CertificateRevocationList | None:
    """Return the CRL of a CA that applies to a certificate, usable or not; None if there is none."""
    own = crl.signed_by(authority)
    return _counting(own, subject, now) if own else None


def is_revoked(certificate: x509.Certificate, entry: x509.CertificateRevocationList) -> bool:
    """Return whether a list of the certificate's issuer revokes it."""
    number = certificate.serial_number
    if number < 0:
        # RFC 5280, section 4.1.2.2, forbids these, and cryptography looks up no others than positive ones.
        return any(each.serial_number == number for each in entry)
    revoked = entry.get_revoked_certificate_by_serial_number(number)
    if revoked is None:
        return False
    try:
        reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (x509.ExtensionNotFound, *UNREADABLE_X509):
        return True
    return reason is not x509.ReasonFlags.remove_from_crl


def _of_another_authority(lists: RevocationLists, ca: CaBundle, property: str) -> list[Finding]:
    first = ca.certificates[0]
    subject = name_of(first)
    if is_signed_by(lists.lists[0], first):
        return []
    if lists.signed_by(first):
        sentence = f"The first list isn't that of the certificate authority '{subject}', the first of the bundle"
        remedy = "Put its list first; a `RevocationList` that knows its `ca` does so."
    elif any(each.issuer == first.subject for each in lists.lists):
        sentence = f"The list of '{subject}' is signed with another key than that of this authority's certificate"
        remedy = "Give the list that belongs to this certificate, or the certificate that belongs to the list."
    else:
        sentence = f"No list in it is signed by the certificate authority '{subject}', the first of the bundle"
        remedy = "Give the list that this authority has issued, or put its authority first in the bundle."
    return [Finding("CRL_OF_ANOTHER_CA", "error", property, f"{sentence}, and Gcore refuses such a pool.", remedy)]


def _missing(authority: x509.Certificate, property: str, *, needed: bool) -> Finding:
    return Finding(
        "CRL_INCOMPLETE",
        "error" if needed else "warning",
        property,
        f"There is no revocation list of the certificate authority '{name_of(authority)}', and with revocation lists "
        f"load balancers want one for each authority: they refuse the backends below it.",
        "Add its list (an empty one will do) to the others.",
    )


def _by_authority(
    lists: RevocationLists, ca: CaBundle | None
) -> Iterator[tuple[Subject, Sequence[Subject], Sequence[x509.CertificateRevocationList]]]:
    """Each authority with what its lists are asked about and these lists; None for one that isn't known."""
    if ca is not None:
        for authority in ca.certificates:
            if own := lists.signed_by(authority):
                yield authority, _subjects(authority, ca), own
        return
    groups: dict[tuple[x509.Name, bytes | None], list[x509.CertificateRevocationList]] = {}
    for each in lists.lists:
        key = _extension(each, x509.AuthorityKeyIdentifier)
        groups.setdefault((each.issuer, None if key is None else key.key_identifier), []).append(each)
    for group in groups.values():
        yield None, [None], group


def _issued(authority: x509.Certificate, ca: CaBundle) -> list[x509.Certificate]:
    return [each for each in ca.certificates if names_issuer(each, authority)]


def _subjects(authority: x509.Certificate, ca: CaBundle) -> Sequence[Subject]:
    """Return samples of what a CA issues: its certificates in the bundle or, if none, a server certificate."""
    issued = _issued(authority, ca)
    return issued if any(each.subject != authority.subject for each in issued) else [*issued, None]


def _counting(
    own: Sequence[x509.CertificateRevocationList], subject: Subject, now: datetime
) -> x509.CertificateRevocationList:
    def preference(entry: x509.CertificateRevocationList) -> tuple[bool, bool, bool, bool, datetime]:
        return (
            not _is_special(entry),
            not _unknown_critical_extensions(entry),
            _is_about(entry, subject),
            entry.last_update_utc <= now and not _has_expired(entry, now),
            entry.last_update_utc,
        )

    return max(own, key=preference)


def _refused(
    own: Sequence[x509.CertificateRevocationList], authority: Subject, subject: Subject, now: datetime, property: str
) -> Iterator[Finding]:
    """Why OpenSSL refuses what the lists are about, although the lists are there; all errors."""
    entry = _counting(own, subject, now)
    if all(map(_is_delta, own)):
        yield _delta(entry, property, alone=True)
    who = f"The revocation list of '{shown_name(entry.issuer)}'"
    usage = None if authority is None else extension_of(authority, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:
        yield Finding(
            "CRL_SIGN_MISSING",
            "error",
            property,
            f"{who} isn't accepted, because the key usage of this authority's certificate lacks cRLSign: load "
            f"balancers refuse all backends below it.",
            "Issue the authority's certificate again with cRLSign, or take the revocation list away.",
        )
    if unknown := _unknown_critical_extensions(entry):
        yield Finding(
            "CRL_CRITICAL_EXTENSION",
            "error",
            property,
            f"{who} has a critical extension that TLS software doesn't know ({unknown[0].dotted_string}): load "
            f"balancers refuse all backends below it.",
            "Let the authority issue a list without this extension.",
        )
    if _is_special(entry) or (authority is not None and not _is_about(entry, subject)):
        yield Finding(
            "CRL_SCOPE",
            "error",
            property,
            f"{who} is limited by its issuing distribution point to a part of the certificates: load balancers refuse "
            f"those that it leaves out, and want it for authorities too.",
            "Let the authority issue a list of all its certificates, without an issuing distribution point.",
        )
    if entry.last_update_utc - now > CLOCK_SKEW:
        yield _not_yet_valid(entry, "error", property)
    if _has_expired(entry, now):
        yield Finding(
            "CRL_EXPIRED",
            "error",
            property,
            f"{who} expired on {entry.next_update_utc:%Y-%m-%d %H:%M} UTC, when its next update was due: load "
            f"balancers refuse all backends below it.",
            "Fetch the authority's current list.",
        )


def _not_yet_valid(entry: x509.CertificateRevocationList, severity: Severity, property: str) -> Finding:
    return Finding(
        "CRL_NOT_YET_VALID",
        severity,
        property,
        f"The revocation list of '{shown_name(entry.issuer)}' isn't valid before "
        f"{entry.last_update_utc:%Y-%m-%d %H:%M} UTC: until then load balancers refuse all backends below it.",
        "Give the list that is valid now; if this one should be, check the clock of this machine and that of the "
        "authority.",
    )


def _notice(begin: datetime, end: datetime, days: int | None) -> timedelta:
    # Lists often live a week, or an hour, and would be warned about all their life.
    return timedelta(days=days) if days is not None else min(timedelta(days=WARNING_DAYS), (end - begin) / 3)


def _expires_soon(
    entry: x509.CertificateRevocationList, now: datetime, days: int | None, property: str
) -> Iterator[Finding]:
    end = entry.next_update_utc
    if end is None:
        return
    if end - now <= _notice(entry.last_update_utc, end, days):
        left = (end - now).days
        span = "less than a day" if left == 0 else "1 day" if left == 1 else f"{left} days"
        yield Finding(
            "CRL_EXPIRES_SOON",
            "warning",
            property,
            f"The revocation list of '{shown_name(entry.issuer)}' expires in {span}, on {end:%Y-%m-%d %H:%M} "
            f"UTC: from then on load balancers refuse all backends below this authority.",
            "Fetch the authority's next list, and deploy it well before.",
        )


def _delta(entry: x509.CertificateRevocationList, property: str, *, alone: bool) -> Finding:
    # OpenSSL 3.0 takes the newest list, delta or not; OpenSSL 4.0 passes delta lists over.
    effect = "refuse all backends below it" if alone else "ignore it"
    return Finding(
        "CRL_DELTA",
        "error" if alone else "warning",
        property,
        f"The revocation list of '{shown_name(entry.issuer)}' is a delta list: depending on their version load "
        f"balancers {effect}, or accept the certificates that only the complete list revokes.",
        "Give the authority's complete list alone.",
    )


def _is_delta(entry: x509.CertificateRevocationList) -> bool:
    return _extension(entry, x509.DeltaCRLIndicator) is not None


def _unknown_critical_extensions(entry: x509.CertificateRevocationList) -> tuple[x509.ObjectIdentifier, ...]:
    return tuple(each.oid for each in entry.extensions if each.critical and each.oid not in _UNDERSTOOD)


def _has_expired(entry: x509.CertificateRevocationList, now: datetime) -> bool:
    return entry.next_update_utc is not None and entry.next_update_utc <= now


def _is_special(entry: x509.CertificateRevocationList) -> bool:
    """Return whether OpenSSL never looks at it: of other authorities' certificates, of attributes, of some reasons."""
    point = _extension(entry, x509.IssuingDistributionPoint)
    return point is not None and (
        point.indirect_crl or point.only_contains_attribute_certs or point.only_some_reasons is not None
    )


def _is_about(entry: x509.CertificateRevocationList, subject: Subject) -> bool:
    """Return whether the list's issuing distribution point includes a certificate (RFC 5280, section 5.2.5)."""
    point = _extension(entry, x509.IssuingDistributionPoint)
    if point is None:
        return True
    of_authority = subject is not None and is_authority(subject)
    if point.only_contains_user_certs if of_authority else point.only_contains_ca_certs:
        return False
    if subject is None or (point.full_name is None and point.relative_name is None):
        return True
    points = extension_of(subject, x509.CRLDistributionPoints) or ()
    return any(not set(each.full_name or ()).isdisjoint(point.full_name or ()) for each in points)


def _extension(entry: x509.CertificateRevocationList, kind: type[ExtensionT]) -> ExtensionT | None:
    try:
        return entry.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
