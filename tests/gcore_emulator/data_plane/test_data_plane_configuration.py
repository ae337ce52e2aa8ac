"""HAProxy's configuration of stored objects: the lines of Octavia's templates, in their order."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from gcore_emulator import Behavior
from gcore_emulator.account import BasicAuthUser, EmulatedAccount
from gcore_emulator.data_plane.configuration import Configuration, configuration
from gcore_emulator.data_plane.escaping import escape_haproxy_arg
from gcore_emulator.data_plane.tls import CIPHERS
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from tests.gcore_emulator.data_plane import stored
from tests.material import LoadBalancerPki

FOLDER = PurePosixPath("/private")
OLD = "no-sslv3 no-tlsv10 no-tlsv11"
ALPN = "h2,http/1.1,http/1.0"
END = f"sni ssl_fc_sni ciphers {CIPHERS} {OLD} alpn {ALPN}"


def rendered(account: EmulatedAccount, **options: Any) -> Configuration:
    ports = {listener_id: 10_000 + number for number, listener_id in enumerate(account.listeners)}
    return configuration(account.load_balancers["lb"], account, ports, Behavior(**options), FOLDER)


def account_with(material: LoadBalancerPki, listener: dict[str, Any] | None = None, **pool: Any) -> EmulatedAccount:
    """Return an account with a load balancer, a TLS listener, and a pool."""
    terminated = {"protocol": "TERMINATED_HTTPS", "secret_id": "server", **(listener or {})}
    if terminated["protocol"] != "TERMINATED_HTTPS":
        terminated["secret_id"] = None
    return stored.account(
        stored.load_balancer(),
        stored.listener(**terminated),
        stored.pool(**{"members": (stored.member(),), **pool}),
        stored.secret("server", material.server.to_pkcs12()),
        stored.secret("client", material.client.to_pkcs12()),
        stored.secret("ca", material.ca.certificate_pem),
        stored.secret("crl", material.crl),
    )


def section(text: str, kind: str) -> list[str]:
    """Return the lines of the first section of a kind, without indentation, with `<pem>` for the path of each file."""
    blocks = text.split("\n\n")
    found = next(block for block in blocks if any(line.startswith(kind) for line in block.splitlines()))
    lines = [line.strip() for line in found.splitlines()]
    return [" ".join(map(_short, line.split(" "))) for line in lines]


def _short(text: str) -> str:
    path = PurePosixPath(text)
    return f"<{path.suffix[1:]}>" if path.parent == FOLDER and path.suffix else text


def server(text: str) -> str:
    (line,) = [line for line in section(text, "backend") if line.startswith("server ")]
    return line


def test_tls_listener_becomes_a_frontend_and_a_backend(material: LoadBalancerPki) -> None:
    found = rendered(account_with(material))
    assert section(found.text, "frontend") == [
        "frontend listener",
        "maxconn 100000",
        "redirect scheme https if !{ ssl_fc }",
        f"bind 127.0.0.1:10000 ssl crt-list <list> ciphers {CIPHERS} {OLD} alpn {ALPN}",
        "mode http",
        "default_backend pool:listener",
        "timeout client 50000",
        'log-format "%ci %ST %tsc %Tt %rc %s %[bc_err_str] %[ssl_bc_err_str] %{+Q}r"',
    ]
    assert section(found.text, "backend") == [
        "backend pool:listener",
        "mode http",
        "http-reuse safe",
        "balance roundrobin",
        "fullconn 100000",
        "option allbackups",
        "timeout connect 5000",
        "timeout server 50000",
        "server member 10.0.0.5:8443 weight 1",
    ]
    assert found.listener_ids == ("listener",)


def test_sni_certificates_follow_the_listener_certificate(material: LoadBalancerPki) -> None:
    account = account_with(material, {"sni_secret_ids": ("second",)})
    account.put(stored.secret("second", material.sni.to_pkcs12()))
    found = rendered(account)
    (crt_list,) = [content.decode().splitlines() for name, content in found.files.items() if name.endswith(".list")]
    contents = [found.files[PurePosixPath(path).name].decode() for path in crt_list]
    expected = [material.server.certificate_pem, material.sni.certificate_pem]
    assert [text.startswith(pem) for text, pem in zip(contents, expected, strict=True)] == [True, True]
    assert all(text.count("PRIVATE KEY") == 2 for text in contents)


def test_certificate_file_contains_the_chain_and_no_repr_contains_the_key(material: LoadBalancerPki) -> None:
    below = material.ca.issue_ca("Intermediate").issue_server(["app.example"])
    account = account_with(material)
    account.put(stored.secret("server", below.to_pkcs12()))
    found = rendered(account)
    (pem,) = [content.decode() for name, content in found.files.items() if name.endswith(".pem")]
    assert pem == below.certificate_pem + below.private_key_pem + below.chain_pem
    assert "PRIVATE" not in repr(found) + found.text


@pytest.mark.parametrize(
    ("secrets", "line"),
    [
        ({}, f"ssl verify none {END}"),
        ({"secret_id": "client"}, f"ssl crt <pem> verify none {END}"),
        ({"ca_secret_id": "ca"}, f"ssl ca-file <pem> {END}"),
        ({"secret_id": "client", "ca_secret_id": "ca"}, f"ssl crt <pem> ca-file <pem> {END}"),
        ({"ca_secret_id": "ca", "crl_secret_id": "crl"}, f"ssl ca-file <pem> crl-file <pem> verify required {END}"),
        ({"crl_secret_id": "crl"}, f"ssl verify none {END}"),
    ],
)
def test_secrets_of_a_pool_become_tls_options_of_its_members(
    secrets: dict[str, Any], line: str, material: LoadBalancerPki
) -> None:
    text = rendered(account_with(material, protocol="HTTPS", **secrets)).text
    assert server(text) == f"server member 10.0.0.5:8443 weight 1 {line}"


PROBE = "inter 10s fall 3 rise 2"
PROBED = f"check check-alpn {ALPN} {PROBE}"


@pytest.mark.parametrize(
    ("monitor", "member", "options"),
    [
        ({"type": "TCP"}, {}, PROBED),
        ({"type": "TLS-HELLO"}, {}, PROBED),
        ({"type": "HTTP"}, {}, PROBED),
        ({"type": "HTTPS"}, {}, f"check check-ssl verify none check-alpn {ALPN} {PROBE}"),
        ({"type": "TCP"}, {"monitor_port": 9}, f"{PROBED} port 9"),
        ({"type": "TCP"}, {"monitor_address": "10.1.1.1"}, f"{PROBED} addr 10.1.1.1"),
        ({"type": "TCP", "admin_state_up": False}, {}, ""),
    ],
)
def test_check_options_precede_tls_options(
    monitor: dict[str, Any], member: dict[str, Any], options: str, material: LoadBalancerPki
) -> None:
    account = account_with(
        material,
        protocol="HTTPS",
        ca_secret_id="ca",
        health_monitor=stored.monitor(**monitor),
        members=(stored.member(**member),),
    )
    expected = f"server member 10.0.0.5:8443 weight 1 {options} ssl ca-file <pem> {END}"
    assert server(rendered(account).text) == expected.replace("  ", " ")


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"weight": 7}, "weight 7"),
        ({"backup": True}, "weight 1 backup"),
        ({"admin_state_up": False}, "weight 1 disabled"),
        ({"backup": True, "admin_state_up": False}, "weight 1 backup disabled"),
    ],
)
def test_fields_of_a_member_become_options_of_its_server_line(
    fields: dict[str, Any], options: str, material: LoadBalancerPki
) -> None:
    text = rendered(account_with(material, members=(stored.member(**fields),))).text
    assert server(text) == f"server member 10.0.0.5:8443 {options}"


@pytest.mark.parametrize(
    ("monitor", "lines"),
    [
        ({"type": "TCP"}, []),
        ({"type": "HTTP"}, ["option httpchk GET /", "http-check expect rstatus 200"]),
        (
            {"type": "HTTPS", "http_method": "HEAD", "url_path": "/up", "http_version": "1.1", "domain_name": "a.b"},
            ["option httpchk HEAD /up HTTP/1.1", "http-check send hdr Host a.b", "http-check expect rstatus 200"],
        ),
        (
            {"type": "HTTP", "http_version": "1.0", "domain_name": "a.b", "expected_codes": "200-202, 204"},
            ["option httpchk GET / HTTP/1.0", "http-check expect rstatus 200|201|202|204"],
        ),
        ({"type": "PING"}, ["option external-check", "external-check command <sh>"]),
    ],
)
def test_health_monitor_becomes_check_directives(
    monitor: dict[str, Any], lines: list[str], material: LoadBalancerPki
) -> None:
    text = rendered(account_with(material, health_monitor=stored.monitor(**monitor))).text
    found = section(text, "backend")
    start = found.index("load-server-state-from-file global")
    assert found[start + 1 : found.index("fullconn 100000")] == ["timeout check 5s", *lines]
    assert ("insecure-fork-wanted" in text) == (monitor["type"] == "PING")


@pytest.mark.parametrize(
    ("persistence", "lines"),
    [
        ({"type": "SOURCE_IP"}, ["stick-table type ipv6 size 10k", "stick on src"]),
        (
            {"type": "APP_COOKIE", "cookie_name": "session"},
            [
                "stick-table type string len 64 size 10k",
                "stick store-response res.cook(session)",
                "stick match req.cook(session)",
            ],
        ),
        ({"type": "HTTP_COOKIE"}, ["cookie SRV insert indirect nocache"]),
    ],
)
def test_session_persistence_becomes_stick_or_cookie_directives(
    persistence: dict[str, Any], lines: list[str], material: LoadBalancerPki
) -> None:
    account = account_with(material, session_persistence=SessionPersistenceSet(**persistence))
    found = section(rendered(account).text, "backend")
    assert found[found.index("balance roundrobin") + 1 : found.index("fullconn 100000")] == lines
    assert (" cookie member" in found[-1]) == (persistence["type"] == "HTTP_COOKIE")


@pytest.mark.parametrize(
    ("listener", "pool", "mode", "tls", "proxy"),
    [
        ("TERMINATED_HTTPS", {"protocol": "HTTP"}, "http", False, ""),
        ("TERMINATED_HTTPS", {"protocol": "HTTPS"}, "http", True, ""),
        ("TERMINATED_HTTPS", {"protocol": "TCP"}, "http", False, ""),
        ("TERMINATED_HTTPS", {"protocol": "PROXY"}, "http", False, "send-proxy"),
        ("TERMINATED_HTTPS", {"protocol": "PROXYV2"}, "http", False, "send-proxy-v2-ssl-cn"),
        ("TERMINATED_HTTPS", {"protocol": "PROXYV2", "ca_secret_id": "ca"}, "http", True, "send-proxy-v2-ssl-cn"),
        ("HTTP", {"protocol": "HTTP"}, "http", False, ""),
        ("HTTP", {"protocol": "HTTP", "ca_secret_id": "ca"}, "http", True, ""),
        ("HTTP", {"protocol": "PROXYV2"}, "http", False, "send-proxy-v2"),
        ("HTTPS", {"protocol": "HTTPS"}, "tcp", False, ""),
        ("HTTPS", {"protocol": "HTTPS", "secret_id": "client"}, "tcp", True, ""),
        ("TCP", {"protocol": "TCP"}, "tcp", False, ""),
        ("TCP", {"protocol": "HTTP"}, "http", False, ""),
        ("TCP", {"protocol": "PROXY"}, "tcp", False, "send-proxy"),
    ],
)
def test_protocols_of_listener_and_pool_determine_mode_tls_and_proxy_header(
    listener: str, pool: dict[str, Any], mode: str, tls: bool, proxy: str, material: LoadBalancerPki
) -> None:
    text = rendered(account_with(material, {"protocol": listener}, **pool)).text
    backend = section(text, "backend")
    assert f"mode {mode}" in backend
    assert ("http-reuse safe" in backend) == (mode == "http")
    options = server(text).split(" ")
    assert ("ssl" in options) == tls
    assert [each for each in options if each.startswith("send-proxy")] == ([proxy] if proxy else [])
    assert "mode tcp" in text if listener in ("HTTPS", "TCP") else "mode tcp" not in text


@pytest.mark.parametrize(
    ("listener", "pool", "lines"),
    [
        ("HTTP", "HTTP", ["option forwardfor", "X-Forwarded-Port 80", "X-Forwarded-Proto http"]),
        ("TERMINATED_HTTPS", "HTTPS", ["option forwardfor", "X-Forwarded-Port 80", "X-Forwarded-Proto https"]),
        ("HTTP", "PROXY", ["X-Forwarded-Proto http"]),
        ("HTTPS", "HTTPS", []),
        ("TCP", "TCP", []),
    ],
)
def test_x_forwarded_headers_depend_on_the_protocols(
    listener: str, pool: str, lines: list[str], material: LoadBalancerPki
) -> None:
    text = rendered(account_with(material, {"protocol": listener, "insert_x_forwarded": True}, protocol=pool)).text
    found = [line.replace("http-request set-header ", "") for line in section(text, "backend")]
    assert [line for line in found if "orward" in line] == lines


def test_allowed_cidrs_become_an_acl(material: LoadBalancerPki) -> None:
    assert "allowed" not in rendered(account_with(material, {"allowed_cidrs": ()})).text
    networks = ("10.0.0.0/8", "192.0.2.0/24")
    found = section(rendered(account_with(material, {"allowed_cidrs": networks})).text, "frontend")
    start = found.index("mode http") + 1
    assert found[start : start + 3] == [
        "acl allowed src 10.0.0.0/8",
        "acl allowed src 192.0.2.0/24",
        "tcp-request connection reject unless allowed",
    ]


def test_users_become_a_userlist_unless_tls_passes_through(material: LoadBalancerPki) -> None:
    users = (BasicAuthUser(username="a user", encrypted_password="$6$salt$hash"),)
    text = rendered(account_with(material, {"user_list": users})).text
    assert section(text, "userlist") == ["userlist listener", r"user a\x20user password \x246\x24salt\x24hash"]
    assert "http-request auth unless { http_auth(listener) }" in section(text, "frontend")
    passed_through = rendered(account_with(material, {"user_list": users, "protocol": "HTTPS"})).text
    assert "userlist" not in passed_through
    assert "auth" not in passed_through


def test_timeouts_of_the_listener_override_those_of_the_pool(material: LoadBalancerPki) -> None:
    pool = {"timeout_member_connect": 3, "timeout_member_data": 4, "timeout_client_data": 5}
    text = rendered(account_with(material, {"timeout_member_connect": 1, "timeout_client_data": 2}, **pool)).text
    assert "timeout client 2\n" in text
    assert "timeout connect 1\n" in text
    assert "timeout server 4\n" in text


@pytest.mark.parametrize(
    ("algorithm", "balance"),
    [("ROUND_ROBIN", "roundrobin"), ("LEAST_CONNECTIONS", "leastconn"), ("SOURCE_IP", "source")],
)
def test_algorithm_becomes_the_balance_directive(algorithm: str, balance: str, material: LoadBalancerPki) -> None:
    assert f"    balance {balance}\n" in rendered(account_with(material, lb_algorithm=algorithm)).text


@pytest.mark.parametrize(("choice", "options"), [("octavia", f"alpn {ALPN}"), ("http1", "alpn http/1.1,http/1.0")])
def test_pool_alpn_option_sets_the_protocols_offered_to_members(
    choice: str, options: str, material: LoadBalancerPki
) -> None:
    account = account_with(material, protocol="HTTPS", health_monitor=stored.monitor())
    line = server(rendered(account, pool_alpn=choice).text)
    assert line.count(options) == 2
    assert "alpn" not in server(rendered(account, pool_alpn="none").text)


def test_idle_close_option_keeps_idle_connections_open(material: LoadBalancerPki) -> None:
    assert "idle-close" not in rendered(account_with(material)).text
    kept_open = rendered(account_with(material), idle_close="on-response").text
    assert "option idle-close-on-response\n    timeout http-keep-alive 5s\n" in kept_open


def test_disabled_objects_are_omitted(material: LoadBalancerPki) -> None:
    assert "backend" not in rendered(account_with(material, admin_state_up=False)).text
    assert rendered(account_with(material, {"admin_state_up": False})).listener_ids == ()
    account = account_with(material)
    account.put(stored.load_balancer(admin_state_up=False))
    assert rendered(account).listener_ids == ()


def test_udp_listener_is_omitted(material: LoadBalancerPki) -> None:
    account = account_with(material)
    account.put(stored.listener("udp", protocol="UDP"))
    assert rendered(account).listener_ids == ("listener",)


@pytest.mark.parametrize(
    ("secret_id", "payload", "reason"),
    [("ca", None, "secret ca does not exist"), ("server", b"nothing", "the secret cannot be opened")],
)
def test_listener_with_an_unreadable_secret_is_omitted(
    secret_id: str, payload: bytes | None, reason: str, material: LoadBalancerPki
) -> None:
    account = account_with(material, protocol="HTTPS", ca_secret_id="ca")
    account.put(stored.listener("other"))
    if payload is None:
        del account.secrets[secret_id]
    else:
        account.put(stored.secret(secret_id, payload))
    found = rendered(account)
    assert found.listener_ids == ("other",)
    assert found.unserved == {"listener": reason}
    assert not found.files


def test_ca_bundle_is_written_unchanged(material: LoadBalancerPki) -> None:
    account = account_with(material, protocol="HTTPS", ca_secret_id="ca")
    text = f"Bag Attributes\r\n{material.ca.certificate_pem}"
    account.put(stored.secret("ca", text))
    assert text.encode() in rendered(account).files.values()


@pytest.mark.parametrize(
    ("text", "argument"), [("/up", "/up"), ("a b", r"a\x20b"), ("x\nglobal", r"x\x0aglobal"), ('"', r"\x22")]
)
def test_text_of_users_is_escaped_into_one_argument(text: str, argument: str) -> None:
    assert escape_haproxy_arg(text) == argument
