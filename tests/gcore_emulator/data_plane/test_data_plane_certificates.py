"""HAProxy's result for good and bad certificates and CRLs, compared with the findings of a preview."""

from __future__ import annotations

import concurrent.futures
import re
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from gcore_emulator import Behavior
from gcore_emulator.account import EmulatedAccount
from gcore_emulator.data_plane import HaproxyDataPlane, haproxy_data_plane
from gcore_tls_provider.certificates import DevelopmentCa
from gcore_tls_provider.cli.check.files import Role
from tests.gcore_emulator.data_plane import stored
from tests.gcore_emulator.data_plane.backend_cases import add_backend_cases
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.ca_cases import add_ca_cases
from tests.gcore_emulator.data_plane.case import ALERTS, Case, Table
from tests.gcore_emulator.data_plane.client_certificate_cases import add_client_certificate_cases
from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.crl_cases import add_crl_cases
from tests.gcore_emulator.data_plane.nginx import NginxServer, nginx
from tests.gcore_emulator.data_plane.preview_findings import preview_findings, worst_severity
from tests.gcore_emulator.data_plane.waiting import until

# All tests share one table, whose cases run once.
pytestmark = pytest.mark.xdist_group("certificates")

VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
SERVER = DevelopmentCa.create("Listeners CA").issue_server(["app.example", "*.app.example"])

_PRIVATE_KEY = re.compile("-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """Result of a case. `alerts` are the TLS alerts that the backend received."""

    status: int
    alerts: frozenset[str]
    member: str


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Case]:
    table = Table()
    folder = tmp_path_factory.mktemp("openssl")
    add_backend_cases(table, folder)
    add_ca_cases(table, folder)
    add_crl_cases(table)
    add_client_certificate_cases(table)
    return table.cases


@pytest.fixture(scope="module")
def outcomes(cases: Mapping[str, Case]) -> Mapping[str, Outcome]:
    """Run all cases on one load balancer at the same time, because a rejection takes three seconds."""
    account = stored.account(stored.load_balancer(), stored.secret("server", SERVER.to_pkcs12()))
    with ExitStack() as stack:
        backends = {name: stack.enter_context(_backend(name, case).running()) for name, case in cases.items()}
        at_nginx = [name for name, case in cases.items() if case.server == "nginx"]
        servers = [NginxServer(cases[name].backend, cases[name].client_ca) for name in at_nginx]
        ports = {name: one.port for name, one in backends.items()}
        ports |= dict(zip(at_nginx, stack.enter_context(nginx(servers)), strict=True))
        for number, (name, case) in enumerate(cases.items()):
            _put(account, number, case, ports[name])
        plane = stack.enter_context(haproxy_data_plane())
        assert plane.apply(account, "lb", Behavior()) == {}
        with concurrent.futures.ThreadPoolExecutor(96) as pool:
            statuses = list(pool.map(lambda pair: _status(plane, *pair), enumerate(cases.values())))
        until(lambda: _unprobed(plane), lambda count: count == 0)
        seen = plane.operating_statuses(account)
    return {
        name: Outcome(
            statuses[number],
            frozenset(alert for alert in backends[name].alerts if "_ALERT_" in alert),
            seen[f"m{number}"],
        )
        for number, name in enumerate(cases)
    }


def test_haproxy_accepts_or_rejects_each_case_as_expected(
    cases: Mapping[str, Case], outcomes: Mapping[str, Outcome]
) -> None:
    expected = {
        name: Outcome(case.status, frozenset({ALERTS[case.alert]} if case.alert else ()), case.member)
        for name, case in cases.items()
    }
    differences = [
        f"{name}: got {outcomes[name]}, not {one}" for name, one in expected.items() if outcomes[name] != one
    ]
    assert not differences, "\n".join(differences)
    assert len(cases) > 150


def test_preview_reports_the_expected_severity_of_each_case(cases: Mapping[str, Case]) -> None:
    findings = {name: preview_findings(_texts(case), server_name=case.server_name) for name, case in cases.items()}
    differences = [
        f"{name}: {[f'{one.severity} {one.code}' for one in findings[name]]}, not {case.preview}"
        for name, case in cases.items()
        if worst_severity(findings[name]) != case.preview
    ]
    assert not differences, "\n".join(differences)


def test_preview_reports_an_error_where_traffic_fails_with_known_exceptions(
    cases: Mapping[str, Case], outcomes: Mapping[str, Outcome]
) -> None:
    """Compare the preview with the traffic. Each exception has its reason beside it."""
    failing = {name for name, one in outcomes.items() if one.status != 200}
    with_error = {name for name, case in cases.items() if case.preview == "error"}

    def kinds(names: set[str]) -> set[str]:
        return {name.rpartition(", ")[0] if name.startswith("client: ") else name for name in names}

    assert kinds(failing - with_error) == {
        # The preview does not know the CAs and intermediates of the backends.
        "client: none",
        "client: other CA",
        "client: self-signed",
        "client: intermediate missing",
    }
    assert kinds(with_error - failing) == {
        # A key in a readable secret, and a CRL that HAProxy does not use.
        "ca: with a private key",
        "ca: after a private key",
        "ca: with an unused CRL",
        # Gcore rejects it.
        "client: no name",
    }


def _backend(name: str, case: Case) -> Backend:
    version = VERSIONS.get(case.server)
    return Backend(name, server_context(case.backend, case.client_ca, version=version, weak=case.weak))


def _put(account: EmulatedAccount, number: int, case: Case, port: int) -> None:
    """Add a listener, a pool and a member for a case, with the case's secrets."""
    ids = {}
    for kind, text in (("ca", case.ca), ("crl", case.crl), ("client", case.client)):
        ids[kind] = f"{kind}{number}" if text else None
        if text:
            account.put(stored.secret(f"{kind}{number}", text))
    member = stored.member(f"m{number}", address="127.0.0.1", protocol_port=port)
    account.put(stored.listener(f"l{number}", protocol="TERMINATED_HTTPS", secret_id="server"))
    account.put(
        stored.pool(
            f"p{number}",
            listener_ids=(f"l{number}",),
            protocol="HTTPS",
            ca_secret_id=ids["ca"],
            crl_secret_id=ids["crl"],
            secret_id=ids["client"],
            members=(member,),
            health_monitor=stored.monitor(delay=5, timeout=4, max_retries=1),
        )
    )


def _texts(case: Case) -> list[tuple[str, Role]]:
    """Return the files that a user has in a case, each with its role."""
    texts: list[tuple[str | None, Role]] = [
        (SERVER.to_pem_bundle(), "listener"),
        (_PRIVATE_KEY.sub("", case.backend), "backend"),
        (case.ca, "ca"),
        (case.crl, "crl"),
        (case.client, "client"),
    ]
    return [(text, role) for text, role in texts if text]


def _status(plane: HaproxyDataPlane, number: int, case: Case) -> int:
    endpoint = plane.endpoint(f"l{number}")
    assert endpoint is not None
    return fetch(endpoint.port, case.server_name).status


def _unprobed(plane: HaproxyDataPlane) -> int:
    rows = plane._haproxies["lb"].statistics()
    members = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
    return sum(row["check_status"].removeprefix("* ") == "INI" for row in members) if members else 1
