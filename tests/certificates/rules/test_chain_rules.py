"""One chain per way in which what is above a leaf can be wrong, each with all that is said about it."""

from __future__ import annotations

import pytest

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.rules.leaf import leaf_findings
from tests.certificates.issuing import ANY, CLIENT, NOW, SERVER, Issued, issue, issue_authority
from tests.certificates.rules.leaves import (
    DAY,
    LOW,
    MIDDLE,
    NO_TIMESTAMPS,
    ONLY_OTHER_NAMES,
    ONLY_OWN_SUBJECT,
    ROOT,
    STRANGER,
    UNKNOWN_CRITICAL,
    Case,
    below,
    error,
    expect,
    warning,
)


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
        error("CHAIN_REJECTED"),
        "The chain of 'CN=app.example' doesn't hold: path length constraint violated",
    ),
    Case(
        "names outside an intermediate's constraints",
        lambda: below(issue_authority("Bound CA", ROOT, extensions=[ONLY_OTHER_NAMES])),
        error("CHAIN_REJECTED"),
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


@pytest.mark.parametrize("case", CHAINS, ids=lambda case: case.name)
def test_a_chain_gives_exactly_these_findings(case: Case) -> None:
    expect(case)


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in CHAINS]

    assert sorted(set(names)) == sorted(names)


def test_the_remedy_says_where_a_missing_intermediate_is() -> None:
    leaf = issue("app.example", LOW, issuers_url="http://ca.example/low.der").alone

    (finding,) = leaf_findings(leaf, role="listener", now=NOW, expiry_warning_days=30)

    assert "Add it (it is at http://ca.example/low.der) after the certificate" in finding.remedy
