"""Validity of a certificate: whether it is valid now, and how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cryptography import x509

from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.table import DEFAULT
from gcore_tls_provider.certificates.san_matching import name_of

CLOCK_SKEW: Final = timedelta(minutes=5)
"""Usual difference between the clocks of two machines. The validity of a new certificate can start in this machine's
future, and will have started when the certificate reaches the load balancer."""

WARNING_DAYS: Final = 30
"""Days before a certificate's end at which warnings start, unless the program sets another number."""

CodePrefix = Literal["BACKEND", "CA", "CA_BUNDLE_ENTRY", "CERTIFICATE", "INTERMEDIATE"]
"""Start of a code of validity: each has the codes `..._EXPIRED`, `..._NOT_YET_VALID` and `..._EXPIRES_SOON`."""


@dataclass(frozen=True)
class ValidityProblem:
    """Reason why a certificate is not valid, or soon will not be.

    Attributes:
        suffix: End of the code.
        within_clock_skew: Whether different clocks can explain it.
        values: Values of the messages' placeholders.
    """

    suffix: Literal["EXPIRED", "NOT_YET_VALID", "EXPIRES_SOON"]
    within_clock_skew: bool
    values: Mapping[str, str]


def is_valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    """Return whether a certificate is valid, with OpenSSL's limits.

    It is valid from the moment `not_before` on, and expired from the moment `not_after` on.
    """
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


def validity_findings(
    certificate: x509.Certificate,
    *,
    now: datetime,
    expiry_warning_days: int | None,
    property: str,
    code_prefix: CodePrefix = "CERTIFICATE",
    message: str = DEFAULT,
) -> tuple[Finding, ...]:
    """Check a certificate's validity; return at most one finding.

    Args:
        certificate: Any certificate.
        now: Current time, in UTC.
        expiry_warning_days: Days before its end at which a warning starts; 0 for no warning, None for 30.
        property: Argument that contains it.
        code_prefix: Start of the code.
        message: Key of the message.
    """
    problem = validity_problem(certificate, now=now, expiry_warning_days=expiry_warning_days)
    if problem is None:
        return ()
    code = f"{code_prefix}_{problem.suffix}"
    severity: Severity | None = "warning" if problem.within_clock_skew else None
    return (report(code, property, message=message, severity=severity, **problem.values),)


def validity_problem(
    certificate: x509.Certificate, *, now: datetime, expiry_warning_days: int | None
) -> ValidityProblem | None:
    """Return why a certificate is not valid, or soon will not be; None if it is valid for long enough.

    Args:
        certificate: Any certificate.
        now: Current time, in UTC.
        expiry_warning_days: Days before its end at which a warning starts; 0 for no warning, None for 30.
    """
    subject, start, end = name_of(certificate), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if end <= now:
        values = {"subject": subject, "not_after": f"{end:%Y-%m-%d}", "ago": _days(now - end)}
        return ValidityProblem("EXPIRED", False, values)
    # A certificate that is not valid yet can also end soon: the start must be fixed first.
    if start > now:
        values = {"subject": subject, "not_before": f"{start:%Y-%m-%d %H:%M}", "wait": _days(start - now)}
        return ValidityProblem("NOT_YET_VALID", start - now <= CLOCK_SKEW, values)
    left = end - now
    if left > timedelta(days=WARNING_DAYS if expiry_warning_days is None else expiry_warning_days):
        return None
    when = f"{end:%Y-%m-%d}" if left.days else f"{end:%Y-%m-%d %H:%M} UTC"
    return ValidityProblem("EXPIRES_SOON", False, {"subject": subject, "not_after": when, "left": _days(left)})


def _days(span: timedelta) -> str:
    """Return a span in full days."""
    if span < timedelta(hours=1):
        return "less than an hour"
    if span.days == 0:
        return "less than a day"
    return "1 day" if span.days == 1 else f"{span.days} days"
