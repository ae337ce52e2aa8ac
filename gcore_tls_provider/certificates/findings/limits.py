"""Limits on repeated findings: a bundle of 200 certificates can have the same defect 200 times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Finding

SHOWN: Final = 10
"""Findings of one code and severity on one property at most."""


def cap_repeats(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once. Of many with one code, severity and property, return the first and a count.

    Args:
        findings: all that was found, as it will be shown: what is left out must have been judged like what is shown.
    """
    every = tuple(dict.fromkeys(findings))
    total = Counter(map(_kind, every))
    said: Counter[tuple[str, str, str]] = Counter()
    shown = []
    for finding in every:
        kind = _kind(finding)
        said[kind] += 1
        more = total[kind] - SHOWN
        if said[kind] < SHOWN or (said[kind] == SHOWN and more <= 0):
            shown.append(finding)
        elif said[kind] == SHOWN:
            shown.append(replace(finding, sentence=f"{finding.sentence} And {more} more like this."))
    return tuple(shown)


def _kind(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.severity, finding.property
