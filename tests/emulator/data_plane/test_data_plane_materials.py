"""What HAProxy does with good and bad material, one thing wrong at a time."""

from __future__ import annotations

import concurrent.futures
import ssl
from contextlib import ExitStack
from pathlib import Path

from gcore_tls_provider.certificates import DevelopmentAuthority
from gcore_tls_provider.emulator import Behaviour
from gcore_tls_provider.emulator.account import Account
from gcore_tls_provider.emulator.data_plane import HaproxyDataPlane, haproxy_data_plane
from tests.emulator.data_plane import stored
from tests.emulator.data_plane.backends import Backend, server_context
from tests.emulator.data_plane.cases import ALERTS, Case, cases
from tests.emulator.data_plane.clients import ask
from tests.emulator.data_plane.waiting import until


def test_what_haproxy_makes_of_each_material(tmp_path: Path) -> None:
    """All cases on one load balancer, asked at the same time, because a refusal takes three seconds."""
    table = cases(tmp_path / "openssl")
    server = DevelopmentAuthority.create("Listeners CA").issue_server(["app.example"])
    account = stored.account(stored.load_balancer(), stored.secret("server", server.to_pkcs12()))
    with ExitStack() as stack:
        backends: dict[str, Backend] = {}
        for number, (name, case) in enumerate(table.items()):
            version = ssl.TLSVersion.TLSv1_2 if case.tls12 else None
            context = server_context(case.backend, case.client_ca, version=version, weak=case.weak)
            backends[name] = stack.enter_context(Backend(name, context).running())
            _put(account, number, case, backends[name].port)
        plane = stack.enter_context(haproxy_data_plane())
        assert plane.apply(account, "lb", Behaviour()) == {}
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda number: _status(plane, number), range(len(table))))
        until(lambda: _unprobed(plane), lambda count: count == 0)
        seen = plane.seen(account)
    got, expected = {}, {}
    for number, (name, case) in enumerate(table.items()):
        told = {alert for alert in backends[name].alerts if "_ALERT_" in alert}
        wanted = {ALERTS[case.alert]} if case.alert else set()
        got[name] = (statuses[number], told, seen[f"m{number}"])
        expected[name] = (case.status, wanted, case.member)
    wrong = {name: (got[name], expected[name]) for name in table if got[name] != expected[name]}
    assert not wrong, "\n".join(f"{name}: got {one}, expected {other}" for name, (one, other) in wrong.items())
    assert len(table) > 90


def _put(account: Account, number: int, case: Case, port: int) -> None:
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


def _status(plane: HaproxyDataPlane, number: int) -> int:
    endpoint = plane.endpoint(f"l{number}")
    assert endpoint is not None
    return ask(endpoint.port).status


def _unprobed(plane: HaproxyDataPlane) -> int:
    rows = plane._haproxies["lb"].statistics()
    members = [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]
    return sum(row["check_status"].removeprefix("* ") == "INI" for row in members) if members else 1
