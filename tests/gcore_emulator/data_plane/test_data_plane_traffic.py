"""Effect of fields and changes on real requests, in addition to `test_data_plane_surprises`."""

from __future__ import annotations

import concurrent.futures
import subprocess
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from gcore_tls_provider.certificates import DevelopmentCa
from tests.gcore_emulator.data_plane.clients import fetch, get_status, open_connection
from tests.gcore_emulator.data_plane.traffic import PROBED, Traffic
from tests.gcore_emulator.emulated_api import member_body, pool_body

StartTraffic = Callable[..., Traffic]


def test_backend_receives_the_client_certificate_and_the_sni(traffic: Traffic) -> None:
    backend = traffic.backend()
    deployed = traffic.https(backend)
    response = fetch(deployed.port)
    assert response.status == 200
    assert response.json == {"backend": "one", "client": "load-balancer.example"}
    assert response.certificate == traffic.material.server.certificate
    assert backend.requests[-1].sni == "app.example"


def test_sni_selects_the_certificate_of_the_listener(traffic: Traffic) -> None:
    deployed = traffic.https(
        traffic.backend(identity=traffic.material.ca.issue_server(["*.example", "app.example"])),
        listener={"sni_secret_id": [traffic.secret(traffic.material.sni.to_pkcs12())]},
    )
    for name, identity in (
        ("app.example", traffic.material.server),
        ("second.example", traffic.material.sni),
        ("SECOND.example", traffic.material.sni),
        ("unknown.example", traffic.material.server),
        (None, traffic.material.server),
    ):
        response = fetch(deployed.port, name)
        assert (response.status, response.certificate) == (200, identity.certificate), name


@pytest.mark.parametrize(("choice", "status"), [("octavia", 502), ("http1", 200), ("none", 200)])
def test_pool_offers_http_2_unless_its_option_disables_it(
    choice: str, status: int, start_traffic: StartTraffic
) -> None:
    """Use a backend that selects HTTP/2 if it is offered, but does not implement it."""
    traffic = start_traffic(pool_alpn=choice)
    deployed = traffic.https(traffic.backend(alpn=["h2"]))
    assert fetch(deployed.port).status == status


def test_load_balancer_created_with_a_malformed_secret_is_in_error(traffic: Traffic) -> None:
    truncated = traffic.material.ca.certificate_pem + traffic.material.other_ca.certificate_pem[:200]
    pool = pool_body(protocol="HTTPS", ca_secret_id=traffic.secret(truncated), members=[member_body()])
    listener = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "pools": [pool]}
    assert "ca-file" in traffic.api.fail("POST", "/v1/loadbalancers/@", {"name": "web", "listeners": [listener]})
    (balancer,) = traffic.api.state()["load_balancers"].values()
    assert balancer["provisioning_status"] == "ERROR"
    traffic.api.do("DELETE", f"/v1/loadbalancers/@/{balancer['id']}")
    assert traffic.api.state()["pools"] == {}


def test_listener_with_a_deleted_secret_is_not_served_after_the_next_change(start_traffic: StartTraffic) -> None:
    traffic = start_traffic(secret_in_use="allow")
    deployed = traffic.https(traffic.backend())
    plain = traffic.api.listener(deployed.balancer_id)
    secret_id = deployed.pool()["ca_secret_id"]
    traffic.api.do("DELETE", f"/v1/secrets/@/{secret_id}")
    assert fetch(deployed.port).status == 200, "the load balancer has not been reloaded yet"
    port = deployed.port
    traffic.api.do("PATCH", f"/v2/lblisteners/@/{plain}", {"timeout_client_data": 1000})
    with pytest.raises(ConnectionRefusedError):
        fetch(port)
    assert fetch(traffic.api.state()["listeners"][plain]["data_plane"]["port"], tls=False).status == 503
    assert traffic.api.get(f"/v1/lblisteners/@/{deployed.listener_id}")["provisioning_status"] == "ERROR"


@pytest.mark.parametrize(("choice", "closed_at_once"), [("octavia", True), ("on-response", False)])
def test_reload_closes_idle_connections_unless_the_option_keeps_them(
    choice: str, closed_at_once: bool, start_traffic: StartTraffic
) -> None:
    traffic = start_traffic(idle_close=choice)
    deployed = traffic.https(traffic.backend())
    with open_connection(deployed.port) as connection:
        assert get_status(connection) == 200
        deployed.patch_pool(timeout_member_data=60_000)
        if closed_at_once:
            assert connection.sock.recv(1) == b""
        else:
            connection.request("GET", "/", headers={"Host": "app.example"})
            response = connection.getresponse()
            assert (response.status, response.getheader("connection")) == (200, "close")


def test_plaintext_backend_receives_x_forwarded_headers(traffic: Traffic) -> None:
    backend = traffic.backend(tls=False)
    balancer = traffic.api.load_balancer()
    listener = traffic.api.listener(balancer, insert_x_forwarded=True)
    traffic.api.pool(load_balancer_id=balancer, listener_id=listener, members=[traffic.member(backend)])
    assert fetch(_port(traffic, listener), tls=False).status == 200
    headers = backend.requests[-1].headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert (headers["x-forwarded-port"], headers["x-forwarded-proto"]) == ("80", "http")


def test_only_allowed_networks_can_connect(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend(), listener={"allowed_cidrs": ["127.0.0.2/32", "10.0.0.0/8"]})
    assert fetch(deployed.port, source="127.0.0.2").status == 200
    with pytest.raises(OSError):
        fetch(deployed.port)
    traffic.api.do("PATCH", f"/v2/lblisteners/@/{deployed.listener_id}", {"allowed_cidrs": None})
    assert fetch(deployed.port).status == 200


def test_listener_with_users_requires_basic_authentication(traffic: Traffic) -> None:
    command = ["openssl", "passwd", "-6", "-stdin"]
    hashed = subprocess.run(command, input="secret", capture_output=True, text=True, check=True).stdout.strip()
    users = [{"username": "user", "encrypted_password": hashed}]
    deployed = traffic.https(traffic.backend(), listener={"user_list": users})

    def status(user: str) -> int:
        return fetch(deployed.port, headers={"Authorization": f"Basic {b64encode(user.encode()).decode()}"}).status

    assert fetch(deployed.port).status == 401
    assert [status(user) for user in ("user:secret", "user:other", "unknown:secret")] == [200, 401, 401]


def test_https_listener_passes_tls_through(traffic: Traffic) -> None:
    backend = traffic.backend(client_ca=None)
    balancer = traffic.api.load_balancer()
    listener = traffic.api.listener(balancer, protocol="HTTPS", protocol_port=443)
    pool = pool_body(protocol="HTTPS", members=[traffic.member(backend)], healthmonitor=PROBED)
    traffic.api.do("POST", "/v1/lbpools/@", {**pool, "load_balancer_id": balancer, "listener_id": listener})
    response = fetch(_port(traffic, listener))
    assert (response.status, response.json["backend"]) == (200, "one")
    assert response.certificate == traffic.material.server.certificate


@pytest.mark.parametrize("protocol", ["PROXY", "PROXYV2"])
def test_proxy_header_precedes_the_tls_handshake(protocol: str, traffic: Traffic) -> None:
    backend = traffic.backend()
    backend.proxied = True
    deployed = traffic.https(backend, protocol=protocol)
    assert fetch(deployed.port).status == 200


def test_backup_member_serves_only_if_no_other_member_is_online(traffic: Traffic) -> None:
    main, spare = traffic.backend("main"), traffic.backend("spare")
    members = [traffic.member(main), traffic.member(spare, backup=True)]
    deployed = traffic.https(members=members, healthmonitor=PROBED)
    assert {fetch(deployed.port).json["backend"] for _ in range(4)} == {"main"}
    other_ca_server = traffic.backend(identity=traffic.material.other_ca.issue_server(["app.example"]))
    main.context = other_ca_server.context
    deployed.wait_for_members("ERROR", "ONLINE")
    assert {fetch(deployed.port).json["backend"] for _ in range(4)} == {"spare"}


def test_cookie_persistence_sends_a_client_to_the_same_member(traffic: Traffic) -> None:
    deployed = traffic.https(
        traffic.backend("one"), traffic.backend("two"), session_persistence={"type": "HTTP_COOKIE"}
    )
    first = fetch(deployed.port)
    cookie = {"Cookie": first.headers["set-cookie"].split(";")[0]}
    again = [fetch(deployed.port, headers=cookie).json["backend"] for _ in range(4)]
    assert set(again) == {first.json["backend"]}
    assert len({fetch(deployed.port).json["backend"] for _ in range(4)}) == 2


def test_client_certificate_can_be_a_pem_secret(traffic: Traffic) -> None:
    bundle = traffic.secret(traffic.material.client.to_pem_bundle())
    deployed = traffic.https(traffic.backend(), secret_id=bundle)
    assert fetch(deployed.port).json["client"] == "load-balancer.example"


def test_disabled_objects_are_offline_until_they_are_enabled_again(traffic: Traffic) -> None:
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
    assert {fetch(port).json["backend"] for _ in range(3)} == {"two"}
    api.do("PATCH", one, {"admin_state_up": True})
    deployed.patch_pool(admin_state_up=False)
    assert overall() == ["ONLINE", "ONLINE", "OFFLINE", "OFFLINE", "OFFLINE"]
    assert fetch(port).status == 503
    deployed.patch_pool(admin_state_up=True)
    api.do("PATCH", f"/v2/loadbalancers/@/{deployed.balancer_id}", {"admin_state_up": False})
    assert overall() == ["OFFLINE", "OFFLINE", "OFFLINE", "OFFLINE", "OFFLINE"]
    with pytest.raises(ConnectionRefusedError):
        fetch(port)
    api.do("PATCH", f"/v2/loadbalancers/@/{deployed.balancer_id}", {"admin_state_up": True})
    assert fetch(port).status == 200
    assert deployed.port == port


@pytest.mark.parametrize(("bad", "member", "above"), [(1, "ERROR", "DEGRADED"), (2, "ERROR", "ERROR")])
def test_member_errors_degrade_the_pool_and_the_load_balancer(
    bad: int, member: str, above: str, traffic: Traffic
) -> None:
    other_ca_server = traffic.material.other_ca.issue_server(["app.example"])
    backends = [traffic.backend(str(number), other_ca_server if number < bad else None) for number in range(2)]
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


def test_pool_without_a_listener_is_offline(traffic: Traffic) -> None:
    balancer = traffic.api.load_balancer()
    pool = traffic.api.pool(load_balancer_id=balancer, members=[member_body()])
    seen = traffic.api.get(f"/v1/lbpools/@/{pool}")
    assert (seen["operating_status"], seen["members"][0]["operating_status"]) == ("OFFLINE", "NO_MONITOR")


def test_deleted_listener_and_load_balancer_are_not_served(traffic: Traffic) -> None:
    api = traffic.api
    deployed = traffic.https(traffic.backend())
    second = api.listener(deployed.balancer_id)
    port, second_port = deployed.port, _port(traffic, second)
    api.do("DELETE", f"/v1/lblisteners/@/{second}")
    assert traffic.plane.endpoint(second) is None, "its port is released"
    with pytest.raises(ConnectionRefusedError):
        fetch(second_port, tls=False)
    assert fetch(port).status == 200
    folder = traffic.plane._haproxies[deployed.balancer_id].folder
    assert [path for path in folder.iterdir() if path.suffix == ".pem"]
    api.do("DELETE", f"/v1/loadbalancers/@/{deployed.balancer_id}")
    with pytest.raises(ConnectionRefusedError):
        fetch(port)
    assert not folder.exists()


def test_replaced_key_is_removed_from_the_private_folder(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    folder = traffic.plane._haproxies[deployed.balancer_id].folder
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    before = {path.name for path in folder.glob("*.pem")}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir() if path.is_file())
    fresh = traffic.material.ca.issue_server(["app.example"])
    secret = traffic.secret(fresh.to_pkcs12())
    traffic.api.do("PATCH", f"/v2/lblisteners/@/{deployed.listener_id}", {"secret_id": secret})
    assert fetch(deployed.port).certificate == fresh.certificate
    after = {path.name for path in folder.glob("*.pem")}
    assert len(before) == len(after) == 3
    assert len(before & after) == 2


def test_reset_ends_all_traffic(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    port = deployed.port
    traffic.api.http.post("/_emulator/reset")
    with pytest.raises(ConnectionRefusedError):
        fetch(port)
    assert traffic.plane._haproxies == {}


def test_failed_task_does_not_change_the_traffic(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    traffic.api.add_fault(action="fail_task", route="/cloud/v2/lbpools/{project_id}/{region_id}/{pool_id}")
    traffic.api.fail("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"admin_state_up": False})
    assert fetch(deployed.port).status == 200


def test_next_change_restarts_a_killed_haproxy(traffic: Traffic) -> None:
    deployed = traffic.https(traffic.backend())
    master = traffic.plane._haproxies[deployed.balancer_id]._master
    assert master is not None
    master.kill()
    master.wait()
    assert traffic.api.get(f"/v1/lblisteners/@/{deployed.listener_id}")["operating_status"] == "ERROR"
    deployed.patch_pool(timeout_member_data=60_000)
    assert fetch(deployed.port).status == 200


def test_new_connections_succeed_while_certificates_change(traffic: Traffic) -> None:
    """Send a hundred requests on new connections while listener certificate, client certificate, CA and CRL change."""
    material, new = traffic.material, DevelopmentCa.create("New CA")
    both = material.ca.certificate_pem + new.certificate_pem
    crls = material.ca.issue_crl() + new.issue_crl()
    backend = traffic.backend(client_ca=both)
    deployed = traffic.https(backend, traffic.backend(client_ca=both), crl_secret_id=traffic.empty_crl())
    port = deployed.port
    fresh = new.issue_server(["app.example"])
    steps: list[tuple[str, dict[str, Any]]] = [
        (f"/v2/lblisteners/@/{deployed.listener_id}", {"secret_id": traffic.secret(fresh.to_pkcs12())}),
        (f"/v2/lbpools/@/{deployed.pool_id}", {"secret_id": traffic.secret(new.issue_client("new").to_pkcs12())}),
        (
            f"/v2/lbpools/@/{deployed.pool_id}",
            {"ca_secret_id": traffic.secret(both), "crl_secret_id": traffic.secret(crls)},
        ),
    ]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pending = [pool.submit(fetch, port) for _ in range(25)]
        for path, body in steps:
            traffic.api.do("PATCH", path, body)
            pending += [pool.submit(fetch, port) for _ in range(25)]
    responses = [future.result() for future in pending]
    assert [response.status for response in responses] == [200] * 100
    last = fetch(port)
    assert (last.certificate, last.json["client"]) == (fresh.certificate, "new")


def _port(traffic: Traffic, listener_id: str) -> int:
    return int(traffic.api.state()["listeners"][listener_id]["data_plane"]["port"])
