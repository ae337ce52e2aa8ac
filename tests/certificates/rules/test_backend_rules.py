from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, Finding, RevocationLists
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.backend import backend_findings
from tests.certificates.issuing import CLIENT, NOW, Issued, issue, issue_authority, issue_list

DAY = timedelta(days=1)

ROOT, OTHER = issue_authority("Root"), issue_authority("Other")
INTERMEDIATE = issue_authority("Intermediate", ROOT)
GOOD = issue("app.example.com", ROOT)
OF_OTHER = issue("app.example.com", OTHER)
OF_INTERMEDIATE = issue("app.example.com", INTERMEDIATE)


def findings_of(
    *backends: CertificateChain,
    authorities: Sequence[Issued] | None = (ROOT,),
    lists: Sequence[x509.CertificateRevocationList] = (),
    host_names: Sequence[str] = (),
) -> tuple[Finding, ...]:
    findings = backend_findings(
        backends,
        ca=None if authorities is None else CaBundle(tuple(each.certificate for each in authorities)),
        crl=RevocationLists(tuple(lists)) if lists else None,
        host_names=host_names,
        now=NOW,
        expiry_warning_days=30,
    )
    assert all(CODES[each.code].acceptable for each in findings)
    assert {each.property for each in findings} <= {"expected_backend_certificates"}
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)
    return findings


def named(*dns_names: str, common_name: str | None = None) -> CertificateChain:
    return issue(common_name, ROOT, dns_names=dns_names).public


MISSING, PARTLY = ("BACKEND_NAME_NOT_COVERED", "error"), ("BACKEND_NAME_PARTLY_COVERED", "warning")

NAMES: dict[str, tuple[CertificateChain, Sequence[str], list[tuple[str, str]]]] = {
    "all of several": (named("a.example.com", "b.example.com"), ["b.example.com", "a.example.com"], []),
    "one of several": (named("a.example.com"), ["a.example.com", "b.example.com"], [MISSING]),
    "none": (named("backend.internal"), ["a.example.com"], [MISSING]),
    "no host names declared": (named("backend.internal"), [], []),
    "by a common name": (named("backend.internal", common_name="a.example.com"), ["a.example.com"], []),
    "by a wildcard": (named("*.example.com"), ["a.example.com"], []),
    "by a part of a label": (named("a*.example.com"), ["app.example.com"], []),
    "in another case": (named("A.Example.com"), ["a.eXample.com"], []),
    "a wildcard by the same one": (named("*.example.com"), ["*.example.com"], []),
    "a wildcard in part": (named("a.example.com", "b.example.com"), ["*.example.com"], [PARTLY]),
    "a wildcard by one of another level": (named("example.com"), ["*.example.com"], [MISSING]),
    "a wildcard by none": (named("a.example.org"), ["*.example.com"], [MISSING]),
    "one in part and one not": (named("a.example.com"), ["*.example.com", "c.example.org"], [MISSING, PARTLY]),
    "with a final dot": (named("a.example.com"), ["a.example.com."], [MISSING]),
    "an address, which clients don't send": (named("a.example.com"), ["192.0.2.1", "2001:db8::1"], []),
    "a text, which clients can't send": (named("a.example.com"), ["Example Shop"], []),
}


@pytest.mark.parametrize(("backend", "host_names", "expected"), NAMES.values(), ids=NAMES)
def test_names_that_clients_use_must_be_covered(
    backend: CertificateChain, host_names: Sequence[str], expected: list[tuple[str, str]]
) -> None:
    findings = findings_of(backend, host_names=host_names)

    assert [(each.code, each.severity) for each in findings] == expected


def test_a_missing_name_is_told_with_those_that_are_there() -> None:
    backend = issue("a.example.com", ROOT, dns_names=["a.example.com", "b.example.com"])

    (finding,) = findings_of(backend.public, host_names=["shop.example.com", "a.example.com", "www.example.com"])

    assert "'CN=a.example.com' doesn't cover shop.example.com, www.example.com" in finding.sentence
    assert "(its names: a.example.com, b.example.com)" in finding.sentence


def test_a_backend_that_expires_soon_is_a_warning() -> None:
    (finding,) = findings_of(issue("app.example.com", ROOT, not_after=NOW + 7 * DAY).public)

    assert (finding.code, finding.severity) == ("BACKEND_EXPIRES_SOON", "warning")
    assert finding.sentence == "The backend certificate 'CN=app.example.com' expires in 7 days, on 2026-06-08."


def test_an_intermediate_that_is_sent_and_expires_soon_is_a_warning() -> None:
    intermediate = issue_authority("Ending", ROOT, not_after=NOW + 7 * DAY)
    backend = issue("app.example.com", intermediate)

    (finding,) = findings_of(backend.public)

    assert (finding.code, finding.severity) == ("INTERMEDIATE_EXPIRES_SOON", "warning")
    assert finding.sentence.startswith("The backend's intermediate 'CN=Ending' expires in 7 days")
    assert findings_of(backend.alone, authorities=[ROOT, intermediate]) == ()


def test_many_names_are_shortened() -> None:
    backend = named(*(f"n{number}.example.com" for number in range(100)))

    (finding,) = findings_of(backend, host_names=[f"h{number}.example.com" for number in range(7)])

    assert "h4.example.com and 2 more, which clients ask for" in finding.sentence
    assert "n4.example.com and 95 more)" in finding.sentence


def test_each_backend_has_its_own_findings() -> None:
    expired = issue("old.example.com", ROOT, not_after=NOW - DAY)

    findings = findings_of(GOOD.public, expired.public, OF_OTHER.public)

    assert [each.code for each in findings] == ["BACKEND_EXPIRED", "BACKEND_NOT_TRUSTED"]
    assert "'CN=old.example.com'" in findings[0].sentence
    assert "'CN=Other'" in findings[1].sentence


def test_all_that_is_wrong_is_said_at_once() -> None:
    backend = issue("app.example.com", OTHER, not_after=NOW - DAY, extended_key_usage=[CLIENT], key="RSA 1024")

    findings = findings_of(backend.public, host_names=["shop.example.com"])

    assert [each.code for each in findings] == [
        "BACKEND_EXPIRED",
        "BACKEND_SERVER_AUTH_MISSING",
        "WEAK_KEY",
        "BACKEND_NAME_NOT_COVERED",
        "BACKEND_NOT_TRUSTED",
    ]


def test_without_known_authorities_nothing_stops_a_run() -> None:
    expired = issue("app.example.com", OTHER, not_after=NOW - DAY)

    findings = findings_of(expired.public, authorities=None, host_names=["shop.example.com"])

    assert [(each.code, each.severity) for each in findings] == [
        ("BACKEND_EXPIRED", "warning"),
        ("BACKEND_NAME_NOT_COVERED", "warning"),
    ]


def test_a_curve_that_no_load_balancer_offers_fails_without_verification_too() -> None:
    backend = issue("app.example.com", ROOT, key="secp256k1")

    (finding,) = findings_of(backend.public, authorities=None)

    assert (finding.code, finding.severity) == ("UNSUPPORTED_CURVE", "error")


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (OF_OTHER.public, "'CN=Other', which has issued it, is neither in the bundle nor sent by the backend"),
        (OF_INTERMEDIATE.alone, "'CN=Intermediate', which has issued it, is neither in the bundle nor sent"),
        (OF_OTHER.beside(OTHER), "leads to 'CN=Other', which isn't in the pool's certificate authorities"),
        (issue("self.example.com").public, "leads to 'CN=self.example.com', which isn't in the pool's"),
    ],
    ids=["another authority", "intermediate not sent", "another root sent", "self-signed"],
)
def test_why_a_backend_is_not_trusted_is_said(backend: CertificateChain, words: str) -> None:
    (finding,) = findings_of(backend)

    assert finding.code == "BACKEND_NOT_TRUSTED"
    assert words in finding.sentence


def test_why_an_authority_is_refused_is_said() -> None:
    constrained = issue_authority(
        "Constrained", extensions=[(x509.NameConstraints([x509.DNSName("example.org")], None), True)]
    )
    short = issue_authority("Short", path_length=0)
    low = issue_authority("Low", short)
    of_constrained, of_low = issue("app.example.com", constrained), issue("app.example.com", low)

    (name,) = findings_of(of_constrained.public, authorities=[constrained])
    (length,) = findings_of(of_low.public, authorities=[short])

    assert (name.code, length.code) == ("BACKEND_CA_REJECTED", "BACKEND_CA_REJECTED")
    assert "Its path to 'CN=Constrained' doesn't hold: " in name.sentence
    assert "'CN=Short' allows fewer authorities below it" in length.sentence


def test_the_authority_that_is_revoked_is_named() -> None:
    lists = [issue_list(ROOT, [INTERMEDIATE]), issue_list(INTERMEDIATE)]

    (finding,) = findings_of(OF_INTERMEDIATE.public, lists=lists)

    assert finding.code == "BACKEND_REVOKED"
    assert f"'CN=Intermediate' (serial {INTERMEDIATE.certificate.serial_number:x})" in finding.sentence


def test_a_list_that_is_refused_anyway_is_not_said_again_for_each_backend() -> None:
    """`coverage_findings` says it of the pool."""
    assert findings_of(GOOD.public, lists=[issue_list(ROOT, next_update=NOW - DAY)]) == ()


def test_an_authority_without_list_is_said_where_a_backend_needs_it() -> None:
    findings = findings_of(GOOD.public, OF_OTHER.public, authorities=[ROOT, OTHER], lists=[issue_list(ROOT)])

    (finding,) = findings
    assert (finding.code, finding.severity) == ("BACKEND_CA_WITHOUT_CRL", "error")
    assert "There is no revocation list of the certificate authority 'CN=Other'" in finding.sentence


def test_no_path_is_followed_without_end() -> None:
    authorities = [ROOT]
    for number in range(255):
        authorities.append(issue_authority(f"Authority {number}", authorities[-1]))

    findings = findings_of(issue("app.example.com", authorities[-1]).alone, authorities=authorities)

    assert [each.code for each in findings] == ["BACKEND_NOT_TRUSTED"]
