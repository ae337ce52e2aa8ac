"""What HAProxy does with good and bad material, one thing wrong at a time, and what a preview says of the same."""

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
from tests.gcore_emulator.data_plane.authority_cases import add_authorities
from tests.gcore_emulator.data_plane.backend_cases import add_backends
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.case import ALERTS, Case, Table
from tests.gcore_emulator.data_plane.client_cases import add_clients
from tests.gcore_emulator.data_plane.clients import ask
from tests.gcore_emulator.data_plane.judging import gravest, judged
from tests.gcore_emulator.data_plane.nginx import NginxServer, nginx
from tests.gcore_emulator.data_plane.revocation_cases import add_revocation_lists
from tests.gcore_emulator.data_plane.waiting import until

# All tests look at the same table, which is made and asked once.
pytestmark = pytest.mark.xdist_group("materials")

VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
SERVER = DevelopmentCa.create("Listeners CA").issue_server(["app.example", "*.app.example"])

_PRIVATE_KEY = re.compile("-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """What became of a case. `alerts` are what the backend was told."""

    status: int
    alerts: frozenset[str]
    member: str


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Case]:
    table = Table()
    folder = tmp_path_factory.mktemp("openssl")
    add_backends(table, folder)
    add_authorities(table, folder)
    add_revocation_lists(table)
    add_clients(table)
    return table.cases


@pytest.fixture(scope="module")
def outcomes(cases: Mapping[str, Case]) -> Mapping[str, Outcome]:
    """All cases on one load balancer, asked at the same time, because a refusal takes three seconds."""
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


def test_what_haproxy_makes_of_each_material(cases: Mapping[str, Case], outcomes: Mapping[str, Outcome]) -> None:
    expected = {
        name: Outcome(case.status, frozenset({ALERTS[case.alert]} if case.alert else ()), case.member)
        for name, case in cases.items()
    }
    wrong = [f"{name}: got {outcomes[name]}, not {one}" for name, one in expected.items() if outcomes[name] != one]
    assert not wrong, "\n".join(wrong)
    assert len(cases) > 150


def test_what_the_rules_say_of_each_material(cases: Mapping[str, Case]) -> None:
    said = {name: judged(_texts(case), asked=case.asked) for name, case in cases.items()}
    wrong = [
        f"{name}: {[f'{one.severity} {one.code}' for one in said[name]]}, not {case.preview}"
        for name, case in cases.items()
        if gravest(said[name]) != case.preview
    ]
    assert not wrong, "\n".join(wrong)


def test_what_fails_is_stopped_and_what_works_is_let_through(
    cases: Mapping[str, Case], outcomes: Mapping[str, Outcome]
) -> None:
    """The preview against what really happened: where they differ there is a reason."""
    failing = {name for name, one in outcomes.items() if one.status != 200}
    stopped = {name for name, case in cases.items() if case.preview == "error"}

    def kinds(names: set[str]) -> set[str]:
        return {name.rpartition(", ")[0] if name.startswith("client: ") else name for name in names}

    assert kinds(failing - stopped) == {
        # What backends trust, and whether they know the intermediate, isn't known.
        "client: none",
        "client: other CA",
        "client: self-signed",
        "client: intermediate missing",
    }
    assert kinds(stopped - failing) == {
        # A key that everybody may read, and a list that nobody looks at.
        "ca: with a private key",
        "ca: after a private key",
        "ca: with a list, which isn't used",
        # Gcore refuses it.
        "client: no name",
    }


def _backend(name: str, case: Case) -> Backend:
    version = VERSIONS.get(case.server)
    return Backend(name, server_context(case.backend, case.client_ca, version=version, weak=case.weak))


def _put(account: EmulatedAccount, number: int, case: Case, port: int) -> None:
    """A listener, a pool and a member for a case, with the case's secrets."""
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
    """What a user has of a case, each with what it is for."""
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
    return ask(endpoint.port, case.asked).status


def _unprobed(plane: HaproxyDataPlane) -> int:
    rows = plane._haproxies["lb"].statistics()
    members = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
    return sum(row["check_status"].removeprefix("* ") == "INI" for row in members) if members else 1
