from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, Finding, RevocationLists
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.revocation import coverage_findings, revocation_findings, revoked_findings
from tests.certificates.issuing import NOW, Issued, issue, issue_authority, issue_list

DAY = timedelta(days=1)
UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

ROOT, OTHER, NEW = (issue_authority(name) for name in ("Root", "Other", "New"))
INTERMEDIATE = issue_authority("Intermediate", ROOT)
REKEYED = issue_authority("Root")
NO_LISTS = issue_authority("No Lists", usages=["key_cert_sign"])
ANY_USAGE = issue_authority("Any Usage", usages=None)
EXPIRED = issue_authority("Expired", not_after=NOW - DAY)
PINNED = issue("backend.example.com", usages=None)

LIST = issue_list(ROOT)
OF_OTHER, OF_NEW, OF_INTERMEDIATE = issue_list(OTHER), issue_list(NEW), issue_list(INTERMEDIATE)
OUTDATED = issue_list(ROOT, next_update=NOW - DAY)

List = x509.CertificateRevocationList


def limited(**limits: bool) -> Sequence[tuple[x509.ExtensionType, bool]]:
    """An issuing distribution point with these flags set."""
    flags = ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs")
    point = x509.IssuingDistributionPoint(
        full_name=None, relative_name=None, only_some_reasons=None, **{flag: flag in limits for flag in flags}
    )
    return [(point, True)]


def bundle(*authorities: Issued) -> CaBundle:
    return CaBundle(tuple(each.certificate for each in authorities))


def shown(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    assert all(each.code in CODES for each in findings)
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)
    return [(each.code, each.severity) for each in findings]


odd = partial(issue_list, ROOT)
DELTA = odd(extensions=[(x509.DeltaCRLIndicator(1), True)])

LISTS: dict[str, tuple[Sequence[Issued], Sequence[List], list[tuple[str, str]]]] = {
    "an empty list": ([ROOT], [LIST], []),
    "a list that revokes": ([ROOT], [odd([issue("app.example.com", ROOT)])], []),
    "a list of an authority without key usage": ([ANY_USAGE], [issue_list(ANY_USAGE)], []),
    "expired": ([ROOT], [OUTDATED], [("CRL_EXPIRED", "error")]),
    "not yet valid": ([ROOT], [odd(this_update=NOW + DAY)], [("CRL_NOT_YET_VALID", "error")]),
    "expired beside a fresh one": ([ROOT], [OUTDATED, LIST], []),
    "not yet valid beside one that is": ([ROOT], [LIST, odd(this_update=NOW + DAY)], []),
    "two that have expired": ([ROOT], [OUTDATED, odd(next_update=NOW - 2 * DAY)], [("CRL_EXPIRED", "error")]),
    "of another authority": ([ROOT], [OF_OTHER], [("CRL_OF_ANOTHER_CA", "error")]),
    "of its name and another key": ([ROOT], [issue_list(REKEYED)], [("CRL_OF_ANOTHER_CA", "error")]),
    "of its key and another name": ([ROOT], [odd(issuer_name="X")], [("CRL_OF_ANOTHER_CA", "error")]),
    "a stranger's, expired, in addition": ([ROOT], [LIST, issue_list(OTHER, next_update=NOW - DAY)], []),
    "a stranger's before its own": ([ROOT], [OF_OTHER, LIST], [("CRL_OF_ANOTHER_CA", "error")]),
    "of the second authority alone": ([ROOT, OTHER], [OF_OTHER], [("CRL_OF_ANOTHER_CA", "error")]),
    "of an authority that mustn't sign lists": ([NO_LISTS], [issue_list(NO_LISTS)], [("CRL_SIGN_MISSING", "error")]),
    "an unknown critical extension": (
        [ROOT],
        [odd(extensions=[UNKNOWN_EXTENSION])],
        [("CRL_CRITICAL_EXTENSION", "error")],
    ),
    "for authorities only": ([ROOT], [odd(extensions=limited(only_contains_ca_certs=True))], [("CRL_SCOPE", "error")]),
    "for users only": ([ROOT], [odd(extensions=limited(only_contains_user_certs=True))], [("CRL_SCOPE", "error")]),
    "for attributes only": (
        [ROOT],
        [odd(extensions=limited(only_contains_attribute_certs=True))],
        [("CRL_SCOPE", "error")],
    ),
    "indirect": ([ROOT], [odd(extensions=limited(indirect_crl=True))], [("CRL_SCOPE", "error")]),
    "one for authorities and one for users": (
        [ROOT],
        [odd(extensions=limited(only_contains_ca_certs=True)), odd(extensions=limited(only_contains_user_certs=True))],
        [],
    ),
    "for authorities only, of a root that issues nothing else": (
        [ROOT, INTERMEDIATE],
        [odd(extensions=limited(only_contains_ca_certs=True)), OF_INTERMEDIATE],
        [],
    ),
    "a delta list alone": ([ROOT], [DELTA], [("CRL_DELTA", "error")]),
    "a delta list beside the complete one": ([ROOT], [DELTA, LIST], [("CRL_DELTA", "warning")]),
    "a year's list with thirty days left": (
        [ROOT],
        [odd(next_update=NOW + 30 * DAY, this_update=NOW - 300 * DAY)],
        [("CRL_EXPIRES_SOON", "warning")],
    ),
    "a week's list with three days left": ([ROOT], [odd(this_update=NOW - 4 * DAY, next_update=NOW + 3 * DAY)], []),
    "a week's list with two days left": (
        [ROOT],
        [odd(this_update=NOW - 5 * DAY, next_update=NOW + 2 * DAY)],
        [("CRL_EXPIRES_SOON", "warning")],
    ),
}


@pytest.mark.parametrize(("authorities", "lists", "expected"), LISTS.values(), ids=LISTS)
def test_each_list_has_its_findings(
    authorities: Sequence[Issued], lists: Sequence[List], expected: list[tuple[str, str]]
) -> None:
    findings = revocation_findings(
        RevocationLists(tuple(lists)), ca=bundle(*authorities), now=NOW, expiry_warning_days=None
    )

    assert shown(findings) == expected
    assert {each.property for each in findings} <= {"revocation_list"}


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([LIST, OF_OTHER], []),
        ([OUTDATED, LIST], []),
        ([OUTDATED, OF_OTHER], [("CRL_EXPIRED", "error")]),
        ([OUTDATED, issue_list(REKEYED)], [("CRL_EXPIRED", "error")]),
        ([odd(extensions=limited(indirect_crl=True))], [("CRL_SCOPE", "error")]),
        ([odd(extensions=limited(only_contains_ca_certs=True))], []),
        ([issue_list(NO_LISTS)], []),
    ],
    ids=[
        "two authorities",
        "the fresh one of two counts",
        "each authority's counts",
        "two authorities of one name",
        "indirect",
        "for authorities only, perhaps of a root",
        "whether the authority may sign lists",
    ],
)
def test_without_the_authority_only_the_lists_themselves_are_judged(
    lists: Sequence[List], expected: list[tuple[str, str]]
) -> None:
    findings = revocation_findings(RevocationLists(tuple(lists)), ca=None, now=NOW, expiry_warning_days=None)

    assert shown(findings) == expected


def test_a_warning_can_begin_earlier_or_later() -> None:
    lists = RevocationLists((odd(this_update=NOW - 4 * DAY, next_update=NOW + 3 * DAY),))

    early = revocation_findings(lists, ca=None, now=NOW, expiry_warning_days=5)
    late = revocation_findings(lists, ca=None, now=NOW, expiry_warning_days=1)

    assert shown(early) == [("CRL_EXPIRES_SOON", "warning")]
    assert early[0].sentence.startswith("The revocation list of 'CN=Root' expires in 3 days, on 2026-06-04 12:00 UTC")
    assert late == ()


def test_only_what_the_api_refuses_cannot_be_accepted() -> None:
    codes = {each for each in CODES if each.startswith("CRL_")} - {"CRL_WITHOUT_CA"}

    assert {each for each in codes if not CODES[each].acceptable} == {"CRL_OF_ANOTHER_CA"}


def test_a_list_that_revokes_a_certificate_of_the_program_is_a_warning() -> None:
    revoked, other = issue("app.example.com", ROOT, serial_number=0xAB), issue("other.example.com", ROOT)
    same_number = issue("app.example.com", OTHER, serial_number=0xAB)
    lists = RevocationLists((odd([revoked]), OF_OTHER))
    known = [each.certificate for each in (other, revoked, same_number, revoked)]

    (finding,) = revoked_findings(lists, known, property="crl_secret_id")

    assert (finding.code, finding.severity, finding.property) == ("CRL_REVOKES_KNOWN", "warning", "crl_secret_id")
    assert "'CN=app.example.com' (serial ab)" in finding.sentence
    assert shown(revocation_findings(lists, ca=None, now=NOW, expiry_warning_days=None, known=known)) == [
        ("CRL_REVOKES_KNOWN", "warning")
    ]


COVERAGE: dict[str, tuple[Sequence[Issued], Sequence[List], list[tuple[str, str]]]] = {
    "one authority, its list": ([ROOT], [LIST], []),
    "two authorities, lists of both": ([ROOT, INTERMEDIATE], [LIST, OF_INTERMEDIATE], []),
    "the other order of lists": (
        [ROOT, INTERMEDIATE],
        [OF_INTERMEDIATE, LIST],
        [("CRL_OF_ANOTHER_CA", "error")],
    ),
    "root and intermediate, list of the root": ([ROOT, INTERMEDIATE], [LIST], [("CRL_INCOMPLETE", "warning")]),
    "intermediate and root, list of the intermediate": (
        [INTERMEDIATE, ROOT],
        [OF_INTERMEDIATE],
        [("CRL_INCOMPLETE", "error")],
    ),
    "old and new, list of the old": ([ROOT, NEW], [LIST], [("CRL_INCOMPLETE", "warning")]),
    "old and new, lists of both": ([ROOT, NEW], [LIST, OF_NEW], []),
    "new first, list of the old": (
        [NEW, ROOT],
        [LIST],
        [("CRL_OF_ANOTHER_CA", "error")],
    ),
    "old, and a new one whose list has expired": (
        [ROOT, NEW],
        [LIST, issue_list(NEW, next_update=NOW - DAY)],
        [("CRL_EXPIRED", "error")],
    ),
    "an expired authority needs none": ([ROOT, EXPIRED], [LIST], []),
    "a certificate that can't issue needs none": ([ROOT, issue("app.example.com", ROOT)], [LIST], []),
    "a list that has expired": ([ROOT], [OUTDATED], [("CRL_EXPIRED", "error")]),
    "a delta list alone": ([ROOT], [DELTA], [("CRL_DELTA", "error")]),
    "a delta list beside the complete one": ([ROOT], [LIST, DELTA], []),
    "an authority that mustn't sign lists": ([NO_LISTS], [issue_list(NO_LISTS)], [("CRL_SIGN_MISSING", "error")]),
    "a pinned certificate": ([PINNED], [LIST], [("CRL_OF_ANOTHER_CA", "error")]),
    "a pinned certificate with a list of its own": ([PINNED], [issue_list(PINNED)], []),
    "a renewed authority": ([ROOT, issue_authority("Root", key=ROOT.key)], [LIST], []),
}


@pytest.mark.parametrize(("authorities", "lists", "expected"), COVERAGE.values(), ids=COVERAGE)
def test_each_authority_needs_a_list(
    authorities: Sequence[Issued], lists: Sequence[List], expected: list[tuple[str, str]]
) -> None:
    findings = coverage_findings(bundle(*authorities), RevocationLists(tuple(lists)), now=NOW)

    assert shown(findings) == expected
    assert {each.property for each in findings} <= {"crl_secret_id"}


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ([OF_OTHER], "No list in it is signed by the certificate authority 'CN=Root'"),
        ([issue_list(REKEYED)], "The list of 'CN=Root' is signed with another key"),
        ([OF_OTHER, LIST], "The first list isn't that of the certificate authority 'CN=Root'"),
    ],
)
def test_why_a_list_is_not_that_of_the_authority_is_said(lists: Sequence[List], words: str) -> None:
    (finding,) = coverage_findings(bundle(ROOT), RevocationLists(tuple(lists)), now=NOW)

    assert finding.sentence.startswith(words)
    assert finding.sentence.endswith(", and Gcore refuses such a pool.")
