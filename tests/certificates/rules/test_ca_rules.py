"""Rules of CA bundles: valid bundles, and the findings of each defect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from cryptography import x509

from gcore_tls_provider.certificates import CaBundle, Finding
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.ca import ca_findings
from tests.certificates.issuing import ANY, BEGIN, CLIENT, NOW, SERVER, Issued, issue, issue_ca

DAY = timedelta(days=1)
UNKNOWN_EXTENSION = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)

Build = Callable[[], Sequence[Issued]]


def findings_of(*cas: Issued, repeated: int = 0) -> tuple[Finding, ...]:
    bundle = CaBundle(tuple(each.certificate for each in cas), repeated=repeated)
    return ca_findings(bundle, now=NOW, expiry_warning_days=30)


def below(name: str, issuer: Issued) -> Sequence[Issued]:
    return issuer, issue_ca(name, issuer)


def cross_signed() -> tuple[Issued, Issued, Issued]:
    """Return an old root, a new one, and the new one signed by the old one."""
    old, new = issue_ca("Old"), issue_ca("New")
    return old, new, issue_ca("New", old, key=new.key)


VALID: dict[str, Build] = {
    "a root": lambda: [issue_ca("Root")],
    "a root with an RSA key": lambda: [issue_ca("Root", key="RSA 2048")],
    "a root with an Ed25519 key": lambda: [issue_ca("Root", key="Ed25519")],
    "a root on a curve that servers cannot use": lambda: [issue_ca("Root", key="secp256k1")],
    "a root without any key usage": lambda: [issue_ca("Root", usages=None)],
    "a root without cRLSign": lambda: [issue_ca("Root", usages=["key_cert_sign"])],
    "a root for servers": lambda: [issue_ca("Root", extended_key_usage=[SERVER, CLIENT])],
    "a root that signed itself with SHA-1": lambda: [issue_ca("Root", sha1=True)],
    "a root and an intermediate": lambda: below("Intermediate", issue_ca("Root")),
    "an intermediate and its root": lambda: below("Intermediate", issue_ca("Root"))[::-1],
    "a root that allows one intermediate": lambda: below("Intermediate", issue_ca("Root", path_length=1)),
    "an old and a new root": lambda: [issue_ca("Old"), issue_ca("New")],
    "one name with an old and a new key": lambda: [issue_ca("Root"), issue_ca("Root")],
    "old root, new root and the new one cross-signed": cross_signed,
    "thirty-one days left": lambda: [issue_ca("Root", not_after=NOW + 31 * DAY)],
}

DEFECTS: dict[str, tuple[Build, list[tuple[str, str]]]] = {
    "expired": (lambda: [issue_ca("Root", not_after=NOW)], [("CA_EXPIRED", "error")]),
    "not yet valid": (lambda: [issue_ca("Root", not_before=NOW + DAY)], [("CA_NOT_YET_VALID", "error")]),
    "thirty days left": (
        lambda: [issue_ca("Root", not_after=NOW + 30 * DAY)],
        [("CA_EXPIRES_SOON", "warning")],
    ),
    "all expired": (
        lambda: [issue_ca("A", not_after=NOW - DAY), issue_ca("B", not_after=NOW - 2 * DAY)],
        [("CA_EXPIRED", "error"), ("CA_EXPIRED", "error")],
    ),
    "expired next to a valid one": (
        lambda: [issue_ca("Old", not_after=NOW - DAY), issue_ca("New")],
        [("CA_BUNDLE_ENTRY_EXPIRED", "warning")],
    ),
    "not yet valid next to a valid one": (
        lambda: [issue_ca("Old"), issue_ca("New", not_before=NOW + DAY)],
        [("CA_BUNDLE_ENTRY_NOT_YET_VALID", "warning")],
    ),
    "expires soon next to a valid one": (
        lambda: [issue_ca("Old", not_after=NOW + DAY), issue_ca("New")],
        [("CA_EXPIRES_SOON", "warning")],
    ),
    "expired next to a certificate that is not a CA": (
        lambda: [issue_ca("Old", not_after=NOW - DAY), issue_ca("New", ca=False)],
        [("CA_EXPIRED", "error"), ("NOT_A_CA", "error")],
    ),
    "CA:FALSE": (lambda: [issue_ca("Root", ca=False)], [("NOT_A_CA", "error")]),
    "no basic constraints, no key usage": (
        lambda: [issue_ca("Root", ca=None, usages=None)],
        [("NOT_A_CA", "error")],
    ),
    "no basic constraints, but keyCertSign, which OpenSSL accepts": (
        lambda: [issue_ca("Root", ca=None)],
        [("NOT_A_CA", "warning")],
    ),
    "no keyCertSign": (lambda: [issue_ca("Root", usages=["crl_sign"])], [("CERT_SIGN_MISSING", "error")]),
    "no keyCertSign next to a valid one": (
        lambda: [issue_ca("Root"), issue_ca("Other", usages=["crl_sign"])],
        [("CERT_SIGN_MISSING", "warning")],
    ),
    "only for clients": (
        lambda: [issue_ca("Root", extended_key_usage=[CLIENT])],
        [("CA_SERVER_AUTH_MISSING", "error")],
    ),
    "only for any purpose": (
        lambda: [issue_ca("Root", extended_key_usage=[ANY])],
        [("CA_SERVER_AUTH_MISSING", "error")],
    ),
    "an unknown critical extension": (
        lambda: [issue_ca("Root", extensions=[UNKNOWN_EXTENSION])],
        [("CA_CRITICAL_EXTENSION", "error")],
    ),
    "an RSA key of 1024 bits": (lambda: [issue_ca("Root", key="RSA 1024")], [("WEAK_KEY", "error")]),
    "an intermediate signed with SHA-1 next to its root": (
        lambda: [root := issue_ca("Root"), issue_ca("Intermediate", root, sha1=True)],
        [("WEAK_SIGNATURE", "warning")],
    ),
    "a path length that allows no intermediate": (
        lambda: below("Intermediate", issue_ca("Root", path_length=0)),
        [("CA_PATH_LENGTH", "error")],
    ),
    "an intermediate alone": (
        lambda: below("Intermediate", issue_ca("Root"))[1:],
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "two intermediates without their root": (
        lambda: below("Lower", issue_ca("Upper", issue_ca("Root"))),
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "a cross certificate alone": (lambda: cross_signed()[2:], [("CA_WITHOUT_ROOT", "error")]),
    "a cross certificate before its own root, which is the only one": (
        lambda: cross_signed()[:0:-1],
        [("CA_WITHOUT_ROOT", "error")],
    ),
    "a cross certificate of an unknown CA before its own root, next to another root": (
        lambda: [*cross_signed()[:0:-1], issue_ca("Other")],
        [("CA_WITHOUT_ROOT", "warning")],
    ),
    "an intermediate next to another root": (
        lambda: [*below("Intermediate", issue_ca("Root"))[1:], issue_ca("Other")],
        [("CA_WITHOUT_ROOT", "warning")],
    ),
    "a backend's certificate in the place of its CA's": (
        lambda: [issue("app.example.com", issue_ca("Root"))],
        [("NOT_A_CA", "error"), ("CA_WITHOUT_ROOT", "error")],
    ),
    "a backend's certificate next to its CA's": (
        lambda: [root := issue_ca("Root"), issue("app.example.com", root)],
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
    "one name with two keys, and no key identifier that distinguishes them": (
        lambda: [issue_ca("Root", subject_key_id=False), issue_ca("Root")],
        [("CA_AMBIGUOUS", "warning")],
    ),
}


@pytest.mark.parametrize("build", VALID.values(), ids=VALID)
def test_valid_ca_bundle_has_no_findings(build: Build) -> None:
    assert findings_of(*build()) == ()


@pytest.mark.parametrize(("build", "expected"), DEFECTS.values(), ids=DEFECTS)
def test_each_defect_of_a_ca_has_its_finding(build: Build, expected: list[tuple[str, str]]) -> None:
    findings = findings_of(*build())

    assert [(each.code, each.severity) for each in findings] == expected
    assert {each.property for each in findings} == {"certificate"}
    assert all(CODES[each.code].acceptable for each in findings)
    assert all(each.sentence.endswith(".") and each.remedy.endswith(".") for each in findings)


def test_duplicate_ca_is_a_warning_and_is_not_uploaded() -> None:
    root, other = issue_ca("Root"), issue_ca("Other")

    bundle = CaBundle.parse(root.pem + other.pem + root.pem + root.pem)

    (finding,) = ca_findings(bundle, now=NOW, expiry_warning_days=30)
    assert (finding.code, finding.severity) == ("DUPLICATE_CA", "warning")
    assert "2 in addition to the 2 different ones" in finding.sentence
    assert bundle.to_pem() == root.pem + other.pem
    assert bundle == CaBundle.parse(root.pem + other.pem)


def test_expiry_message_names_the_ca_and_the_date() -> None:
    root = issue_ca("Old Root", not_before=BEGIN, not_after=NOW - 2 * DAY)

    (finding,) = findings_of(root)

    assert finding.sentence == "The CA 'CN=Old Root' expired on 2026-05-30, 2 days ago."


def test_message_names_the_missing_root() -> None:
    root = issue_ca("Root")
    upper = issue_ca("Upper", root)
    lower = issue_ca("Lower", upper)

    (finding,) = findings_of(lower, upper)

    assert "does not contain 'CN=Root', which issued 'CN=Upper'" in finding.sentence


def test_findings_are_on_the_given_property() -> None:
    bundle = CaBundle((issue_ca("Root", ca=False).certificate,))

    (finding,) = ca_findings(bundle, now=NOW, expiry_warning_days=30, property="ca")

    assert finding.property == "ca"
