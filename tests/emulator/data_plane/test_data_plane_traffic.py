"""What real requests show, among it each surprise that Octavia's configuration holds for its users."""

from __future__ import annotations

import concurrent.futures
import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gcore_tls_provider.certificates import DevelopmentAuthority
from tests.emulator.data_plane.clients import ask
from tests.emulator.data_plane.waiting import until
from tests.emulator.data_plane.world import TLS12, TLS13, Traffic
from tests.emulator.emulated_api import member_body, monitor_body, pool_body

StartTraffic = Callable[..., Traffic]

PROBED = monitor_body(delay=2, timeout=1, max_retries=1)
VERIFY_FAILED = "certificate verify failed"


def test_mutual_tls_reaches_the_backend(traffic: Traffic) -> None:
    backend = traffic.backend()
    deployed = traffic.https(backend)
    answer = ask(deployed.port)
    assert answer.status == 200
    assert answer.said == {"backend": "one", "client": "load-balancer.example"}
    assert answer.certificate == traffic.material.server.certificate
    assert backend.requests[-1].sni == "app.example"


def test_the_certificate_is_chosen_by_name(traffic: Traffic) -> None:
    deployed = traffic.https(
        traffic.backend(identity=traffic.material.authority.issue_server(["*.example", "app.example"])),
        listener={"sni_secret_id": [traffic.secret(traffic.material.sni.to_pkcs12())]},
    )
    for name, identity in (
        ("app.example", traffic.material.server),
        ("second.example", traffic.material.sni),
        ("SECOND.example", traffic.material.sni),
        ("unknown.example", traffic.material.server),
        (None, traffic.material.server),
    ):
        answer = ask(deployed.port, name)
        assert (answer.status, answer.certificate) == (200, identity.certificate), name


# The surprises.


def test_the_backends_certificate_must_carry_the_name_that_the_client_asked_for(traffic: Traffic) -> None:
    other_name = traffic.material.authority.issue_server(["backend.internal"])
    deployed = traffic.https(traffic.backend(identity=other_name), healthmonitor=PROBED)
    deployed.wait_for_checks()
    assert ask(deployed.port, "app.example").status == 503
    deployed.wait_for_log("different from the expected one")
    assert ask(deployed.port, "backend.internal").status == 200
    assert ask(deployed.port, None).status == 200, "without SNI no name is checked"
    assert deployed.member_statuses() == ["ONLINE"], "checks send no name"


def test_without_a_ca_nothing_is_verified(traffic: Traffic) -> None:
    stranger = traffic.material.other_authority.issue_server(["elsewhere.example"])
    deployed = traffic.https(traffic.backend(identity=stranger), ca_secret_id=None)
    assert ask(deployed.port).status == 200


@pytest.mark.parametrize(
    ("monitor", "with_crl", "status", "member"),
    [
        ("TCP", False, 503, "ERROR"),
        ("HTTP", False, 503, "ERROR"),
        ("HTTPS", False, 200, "ONLINE"),
        ("HTTPS", True, 503, "ERROR"),
    ],
)
def test_an_https_monitor_switches_verification_off_unless_there_is_a_revocation_list(
    monitor: str, with_crl: bool, status: int, member: str, traffic: Traffic
) -> None:
    stranger = traffic.material.other_authority.issue_server(["app.example"])
    deployed = traffic.https(
        traffic.backend(identity=stranger),
        healthmonitor={**PROBED, "type": monitor},
        crl_secret_id=traffic.empty_crl() if with_crl else None,
    )
    deployed.wait_for_members(member)
    deployed.wait_for_checks()
    assert ask(deployed.port).status == status
    assert deployed.member_statuses() == [member]


def test_resumption_hides_expiry_until_the_next_reload(traffic: Traffic) -> None:
    ends = datetime.now(timezone.utc) + timedelta(seconds=8)
    soon_over = traffic.material.authority.issue_server(["app.example"], now=ends, valid_days=0)
    backend = traffic.backend(identity=soon_over, version=TLS12)
    assert backend.context is not None
    backend.context.options &= ~ssl.OP_NO_TICKET
    deployed = traffic.https(backend)
    assert ask(deployed.port).status == 200
    until(lambda: datetime.now(timezone.utc), lambda now: now > ends + timedelta(seconds=1))
    assert ask(deployed.port).status == 200, "the handshake was resumed: nothing was verified"
    deployed.patch_pool(timeout_member_data=60_000)
    assert ask(deployed.port).status == 503
    deployed.wait_for_log(VERIFY_FAILED)


@pytest.mark.parametrize(
    ("version", "monitor", "status", "member"),
    [
        (TLS13, "TCP", 502, "ONLINE"),
        (TLS13, "HTTP", 502, "ERROR"),
        (TLS12, "TCP", 503, "ERROR"),
    ],
)
def test_a_green_member_may_refuse_the_client_certificate(
    version: ssl.TLSVersion, monitor: str, status: int, member: str, traffic: Traffic
) -> None:
    backend = traffic.backend(client_ca=traffic.material.other_authority.certificate_pem, version=version)
    deployed = traffic.https(backend, healthmonitor={**PROBED, "type": monitor})
    deployed.wait_for_members(member)
    deployed.wait_for_checks()
    if member == "ONLINE":
        assert ask(deployed.port).status == status
    assert deployed.member_statuses() == [member]
    assert not backend.requests


@pytest.mark.parametrize(("monitor", "member"), [("TCP", "ONLINE"), ("HTTP", "ERROR"), ("HTTPS", "ONLINE")])
def test_a_monitor_port_takes_the_check_out_of_tls(monitor: str, member: str, traffic: Traffic) -> None:
    stranger = traffic.material.other_authority.issue_server(["app.example"])
    backend = traffic.backend(identity=stranger)
    own_port = traffic.member(backend, monitor_port=backend.port)
    deployed = traffic.https(backend, members=[own_port], healthmonitor={**PROBED, "type": monitor})
    deployed.wait_for_members(member)
    deployed.wait_for_checks()
    assert deployed.member_statuses() == [member]


@pytest.mark.parametrize(("choice", "status"), [("octavia", 502), ("http1", 200), ("none", 200)])
def test_pools_offer_http_2_unless_told_otherwise(choice: str, status: int, start_traffic: StartTraffic) -> None:
    """The backend takes HTTP/2 where it is offered, and then can't speak it."""
    traffic = start_traffic(pool_alpn=choice)
    deployed = traffic.https(traffic.backend(alpn=["h2"]))
    assert ask(deployed.port).status == status


def test_a_refused_configuration_leaves_the_old_one_running_and_stays_in_the_way(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    truncated = traffic.material.authority.certificate_pem + traffic.material.other_authority.certificate_pem[:200]
    broken = traffic.secret(truncated, "broken")
    api = traffic.api
    error = api.fail("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"ca_secret_id": broken})
    assert "HAProxy refuses the configuration" in error
    assert "ca-file" in error
    assert "/tmp" not in error
    assert ask(deployed.port).status == 200
    pool = deployed.pool()
    assert (pool["provisioning_status"], pool["ca_secret_id"]) == ("ERROR", broken)
    balancer = api.get(f"/v1/loadbalancers/@/{deployed.balancer_id}")
    assert balancer["provisioning_status"] == "ACTIVE"

    another = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": deployed.balancer_id}
    assert "ca-file" in api.fail("POST", "/v1/lblisteners/@", another)
    listeners = {one["name"]: one for one in api.state()["listeners"].values()}
    assert listeners["http"]["provisioning_status"] == "ERROR"
    assert ask(deployed.port).status == 200

    api.do("DELETE", f"/v1/lbpools/@/{deployed.pool_id}")
    assert ask(deployed.port).status == 503, "the listener has no pool any more"
    assert ask(listeners["http"]["data_plane"]["port"], tls=False).status == 503


def test_a_load_balancer_that_starts_broken_is_in_error(traffic: Traffic) -> None:
    truncated = traffic.material.authority.certificate_pem + traffic.material.other_authority.certificate_pem[:200]
    pool = pool_body(protocol="HTTPS", ca_secret_id=traffic.secret(truncated), members=[member_body()])
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool]}
    assert "ca-file" in traffic.api.fail("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [listener]})
    (balancer,) = traffic.api.state()["load_balancers"].values()
    assert balancer["provisioning_status"] == "ERROR"
    traffic.api.do("DELETE", f"/v1/loadbalancers/@/{balancer['id']}")
    assert traffic.api.state()["pools"] == {}


def test_a_listener_whose_secret_is_gone_is_left_out(start_traffic: StartTraffic) -> None:
    traffic = start_traffic(secret_in_use="allow")
    deployed = traffic.https(traffic.backend())
    plain = traffic.api.listener(deployed.balancer_id)
    secret_id = deployed.pool()["ca_secret_id"]
    traffic.api.do("DELETE", f"/v1/secrets/@/{secret_id}")
    assert ask(deployed.port).status == 200, "nothing has changed the load balancer since"
    port = deployed.port
    traffic.api.do("PATCH", f"/v2/lblisteners/@/{plain}", {"timeout_client_data": 1000})
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    assert ask(traffic.api.state()["listeners"][plain]["data_plane"]["port"], tls=False).status == 503
    assert traffic.api.get(f"/v1/lblisteners/@/{deployed.listener_id}")["provisioning_status"] == "ERROR"


def test_a_revoked_backend_is_refused_by_new_connections(traffic: Traffic) -> None:
    authority = traffic.material.authority
    revoked, kept = authority.issue_server(["app.example"]), authority.issue_server(["app.example"])
    deployed = traffic.https(
        traffic.backend("revoked", revoked), traffic.backend("kept", kept), crl_secret_id=traffic.empty_crl()
    )
    assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"revoked", "kept"}
    with _connected(deployed.port) as connection:
        assert _get(connection) == 200
        deployed.patch_pool(crl_secret_id=traffic.secret(authority.revocation_list([revoked])))
        assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"kept"}
        # An idle connection of a client goes with the reload.
        assert until(lambda: connection.sock.recv(1), lambda read: True) == b""


@pytest.mark.parametrize(("choice", "closed_at_once"), [("octavia", True), ("on-response", False)])
def test_what_a_reload_does_to_idle_clients(choice: str, closed_at_once: bool, start_traffic: StartTraffic) -> None:
    traffic = start_traffic(idle_close=choice)
    deployed = traffic.https(traffic.backend())
    with _connected(deployed.port) as connection:
        assert _get(connection) == 200
        deployed.patch_pool(timeout_member_data=60_000)
        if closed_at_once:
            assert connection.sock.recv(1) == b""
        else:
            connection.request("GET", "/", headers={"Host": "app.example"})
            answer = connection.getresponse()
            assert (answer.status, answer.getheader("connection")) == (200, "close")


def test_one_bad_member_costs_nothing_by_turns_and_its_clients_by_source(traffic: Traffic) -> None:
    stranger = traffic.material.other_authority.issue_server(["app.example"])
    deployed = traffic.https(traffic.backend("good"), traffic.backend("bad", stranger), timeout_member_connect=500)
    assert [ask(deployed.port).status for _ in range(4)] == [200] * 4
    deployed.patch_pool(lb_algorithm="SOURCE_IP")
    sources = [f"127.0.0.{number}" for number in range(1, 9)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda source: ask(deployed.port, source=source).status, sources))
    assert set(statuses) == {200, 503}
    deployed.patch_pool(healthmonitor=PROBED)
    deployed.wait_for_members("ONLINE", "ERROR")
    assert [ask(deployed.port, source=source).status for source in sources] == [200] * 8


# What the other fields do.


def test_plain_http_with_what_the_client_was(traffic: Traffic) -> None:
    backend = traffic.backend(tls=False)
    balancer = traffic.api.load_balancer()
    listener = traffic.api.listener(balancer, insert_x_forwarded=True)
    traffic.api.pool(load_balancer_id=balancer, listener_id=listener, members=[traffic.member(backend)])
    assert ask(_port(traffic, listener), tls=False).status == 200
    headers = backend.requests[-1].headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert (headers["x-forwarded-port"], headers["x-forwarded-proto"]) == ("80", "http")


def test_an_https_listener_passes_tls_through(traffic: Traffic) -> None:
    backend = traffic.backend(client_ca=None)
    balancer = traffic.api.load_balancer()
    listener = traffic.api.listener(balancer, protocol="HTTPS", protocol_port=443)
    pool = pool_body(protocol="HTTPS", members=[traffic.member(backend)], healthmonitor=PROBED)
    traffic.api.do("POST", "/v1/lbpools/@", {**pool, "load_balancer_id": balancer, "listener_id": listener})
    answer = ask(_port(traffic, listener))
    assert (answer.status, answer.said["backend"]) == (200, "one")
    assert answer.certificate == traffic.material.server.certificate


@pytest.mark.parametrize("protocol", ["PROXY", "PROXYV2"])
def test_the_proxy_protocol_goes_before_tls(protocol: str, traffic: Traffic) -> None:
    backend = traffic.backend()
    backend.proxied = True
    deployed = traffic.https(backend, protocol=protocol)
    assert ask(deployed.port).status == 200


def test_a_backup_member_serves_when_no_other_does(traffic: Traffic) -> None:
    main, spare = traffic.backend("main"), traffic.backend("spare")
    members = [traffic.member(main), traffic.member(spare, backup=True)]
    deployed = traffic.https(members=members, healthmonitor=PROBED)
    assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"main"}
    stranger = traffic.backend(identity=traffic.material.other_authority.issue_server(["app.example"]))
    main.context = stranger.context
    deployed.wait_for_members("ERROR", "ONLINE")
    assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"spare"}


def test_a_cookie_keeps_a_client_at_its_member(traffic: Traffic) -> None:
    deployed = traffic.https(
        traffic.backend("one"), traffic.backend("two"), session_persistence={"type": "HTTP_COOKIE"}
    )
    first = ask(deployed.port)
    cookie = {"Cookie": first.headers["set-cookie"].split(";")[0]}
    again = [ask(deployed.port, headers=cookie).said["backend"] for _ in range(4)]
    assert set(again) == {first.said["backend"]}
    assert len({ask(deployed.port).said["backend"] for _ in range(4)}) == 2


def test_client_certificates_may_be_pem(traffic: Traffic) -> None:
    bundle = traffic.secret(traffic.material.client.to_pem_bundle())
    deployed = traffic.https(traffic.backend(), secret_id=bundle)
    assert ask(deployed.port).said["client"] == "load-balancer.example"


def test_switching_things_off_and_on(traffic: Traffic) -> None:
    api = traffic.api
    deployed = traffic.https(traffic.backend("one"), traffic.backend("two"), healthmonitor=PROBED)
    port, member = deployed.port, deployed.pool()["members"][0]

    def overall() -> list[str]:
        tree = api.get(f"/v1/loadbalancers/@/{deployed.balancer_id}/status")
        (listener,) = tree["listeners"]
        (pool,) = listener["pools"]
        return [one["operating_status"] for one in (tree, listener, pool, *pool["members"])]

    assert overall() == ["ONLINE", "ONLINE", "ONLINE", "ONLINE", "ONLINE"]
    one = f"/v1/loadbalancers/@/pools/{deployed.pool_id}/members/{member['id']}"
    api.do("PATCH", one, {"admin_state_up": False})
    assert overall() == ["ONLINE", "ONLINE", "ONLINE", "OFFLINE", "ONLINE"]
    assert {ask(port).said["backend"] for _ in range(3)} == {"two"}
    api.do("PATCH", one, {"admin_state_up": True})
    deployed.patch_pool(admin_state_up=False)
    assert overall() == ["ONLINE", "ONLINE", "OFFLINE", "OFFLINE", "OFFLINE"]
    assert ask(port).status == 503
    deployed.patch_pool(admin_state_up=True)
    api.do("PATCH", f"/v2/loadbalancers/@/{deployed.balancer_id}", {"admin_state_up": False})
    assert overall() == ["OFFLINE", "OFFLINE", "OFFLINE", "OFFLINE", "OFFLINE"]
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    api.do("PATCH", f"/v2/loadbalancers/@/{deployed.balancer_id}", {"admin_state_up": True})
    assert ask(port).status == 200
    assert deployed.port == port


@pytest.mark.parametrize(("bad", "member", "above"), [(1, "ERROR", "DEGRADED"), (2, "ERROR", "ERROR")])
def test_bad_members_show_in_all_that_stands_above(bad: int, member: str, above: str, traffic: Traffic) -> None:
    stranger = traffic.material.other_authority.issue_server(["app.example"])
    backends = [traffic.backend(str(number), stranger if number < bad else None) for number in range(2)]
    deployed = traffic.https(*backends, healthmonitor=PROBED)
    deployed.wait_for_members(*[member] * bad, *["ONLINE"] * (2 - bad))
    api = traffic.api
    assert deployed.pool()["operating_status"] == above
    assert api.get(f"/v1/loadbalancers/@/{deployed.balancer_id}")["operating_status"] == above
    assert api.get(f"/v1/lblisteners/@/{deployed.listener_id}")["operating_status"] == "ONLINE"
    (listed,) = api.get("/v1/lbpools/@", details=True)["results"]
    assert [one["operating_status"] for one in listed["members"]] == deployed.member_statuses()
    (member_list) = api.get(f"/v1/loadbalancers/@/pools/{deployed.pool_id}/members")["results"]
    assert sorted(one["operating_status"] for one in member_list) == sorted(deployed.member_statuses())


def test_a_pool_without_a_listener_carries_nothing(traffic: Traffic) -> None:
    balancer = traffic.api.load_balancer()
    pool = traffic.api.pool(load_balancer_id=balancer, members=[member_body()])
    seen = traffic.api.get(f"/v1/lbpools/@/{pool}")
    assert (seen["operating_status"], seen["members"][0]["operating_status"]) == ("OFFLINE", "NO_MONITOR")


def test_what_is_deleted_carries_nothing(traffic: Traffic) -> None:
    api = traffic.api
    deployed = traffic.https(traffic.backend())
    second = api.listener(deployed.balancer_id)
    port, second_port = deployed.port, _port(traffic, second)
    api.do("DELETE", f"/v1/lblisteners/@/{second}")
    assert traffic.plane.endpoint(second) is None, "its port is free again"
    with pytest.raises(ConnectionRefusedError):
        ask(second_port, tls=False)
    assert ask(port).status == 200
    folder = traffic.plane._haproxies[deployed.balancer_id].folder
    assert [path for path in folder.iterdir() if path.suffix == ".pem"]
    api.do("DELETE", f"/v1/loadbalancers/@/{deployed.balancer_id}")
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    assert not folder.exists()


def test_old_keys_leave_the_private_folder(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    folder = traffic.plane._haproxies[deployed.balancer_id].folder
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    before = {path.name for path in folder.glob("*.pem")}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir() if path.is_file())
    fresh = traffic.material.authority.issue_server(["app.example"])
    secret = traffic.secret(fresh.to_pkcs12())
    traffic.api.do("PATCH", f"/v2/lblisteners/@/{deployed.listener_id}", {"secret_id": secret})
    assert ask(deployed.port).certificate == fresh.certificate
    after = {path.name for path in folder.glob("*.pem")}
    assert len(before) == len(after) == 3
    assert len(before & after) == 2


def test_a_reset_ends_all_traffic(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    port = deployed.port
    traffic.api.http.post("/_emulator/reset")
    with pytest.raises(ConnectionRefusedError):
        ask(port)
    assert traffic.plane._haproxies == {}


def test_a_failed_task_changes_no_traffic(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    traffic.api.add_fault(action="fail_task", route="/cloud/v2/lbpools/{project_id}/{region_id}/{pool_id}")
    traffic.api.fail("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"admin_state_up": False})
    assert ask(deployed.port).status == 200


def test_a_haproxy_that_died_is_started_by_the_next_change(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    master = traffic.plane._haproxies[deployed.balancer_id]._master
    assert master is not None
    master.kill()
    master.wait()
    assert traffic.api.get(f"/v1/lblisteners/@/{deployed.listener_id}")["operating_status"] == "ERROR"
    deployed.patch_pool(timeout_member_data=60_000)
    assert ask(deployed.port).status == 200


def test_no_fresh_connection_is_refused_while_certificates_change(traffic: Traffic) -> None:
    """A hundred requests on connections of their own while listener, client, CA and revocation list change."""
    material, new = traffic.material, DevelopmentAuthority.create("New CA")
    both = material.authority.certificate_pem + new.certificate_pem
    lists = material.authority.revocation_list() + new.revocation_list()
    backend = traffic.backend(client_ca=both)
    deployed = traffic.https(backend, traffic.backend(client_ca=both), crl_secret_id=traffic.empty_crl())
    port = deployed.port
    fresh = new.issue_server(["app.example"])
    steps: list[tuple[str, dict[str, Any]]] = [
        (f"/v2/lblisteners/@/{deployed.listener_id}", {"secret_id": traffic.secret(fresh.to_pkcs12())}),
        (f"/v2/lbpools/@/{deployed.pool_id}", {"secret_id": traffic.secret(new.issue_client("new").to_pkcs12())}),
        (
            f"/v2/lbpools/@/{deployed.pool_id}",
            {"ca_secret_id": traffic.secret(both), "crl_secret_id": traffic.secret(lists)},
        ),
    ]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, port) for _ in range(25)]
        for path, body in steps:
            traffic.api.do("PATCH", path, body)
            asked += [pool.submit(ask, port) for _ in range(25)]
    answers = [future.result() for future in asked]
    assert [answer.status for answer in answers] == [200] * 100
    last = ask(port)
    assert (last.certificate, last.said["client"]) == (fresh.certificate, "new")


def _port(traffic: Traffic, listener_id: str) -> int:
    return int(traffic.api.state()["listeners"][listener_id]["data_plane"]["port"])


def _connected(port: int) -> closing[http.client.HTTPConnection]:
    """A client that keeps its connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), 20)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.sock = context.wrap_socket(plain, server_hostname="app.example")
    return closing(connection)


def _get(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/", headers={"Host": "app.example"})
    answer = connection.getresponse()
    answer.read()
    return answer.status
