"""Validity of a certificate: is it valid now, and for how long?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.san_matching import name_of

CLOCK_SKEW: Final = timedelta(minutes=5)
"""Clock difference of machines in practice. The validity of a new certificate can begin in this machine's future,
and will have begun when the certificate reaches the load balancer."""

WARNING_DAYS: Final = 30
"""Days before a certificate's end at which its warnings begin, unless the program sets another number."""


def validity_findings(
    certificate: x509.Certificate,
    *,
    now: datetime,
    expiry_warning_days: int | None,
    property: str,
    noun: str = "The certificate",
    code_prefix: str = "CERTIFICATE",
    severity: Severity = "error",
    renewal: str = "Renew it",
) -> tuple[Finding, ...]:
    """Check a certificate's validity; return at most one finding.

    The limits are OpenSSL's: valid from the moment `not_before` on, expired from the moment `not_after` on.

    Args:
        certificate: any certificate.
        now: the moment, in UTC.
        expiry_warning_days: a certificate that ends within so many days is warned about; 0 for no warning, None
            for 30.
        property: the argument it came in.
        noun: begins the sentence; the subject follows.
        code_prefix: begins the code, before `_EXPIRED`, `_NOT_YET_VALID` and `_EXPIRES_SOON`.
        severity: of one that isn't valid now. One that expires soon, or begins within `CLOCK_SKEW`, is always a
            warning.
        renewal: begins the remedy of one that has expired, or soon will: what to do, without an end.
    """
    who = f"{noun} '{name_of(certificate)}'"
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if end <= now:
        return (
            Finding(
                f"{code_prefix}_EXPIRED",
                severity,
                property,
                f"{who} expired on {end:%Y-%m-%d}, {_days(now - end)} ago.",
                f"{renewal}: TLS handshakes with an expired one fail.",
            ),
        )
    # A certificate that is not valid yet can also end soon: the start must be fixed first.
    if begin > now:
        return (
            Finding(
                f"{code_prefix}_NOT_YET_VALID",
                "warning" if begin - now <= CLOCK_SKEW else severity,
                property,
                f"{who} isn't valid before {begin:%Y-%m-%d %H:%M} UTC, in {_days(begin - now)}.",
                "Wait until then, or issue one that is valid now; if it should be, check the clock of this machine "
                "and that of the authority.",
            ),
        )
    soon = timedelta(days=WARNING_DAYS if expiry_warning_days is None else expiry_warning_days)
    return tuple(_expires_soon(who, now, end, soon, property, code_prefix, renewal))


def _expires_soon(
    who: str, now: datetime, end: datetime, soon: timedelta, property: str, code_prefix: str, renewal: str
) -> Iterator[Finding]:
    left = end - now
    if left <= soon:
        when, until = (f"{end:%Y-%m-%d}", "that day") if left.days else (f"{end:%Y-%m-%d %H:%M} UTC", "then")
        yield Finding(
            f"{code_prefix}_EXPIRES_SOON",
            "warning",
            property,
            f"{who} expires in {_days(left)}, on {when}.",
            f"{renewal} before {until}: TLS handshakes with an expired one fail.",
        )


def _days(span: timedelta) -> str:
    """Return a span in whole days, the begun one left out."""
    if span < timedelta(hours=1):
        return "less than an hour"
    if span.days == 0:
        return "less than a day"
    return "1 day" if span.days == 1 else f"{span.days} days"
