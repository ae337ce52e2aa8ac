"""One certificate per way in which a leaf or its chain can be wrong, each with all that is said about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from gcore_tls_provider.certificates import Finding
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.codes import CODES
from gcore_tls_provider.certificates.rules.leaf import LeafRole, leaf_findings
from tests.certificates.issuing import ANY, CLIENT, NOW, SERVER, Issued, issue, issue_authority

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
"""The list of timestamps of certificate transparency, empty."""

ROOT = issue_authority("Root CA")
MIDDLE = issue_authority("Middle CA", ROOT)
LOW = issue_authority("Low CA", MIDDLE)
STRANGER = issue_authority("Stranger CA")


@dataclass(frozen=True)
class Case:
    """A leaf and what is expected: the code and severity of each finding, and a part of the first sentence."""

    name: str
    chain: Callable[[], CertificateChain]
    expected: tuple[tuple[str, str], ...] = ()
    says: str = ""
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


def ending(end: datetime) -> Callable[[], CertificateChain]:
    return lambda: issue("app.example", ROOT, not_after=end).public


def below(intermediate: Issued) -> CertificateChain:
    return issue("app.example", intermediate).public


def renewed_with_other_key(authority: Issued) -> Issued:
    return issue_authority(authority.certificate.subject.rfc4514_string().removeprefix("CN="), ROOT)


def cross_signed() -> CertificateChain:
    """A new root, and the same name and key signed by an old one: two paths, and all of them belong."""
    new_root = issue_authority("New Root CA")
    cross = issue_authority("New Root CA", ROOT, key=new_root.key)
    return issue("app.example", new_root).beside(cross, new_root, ROOT)


def expired_root_sent() -> CertificateChain:
    root = issue_authority("Old Root CA", not_after=NOW - DAY)
    return issue("app.example", root).beside(root)


def aged_root_sent() -> CertificateChain:
    root = issue_authority("Aged Root CA", sha1=True)
    return issue("app.example", root).beside(root)


VALIDITY = [
    Case("expired at this second", ending(NOW), error("CERTIFICATE_EXPIRED"), "'CN=app.example' expired on 2026-06-01"),
    Case("expired ten days ago", ending(NOW - 10 * DAY), error("CERTIFICATE_EXPIRED"), "on 2026-05-22, 10 days ago"),
    Case(
        "not yet valid",
        lambda: issue("app.example", ROOT, not_before=NOW + 360 * SECOND).public,
        error("CERTIFICATE_NOT_YET_VALID"),
        "'CN=app.example' isn't valid before 2026-06-01 12:06 UTC, in less than an hour",
    ),
    Case(
        "just issued by a clock that goes before",
        lambda: issue("app.example", ROOT, not_before=NOW + 300 * SECOND).public,
        warning("CERTIFICATE_NOT_YET_VALID"),
        "'CN=app.example' isn't valid before 2026-06-01 12:05 UTC, in less than an hour",
    ),
    Case(
        "not yet valid, and never for long",
        lambda: issue("app.example", ROOT, not_before=NOW + 3 * DAY, not_after=NOW + 4 * DAY).public,
        error("CERTIFICATE_NOT_YET_VALID"),
        "2026-06-04 12:00 UTC, in 3 days",
    ),
    Case(
        "ends in a minute",
        ending(NOW + SECOND),
        warning("CERTIFICATE_EXPIRES_SOON"),
        "less than an hour, on 2026-06-01 12:00 UTC",
    ),
    Case("ends tomorrow", ending(NOW + DAY), warning("CERTIFICATE_EXPIRES_SOON"), "in 1 day, on 2026-06-02"),
    Case("ends in 30 days", ending(NOW + 30 * DAY), warning("CERTIFICATE_EXPIRES_SOON"), "in 30 days, on 2026-07-01"),
    Case("ends in 30 days and a second", ending(NOW + 30 * DAY + SECOND)),
    Case("valid from this second on", lambda: issue("app.example", ROOT, not_before=NOW).public),
]

PURPOSES = [
    Case(
        "listener for clients only",
        lambda: issue("app.example", ROOT, extended_key_usage=[CLIENT]).public,
        error("SERVER_AUTH_MISSING"),
        "lacks serverAuth, and clients refuse it",
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
        "some clients, browsers among them, refuse it",
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
        "lacks digitalSignature, and clients refuse it",
    ),
    Case(
        "client for servers only",
        lambda: issue("lb.example", ROOT).public,
        error("CLIENT_AUTH_MISSING"),
        "'CN=lb.example' isn't meant for TLS clients: its extended key usage lacks clientAuth, and backends refuse it",
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
        "backends refuse it",
        role="client",
    ),
    Case("good client", lambda: issue("lb.example", ROOT, extended_key_usage=[CLIENT]).public, role="client"),
    Case(
        "client without names but its common one",
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
        "Gcore refuses it",
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
        "listener's wildcard doesn't cover two labels, nor none",
        lambda: issue("app.example", ROOT, dns_names=["*.app.example"]).public,
        error("HOST_NAME_NOT_COVERED") * 3,
        "Clients that ask for 'a.b.app.example'",
        host_names=("a.b.app.example", "app.example", "good.app.example", "192.0.2.1"),
    ),
    Case(
        "listener's common name doesn't count beside DNS names",
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
        "authority as a listener's certificate",
        lambda: issue("app.example", ROOT, ca=True, usages=["digital_signature", "key_cert_sign"]).public,
        warning("CA_AS_LEAF"),
        "'CN=app.example' is that of an authority",
    ),
    Case(
        "self-signed as `openssl req -x509` makes it",
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
        lambda: issue("app.example", issue_authority("RSA CA", key="RSA 2048"), sha1=True).public,
        error("WEAK_SIGNATURE"),
    ),
    Case("self-signed with SHA-1, which nobody looks at", lambda: issue("app.example", sha1=True).public),
]

CHAINS = [
    Case("two intermediates", lambda: below(LOW)),
    Case("in the wrong order, as it is sorted", lambda: issue("app.example", LOW).beside(MIDDLE, LOW)),
    Case("root sent", lambda: issue("app.example", LOW).beside(LOW, MIDDLE, ROOT)),
    Case("expired root sent", expired_root_sent),
    Case("ends at an intermediate, whose issuer may be the root", lambda: issue("app.example", LOW).beside(LOW)),
    Case("cross certificate beside the roots of both paths", cross_signed),
    Case("issued by a private root", lambda: issue("app.example", ROOT).alone),
    Case(
        "issued by a private intermediate that isn't sent, as nobody can know", lambda: issue("app.example", LOW).alone
    ),
    Case(
        "private authorities with Ed25519 keys, which the verifier doesn't take",
        lambda: below(issue_authority("Ed25519 CA", issue_authority("Ed25519 Root CA", key="Ed25519"), key="Ed25519")),
    ),
    Case(
        "intermediate without key usage and key identifiers",
        lambda: below(issue_authority("Bare CA", ROOT, usages=None, subject_key_id=False, authority_key_id=False)),
    ),
    Case(
        "intermediate for anything",
        lambda: below(issue_authority("Any CA", ROOT, extended_key_usage=[ANY])),
        error("INTERMEDIATE_PURPOSE"),
    ),
    Case("intermediate for both", lambda: below(issue_authority("TLS CA", ROOT, extended_key_usage=[CLIENT, SERVER]))),
    Case(
        "constraints on names of another kind, which the verifier doesn't know",
        lambda: below(issue_authority("Own CA", ROOT, extensions=[ONLY_OWN_SUBJECT])),
    ),
    Case(
        "names within the intermediate's constraints",
        lambda: issue("www.other.example", issue_authority("Bound CA", ROOT, extensions=[ONLY_OTHER_NAMES])).public,
    ),
    Case(
        "publicly trusted, and its intermediate not sent",
        lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").alone,
        warning("INTERMEDIATE_MISSING"),
        "its issuer 'CN=Low CA' isn't sent with 'CN=app.example'",
    ),
    Case(
        "says where its intermediate is, and it isn't sent",
        lambda: issue("app.example", LOW, issuers_url="http://ca.example/low.der").alone,
        warning("INTERMEDIATE_MISSING"),
    ),
    Case(
        "logged publicly, and its intermediate not sent",
        lambda: issue("app.example", LOW, extensions=[NO_TIMESTAMPS]).alone,
        warning("INTERMEDIATE_MISSING"),
    ),
    Case("self-signed, and says where it is", lambda: issue("app.example", issuers_url="http://ca.example/a").alone),
    Case(
        "root of the right name with another key beside the root",
        lambda: issue("app.example", ROOT).beside(ROOT, issue_authority("Root CA")),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "client's intermediate not sent",
        lambda: issue("lb.example", LOW, extended_key_usage=[CLIENT], issuers_url="http://ca.example/low.der").alone,
        warning("INTERMEDIATE_MISSING"),
        role="client",
    ),
    Case("publicly trusted, its intermediate sent", lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").public),
    Case("policy of its own authority", lambda: issue("app.example", ROOT, policy="1.3.6.1.4.1.99999.2").alone),
    Case(
        "stranger in the chain",
        lambda: issue("app.example", LOW).beside(LOW, MIDDLE, STRANGER),
        warning("UNRELATED_IN_CHAIN"),
        "'CN=Stranger CA' hasn't issued 'CN=app.example'",
    ),
    Case(
        "somebody else's leaf in the chain",
        lambda: issue("app.example", ROOT).beside(issue("other.example", ROOT)),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "link between leaf and chain missing",
        lambda: issue("app.example", LOW).beside(MIDDLE),
        warning("UNRELATED_IN_CHAIN"),
        "'CN=Middle CA' hasn't issued",
    ),
    Case(
        "link missing, of a publicly trusted one",
        lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").beside(MIDDLE),
        warning("UNRELATED_IN_CHAIN") + warning("INTERMEDIATE_MISSING"),
    ),
    Case(
        "issuer of the right name with another key",
        lambda: issue("app.example", MIDDLE).beside(renewed_with_other_key(MIDDLE)),
        warning("ISSUER_WITH_OTHER_KEY"),
        "'CN=Middle CA' has the name of the issuer of 'CN=app.example', but another key",
    ),
    Case(
        "second issuer of the right name with another key",
        lambda: issue("app.example", LOW).beside(LOW, renewed_with_other_key(MIDDLE)),
        warning("ISSUER_WITH_OTHER_KEY"),
        "the name of the issuer of 'CN=Low CA'",
    ),
    Case(
        "right issuer beside one of its name with another key",
        lambda: issue("app.example", MIDDLE).beside(renewed_with_other_key(MIDDLE), MIDDLE),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "expired intermediate",
        lambda: below(issue_authority("Old CA", ROOT, not_after=NOW - DAY)),
        error("INTERMEDIATE_EXPIRED"),
        "The intermediate 'CN=Old CA' expired on 2026-05-31, 1 day ago",
    ),
    Case(
        "intermediate that isn't valid yet",
        lambda: below(issue_authority("Next CA", ROOT, not_before=NOW + DAY)),
        error("INTERMEDIATE_NOT_YET_VALID"),
    ),
    Case(
        "intermediate that ends soon",
        lambda: below(issue_authority("Old CA", ROOT, not_after=NOW + 7 * DAY)),
        warning("INTERMEDIATE_EXPIRES_SOON"),
        "The intermediate 'CN=Old CA' expires in 7 days",
    ),
    Case(
        "intermediate that isn't an authority",
        lambda: below(issue_authority("Not A CA", ROOT, ca=False)),
        error("INTERMEDIATE_NOT_CA"),
        "'CN=Not A CA' has issued a certificate of the chain, but isn't an authority: it lacks CA:TRUE",
    ),
    Case(
        "intermediate without basic constraints",
        lambda: below(issue_authority("Not A CA", ROOT, ca=None)),
        error("INTERMEDIATE_NOT_CA"),
    ),
    Case(
        "intermediate that must not sign certificates",
        lambda: below(issue_authority("Lists CA", ROOT, usages=["crl_sign"])),
        error("INTERMEDIATE_NOT_CA"),
        "it lacks keyCertSign",
    ),
    Case(
        "intermediate with an unknown critical extension",
        lambda: below(issue_authority("Odd CA", ROOT, extensions=[UNKNOWN_CRITICAL])),
        error("CRITICAL_EXTENSION"),
        "The intermediate 'CN=Odd CA' has the critical extension",
    ),
    Case(
        "intermediate with RSA 1024",
        lambda: below(issue_authority("Weak CA", ROOT, key="RSA 1024")),
        error("WEAK_KEY"),
        "'CN=Weak CA' has a key of 1024 bits",
    ),
    Case(
        "intermediate signed with SHA-1",
        lambda: below(issue_authority("Aged CA", ROOT, sha1=True)),
        error("WEAK_SIGNATURE"),
        "'CN=Aged CA' is signed with SHA-1",
    ),
    Case(
        "root signed with SHA-1 sent",
        aged_root_sent,
    ),
    Case(
        "stranger with a weak key, which HAProxy refuses too",
        lambda: issue("app.example", ROOT).beside(issue_authority("Weak CA", key="RSA 1024")),
        error("WEAK_KEY") + warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "longer than an intermediate allows",
        lambda: below(issue_authority("Sub CA", issue_authority("Short CA", ROOT, path_length=0))),
        error("CHAIN_REFUSED"),
        "The chain of 'CN=app.example' doesn't hold: path length constraint violated",
    ),
    Case(
        "names outside an intermediate's constraints",
        lambda: below(issue_authority("Bound CA", ROOT, extensions=[ONLY_OTHER_NAMES])),
        error("CHAIN_REFUSED"),
    ),
    Case(
        "intermediate for clients only above a listener",
        lambda: below(issue_authority("Clients CA", ROOT, extended_key_usage=[CLIENT])),
        error("INTERMEDIATE_PURPOSE"),
        "'CN=Clients CA' isn't allowed to issue for this purpose: its extended key usage lacks serverAuth",
    ),
    Case(
        "intermediate for servers only above a client",
        lambda: (
            issue(
                "lb.example",
                issue_authority("Servers CA", ROOT, extended_key_usage=[SERVER]),
                extended_key_usage=[CLIENT],
            ).public
        ),
        error("INTERMEDIATE_PURPOSE"),
        role="client",
    ),
    Case(
        "much at once",
        lambda: (
            issue(
                "app.example",
                issue_authority("Old CA", ROOT, not_after=NOW - DAY),
                not_after=NOW - DAY,
                extended_key_usage=[CLIENT],
                key="RSA 1024",
            ).public
        ),
        error("CERTIFICATE_EXPIRED") + error("SERVER_AUTH_MISSING") + error("WEAK_KEY") + error("INTERMEDIATE_EXPIRED"),
    ),
]

ALL = [*VALIDITY, *PURPOSES, *NAMES, *FORM, *CHAINS]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_leaf_gives_exactly_these_findings(case: Case) -> None:
    findings = case.findings()

    assert tuple((each.code, each.severity) for each in findings) == case.expected, [str(each) for each in findings]
    if case.says:
        assert case.says in findings[0].sentence
    for each in findings:
        assert CODES[each.code].acceptable == (each.code != "NO_NAME")
        assert each.property == "pkcs12"
        for sentence in (each.sentence, each.remedy):
            assert re.fullmatch(r"['A-Z].*[^.]\.", sentence), sentence


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in ALL]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("days", "codes"), [(0, []), (7, []), (8, ["CERTIFICATE_EXPIRES_SOON"])])
def test_the_days_of_the_warning_are_the_programs(days: int, codes: list[str]) -> None:
    leaf = issue("app.example", ROOT, not_after=NOW + 8 * DAY).public

    found = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=days)

    assert [each.code for each in found] == codes


def test_the_whole_text_of_a_warning() -> None:
    leaf = issue("app.example", ROOT, not_after=NOW + 8 * DAY).public

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert str(finding) == (
        "The certificate 'CN=app.example' expires in 8 days, on 2026-06-09. "
        "Renew it before that day: TLS handshakes with an expired one fail."
    )


def test_the_remedy_says_where_a_missing_intermediate_is() -> None:
    leaf = issue("app.example", LOW, issuers_url="http://ca.example/low.der").alone

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert "Add it (it is at http://ca.example/low.der) after the certificate" in finding.remedy


def test_control_characters_of_a_subject_are_not_printed() -> None:
    leaf = issue("app\x1b[31m.example", ROOT, dns_names=["app.example"], not_after=NOW).public

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert "\x1b" not in finding.sentence + finding.remedy
