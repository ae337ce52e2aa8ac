"""Findings, and errors that consist of findings."""

from __future__ import annotations

import copy
import pickle

from gcore_tls_provider.certificates import Finding, MaterialError
from gcore_tls_provider.errors import GcoreTlsError


def test_finding_is_one_line_that_is_safe_to_print() -> None:
    finding = Finding("CODE", "warning", "ca", "It is\nodd: \x1b[31m.", "Fix\t it.")
    assert str(finding) == "It is odd: \N{REPLACEMENT CHARACTER}[31m. Fix it."


def test_error_keeps_its_findings_when_pickled_or_copied() -> None:
    findings = tuple(Finding(code, "error", "ca", f"{code} is wrong.", "Fix it.") for code in "AB")
    error = MaterialError(*findings)

    assert isinstance(error, GcoreTlsError)
    assert str(error) == "A is wrong. Fix it. B is wrong. Fix it."
    assert error.finding is findings[0]
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert other.findings == findings and str(other) == str(error)
