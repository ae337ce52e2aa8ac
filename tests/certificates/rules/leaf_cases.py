"""Test cases of leaves and chains, with their expected findings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from tests.certificates.issuing import NOW, Issued, issue, issue_ca

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
UNKNOWN_CRITICAL = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), True)
POISON = (x509.PrecertPoison(), True)
ONLY_OTHER_NAMES = (x509.NameConstraints([x509.DNSName("other.example")], None), True)
OWN_SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example")])
ONLY_OWN_SUBJECT = (x509.NameConstraints([x509.DirectoryName(OWN_SUBJECT)], None), True)
NO_TIMESTAMPS = (
    x509.UnrecognizedExtension(ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, b"\x04\x02\x00\x00"),
    False,
)
"""Empty list of timestamps of certificate transparency."""

ROOT = issue_ca("Root CA")
MIDDLE = issue_ca("Middle CA", ROOT)
LOW = issue_ca("Low CA", MIDDLE)
UNRELATED_CA = issue_ca("Unrelated CA")


@dataclass(frozen=True)
class Case:
    """A leaf with the code and severity of each expected finding, and a part of the first sentence."""

    name: str
    chain: Callable[[], CertificateChain]
    expected: tuple[tuple[str, str], ...] = ()
    sentence: str = ""
    role: LeafRole = "listener"
    host_names: tuple[str, ...] = ()

    def findings(self) -> tuple[Finding, ...]:
        return leaf_findings(
            self.chain(), role=self.role, now=NOW, expiry_warning_days=30, host_names=self.host_names, property="pkcs12"
        )


def error(code: str) -> tuple[tuple[str, str], ...]:
    return ((code, "error"),)


def warning(code: str) -> tuple[tuple[str, str], ...]:
    return ((code, "warning"),)


def expiring_at(end: datetime) -> Callable[[], CertificateChain]:
    return lambda: issue("app.example", ROOT, not_after=end).public


def below(intermediate: Issued) -> CertificateChain:
    return issue("app.example", intermediate).public


def expect_findings(case: Case) -> None:
    """Check that a case has exactly the expected findings, on the given argument, as whole sentences."""
    findings = case.findings()

    assert tuple((each.code, each.severity) for each in findings) == case.expected, [str(each) for each in findings]
    if case.sentence:
        assert case.sentence in findings[0].sentence
    for each in findings:
        assert CODES[each.code].acceptable == (each.code != "NO_NAME")
        assert each.property == "pkcs12"
        for sentence in (each.sentence, each.remedy):
            assert re.fullmatch(r"['A-Z].*[^.]\.", sentence), sentence
