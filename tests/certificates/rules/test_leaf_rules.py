"""One certificate for each defect of a leaf, with all of its findings."""

from __future__ import annotations

import pytest

from gcore_tls_provider.certificates.rules.leaf import leaf_findings
from tests.certificates.issuing import ANY, CLIENT, NOW, SERVER, issue, issue_ca
from tests.certificates.rules.leaf_cases import (
    DAY,
    LOW,
    POISON,
    ROOT,
    SECOND,
    UNKNOWN_CRITICAL,
    Case,
    error,
    expect_findings,
    expiring_at,
    warning,
)

VALIDITY = [
    Case(
        "expired at this second",
        expiring_at(NOW),
        error("CERTIFICATE_EXPIRED"),
        "'CN=app.example' expired on 2026-06-01",
    ),
    Case(
        "expired ten days ago", expiring_at(NOW - 10 * DAY), error("CERTIFICATE_EXPIRED"), "on 2026-05-22, 10 days ago"
    ),
    Case(
        "not yet valid",
        lambda: issue("app.example", ROOT, not_before=NOW + 360 * SECOND).public,
        error("CERTIFICATE_NOT_YET_VALID"),
        "'CN=app.example' is not valid before 2026-06-01 12:06 UTC, in less than an hour",
    ),
    Case(
        "just issued by a clock that is fast",
        lambda: issue("app.example", ROOT, not_before=NOW + 300 * SECOND).public,
        warning("CERTIFICATE_NOT_YET_VALID"),
        "'CN=app.example' is not valid before 2026-06-01 12:05 UTC, in less than an hour",
    ),
    Case(
        "not yet valid, and then for one day",
        lambda: issue("app.example", ROOT, not_before=NOW + 3 * DAY, not_after=NOW + 4 * DAY).public,
        error("CERTIFICATE_NOT_YET_VALID"),
        "2026-06-04 12:00 UTC, in 3 days",
    ),
    Case(
        "ends in a minute",
        expiring_at(NOW + SECOND),
        warning("CERTIFICATE_EXPIRES_SOON"),
        "less than an hour, on 2026-06-01 12:00 UTC",
    ),
    Case("ends tomorrow", expiring_at(NOW + DAY), warning("CERTIFICATE_EXPIRES_SOON"), "in 1 day, on 2026-06-02"),
    Case(
        "ends in 30 days", expiring_at(NOW + 30 * DAY), warning("CERTIFICATE_EXPIRES_SOON"), "in 30 days, on 2026-07-01"
    ),
    Case("ends in 30 days and a second", expiring_at(NOW + 30 * DAY + SECOND)),
    Case("valid from this second on", lambda: issue("app.example", ROOT, not_before=NOW).public),
]

PURPOSES = [
    Case(
        "listener for clients only",
        lambda: issue("app.example", ROOT, extended_key_usage=[CLIENT]).public,
        error("SERVER_AUTH_MISSING"),
        "lacks serverAuth, and clients reject it",
    ),
    Case(
        "listener for anything",
        lambda: issue("app.example", ROOT, extended_key_usage=[ANY]).public,
        error("SERVER_AUTH_MISSING"),
    ),
    Case("listener without extended key usage", lambda: issue("app.example", ROOT, extended_key_usage=None).public),
    Case("listener for both", lambda: issue("app.example", ROOT, extended_key_usage=[CLIENT, SERVER]).public),
    Case("listener without key usage", lambda: issue("app.example", ROOT, usages=None).public),
    Case(
        "listener that encrypts keys only, as RSA did before TLS 1.3",
        lambda: issue("app.example", ROOT, usages=["key_encipherment"], key="RSA 2048").public,
        warning("DIGITAL_SIGNATURE_MISSING"),
        "some clients, browsers among them, reject it",
    ),
    Case(
        "listener that agrees on keys only",
        lambda: issue("app.example", ROOT, usages=["key_agreement"]).public,
        warning("DIGITAL_SIGNATURE_MISSING"),
    ),
    Case(
        "listener that signs certificates only",
        lambda: issue("app.example", ROOT, usages=["key_cert_sign"]).public,
        error("DIGITAL_SIGNATURE_MISSING"),
        "lacks digitalSignature, and clients reject it",
    ),
    Case(
        "client for servers only",
        lambda: issue("lb.example", ROOT).public,
        error("CLIENT_AUTH_MISSING"),
        "'CN=lb.example' is not for TLS clients: its extended key usage lacks clientAuth, and backends reject it",
        role="client",
    ),
    Case(
        "client for anything",
        lambda: issue("lb.example", ROOT, extended_key_usage=[ANY]).public,
        error("CLIENT_AUTH_MISSING"),
        role="client",
    ),
    Case(
        "client that encrypts keys only",
        lambda: issue("lb.example", ROOT, extended_key_usage=[CLIENT], usages=["key_encipherment"]).public,
        error("DIGITAL_SIGNATURE_MISSING"),
        "backends reject it",
        role="client",
    ),
    Case("good client", lambda: issue("lb.example", ROOT, extended_key_usage=[CLIENT]).public, role="client"),
    Case(
        "client with only a common name",
        lambda: issue("Load balancer", ROOT, extended_key_usage=[CLIENT], dns_names=()).public,
        role="client",
    ),
    Case(
        "client without any usage",
        lambda: issue("lb.example", ROOT, extended_key_usage=None, usages=None, ca=None).public,
        role="client",
    ),
    Case(
        "client for both",
        lambda: issue("lb.example", ROOT, extended_key_usage=[CLIENT, SERVER]).public,
        role="client",
    ),
]

NAMES = [
    Case(
        "listener without DNS names",
        lambda: issue("app.example", ROOT, dns_names=()).public,
        warning("NO_DNS_NAME"),
        "'CN=app.example' has no DNS name",
    ),
    Case(
        "listener with an address only",
        lambda: issue("app.example", ROOT, dns_names=(), ip_addresses=["192.0.2.1"]).public,
        warning("NO_DNS_NAME"),
    ),
    Case(
        "listener without any name",
        lambda: issue(None, ROOT, ip_addresses=["192.0.2.1"], serial_number=0xABC).public,
        error("NO_NAME"),
        "The certificate with the serial number abc has neither",
    ),
    Case(
        "client without any name",
        lambda: issue(None, ROOT, extended_key_usage=[CLIENT]).public,
        error("NO_NAME"),
        "Gcore rejects it",
        role="client",
    ),
    Case("listener without a common name", lambda: issue(None, ROOT, dns_names=["app.example"]).public),
    Case(
        "listener's names cover those that clients use",
        lambda: (
            issue("app.example", ROOT, dns_names=["App.example", "*.app.example"], ip_addresses=["2001:db8::1"]).public
        ),
        host_names=("app.example", "WWW.app.example", "*.app.example", "2001:DB8:0::1"),
    ),
    Case(
        "listener's wildcard covers neither two labels nor none",
        lambda: issue("app.example", ROOT, dns_names=["*.app.example"]).public,
        error("HOST_NAME_NOT_COVERED") * 3,
        "Clients that ask for 'a.b.app.example'",
        host_names=("a.b.app.example", "app.example", "good.app.example", "192.0.2.1"),
    ),
    Case(
        "listener's common name does not count next to DNS names",
        lambda: issue("app.example", ROOT, dns_names=["other.example"]).public,
        error("HOST_NAME_NOT_COVERED"),
        host_names=("app.example",),
    ),
    Case(
        "listener's common name counts alone",
        lambda: issue("app.example", ROOT, dns_names=()).public,
        warning("NO_DNS_NAME"),
        host_names=("app.example",),
    ),
]

FORM = [
    Case(
        "CA as a listener's certificate",
        lambda: issue("app.example", ROOT, ca=True, usages=["digital_signature", "key_cert_sign"]).public,
        warning("CA_AS_LEAF"),
        "'CN=app.example' is a CA certificate",
    ),
    Case(
        "self-signed by `openssl req -x509`",
        lambda: issue("app.example", ca=True, usages=None, extended_key_usage=None).public,
        warning("CA_AS_LEAF"),
    ),
    Case("self-signed", lambda: issue("app.example").public),
    Case("without basic constraints", lambda: issue("app.example", ROOT, ca=None).public),
    Case(
        "unknown critical extension",
        lambda: issue("app.example", ROOT, extensions=[UNKNOWN_CRITICAL]).public,
        error("CRITICAL_EXTENSION"),
        "critical extension 1.3.6.1.4.1.99999.1",
    ),
    Case(
        "precertificate of certificate transparency",
        lambda: issue("app.example", ROOT, extensions=[POISON]).public,
        error("CRITICAL_EXTENSION"),
    ),
    Case(
        "RSA with 1024 bits",
        lambda: issue("app.example", ROOT, key="RSA 1024").public,
        error("WEAK_KEY"),
        "'CN=app.example' has a key of 1024 bits (RSA 1024)",
    ),
    Case("curve secp256k1", lambda: issue("app.example", ROOT, key="secp256k1").public, error("UNSUPPORTED_CURVE")),
    Case(
        "curve P-224", lambda: issue("app.example", ROOT, key="P-224").public, error("UNSUPPORTED_CURVE"), "curve P-224"
    ),
    Case("curve P-384", lambda: issue("app.example", ROOT, key="P-384").public),
    Case("curve P-521", lambda: issue("app.example", ROOT, key="P-521").public),
    Case("RSA with 2048 bits", lambda: issue("app.example", ROOT, key="RSA 2048").public),
    Case(
        "signed with SHA-1 by an EC key",
        lambda: issue("app.example", LOW, sha1=True).public,
        error("WEAK_SIGNATURE"),
        "'CN=app.example' is signed with SHA-1",
    ),
    Case(
        "signed with SHA-1 by an RSA key",
        lambda: issue("app.example", issue_ca("RSA CA", key="RSA 2048"), sha1=True).public,
        error("WEAK_SIGNATURE"),
    ),
    Case("self-signed with SHA-1, which nothing verifies", lambda: issue("app.example", sha1=True).public),
]

ALL = [*VALIDITY, *PURPOSES, *NAMES, *FORM]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_leaf_has_exactly_these_findings(case: Case) -> None:
    expect_findings(case)


def test_case_names_are_unique() -> None:
    names = [case.name for case in ALL]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("days", "codes"), [(0, []), (7, []), (8, ["CERTIFICATE_EXPIRES_SOON"])])
def test_expiry_warning_starts_the_given_number_of_days_before(days: int, codes: list[str]) -> None:
    leaf = issue("app.example", ROOT, not_after=NOW + 8 * DAY).public

    found = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=days)

    assert [each.code for each in found] == codes


def test_expiry_warning_has_the_documented_text() -> None:
    leaf = issue("app.example", ROOT, not_after=NOW + 8 * DAY).public

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert str(finding) == (
        "The certificate 'CN=app.example' expires in 8 days, on 2026-06-09. "
        "Renew it before then: TLS handshakes with an expired one fail."
    )


def test_finding_contains_no_control_characters_of_the_subject() -> None:
    leaf = issue("app\x1b[31m.example", ROOT, dns_names=["app.example"], not_after=NOW).public

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert "\x1b" not in finding.sentence + finding.remedy
