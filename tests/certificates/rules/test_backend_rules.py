"""Rules of expected backend certificates: names, validity, trust and revocation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, CrlBundle, Finding
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.backend import backend_findings
from tests.certificates.issuing import CLIENT, NOW, Issued, issue, issue_ca, issue_crl

DAY = timedelta(days=1)

ROOT, OTHER = issue_ca("Root"), issue_ca("Other")
INTERMEDIATE = issue_ca("Intermediate", ROOT)
VALID = issue("app.example.com", ROOT)
BACKEND_OF_OTHER = issue("app.example.com", OTHER)
BACKEND_OF_INTERMEDIATE = issue("app.example.com", INTERMEDIATE)


def findings_of(
    *backends: CertificateChain,
    cas: Sequence[Issued] | None = (ROOT,),
    crls: Sequence[x509.CertificateRevocationList] = (),
    host_names: Sequence[str] = (),
) -> tuple[Finding, ...]:
    findings = backend_findings(
        backends,
        ca=None if cas is None else CaBundle(tuple(each.certificate for each in cas)),
        crl=CrlBundle(tuple(crls)) if crls else None,
        host_names=host_names,
        now=NOW,
        expiry_warning_days=30,
    )
    assert all(CODES[each.code].acceptable for each in findings)
    assert {each.property for each in findings} <= {"expected_backend_certificates"}
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)
    return findings


def backend_with_names(*dns_names: str, common_name: str | None = None) -> CertificateChain:
    return issue(common_name, ROOT, dns_names=dns_names).public


NOT_COVERED, PARTLY_COVERED = ("BACKEND_NAME_NOT_COVERED", "error"), ("BACKEND_NAME_PARTLY_COVERED", "warning")

NAMES: dict[str, tuple[CertificateChain, Sequence[str], list[tuple[str, str]]]] = {
    "all of several": (backend_with_names("a.example.com", "b.example.com"), ["b.example.com", "a.example.com"], []),
    "one of several": (backend_with_names("a.example.com"), ["a.example.com", "b.example.com"], [NOT_COVERED]),
    "none": (backend_with_names("backend.internal"), ["a.example.com"], [NOT_COVERED]),
    "no host names declared": (backend_with_names("backend.internal"), [], []),
    "by a common name": (backend_with_names("backend.internal", common_name="a.example.com"), ["a.example.com"], []),
    "by a wildcard": (backend_with_names("*.example.com"), ["a.example.com"], []),
    "by a part of a label": (backend_with_names("a*.example.com"), ["app.example.com"], []),
    "in another case": (backend_with_names("A.Example.com"), ["a.eXample.com"], []),
    "a wildcard by the same one": (backend_with_names("*.example.com"), ["*.example.com"], []),
    "a wildcard in part": (backend_with_names("a.example.com", "b.example.com"), ["*.example.com"], [PARTLY_COVERED]),
    "a wildcard by one of another level": (backend_with_names("example.com"), ["*.example.com"], [NOT_COVERED]),
    "a wildcard by none": (backend_with_names("a.example.org"), ["*.example.com"], [NOT_COVERED]),
    "one in part and one not": (
        backend_with_names("a.example.com"),
        ["*.example.com", "c.example.org"],
        [NOT_COVERED, PARTLY_COVERED],
    ),
    "with a final dot": (backend_with_names("a.example.com"), ["a.example.com."], [NOT_COVERED]),
    "an address, which clients do not send": (backend_with_names("a.example.com"), ["192.0.2.1", "2001:db8::1"], []),
    "a text, which clients cannot send": (backend_with_names("a.example.com"), ["Example Shop"], []),
}


@pytest.mark.parametrize(("backend", "host_names", "expected"), NAMES.values(), ids=NAMES)
def test_name_that_the_backend_does_not_cover_has_a_finding(
    backend: CertificateChain, host_names: Sequence[str], expected: list[tuple[str, str]]
) -> None:
    findings = findings_of(backend, host_names=host_names)

    assert [(each.code, each.severity) for each in findings] == expected


def test_message_contains_missing_and_existing_names() -> None:
    backend = issue("a.example.com", ROOT, dns_names=["a.example.com", "b.example.com"])

    (finding,) = findings_of(backend.public, host_names=["shop.example.com", "a.example.com", "www.example.com"])

    assert "'CN=a.example.com' does not cover shop.example.com, www.example.com" in finding.sentence
    assert "(its names: a.example.com, b.example.com)" in finding.sentence


def test_backend_that_expires_soon_is_a_warning() -> None:
    (finding,) = findings_of(issue("app.example.com", ROOT, not_after=NOW + 7 * DAY).public)

    assert (finding.code, finding.severity) == ("BACKEND_EXPIRES_SOON", "warning")
    assert finding.sentence == "The backend certificate 'CN=app.example.com' expires in 7 days, on 2026-06-08."


def test_sent_intermediate_that_expires_soon_is_a_warning() -> None:
    intermediate = issue_ca("Ending", ROOT, not_after=NOW + 7 * DAY)
    backend = issue("app.example.com", intermediate)

    (finding,) = findings_of(backend.public)

    assert (finding.code, finding.severity) == ("INTERMEDIATE_EXPIRES_SOON", "warning")
    assert finding.sentence.startswith("The intermediate 'CN=Ending', which a backend sends, expires in 7 days")
    assert findings_of(backend.alone, cas=[ROOT, intermediate]) == ()


def test_message_lists_at_most_five_names() -> None:
    backend = backend_with_names(*(f"n{number}.example.com" for number in range(100)))

    (finding,) = findings_of(backend, host_names=[f"h{number}.example.com" for number in range(7)])

    assert "h4.example.com and 2 more, which clients ask for" in finding.sentence
    assert "n4.example.com and 95 more)" in finding.sentence


def test_each_backend_has_its_own_findings() -> None:
    expired = issue("old.example.com", ROOT, not_after=NOW - DAY)

    findings = findings_of(VALID.public, expired.public, BACKEND_OF_OTHER.public)

    assert [each.code for each in findings] == ["BACKEND_EXPIRED", "BACKEND_NOT_TRUSTED"]
    assert "'CN=old.example.com'" in findings[0].sentence
    assert "'CN=Other'" in findings[1].sentence


def test_all_defects_of_a_backend_are_reported_at_once() -> None:
    backend = issue("app.example.com", OTHER, not_after=NOW - DAY, extended_key_usage=[CLIENT], key="RSA 1024")

    findings = findings_of(backend.public, host_names=["shop.example.com"])

    assert [each.code for each in findings] == [
        "BACKEND_EXPIRED",
        "BACKEND_SERVER_AUTH_MISSING",
        "WEAK_KEY",
        "BACKEND_NAME_NOT_COVERED",
        "BACKEND_NOT_TRUSTED",
    ]


def test_errors_are_warnings_without_a_known_ca() -> None:
    expired = issue("app.example.com", OTHER, not_after=NOW - DAY)

    findings = findings_of(expired.public, cas=None, host_names=["shop.example.com"])

    assert [(each.code, each.severity) for each in findings] == [
        ("BACKEND_EXPIRED", "warning"),
        ("BACKEND_NAME_NOT_COVERED", "warning"),
    ]


def test_unsupported_curve_is_an_error_without_a_known_ca_too() -> None:
    backend = issue("app.example.com", ROOT, key="secp256k1")

    (finding,) = findings_of(backend.public, cas=None)

    assert (finding.code, finding.severity) == ("UNSUPPORTED_CURVE", "error")


@pytest.mark.parametrize(
    ("backend", "part"),
    [
        (
            BACKEND_OF_OTHER.public,
            "'CN=Other', which issued it, is neither in the pool's CA bundle nor sent by the backend",
        ),
        (
            BACKEND_OF_INTERMEDIATE.alone,
            "'CN=Intermediate', which issued it, is neither in the pool's CA bundle nor sent",
        ),
        (BACKEND_OF_OTHER.with_chain(OTHER), "leads to 'CN=Other', which is not in the pool's CA bundle"),
        (issue("self.example.com").public, "leads to 'CN=self.example.com', which is not in the pool's"),
    ],
    ids=["another CA", "intermediate not sent", "another root sent", "self-signed"],
)
def test_message_explains_why_a_backend_is_not_trusted(backend: CertificateChain, part: str) -> None:
    (finding,) = findings_of(backend)

    assert finding.code == "BACKEND_NOT_TRUSTED"
    assert part in finding.sentence


def test_message_explains_why_a_ca_is_rejected() -> None:
    constrained = issue_ca(
        "Constrained", extensions=[(x509.NameConstraints([x509.DNSName("example.org")], None), True)]
    )
    short = issue_ca("Short", path_length=0)
    low = issue_ca("Low", short)
    of_constrained, of_low = issue("app.example.com", constrained), issue("app.example.com", low)

    (name,) = findings_of(of_constrained.public, cas=[constrained])
    (length,) = findings_of(of_low.public, cas=[short])

    assert (name.code, length.code) == ("BACKEND_CA_REJECTED", "BACKEND_CA_REJECTED")
    assert "its path to 'CN=Constrained' is not valid: " in name.sentence
    assert "'CN=Short' above it allows fewer CAs below it" in length.sentence


def test_message_names_the_revoked_ca() -> None:
    crls = [issue_crl(ROOT, [INTERMEDIATE]), issue_crl(INTERMEDIATE)]

    (finding,) = findings_of(BACKEND_OF_INTERMEDIATE.public, crls=crls)

    assert finding.code == "BACKEND_REVOKED"
    assert f"'CN=Intermediate' above it (serial {INTERMEDIATE.certificate.serial_number:x})" in finding.sentence


def test_unusable_crl_is_not_reported_again_for_each_backend() -> None:
    # `coverage_findings` reports it on the pool.
    assert findings_of(VALID.public, crls=[issue_crl(ROOT, next_update=NOW - DAY)]) == ()


def test_ca_without_crl_is_an_error_where_a_backend_needs_it() -> None:
    findings = findings_of(VALID.public, BACKEND_OF_OTHER.public, cas=[ROOT, OTHER], crls=[issue_crl(ROOT)])

    (finding,) = findings
    assert (finding.code, finding.severity) == ("BACKEND_CA_WITHOUT_CRL", "error")
    assert "There is no CRL of the CA 'CN=Other'" in finding.sentence


def test_path_longer_than_the_limit_is_not_trusted() -> None:
    cas = [ROOT]
    for number in range(255):
        cas.append(issue_ca(f"CA {number}", cas[-1]))

    findings = findings_of(issue("app.example.com", cas[-1]).alone, cas=cas)

    assert [each.code for each in findings] == ["BACKEND_NOT_TRUSTED"]
