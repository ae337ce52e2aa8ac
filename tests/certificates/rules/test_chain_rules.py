"""One chain for each defect above a leaf, with all of its findings."""

from __future__ import annotations

import pytest

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.leaf import leaf_findings
from tests.certificates.issuing import ANY, CLIENT, NOW, SERVER, Issued, issue, issue_ca
from tests.certificates.rules.leaf_cases import (
    DAY,
    LOW,
    MIDDLE,
    NO_TIMESTAMPS,
    ONLY_OTHER_NAMES,
    ONLY_OWN_SUBJECT,
    ROOT,
    UNKNOWN_CRITICAL,
    UNRELATED_CA,
    Case,
    below,
    error,
    expect_findings,
    warning,
)


def renewed_with_other_key(ca: Issued) -> Issued:
    return issue_ca(ca.certificate.subject.rfc4514_string().removeprefix("CN="), ROOT)


def cross_signed() -> CertificateChain:
    """Return a chain with a new root and its cross certificate of an old root, so that both paths are valid."""
    new_root = issue_ca("New Root CA")
    cross = issue_ca("New Root CA", ROOT, key=new_root.key)
    return issue("app.example", new_root).with_chain(cross, new_root, ROOT)


def expired_root_sent() -> CertificateChain:
    root = issue_ca("Old Root CA", not_after=NOW - DAY)
    return issue("app.example", root).with_chain(root)


def sha1_root_sent() -> CertificateChain:
    root = issue_ca("SHA-1 Root CA", sha1=True)
    return issue("app.example", root).with_chain(root)


CHAINS = [
    Case("two intermediates", lambda: below(LOW)),
    Case("in the wrong order, which is sorted", lambda: issue("app.example", LOW).with_chain(MIDDLE, LOW)),
    Case("root sent", lambda: issue("app.example", LOW).with_chain(LOW, MIDDLE, ROOT)),
    Case("expired root sent", expired_root_sent),
    Case("ends at an intermediate, whose issuer can be the root", lambda: issue("app.example", LOW).with_chain(LOW)),
    Case("cross certificate with the roots of both paths", cross_signed),
    Case("issued by a private root", lambda: issue("app.example", ROOT).alone),
    Case(
        "issued by a private intermediate that is not sent, which cannot be detected",
        lambda: issue("app.example", LOW).alone,
    ),
    Case(
        "private CAs with Ed25519 keys, which the verifier does not support",
        lambda: below(issue_ca("Ed25519 CA", issue_ca("Ed25519 Root CA", key="Ed25519"), key="Ed25519")),
    ),
    Case(
        "intermediate without key usage and key identifiers",
        lambda: below(issue_ca("Bare CA", ROOT, usages=None, subject_key_id=False, authority_key_id=False)),
    ),
    Case(
        "intermediate for anything",
        lambda: below(issue_ca("Any CA", ROOT, extended_key_usage=[ANY])),
        error("INTERMEDIATE_PURPOSE"),
    ),
    Case("intermediate for both", lambda: below(issue_ca("TLS CA", ROOT, extended_key_usage=[CLIENT, SERVER]))),
    Case(
        "constraints on names of another kind, which the verifier does not support",
        lambda: below(issue_ca("Own CA", ROOT, extensions=[ONLY_OWN_SUBJECT])),
    ),
    Case(
        "names within the intermediate's constraints",
        lambda: issue("www.other.example", issue_ca("Bound CA", ROOT, extensions=[ONLY_OTHER_NAMES])).public,
    ),
    Case(
        "publicly trusted, and its intermediate not sent",
        lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").alone,
        warning("INTERMEDIATE_MISSING"),
        "The chain lacks 'CN=Low CA', which issued 'CN=app.example'",
    ),
    Case(
        "contains the address of its intermediate, which is not sent",
        lambda: issue("app.example", LOW, issuers_url="http://ca.example/low.der").alone,
        warning("INTERMEDIATE_MISSING"),
    ),
    Case(
        "logged publicly, and its intermediate not sent",
        lambda: issue("app.example", LOW, extensions=[NO_TIMESTAMPS]).alone,
        warning("INTERMEDIATE_MISSING"),
    ),
    Case(
        "self-signed, and contains its own address",
        lambda: issue("app.example", issuers_url="http://ca.example/a").alone,
    ),
    Case(
        "root of the right name with another key next to the root",
        lambda: issue("app.example", ROOT).with_chain(ROOT, issue_ca("Root CA")),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "client's intermediate not sent",
        lambda: issue("lb.example", LOW, extended_key_usage=[CLIENT], issuers_url="http://ca.example/low.der").alone,
        warning("INTERMEDIATE_MISSING"),
        role="client",
    ),
    Case("publicly trusted, its intermediate sent", lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").public),
    Case("policy of its own CA", lambda: issue("app.example", ROOT, policy="1.3.6.1.4.1.99999.2").alone),
    Case(
        "unrelated CA in the chain",
        lambda: issue("app.example", LOW).with_chain(LOW, MIDDLE, UNRELATED_CA),
        warning("UNRELATED_IN_CHAIN"),
        "'CN=Unrelated CA' in the chain issued neither 'CN=app.example'",
    ),
    Case(
        "another server's leaf in the chain",
        lambda: issue("app.example", ROOT).with_chain(issue("other.example", ROOT)),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "link between leaf and chain missing",
        lambda: issue("app.example", LOW).with_chain(MIDDLE),
        warning("UNRELATED_IN_CHAIN"),
        "'CN=Middle CA' in the chain issued neither",
    ),
    Case(
        "link missing, of a publicly trusted one",
        lambda: issue("app.example", LOW, policy="2.23.140.1.2.1").with_chain(MIDDLE),
        warning("UNRELATED_IN_CHAIN") + warning("INTERMEDIATE_MISSING"),
    ),
    Case(
        "issuer of the right name with another key",
        lambda: issue("app.example", MIDDLE).with_chain(renewed_with_other_key(MIDDLE)),
        warning("ISSUER_WITH_OTHER_KEY"),
        "'CN=Middle CA' in the chain has the name of the issuer of 'CN=app.example', but another key",
    ),
    Case(
        "second issuer of the right name with another key",
        lambda: issue("app.example", LOW).with_chain(LOW, renewed_with_other_key(MIDDLE)),
        warning("ISSUER_WITH_OTHER_KEY"),
        "the name of the issuer of 'CN=Low CA'",
    ),
    Case(
        "right issuer next to one of its name with another key",
        lambda: issue("app.example", MIDDLE).with_chain(renewed_with_other_key(MIDDLE), MIDDLE),
        warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "expired intermediate",
        lambda: below(issue_ca("Old CA", ROOT, not_after=NOW - DAY)),
        error("INTERMEDIATE_EXPIRED"),
        "The intermediate 'CN=Old CA' expired on 2026-05-31, 1 day ago",
    ),
    Case(
        "intermediate that is not valid yet",
        lambda: below(issue_ca("Next CA", ROOT, not_before=NOW + DAY)),
        error("INTERMEDIATE_NOT_YET_VALID"),
    ),
    Case(
        "intermediate that ends soon",
        lambda: below(issue_ca("Old CA", ROOT, not_after=NOW + 7 * DAY)),
        warning("INTERMEDIATE_EXPIRES_SOON"),
        "The intermediate 'CN=Old CA' expires in 7 days",
    ),
    Case(
        "intermediate that is not a CA",
        lambda: below(issue_ca("Not A CA", ROOT, ca=False)),
        error("INTERMEDIATE_NOT_CA"),
        "'CN=Not A CA' issued a certificate of the chain, but is not a CA: it lacks CA:TRUE",
    ),
    Case(
        "intermediate without basic constraints",
        lambda: below(issue_ca("Not A CA", ROOT, ca=None)),
        error("INTERMEDIATE_NOT_CA"),
    ),
    Case(
        "intermediate that must not sign certificates",
        lambda: below(issue_ca("CRL CA", ROOT, usages=["crl_sign"])),
        error("INTERMEDIATE_NOT_CA"),
        "it lacks keyCertSign",
    ),
    Case(
        "intermediate with an unknown critical extension",
        lambda: below(issue_ca("Odd CA", ROOT, extensions=[UNKNOWN_CRITICAL])),
        error("CRITICAL_EXTENSION"),
        "The intermediate 'CN=Odd CA' has the critical extension",
    ),
    Case(
        "intermediate with RSA 1024",
        lambda: below(issue_ca("Weak CA", ROOT, key="RSA 1024")),
        error("WEAK_KEY"),
        "'CN=Weak CA' has a key of 1024 bits",
    ),
    Case(
        "intermediate signed with SHA-1",
        lambda: below(issue_ca("Aged CA", ROOT, sha1=True)),
        error("WEAK_SIGNATURE"),
        "'CN=Aged CA' is signed with SHA-1",
    ),
    Case(
        "root signed with SHA-1 sent",
        sha1_root_sent,
    ),
    Case(
        "unrelated CA with a weak key, which HAProxy rejects too",
        lambda: issue("app.example", ROOT).with_chain(issue_ca("Weak CA", key="RSA 1024")),
        error("WEAK_KEY") + warning("UNRELATED_IN_CHAIN"),
    ),
    Case(
        "longer than an intermediate allows",
        lambda: below(issue_ca("Sub CA", issue_ca("Short CA", ROOT, path_length=0))),
        error("CHAIN_REJECTED"),
        "The chain of 'CN=app.example' is not valid: path length constraint violated",
    ),
    Case(
        "names outside an intermediate's constraints",
        lambda: below(issue_ca("Bound CA", ROOT, extensions=[ONLY_OTHER_NAMES])),
        error("CHAIN_REJECTED"),
    ),
    Case(
        "intermediate for clients only above a listener",
        lambda: below(issue_ca("Clients CA", ROOT, extended_key_usage=[CLIENT])),
        error("INTERMEDIATE_PURPOSE"),
        "'CN=Clients CA' is not allowed to issue for this purpose: its extended key usage lacks serverAuth",
    ),
    Case(
        "intermediate for servers only above a client",
        lambda: (
            issue(
                "lb.example",
                issue_ca("Servers CA", ROOT, extended_key_usage=[SERVER]),
                extended_key_usage=[CLIENT],
            ).public
        ),
        error("INTERMEDIATE_PURPOSE"),
        role="client",
    ),
    Case(
        "several defects at once",
        lambda: (
            issue(
                "app.example",
                issue_ca("Old CA", ROOT, not_after=NOW - DAY),
                not_after=NOW - DAY,
                extended_key_usage=[CLIENT],
                key="RSA 1024",
            ).public
        ),
        error("CERTIFICATE_EXPIRED") + error("SERVER_AUTH_MISSING") + error("WEAK_KEY") + error("INTERMEDIATE_EXPIRED"),
    ),
]


@pytest.mark.parametrize("case", CHAINS, ids=lambda case: case.name)
def test_chain_has_exactly_these_findings(case: Case) -> None:
    expect_findings(case)


def test_case_names_are_unique() -> None:
    names = [case.name for case in CHAINS]

    assert sorted(set(names)) == sorted(names)


def test_remedy_contains_the_address_of_a_missing_intermediate() -> None:
    leaf = issue("app.example", LOW, issuers_url="http://ca.example/low.der").alone

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert "Download it from http://ca.example/low.der, and add it after the certificate" in finding.remedy
