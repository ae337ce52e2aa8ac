"""What `gcore_tls_provider.certificates` offers, and how findings and errors behave."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import gcore_tls_provider.certificates as certificates
from gcore_tls_provider.certificates import Finding, MaterialError
from gcore_tls_provider.errors import GcoreTlsError


def test_exports_are_sorted_and_there() -> None:
    assert certificates.__all__ == sorted(certificates.__all__)
    assert all(getattr(certificates, name).__doc__ for name in certificates.__all__ if name != "Severity")


def test_the_package_needs_neither_pulumi_nor_a_network_client() -> None:
    code = "import sys, gcore_tls_provider.certificates; print({'pulumi', 'httpx', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "set()\n"


def test_a_finding_is_one_line_that_is_safe_to_print() -> None:
    finding = Finding("CODE", "warning", "ca", "It is\nodd: \x1b[31m.", "Mend\t it.")
    assert str(finding) == "It is odd: \N{REPLACEMENT CHARACTER}[31m. Mend it."


def test_an_error_keeps_its_findings() -> None:
    findings = tuple(Finding(code, "error", "ca", f"{code} is wrong.", "Mend it.") for code in "AB")
    error = MaterialError(*findings)

    assert isinstance(error, GcoreTlsError)
    assert str(error) == "A is wrong. Mend it. B is wrong. Mend it."
    assert error.finding is findings[0]
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert other.findings == findings and str(other) == str(error)
