"""Limit on repeated findings: a bundle of 200 certificates can have the same defect 200 times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Finding

MAX_REPEATS: Final = 10
"""Largest number of findings with one code, severity and property."""


def cap_repeats(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once. Of many with one code, severity and property, return the first ones and a count.

    Args:
        findings: All findings with their final severities: an omitted one has the severity of those shown.
    """
    distinct = tuple(dict.fromkeys(findings))
    totals = Counter(map(_group, distinct))
    seen: Counter[tuple[str, str, str]] = Counter()
    shown = []
    for finding in distinct:
        group = _group(finding)
        seen[group] += 1
        omitted = totals[group] - MAX_REPEATS
        if seen[group] < MAX_REPEATS or (seen[group] == MAX_REPEATS and omitted <= 0):
            shown.append(finding)
        elif seen[group] == MAX_REPEATS:
            shown.append(replace(finding, sentence=f"{finding.sentence} And {omitted} more like this."))
    return tuple(shown)


def _group(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.severity, finding.property
