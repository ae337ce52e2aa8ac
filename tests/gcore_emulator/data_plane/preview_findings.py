"""Findings of the preview's rules, as `gcore-tls check` applies them to the files of one load balancer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.findings.finding import Severity
from gcore_tls_provider.cli.check.evaluate import CertificateSet
from gcore_tls_provider.cli.check.files import Role, read_file_contents
from gcore_tls_provider.cli.check.passwords import Passwords
from gcore_tls_provider.cli.check.role_guessing import assign_roles

_WARNING_DAYS = 1
"""Days before expiry at which a rule warns. The certificates of the tests are valid for a month."""


def preview_findings(texts: Iterable[tuple[str, Role]], *, server_name: str | None = None) -> list[Finding]:
    """Return all findings of a load balancer's files.

    Args:
        texts: Content of each file, with its role.
        server_name: SNI of the clients; default: the names of the listener's certificates.
    """
    read = [
        (read_file_contents(f"{n} {role}", text, role, Passwords([])), role) for n, (text, role) in enumerate(texts)
    ]
    certificates = CertificateSet(
        assign_roles(read), [server_name] if server_name else [], _WARNING_DAYS, datetime.now(timezone.utc)
    )
    return [each.finding for each in certificates.evaluate({})]


def worst_severity(findings: Iterable[Finding]) -> Severity | None:
    """Return the worst severity of findings; None if there are none."""
    severities = {finding.severity for finding in findings}
    return "error" if "error" in severities else "warning" if severities else None
