"""What the rules of a preview say of files, side by side, as `gcore-tls check` asks them."""

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
"""The certificates of the tests live for a month."""


def judged(texts: Iterable[tuple[str, Role]], *, asked: str | None = None) -> list[Finding]:
    """All findings of a load balancer's files.

    Args:
        texts: material, each with what it is for.
        asked: the name that clients ask for; default: those of the listener's certificates.
    """
    read = [
        (read_file_contents(f"{n} {role}", text, role, Passwords([])), role) for n, (text, role) in enumerate(texts)
    ]
    graph = CertificateSet(assign_roles(read), [asked] if asked else [], _WARNING_DAYS, datetime.now(timezone.utc))
    return [each.finding for each in graph.evaluate({})]


def gravest(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among findings; None if there are none."""
    severities = {finding.severity for finding in findings}
    return "error" if "error" in severities else "warning" if severities else None
