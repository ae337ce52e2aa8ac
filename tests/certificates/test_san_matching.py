"""Names of certificates, matched as HAProxy and its clients do."""

from __future__ import annotations

import pytest

from gcore_tls_provider.certificates.san_matching import (
    backend_covers,
    clients_accept,
    covers,
    name_of,
    names_of,
)
from tests.certificates.issuing import issue, issue_ca

ROOT = issue_ca("Root CA")

HAPROXY_FOR_A_LISTENER, HAPROXY_FOR_A_BACKEND, CLIENTS = 1, 2, 4
ALL = HAPROXY_FOR_A_LISTENER | HAPROXY_FOR_A_BACKEND | CLIENTS
BOTH_HAPROXY = HAPROXY_FOR_A_LISTENER | HAPROXY_FOR_A_BACKEND


@pytest.mark.parametrize(
    ("common_name", "dns_names", "host_name", "matchers"),
    [
        ("app.example", ["app.example"], "app.example", ALL),
        ("app.example", ["App.Example"], "aPP.eXAMPLE", ALL),
        ("app.example", ["other.example", "app.example"], "app.example", ALL),
        (None, ["app.example"], "app.example", ALL),
        ("app.example", ["app.example"], "www.app.example", 0),
        ("app.example", ["app.example"], "example", 0),
        ("app.example", ["app.example"], "app.example.", 0),
        ("app.example", ["other.example"], "app.example", BOTH_HAPROXY),
        ("app.example", [], "app.example", ALL),
        ("*.example", [], "app.example", ALL),
        ("Example Ltd", ["app.example"], "Example Ltd", 0),
        ("x.example", ["*.example"], "app.example", ALL),
        ("x.example", ["*.EXAMPLE"], "app.Example", ALL),
        ("x.example", ["*.example"], "*.example", ALL),
        ("x.example", ["*.example"], "a.app.example", 0),
        ("x.example", ["*.example"], "example", 0),
        ("x.example", ["*.app.example"], "app.example", 0),
        ("x.example", ["*.app.example"], "a.b.app.example", 0),
        ("x.example", ["*"], "app", 0),
        ("x.example", ["*"], "app.example", 0),
        ("x.example", ["app.*"], "app.example", 0),
        ("x.example", ["a*.example"], "app.example", HAPROXY_FOR_A_BACKEND),
        ("x.example", ["*p.example"], "app.example", HAPROXY_FOR_A_BACKEND),
        ("x.example", ["A*P.example"], "app.example", HAPROXY_FOR_A_BACKEND),
        ("x.example", ["ap*pp.example"], "app.example", 0),
        ("x.example", ["app.example"], "apple.example", 0),
        ("x.example", ["b*.example"], "app.example", 0),
        ("x.example", ["a**.example"], "app.example", 0),
        ("x.example", ["a*.example"], "app.other.example", 0),
        ("x.example", ["a*.example"], "*.example", 0),
    ],
)
def test_names_match_as_in_haproxy_and_its_clients(
    common_name: str | None, dns_names: list[str], host_name: str, matchers: int
) -> None:
    certificate = issue(common_name, ROOT, dns_names=dns_names).certificate

    matched = (
        HAPROXY_FOR_A_LISTENER * covers(certificate, host_name)
        | HAPROXY_FOR_A_BACKEND * backend_covers(certificate, host_name)
        | CLIENTS * clients_accept(certificate, host_name)
    )

    assert matched == matchers


@pytest.mark.parametrize(
    ("host_name", "accepted"),
    [
        ("192.0.2.1", True),
        ("2001:db8:0:0::1", True),
        ("192.0.2.2", False),
        ("2001:db8::2", False),
        ("203.0.113.1", False),
    ],
)
def test_address_matches_only_ip_addresses(host_name: str, accepted: bool) -> None:
    certificate = issue("203.0.113.1", ROOT, ip_addresses=["192.0.2.1", "2001:db8::1"]).certificate

    assert clients_accept(certificate, host_name) == accepted


def test_names_are_in_lower_case_and_unique() -> None:
    certificate = issue("App.example", ROOT, dns_names=["www.App.example", "app.example", "*.app.example"]).certificate

    assert names_of(certificate) == ("www.app.example", "app.example", "*.app.example")


@pytest.mark.parametrize("common_name", ["Example Ltd", "192.0.2.1", "2001:db8::1", "Bücher.example"])
def test_common_name_that_is_no_host_name_is_ignored(common_name: str) -> None:
    assert names_of(issue(common_name, ROOT, dns_names=["app.example"]).certificate) == ("app.example",)


@pytest.mark.parametrize(
    ("common_name", "dns_names", "name"),
    [
        ("app.example", ["www.app.example"], "CN=app.example"),
        (None, ["app.example", "www.app.example"], "app.example"),
        (None, [], "serial number abc"),
    ],
)
def test_name_for_messages_is_subject_or_dns_name_or_serial_number(
    common_name: str | None, dns_names: list[str], name: str
) -> None:
    assert name_of(issue(common_name, ROOT, dns_names=dns_names, serial_number=0xABC).certificate) == name
