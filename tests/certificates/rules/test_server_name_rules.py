"""Certificates of one listener together, and the one that HAProxy selects for a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.certificates.rules.server_names import server_name_findings
from tests.certificates.issuing import KeyType, issue, issue_ca

ROOT = issue_ca("Root CA")


def server(*names: str, key: KeyType = "P-256", common_name: str | None = None) -> CertificateChain:
    return issue(common_name or names[0], ROOT, dns_names=names, key=key).public


APP = server("app.example", "www.app.example")
APP_RSA = server("app.example", "www.app.example", key="RSA 2048")
APP_AGAIN = server("app.example", "www.app.example", key="P-384")
SHOP = server("shop.example")
WILDCARD = server("*.app.example")
ADDRESS = issue("app.example", ROOT, ip_addresses=["192.0.2.1"]).public


@dataclass(frozen=True)
class Case:
    """Certificates of a listener with code and property of each finding, and a part of the first sentence."""

    name: str
    default: CertificateChain | None
    sni: Sequence[CertificateChain] = ()
    host_names: Sequence[str] = ()
    expected: Sequence[tuple[str, str]] = ()
    sentence: str = ""


DUPLICATE_SNI = ("DUPLICATE_SNI", "sni_certificates")
SNI_OVERLAP = ("SNI_OVERLAP", "sni_certificates")
NOT_COVERED = ("HOST_NAME_NOT_COVERED", "host_names")

CASES = [
    Case("alone", APP),
    Case("nothing known", None),
    Case("names of their own", APP, [SHOP, WILDCARD]),
    Case("EC next to RSA with the same names", APP, [APP_RSA]),
    Case("EC next to RSA, the listener's own not known", None, [APP_RSA, APP]),
    Case("exact name below a wildcard", WILDCARD, [server("www.app.example")]),
    Case(
        "same common name that is no host name",
        server("a.example", common_name="Example Ltd"),
        [server("b.example", common_name="Example Ltd")],
    ),
    Case(
        "the listener's own again",
        APP,
        [SHOP, APP],
        expected=[DUPLICATE_SNI],
        sentence="'CN=app.example' is the listener's own certificate",
    ),
    Case("given twice", APP, [SHOP, SHOP], expected=[DUPLICATE_SNI], sentence="'CN=shop.example' is given twice"),
    Case(
        "other certificate with the listener's names",
        APP,
        [APP_AGAIN],
        expected=[SNI_OVERLAP],
        sentence="shares 'app.example', 'www.app.example' with 'CN=app.example'. Clients that ask for a shared name "
        "get 'CN=app.example', because it is the listener's own.",
    ),
    Case(
        "one name of several, in other case",
        SHOP,
        [APP, server("new.example", "WWW.app.example")],
        expected=[SNI_OVERLAP],
        sentence="'CN=new.example' shares 'www.app.example' with 'CN=app.example'. Clients that ask for a shared "
        "name get 'CN=app.example', because it comes first.",
    ),
    Case(
        "common name that is another's DNS name",
        APP,
        [server("new.example", common_name="app.example")],
        expected=[SNI_OVERLAP],
        sentence="shares 'app.example'",
    ),
    Case("the same wildcard", WILDCARD, [server("*.app.example")], expected=[SNI_OVERLAP]),
    Case(
        "many names at once",
        server(*(f"{number}.example" for number in range(7))),
        [server(*(f"{number}.example" for number in range(7)))],
        expected=[SNI_OVERLAP],
        sentence="'3.example', '4.example' and 2 more",
    ),
    Case("names covered by any of them", APP, [SHOP, WILDCARD], ["app.example", "SHOP.example", "api.app.example"]),
    Case("wildcard covered by the same wildcard", APP, [WILDCARD], ["*.app.example"]),
    Case(
        "names covered by none of them",
        APP,
        [SHOP, WILDCARD],
        ["other.example", "a.b.app.example", "example"],
        [NOT_COVERED] * 3,
        "Clients that ask for 'other.example' get a certificate without this name",
    ),
    Case("wildcard covered by single names only", APP, [], ["*.app.example"], [NOT_COVERED]),
    Case("address covered by the listener's own", ADDRESS, [SHOP], ["192.0.2.1"]),
    Case(
        "address covered by an SNI certificate, which clients cannot select",
        SHOP,
        [ADDRESS],
        ["192.0.2.1"],
        [NOT_COVERED],
    ),
    Case(
        "common name of an SNI certificate that hides the wildcard",
        WILDCARD,
        [server("new.example", common_name="www.app.example")],
        ["www.app.example"],
        [NOT_COVERED],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_certificates_of_a_listener_have_exactly_these_findings(case: Case) -> None:
    findings = server_name_findings(case.default, case.sni, host_names=case.host_names)

    assert [(each.code, each.property) for each in findings] == list(case.expected), [str(each) for each in findings]
    if case.sentence:
        assert case.sentence in findings[0].sentence
    for each in findings:
        assert CODES[each.code].acceptable
        assert each.severity == ("error" if each.code == "HOST_NAME_NOT_COVERED" else "warning")
