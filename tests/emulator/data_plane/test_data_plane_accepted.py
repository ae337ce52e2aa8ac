"""`haproxy -c` takes every configuration whose material is good, and refuses broken material with a sentence."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest

from gcore_tls_provider.api.wire.enums import (
    HealthMonitorType,
    HttpMethod,
    LbAlgorithm,
    ListenerProtocol,
    PoolProtocol,
    SessionPersistenceType,
)
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from gcore_tls_provider.emulator import Behaviour
from gcore_tls_provider.emulator.account import Account
from gcore_tls_provider.emulator.data_plane.configuration import configuration
from gcore_tls_provider.emulator.data_plane.program import ConfigurationRefused, check_configuration, find_haproxy
from tests.emulator.data_plane import stored
from tests.emulator.data_plane.issuing import authority, backend, client, revocations
from tests.material import Material

ROOT = authority("Root")
PAIRS = [
    (listener, pool)
    for listener in get_args(ListenerProtocol)
    for pool in get_args(PoolProtocol)
    if "UDP" not in (listener, pool)
]
PERSISTENCE = [None, *get_args(SessionPersistenceType)]
SECRETS: list[dict[str, str]] = [
    {},
    {"secret_id": "client"},
    {"ca_secret_id": "ca"},
    {"secret_id": "client", "ca_secret_id": "ca"},
    {"secret_id": "client", "ca_secret_id": "ca", "crl_secret_id": "crl"},
]
MONITORS: list[dict[str, Any]] = [
    *({"type": kind} for kind in get_args(HealthMonitorType)),
    *({"type": "HTTP", "http_method": method} for method in get_args(HttpMethod)),
    {"type": "HTTPS", "http_version": "1.1", "domain_name": "a_b.example", "url_path": '/a "b" $c \\d', "timeout": 0},
    {"type": "HTTP", "http_version": "1.0", "expected_codes": "200-299,404", "delay": 2_147_483, "max_retries": 10},
]
MEMBERS: list[dict[str, Any]] = [
    {"backup": True, "weight": 256},
    {"admin_state_up": False},
    {"address": "2001:db8::1", "monitor_address": "2001:db8::2"},
    {"monitor_port": 1, "monitor_address": "10.0.0.9"},
]


@pytest.fixture(scope="module")
def account(material: Material) -> Account:
    return stored.account(
        stored.load_balancer(),
        stored.secret("server", material.server.to_pkcs12()),
        stored.secret("second", material.sni.to_pkcs12()),
        stored.secret("client", material.client.to_pkcs12()),
        stored.secret("ca", ROOT.pem),
        stored.secret("crl", revocations(ROOT)),
    )


def check(account: Account, folder: Path, **choices: Any) -> None:
    """Writes what a load balancer becomes, and lets HAProxy check it. Sockets and ports aren't used by that."""
    ports = {listener_id: 10_000 + number for number, listener_id in enumerate(account.listeners)}
    made = configuration(account.load_balancers["lb"], account, ports, Behaviour(**choices), folder)
    assert not made.left_out
    for name, content in {**made.files, "c": made.text.encode()}.items():
        (folder / name).write_bytes(content)
    check_configuration(find_haproxy(), folder / "c")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path that is short enough for sockets."""
    with TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def put(account: Account, number: int, listener: str, pool: str, **fields: Any) -> None:
    """A listener with a pool."""
    kind = fields.pop("persistence", None)
    cookie = "session" if kind == "APP_COOKIE" else None
    monitor = fields.pop("monitor", None)
    tls: dict[str, Any] = {}
    if listener in ("TERMINATED_HTTPS", "PROMETHEUS"):
        tls = {"secret_id": "server", "sni_secret_ids": ("second",)}
    account.put(stored.listener(f"l{number}", protocol=listener, insert_x_forwarded=True, **tls))
    values = {
        "listener_ids": (f"l{number}",),
        "protocol": pool,
        "members": tuple(stored.member(f"m{number}-{index}", **member) for index, member in enumerate(MEMBERS)),
        "session_persistence": kind and SessionPersistenceSet(type=kind, cookie_name=cookie),
        "health_monitor": monitor and stored.monitor(**monitor),
    }
    account.put(stored.pool(f"p{number}", **{**values, **fields}))


@pytest.mark.parametrize(("listener", "pool"), PAIRS)
@pytest.mark.parametrize("alpn", ["octavia", "none"])
def test_every_pair_of_protocols(listener: str, pool: str, alpn: str, account: Account, folder: Path) -> None:
    """With each algorithm, persistence, set of secrets and monitor type: all combinations, on one load balancer."""
    made = stored.account(*account.load_balancers.values(), *account.secrets.values())
    kinds: list[dict[str, Any] | None] = [None, *MONITORS]
    everything = itertools.product(get_args(LbAlgorithm), PERSISTENCE, SECRETS)
    for number, (algorithm, persistence, secrets) in enumerate(everything):
        monitor = kinds[number % len(kinds)]
        put(made, number, listener, pool, lb_algorithm=algorithm, persistence=persistence, monitor=monitor, **secrets)
    assert len(made.pools) == 60
    check(made, folder, pool_alpn=alpn, idle_close="on-response")


@pytest.mark.parametrize("secrets", SECRETS)
def test_every_monitor(secrets: dict[str, str], account: Account, folder: Path) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values())
    for number, (monitor, pool) in enumerate(itertools.product(MONITORS, ("HTTP", "HTTPS", "PROXYV2"))):
        put(made, number, "TERMINATED_HTTPS", pool, monitor=monitor, **secrets)
    check(made, folder)


LEAF, CLIENT = backend(ROOT), client(ROOT)
BROKEN_CA = {
    "empty": "\n",
    "text only": "nothing to see",
    "truncated": ROOT.pem[: len(ROOT.pem) // 2],
    "second block truncated": ROOT.pem + LEAF.pem[: len(LEAF.pem) // 2],
    "second block broken": ROOT.pem + LEAF.pem.replace("A", "!"),
    "indented": "".join(f"    {line}\n" for line in ROOT.pem.splitlines()),
    "UTF-16": ROOT.pem.encode("utf-16"),
}
BROKEN_CRL = {"truncated": revocations(ROOT)[:200], "second truncated": revocations(ROOT) + revocations(ROOT)[:200]}
BROKEN_CLIENT = {
    "other key": CLIENT.pem + LEAF.key_pem,
    "chain before the leaf": ROOT.pem + CLIENT.key_pem + CLIENT.pem,
}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        *(pytest.param("ca", text, id=f"ca {name}") for name, text in BROKEN_CA.items()),
        *(pytest.param("crl", text, id=f"crl {name}") for name, text in BROKEN_CRL.items()),
        *(pytest.param("client", text, id=f"client {name}") for name, text in BROKEN_CLIENT.items()),
    ],
)
def test_broken_material_is_refused_with_haproxys_first_alert(
    kind: str, payload: str | bytes, account: Account, folder: Path
) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values(), stored.secret(kind, payload))
    put(made, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    with pytest.raises(ConfigurationRefused) as refused:
        check(made, folder)
    text = str(refused.value)
    assert {"ca": "ca-file", "crl": "bad end line", "client": "inconsistencies between private key"}[kind] in text
    assert "ALERT" not in text
    assert str(folder) not in text
    assert os.linesep not in text


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(ROOT.pem.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(f"\ufeff{ROOT.pem}", id="byte order mark"),
        pytest.param(revocations(ROOT), id="a CRL instead"),
        pytest.param(LEAF.pem, id="a leaf"),
    ],
)
def test_it_checks_forms_and_not_roles(payload: str, account: Account, folder: Path) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values(), stored.secret("ca", payload))
    put(made, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    check(made, folder)
