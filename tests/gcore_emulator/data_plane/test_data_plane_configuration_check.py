"""`haproxy -c` accepts every configuration with good certificates, and rejects malformed ones with one sentence."""

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
from tests.gcore_emulator.data_plane.issuing import issue_backend, issue_ca, issue_client, issue_crl
from tests.gcore_emulator.data_plane.preview_findings import preview_findings, worst_severity
from tests.material import LoadBalancerPki

ROOT = issue_ca("Root")
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
        stored.secret("crl", issue_crl(ROOT)),
    )


def check(account: EmulatedAccount, folder: Path, **options: Any) -> None:
    """Write the configuration of a load balancer, and check it with HAProxy, which opens no socket or port for that."""
    ports = {listener_id: 10_000 + number for number, listener_id in enumerate(account.listeners)}
    rendered = configuration(account.load_balancers["lb"], account, ports, Behavior(**options), folder)
    assert not rendered.unserved
    for name, content in {**rendered.files, "c": rendered.text.encode()}.items():
        (folder / name).write_bytes(content)
    check_configuration(find_haproxy(), folder / "c")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder with a path that is short enough for sockets."""
    with TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


def put(account: EmulatedAccount, number: int, listener: str, pool: str, **fields: Any) -> None:
    """Add a listener with a pool."""
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
def test_haproxy_accepts_every_pair_of_protocols(
    listener: str, pool: str, account: EmulatedAccount, folder: Path
) -> None:
    """Combine each persistence with each set of secrets, and rotate through the algorithms and monitors."""
    account_with_pools = stored.account(*account.load_balancers.values(), *account.secrets.values())
    monitors: list[dict[str, Any] | None] = [None, *MONITORS]
    algorithms = get_args(LbAlgorithm)
    # Each pair starts the rotation at a different offset.
    offset = PAIRS.index((listener, pool))
    for number, (persistence, secrets) in enumerate(itertools.product(PERSISTENCE, SECRETS)):
        monitor, algorithm = (
            monitors[(number + offset) % len(monitors)],
            algorithms[(number + offset) % len(algorithms)],
        )
        put(
            account_with_pools,
            number,
            listener,
            pool,
            lb_algorithm=algorithm,
            persistence=persistence,
            monitor=monitor,
            **secrets,
        )
    assert len(account_with_pools.pools) == 20
    check(
        account_with_pools,
        folder,
        pool_alpn=("octavia", "http1", "none")[offset % 3],
        idle_close=("on-response", "octavia")[offset % 2],
    )


@pytest.mark.parametrize("protocol", ["HTTP", "TCP", "TERMINATED_HTTPS"])
def test_haproxy_accepts_every_field_of_a_listener(protocol: str, account: EmulatedAccount, folder: Path) -> None:
    account_with_pools = stored.account(*account.load_balancers.values(), *account.secrets.values())
    put(account_with_pools, 0, protocol, "HTTP", monitor=MONITORS[0])
    listener = replace(
        account_with_pools.listeners["l0"],
        allowed_cidrs=(*(f"10.{number}.0.0/16" for number in range(99)), "2001:db8::/32"),
        user_list=tuple(
            BasicAuthUser(username=f"user {hashed[:3]}", encrypted_password=hashed)
            for hashed in ("$6$salt$hash", "{SHA}hash", 'a "quoted" #hash')
        ),
        connection_limit=1_000_000,
        timeout_client_data=86_400_000,
        timeout_member_connect=0,
    )
    account_with_pools.put(listener)
    check(account_with_pools, folder)


@pytest.mark.parametrize("secrets", SECRETS)
def test_haproxy_accepts_every_health_monitor(secrets: dict[str, str], account: EmulatedAccount, folder: Path) -> None:
    account_with_pools = stored.account(*account.load_balancers.values(), *account.secrets.values())
    for number, (monitor, pool) in enumerate(itertools.product(MONITORS, ("HTTP", "HTTPS", "PROXYV2"))):
        put(account_with_pools, number, "TERMINATED_HTTPS", pool, monitor=monitor, **secrets)
    check(account_with_pools, folder)


LEAF, CLIENT = issue_backend(ROOT), issue_client(ROOT)
MALFORMED_CA: Mapping[str, str | bytes] = {
    "empty": "\n",
    "text only": "no certificate",
    "truncated": ROOT.pem[: len(ROOT.pem) // 2],
    "second block truncated": ROOT.pem + LEAF.pem[: len(LEAF.pem) // 2],
    "second block not base64": ROOT.pem + LEAF.pem.replace("A", "!"),
    "indented": "".join(f"    {line}\n" for line in ROOT.pem.splitlines()),
    "UTF-16": ROOT.pem.encode("utf-16"),
    "DER": ROOT.certificate.public_bytes(Encoding.DER),
}
MALFORMED_CRL: Mapping[str, str | bytes] = {
    "empty": "\n",
    "truncated": issue_crl(ROOT)[:200],
    "second truncated": issue_crl(ROOT) + issue_crl(ROOT)[:200],
    "DER": x509.load_pem_x509_crl(issue_crl(ROOT).encode()).public_bytes(Encoding.DER),
}
MALFORMED_CLIENT = {
    "other key": CLIENT.pem + LEAF.key_pem,
    "chain before the leaf": ROOT.pem + CLIENT.key_pem + CLIENT.pem,
}


ALERT_PATTERNS = {
    "ca": "ca-file",
    "crl": "bad end line|no certificate or crl found",
    "client": "inconsistencies between private key",
}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        *(pytest.param("ca", text, id=f"ca {name}") for name, text in MALFORMED_CA.items()),
        *(pytest.param("crl", text, id=f"crl {name}") for name, text in MALFORMED_CRL.items()),
        *(pytest.param("client", text, id=f"client {name}") for name, text in MALFORMED_CLIENT.items()),
    ],
)
def test_malformed_secret_is_rejected_with_the_first_alert_of_haproxy(
    kind: str, payload: str | bytes, account: EmulatedAccount, folder: Path
) -> None:
    account_with_pools = stored.account(
        *account.load_balancers.values(), *account.secrets.values(), stored.secret(kind, payload)
    )
    put(account_with_pools, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    with pytest.raises(ConfigurationRejected) as rejection:
        check(account_with_pools, folder)
    text = str(rejection.value)
    assert re.search(ALERT_PATTERNS[kind], text)
    assert "ALERT" not in text
    assert str(folder) not in text
    assert os.linesep not in text


def test_preview_reports_or_repairs_every_secret_that_haproxy_rejects() -> None:
    tables: list[tuple[Role, Mapping[str, str | bytes]]] = [("ca", MALFORMED_CA), ("crl", MALFORMED_CRL)]
    tables.append(("client", MALFORMED_CLIENT))
    severities = {
        f"{role} {name}": worst_severity(preview_findings([(text, role)]))
        for role, table in tables
        for name, text in table.items()
        if isinstance(text, str)
    }
    # The provider writes the PEM again before the upload, which repairs these.
    repaired = {"ca indented", "client chain before the leaf"}
    assert {name for name, severity in severities.items() if severity != "error"} == repaired
    assert len(severities) == 11


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(ROOT.pem.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(f"\ufeff{ROOT.pem}", id="byte order mark"),
        pytest.param(issue_crl(ROOT), id="CRL instead of a CA"),
        pytest.param(LEAF.pem, id="leaf instead of a CA"),
    ],
)
def test_well_formed_secret_in_the_wrong_role_is_accepted(payload: str, account: EmulatedAccount, folder: Path) -> None:
    account_with_pools = stored.account(
        *account.load_balancers.values(), *account.secrets.values(), stored.secret("ca", payload)
    )
    put(account_with_pools, 0, "TERMINATED_HTTPS", "HTTPS", **SECRETS[-1])
    check(account_with_pools, folder)
