from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, Finding
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.authority import authority_findings
from tests.certificates.issuing import ANY, BEGIN, CLIENT, NOW, SERVER, Issued, issue, issue_authority

DAY = timedelta(days=1)
UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

Build = Callable[[], Sequence[Issued]]


def findings_of(*authorities: Issued, repeated: int = 0) -> tuple[Finding, ...]:
    bundle = CaBundle(tuple(each.certificate for each in authorities), repeated=repeated)
    return authority_findings(bundle, now=NOW, expiry_warning_days=30)


def below(name: str, issuer: Issued) -> Sequence[Issued]:
    return issuer, issue_authority(name, issuer)


def cross_signed() -> tuple[Issued, Issued, Issued]:
    """An old root, a new one, and the new one signed by the old."""
    old, new = issue_authority("Old"), issue_authority("New")
    return old, new, issue_authority("New", old, key=new.key)


GOOD: dict[str, Build] = {
    "a root": lambda: [issue_authority("Root")],
    "a root with an RSA key": lambda: [issue_authority("Root", key="RSA 2048")],
    "a root with an Ed25519 key": lambda: [issue_authority("Root", key="Ed25519")],
    "a root on a curve that servers can't use": lambda: [issue_authority("Root", key="secp256k1")],
    "a root without any key usage": lambda: [issue_authority("Root", usages=None)],
    "a root without cRLSign": lambda: [issue_authority("Root", usages=["key_cert_sign"])],
    "a root that serves servers": lambda: [issue_authority("Root", extended_key_usage=[SERVER, CLIENT])],
    "a root that signed itself with SHA-1": lambda: [issue_authority("Root", sha1=True)],
    "a root and an intermediate": lambda: below("Intermediate", issue_authority("Root")),
    "an intermediate and its root": lambda: below("Intermediate", issue_authority("Root"))[::-1],
    "a root that allows one intermediate": lambda: below("Intermediate", issue_authority("Root", path_length=1)),
    "an old and a new root": lambda: [issue_authority("Old"), issue_authority("New")],
    "one name with an old and a new key": lambda: [issue_authority("Root"), issue_authority("Root")],
    "old root, new root and the new one cross-signed": cross_signed,
    "thirty-one days left": lambda: [issue_authority("Root", not_after=NOW + 31 * DAY)],
}

WRONG: dict[str, tuple[Build, list[tuple[str, str]]]] = {
    "expired": (lambda: [issue_authority("Root", not_after=NOW)], [("CA_EXPIRED", "error")]),
    "not yet valid": (lambda: [issue_authority("Root", not_before=NOW + DAY)], [("CA_NOT_YET_VALID", "error")]),
    "thirty days left": (
        lambda: [issue_authority("Root", not_after=NOW + 30 * DAY)],
        [("CA_EXPIRES_SOON", "warning")],
    ),
    "all expired": (
        lambda: [issue_authority("A", not_after=NOW - DAY), issue_authority("B", not_after=NOW - 2 * DAY)],
        [("CA_EXPIRED", "error"), ("CA_EXPIRED", "error")],
    ),
    "expired beside a good one": (
        lambda: [issue_authority("Old", not_after=NOW - DAY), issue_authority("New")],
        [("CA_BUNDLE_ENTRY_EXPIRED", "warning")],
    ),
    "not yet valid beside a good one": (
        lambda: [issue_authority("Old"), issue_authority("New", not_before=NOW + DAY)],
        [("CA_BUNDLE_ENTRY_NOT_YET_VALID", "warning")],
    ),
    "expires soon beside a good one": (
        lambda: [issue_authority("Old", not_after=NOW + DAY), issue_authority("New")],
        [("CA_EXPIRES_SOON", "warning")],
    ),
    "expired beside one that isn't an authority": (
        lambda: [issue_authority("Old", not_after=NOW - DAY), issue_authority("New", ca=False)],
        [("CA_EXPIRED", "error"), ("NOT_A_CA", "error")],
    ),
    "CA:FALSE": (lambda: [issue_authority("Root", ca=False)], [("NOT_A_CA", "error")]),
    "no basic constraints, no key usage": (
        lambda: [issue_authority("Root", ca=None, usages=None)],
        [("NOT_A_CA", "error")],
    ),
    "no basic constraints, but keyCertSign, which OpenSSL takes": (
        lambda: [issue_authority("Root", ca=None)],
        [("NOT_A_CA", "warning")],
    ),
    "no keyCertSign": (lambda: [issue_authority("Root", usages=["crl_sign"])], [("CERT_SIGN_MISSING", "error")]),
    "no keyCertSign beside a good one": (
        lambda: [issue_authority("Root"), issue_authority("Other", usages=["crl_sign"])],
        [("CERT_SIGN_MISSING", "warning")],
    ),
    "serves clients only": (
        lambda: [issue_authority("Root", extended_key_usage=[CLIENT])],
        [("CA_SERVER_AUTH_MISSING", "error")],
    ),
    "serves any purpose only": (
        lambda: [issue_authority("Root", extended_key_usage=[ANY])],
        [("CA_SERVER_AUTH_MISSING", "error")],
    ),
    "an unknown critical extension": (
        lambda: [issue_authority("Root", extensions=[UNKNOWN_EXTENSION])],
        [("CA_CRITICAL_EXTENSION", "error")],
    ),
    "an RSA key of 1024 bits": (lambda: [issue_authority("Root", key="RSA 1024")], [("WEAK_KEY", "error")]),
    "an intermediate signed with SHA-1 beside its root": (
        lambda: [root := issue_authority("Root"), issue_authority("Intermediate", root, sha1=True)],
        [("WEAK_SIGNATURE", "warning")],
    ),
    "a path length that allows no intermediate": (
        lambda: below("Intermediate", issue_authority("Root", path_length=0)),
        [("CA_PATH_LENGTH", "error")],
    ),
    "an intermediate alone": (
        lambda: below("Intermediate", issue_authority("Root"))[1:],
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "two intermediates without their root": (
        lambda: below("Lower", issue_authority("Upper", issue_authority("Root"))),
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "a cross certificate alone": (lambda: cross_signed()[2:], [("CA_WITHOUT_ROOT", "error")]),
    "a cross certificate before its own root, which is the only one": (
        lambda: cross_signed()[:0:-1],
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "a cross certificate of a stranger before its own root, beside another root": (
        lambda: [*cross_signed()[:0:-1], issue_authority("Other")],
        [("CA_WITHOUT_ROOT", "warning")],
    ),
    "an intermediate beside a stranger's root": (
        lambda: [*below("Intermediate", issue_authority("Root"))[1:], issue_authority("Other")],
        [("CA_WITHOUT_ROOT", "warning")],
    ),
    "a backend's certificate in place of its authority's": (
        lambda: [issue("app.example.com", issue_authority("Root"))],
        [("NOT_A_CA", "error"), ("CA_WITHOUT_ROOT", "error")],
    ),
    "a backend's certificate beside its authority's": (
        lambda: [root := issue_authority("Root"), issue("app.example.com", root)],
        [("NOT_A_CA", "warning")],
    ),
    "a self-signed backend certificate": (
        lambda: [issue("app.example.com")],
        [("PINNED_CERTIFICATE", "warning")],
    ),
    "a self-signed backend certificate that has expired": (
        lambda: [issue("app.example.com", not_after=NOW - DAY)],
        [("CA_EXPIRED", "error"), ("PINNED_CERTIFICATE", "warning")],
    ),
    "one name with two keys, and nothing that tells them apart": (
        lambda: [issue_authority("Root", subject_key_id=False), issue_authority("Root")],
        [("CA_AMBIGUOUS", "warning")],
    ),
}


@pytest.mark.parametrize("build", GOOD.values(), ids=GOOD)
def test_good_authorities_have_no_findings(build: Build) -> None:
    assert findings_of(*build()) == ()


@pytest.mark.parametrize(("build", "expected"), WRONG.values(), ids=WRONG)
def test_each_wrong_authority_has_its_findings(build: Build, expected: list[tuple[str, str]]) -> None:
    findings = findings_of(*build())

    assert [(each.code, each.severity) for each in findings] == expected
    assert {each.property for each in findings} == {"certificate"}
    assert all(CODES[each.code].acceptable for each in findings)
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)


def test_a_repetition_is_a_warning_and_not_uploaded() -> None:
    root, other = issue_authority("Root"), issue_authority("Other")

    bundle = CaBundle.parse(root.pem + other.pem + root.pem + root.pem)

    (finding,) = authority_findings(bundle, now=NOW, expiry_warning_days=30)
    assert (finding.code, finding.severity) == ("DUPLICATE_CA", "warning")
    assert "2 more than the 2" in finding.sentence
    assert bundle.to_pem() == root.pem + other.pem
    assert bundle == CaBundle.parse(root.pem + other.pem)


def test_a_sentence_names_the_authority_and_the_date() -> None:
    root = issue_authority("Old Root", not_before=BEGIN, not_after=NOW - 2 * DAY)

    (finding,) = findings_of(root)

    assert finding.sentence == "The certificate authority 'CN=Old Root' expired on 2026-05-30, 2 days ago."


def test_a_missing_root_is_named() -> None:
    root = issue_authority("Root")
    upper = issue_authority("Upper", root)
    lower = issue_authority("Lower", upper)

    (finding,) = findings_of(lower, upper)

    assert "doesn't hold 'CN=Root', which has issued 'CN=Upper'" in finding.sentence


def test_a_property_can_be_named() -> None:
    bundle = CaBundle((issue_authority("Root", ca=False).certificate,))

    (finding,) = authority_findings(bundle, now=NOW, expiry_warning_days=30, property="ca")

    assert finding.property == "ca"
