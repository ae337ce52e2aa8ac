"""`haproxy -c` takes every configuration whose material is good, and refuses broken material with a sentence."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_emulator import Behavior
from gcore_emulator.account import BasicAuthUser, EmulatedAccount
from gcore_emulator.data_plane.configuration import configuration
from gcore_emulator.data_plane.program import ConfigurationRejected, check_configuration, find_haproxy
from gcore_tls_provider.api.wire.enums import (
    HealthMonitorType,
    HttpMethod,
    LbAlgorithm,
    ListenerProtocol,
    PoolProtocol,
    SessionPersistenceType,
)
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from gcore_tls_provider.cli.check.files import Role
from tests.gcore_emulator.data_plane import stored
from tests.gcore_emulator.data_plane.issuing import authority, backend, client, revocations
from tests.gcore_emulator.data_plane.judging import gravest, judged
from tests.material import LoadBalancerPki

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
def account(material: LoadBalancerPki) -> EmulatedAccount:
    return stored.account(
        stored.load_balancer(),
        stored.secret("server", material.server.to_pkcs12()),
        stored.secret("second", material.sni.to_pkcs12()),
        stored.secret("client", material.client.to_pkcs12()),
        stored.secret("ca", ROOT.pem),
        stored.secret("crl", revocations(ROOT)),
    )


def check(account: EmulatedAccount, folder: Path, **choices: Any) -> None:
    """Writes what a load balancer becomes, and lets HAProxy check it. Sockets and ports aren't used by that."""
    ports = {listener_id: 10_000 + number for number, listener_id in enumerate(account.listeners)}
    made = configuration(account.load_balancers["lb"], account, ports, Behavior(**choices), folder)
    assert not made.unserved
    for name, content in {**made.files, "c": made.text.encode()}.items():
        (folder / name).write_bytes(content)
    check_configuration(find_haproxy(), folder / "c")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path that is short enough for sockets."""
    with TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def put(account: EmulatedAccount, number: int, listener: str, pool: str, **fields: Any) -> None:
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
def test_every_pair_of_protocols(listener: str, pool: str, account: EmulatedAccount, folder: Path) -> None:
    """With each persistence and set of secrets, and by turns each algorithm and monitor, on one load balancer."""
    made = stored.account(*account.load_balancers.values(), *account.secrets.values())
    monitors: list[dict[str, Any] | None] = [None, *MONITORS]
    algorithms = get_args(LbAlgorithm)
    # The pairs begin the turns at different places.
    turn = PAIRS.index((listener, pool))
    for number, (persistence, secrets) in enumerate(itertools.product(PERSISTENCE, SECRETS)):
        monitor, algorithm = monitors[(number + turn) % len(monitors)], algorithms[(number + turn) % len(algorithms)]
        put(made, number, listener, pool, lb_algorithm=algorithm, persistence=persistence, monitor=monitor, **secrets)
    assert len(made.pools) == 20
    check(
        made, folder, pool_alpn=("octavia", "http1", "none")[turn % 3], idle_close=("on-response", "octavia")[turn % 2]
    )


@pytest.mark.parametrize("protocol", ["HTTP", "TCP", "TERMINATED_HTTPS"])
def test_all_that_a_listener_may_have(protocol: str, account: EmulatedAccount, folder: Path) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values())
    put(made, 0, protocol, "HTTP", monitor=MONITORS[0])
    listener = replace(
        made.listeners["l0"],
        allowed_cidrs=(*(f"10.{number}.0.0/16" for number in range(99)), "2001:db8::/32"),
        user_list=tuple(
            BasicAuthUser(username=f"user {hashed[:3]}", encrypted_password=hashed)
            for hashed in ("$6$salt$hash", "{SHA}hash", 'a "quoted" #hash')
        ),
        connection_limit=1_000_000,
        timeout_client_data=86_400_000,
        timeout_member_connect=0,
    )
    made.put(listener)
    check(made, folder)


@pytest.mark.parametrize("secrets", SECRETS)
def test_every_monitor(secrets: dict[str, str], account: EmulatedAccount, folder: Path) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values())
    for number, (monitor, pool) in enumerate(itertools.product(MONITORS, ("HTTP", "HTTPS", "PROXYV2"))):
        put(made, number, "TERMINATED_HTTPS", pool, monitor=monitor, **secrets)
    check(made, folder)


LEAF, CLIENT = backend(ROOT), client(ROOT)
BROKEN_CA: Mapping[str, str | bytes] = {
    "empty": "\n",
    "text only": "nothing to see",
    "truncated": ROOT.pem[: len(ROOT.pem) // 2],
    "second block truncated": ROOT.pem + LEAF.pem[: len(LEAF.pem) // 2],
    "second block broken": ROOT.pem + LEAF.pem.replace("A", "!"),
    "indented": "".join(f"    {line}\n" for line in ROOT.pem.splitlines()),
    "UTF-16": ROOT.pem.encode("utf-16"),
    "DER": ROOT.certificate.public_bytes(Encoding.DER),
}
BROKEN_CRL: Mapping[str, str | bytes] = {
    "empty": "\n",
    "truncated": revocations(ROOT)[:200],
    "second truncated": revocations(ROOT) + revocations(ROOT)[:200],
    "DER": x509.load_pem_x509_crl(revocations(ROOT).encode()).public_bytes(Encoding.DER),
}
BROKEN_CLIENT = {
    "other key": CLIENT.pem + LEAF.key_pem,
    "chain before the leaf": ROOT.pem + CLIENT.key_pem + CLIENT.pem,
}


SENTENCES = {
    "ca": "ca-file",
    "crl": "bad end line|no certificate or crl found",
    "client": "inconsistencies between private key",
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
    kind: str, payload: str | bytes, account: EmulatedAccount, folder: Path
) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values(), stored.secret(kind, payload))
    put(made, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    with pytest.raises(ConfigurationRejected) as refused:
        check(made, folder)
    text = str(refused.value)
    assert re.search(SENTENCES[kind], text)
    assert "ALERT" not in text
    assert str(folder) not in text
    assert os.linesep not in text


def test_what_haproxy_refuses_a_preview_stops_or_mends() -> None:
    tables: list[tuple[Role, Mapping[str, str | bytes]]] = [("ca", BROKEN_CA), ("crl", BROKEN_CRL)]
    tables.append(("client", BROKEN_CLIENT))
    said = {
        f"{role} {name}": gravest(judged([(text, role)]))
        for role, table in tables
        for name, text in table.items()
        if isinstance(text, str)
    }
    # What is uploaded is written anew: that mends these.
    mended = {"ca indented", "client chain before the leaf"}
    assert {name for name, severity in said.items() if severity != "error"} == mended
    assert len(said) == 11


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(ROOT.pem.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(f"\ufeff{ROOT.pem}", id="byte order mark"),
        pytest.param(revocations(ROOT), id="a CRL instead"),
        pytest.param(LEAF.pem, id="a leaf"),
    ],
)
def test_it_checks_forms_and_not_roles(payload: str, account: EmulatedAccount, folder: Path) -> None:
    made = stored.account(*account.load_balancers.values(), *account.secrets.values(), stored.secret("ca", payload))
    put(made, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    check(made, folder)
