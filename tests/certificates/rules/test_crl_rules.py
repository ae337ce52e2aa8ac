"""Rules of CRLs: findings of each CRL, and CAs of a bundle that have no usable CRL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, CrlBundle, Finding
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.crl import coverage_findings, crl_findings, revoked_findings
from tests.certificates.issuing import NOW, Issued, issue, issue_ca, issue_crl

DAY = timedelta(days=1)
UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

ROOT, OTHER, NEW = (issue_ca(name) for name in ("Root", "Other", "New"))
INTERMEDIATE = issue_ca("Intermediate", ROOT)
REKEYED = issue_ca("Root")
NO_CRL_SIGN = issue_ca("No CRLs", usages=["key_cert_sign"])
ANY_USAGE = issue_ca("Any Usage", usages=None)
EXPIRED = issue_ca("Expired", not_after=NOW - DAY)
PINNED = issue("backend.example.com", usages=None)

CRL = issue_crl(ROOT)
OTHER_CRL, NEW_CRL, INTERMEDIATE_CRL = issue_crl(OTHER), issue_crl(NEW), issue_crl(INTERMEDIATE)
EXPIRED_CRL = issue_crl(ROOT, next_update=NOW - DAY)

Crl = x509.CertificateRevocationList


def scope_limits(**limits: bool) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """Return an issuing distribution point with these flags set."""
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    point = x509.IssuingDistributionPoint(
        full_name=None, relative_name=None, only_some_reasons=None, **{flag: flag in limits for flag in flags}
    )
    return [(point, True)]


def bundle(*cas: Issued) -> CaBundle:
    return CaBundle(tuple(each.certificate for each in cas))


def codes_of(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    assert all(each.code in CODES for each in findings)
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)
    return [(each.code, each.severity) for each in findings]


root_crl = partial(issue_crl, ROOT)
DELTA = root_crl(extensions=[(x509.DeltaCRLIndicator(1), True)])

CRLS: dict[str, tuple[Sequence[Issued], Sequence[Crl], list[tuple[str, str]]]] = {
    "an empty CRL": ([ROOT], [CRL], []),
    "a CRL that revokes": ([ROOT], [root_crl([issue("app.example.com", ROOT)])], []),
    "a CRL of a CA without key usage": ([ANY_USAGE], [issue_crl(ANY_USAGE)], []),
    "expired": ([ROOT], [EXPIRED_CRL], [("CRL_EXPIRED", "error")]),
    "not yet valid": ([ROOT], [root_crl(this_update=NOW + DAY)], [("CRL_NOT_YET_VALID", "error")]),
    "expired next to a fresh one": ([ROOT], [EXPIRED_CRL, CRL], []),
    "not yet valid next to one that is": ([ROOT], [CRL, root_crl(this_update=NOW + DAY)], []),
    "two that have expired": ([ROOT], [EXPIRED_CRL, root_crl(next_update=NOW - 2 * DAY)], [("CRL_EXPIRED", "error")]),
    "of another CA": ([ROOT], [OTHER_CRL], [("CRL_OF_ANOTHER_CA", "error")]),
    "of its name and another key": ([ROOT], [issue_crl(REKEYED)], [("CRL_OF_ANOTHER_CA", "error")]),
    "of its key and another name": ([ROOT], [root_crl(issuer_name="X")], [("CRL_OF_ANOTHER_CA", "error")]),
    "of another CA, expired, in addition": ([ROOT], [CRL, issue_crl(OTHER, next_update=NOW - DAY)], []),
    "of another CA, before its own": ([ROOT], [OTHER_CRL, CRL], [("CRL_OF_ANOTHER_CA", "error")]),
    "of the second CA alone": ([ROOT, OTHER], [OTHER_CRL], [("CRL_OF_ANOTHER_CA", "error")]),
    "of a CA that must not sign CRLs": ([NO_CRL_SIGN], [issue_crl(NO_CRL_SIGN)], [("CRL_SIGN_MISSING", "error")]),
    "an unknown critical extension": (
        [ROOT],
        [root_crl(extensions=[UNKNOWN_EXTENSION])],
        [("CRL_CRITICAL_EXTENSION", "error")],
    ),
    "for CAs only": (
        [ROOT],
        [root_crl(extensions=scope_limits(only_contains_ca_certs=True))],
        [("CRL_SCOPE", "error")],
    ),
    "for users only": (
        [ROOT],
        [root_crl(extensions=scope_limits(only_contains_user_certs=True))],
        [("CRL_SCOPE", "error")],
    ),
    "for attributes only": (
        [ROOT],
        [root_crl(extensions=scope_limits(only_contains_attribute_certs=True))],
        [("CRL_SCOPE", "error")],
    ),
    "indirect": ([ROOT], [root_crl(extensions=scope_limits(indirect_crl=True))], [("CRL_SCOPE", "error")]),
    "one for CAs and one for users": (
        [ROOT],
        [
            root_crl(extensions=scope_limits(only_contains_ca_certs=True)),
            root_crl(extensions=scope_limits(only_contains_user_certs=True)),
        ],
        [],
    ),
    "for CAs only, of a root that issues nothing else": (
        [ROOT, INTERMEDIATE],
        [root_crl(extensions=scope_limits(only_contains_ca_certs=True)), INTERMEDIATE_CRL],
        [],
    ),
    "a delta CRL alone": ([ROOT], [DELTA], [("CRL_DELTA", "error")]),
    "a delta CRL next to the complete one": ([ROOT], [DELTA, CRL], [("CRL_DELTA", "warning")]),
    "a year's CRL with thirty days left": (
        [ROOT],
        [root_crl(next_update=NOW + 30 * DAY, this_update=NOW - 300 * DAY)],
        [("CRL_EXPIRES_SOON", "warning")],
    ),
    "a week's CRL with three days left": ([ROOT], [root_crl(this_update=NOW - 4 * DAY, next_update=NOW + 3 * DAY)], []),
    "a week's CRL with two days left": (
        [ROOT],
        [root_crl(this_update=NOW - 5 * DAY, next_update=NOW + 2 * DAY)],
        [("CRL_EXPIRES_SOON", "warning")],
    ),
}


@pytest.mark.parametrize(("cas", "crls", "expected"), CRLS.values(), ids=CRLS)
def test_each_defect_of_a_crl_has_its_finding(
    cas: Sequence[Issued], crls: Sequence[Crl], expected: list[tuple[str, str]]
) -> None:
    findings = crl_findings(CrlBundle(tuple(crls)), ca=bundle(*cas), now=NOW, expiry_warning_days=None)

    assert codes_of(findings) == expected
    assert {each.property for each in findings} <= {"revocation_list"}


@pytest.mark.parametrize(
    ("crls", "expected"),
    [
        ([CRL, OTHER_CRL], []),
        ([EXPIRED_CRL, CRL], []),
        ([EXPIRED_CRL, OTHER_CRL], [("CRL_EXPIRED", "error")]),
        ([EXPIRED_CRL, issue_crl(REKEYED)], [("CRL_EXPIRED", "error")]),
        ([root_crl(extensions=scope_limits(indirect_crl=True))], [("CRL_SCOPE", "error")]),
        ([root_crl(extensions=scope_limits(only_contains_ca_certs=True))], []),
        ([issue_crl(NO_CRL_SIGN)], []),
    ],
    ids=[
        "two CAs",
        "the fresh one of two is used",
        "one of each CA is used",
        "two CAs of one name",
        "indirect",
        "only for CAs, perhaps of a root",
        "whether the CA is allowed to sign CRLs",
    ],
)
def test_without_the_ca_only_the_crls_are_checked(crls: Sequence[Crl], expected: list[tuple[str, str]]) -> None:
    findings = crl_findings(CrlBundle(tuple(crls)), ca=None, now=NOW, expiry_warning_days=None)

    assert codes_of(findings) == expected


def test_expiry_warning_starts_the_given_number_of_days_before() -> None:
    crls = CrlBundle((root_crl(this_update=NOW - 4 * DAY, next_update=NOW + 3 * DAY),))

    early = crl_findings(crls, ca=None, now=NOW, expiry_warning_days=5)
    late = crl_findings(crls, ca=None, now=NOW, expiry_warning_days=1)

    assert codes_of(early) == [("CRL_EXPIRES_SOON", "warning")]
    assert early[0].sentence.startswith("The CRL of 'CN=Root' expires in 3 days, on 2026-06-04 12:00 UTC")
    assert late == ()


def test_every_crl_error_can_be_accepted_except_one_that_the_api_rejects() -> None:
    codes = {each for each in CODES if each.startswith("CRL_")} - {"CRL_WITHOUT_CA"}

    assert {each for each in codes if not CODES[each].acceptable} == {"CRL_OF_ANOTHER_CA"}


def test_crl_that_revokes_a_certificate_of_the_program_is_a_warning() -> None:
    revoked, other = issue("app.example.com", ROOT, serial_number=0xAB), issue("other.example.com", ROOT)
    same_number = issue("app.example.com", OTHER, serial_number=0xAB)
    crls = CrlBundle((root_crl([revoked]), OTHER_CRL))
    known = [each.certificate for each in (other, revoked, same_number, revoked)]

    (finding,) = revoked_findings(crls, known, property="crl_secret_id")

    assert (finding.code, finding.severity, finding.property) == ("CRL_REVOKES_KNOWN", "warning", "crl_secret_id")
    assert "'CN=app.example.com' (serial ab)" in finding.sentence
    assert codes_of(crl_findings(crls, ca=None, now=NOW, expiry_warning_days=None, known=known)) == [
        ("CRL_REVOKES_KNOWN", "warning")
    ]


COVERAGE: dict[str, tuple[Sequence[Issued], Sequence[Crl], list[tuple[str, str]]]] = {
    "one CA, its CRL": ([ROOT], [CRL], []),
    "two CAs, CRLs of both": ([ROOT, INTERMEDIATE], [CRL, INTERMEDIATE_CRL], []),
    "the other order of CRLs": (
        [ROOT, INTERMEDIATE],
        [INTERMEDIATE_CRL, CRL],
        [("CRL_OF_ANOTHER_CA", "error")],
    ),
    "root and intermediate, CRL of the root": ([ROOT, INTERMEDIATE], [CRL], [("CRL_INCOMPLETE", "warning")]),
    "intermediate and root, CRL of the intermediate": (
        [INTERMEDIATE, ROOT],
        [INTERMEDIATE_CRL],
        [("CRL_INCOMPLETE", "error")],
    ),
    "old and new, CRL of the old": ([ROOT, NEW], [CRL], [("CRL_INCOMPLETE", "warning")]),
    "old and new, CRLs of both": ([ROOT, NEW], [CRL, NEW_CRL], []),
    "new first, CRL of the old": (
        [NEW, ROOT],
        [CRL],
        [("CRL_OF_ANOTHER_CA", "error")],
    ),
    "old, and a new one whose CRL has expired": (
        [ROOT, NEW],
        [CRL, issue_crl(NEW, next_update=NOW - DAY)],
        [("CRL_EXPIRED", "error")],
    ),
    "an expired CA needs none": ([ROOT, EXPIRED], [CRL], []),
    "a certificate that cannot issue needs none": ([ROOT, issue("app.example.com", ROOT)], [CRL], []),
    "a CRL that has expired": ([ROOT], [EXPIRED_CRL], [("CRL_EXPIRED", "error")]),
    "a delta CRL alone": ([ROOT], [DELTA], [("CRL_DELTA", "error")]),
    "a delta CRL next to the complete one": ([ROOT], [CRL, DELTA], []),
    "a CA that must not sign CRLs": ([NO_CRL_SIGN], [issue_crl(NO_CRL_SIGN)], [("CRL_SIGN_MISSING", "error")]),
    "a pinned certificate": ([PINNED], [CRL], [("CRL_OF_ANOTHER_CA", "error")]),
    "a pinned certificate with a CRL of its own": ([PINNED], [issue_crl(PINNED)], []),
    "a renewed CA": ([ROOT, issue_ca("Root", key=ROOT.key)], [CRL], []),
}


@pytest.mark.parametrize(("cas", "crls", "expected"), COVERAGE.values(), ids=COVERAGE)
def test_each_ca_without_a_usable_crl_has_its_finding(
    cas: Sequence[Issued], crls: Sequence[Crl], expected: list[tuple[str, str]]
) -> None:
    findings = coverage_findings(bundle(*cas), CrlBundle(tuple(crls)), now=NOW)

    assert codes_of(findings) == expected
    assert {each.property for each in findings} <= {"crl_secret_id"}


@pytest.mark.parametrize(
    ("crls", "start"),
    [
        ([OTHER_CRL], "No CRL is signed by 'CN=Root', the first CA of the bundle"),
        ([issue_crl(REKEYED)], "The CRL of 'CN=Root', the first CA of the bundle, is signed with another key"),
        ([OTHER_CRL, CRL], "The first CRL is not that of 'CN=Root', the first CA of the bundle"),
    ],
)
def test_message_explains_why_the_first_crl_is_not_that_of_the_ca(crls: Sequence[Crl], start: str) -> None:
    (finding,) = coverage_findings(bundle(ROOT), CrlBundle(tuple(crls)), now=NOW)

    assert finding.sentence.startswith(start)
    assert finding.sentence.endswith(" Gcore rejects such a pool.")
