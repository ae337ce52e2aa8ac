"""Traffic tests of `docs/surprises.md`, in the order of that page, which has the remedies."""

from __future__ import annotations

import concurrent.futures
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gcore_emulator.account import HealthMonitor
from gcore_emulator.data_plane import haproxy_data_plane
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.clients import fetch, get_status, open_connection
from tests.gcore_emulator.data_plane.issuing import (
    DAY,
    NOW_VALID,
    Issued,
    issue_backend,
    issue_ca,
    issue_client,
    issue_crl,
)
from tests.gcore_emulator.data_plane.nginx import NginxServer, nginx
from tests.gcore_emulator.data_plane.served_pools import ServedPools, probed, serve_pools
from tests.gcore_emulator.data_plane.traffic import TLS12, TLS13, Traffic
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.emulated_api import pool_body
from tests.material import LoadBalancerPki

# The pools of the table share one HAProxy.
pytestmark = pytest.mark.xdist_group("surprises")

VERIFY_FAILED = "certificate verify failed"


@dataclass(frozen=True)
class Row:
    """Pool, and the expected response and statuses.

    Attributes:
        backends: Members, by name of the backend.
        status: Status of the response to a request for app.example.
        members: Operating statuses of the members.
        pool: Other fields of the pool.
    """

    backends: Sequence[str]
    status: int
    members: Sequence[str]
    pool: Mapping[str, Any] = field(default_factory=dict)


def row(backend: str, status: int, member: str, monitor: HealthMonitor | None = None, **pool: Any) -> Row:
    """Return a row with one member."""
    return Row([backend], status, [member], {"health_monitor": monitor, **pool})


TCP, HTTP, HTTPS = probed("TCP"), probed("HTTP"), probed("HTTPS")
NAMED: dict[str, Any] = {"http_version": "1.1", "domain_name": "app.example"}
OWN_PORT: dict[str, Any] = {"each_member": {"monitor_address": "127.0.0.1"}}
CRL: dict[str, Any] = {"crl_secret_id": "crl"}

ROWS = {
    # Name mismatch: no monitor detects it.
    "name-tcp": row("other-name", 503, "ONLINE", TCP),
    "name-http": row("other-name", 503, "ONLINE", HTTP),
    "name-https-crl": row("other-name", 503, "ONLINE", HTTPS, **CRL),
    # Verification, and the fields that disable it.
    "no-ca": row("other-ca", 200, "ONLINE", TCP, ca_secret_id=None),
    "other-ca-unprobed": row("other-ca", 503, "NO_MONITOR"),
    "other-ca-tcp": row("other-ca", 503, "ERROR", TCP),
    "other-ca-tls-hello": row("other-ca", 503, "ERROR", probed("TLS-HELLO")),
    "other-ca-http": row("other-ca", 503, "ERROR", HTTP),
    "other-ca-https": row("other-ca", 200, "ONLINE", HTTPS),
    "other-ca-https-crl": row("other-ca", 503, "ERROR", HTTPS, **CRL),
    "name-https": row("other-name", 200, "ONLINE", HTTPS),
    # A backend that rejects the client certificate.
    "rejects-tls13-tcp": row("rejects-tls13", 502, "ONLINE", TCP),
    "rejects-tls13-http": row("rejects-tls13", 503, "ERROR", HTTP),
    "rejects-tls13-https": row("rejects-tls13", 503, "ERROR", HTTPS),
    "rejects-tls13-https-crl": row("rejects-tls13", 503, "ERROR", HTTPS, **CRL),
    "rejects-tls12-tcp": row("rejects-tls12", 503, "ERROR", TCP),
    "rejects-nginx-tcp": row("rejects-nginx", 400, "ONLINE", TCP),
    "rejects-nginx-http": row("rejects-nginx", 503, "ERROR", probed("HTTP", **NAMED)),
    "rejects-nginx-https": row("rejects-nginx", 503, "ERROR", probed("HTTPS", **NAMED)),
    "rejects-nginx-https-crl": row("rejects-nginx", 503, "ERROR", probed("HTTPS", **NAMED), **CRL),
    # A monitor port or address disables TLS of checks, even if equal to the member's, unless the type is HTTPS.
    "own-port-tcp": row("other-ca", 503, "ONLINE", TCP, **OWN_PORT),
    "own-port-http": row("good", 503, "ERROR", HTTP, **OWN_PORT),
    "own-port-https": row("other-ca", 503, "ERROR", HTTPS, **OWN_PORT, **CRL),
    # Probes offer HTTP/2 too.
    "h2-tcp": row("h2", 200, "ONLINE", TCP),
    "h2-http": row("h2", 503, "ERROR", HTTP),
    "h2-http-name": row("h2", 503, "ERROR", probed("HTTP", http_version="1.0", domain_name="app.example")),
    "h2-http-11": row("h2", 503, "ERROR", probed("HTTP", http_version="1.1")),
    "h2-http-11-name": row("h2", 200, "ONLINE", probed("HTTP", **NAMED)),
    "h2-https": row("h2", 503, "ERROR", HTTPS, **CRL),
    "h2-https-11-name": row("h2", 200, "ONLINE", probed("HTTPS", **NAMED), **CRL),
}

BALANCING: Mapping[str, Mapping[str, Any]] = {
    "round-robin": {"lb_algorithm": "ROUND_ROBIN"},
    "least-connections": {"lb_algorithm": "LEAST_CONNECTIONS"},
    "source-ip": {"lb_algorithm": "SOURCE_IP"},
    "source-ip-probed": {"lb_algorithm": "SOURCE_IP", "health_monitor": probed("TCP")},
    "cookie": {"session_persistence": SessionPersistenceSet(type="HTTP_COOKIE")},
}
"""Pools with a good member and one that the load balancer rejects."""


@dataclass(frozen=True)
class Deployment:
    """All pools on one load balancer. `rejected` are the backends that it rejects, by the pool's name."""

    served: ServedPools
    rejected: Mapping[str, Backend]


@pytest.fixture(scope="module")
def deployment(material: LoadBalancerPki) -> Iterator[Deployment]:
    own, other = material.ca, material.other_ca
    good, other_ca_server = material.server.to_pem_bundle(), other.issue_server(["app.example"]).to_pem_bundle()
    ca, other_ca = own.certificate_pem, other.certificate_pem
    contexts = {
        "good": server_context(good, ca),
        "other-ca": server_context(other_ca_server, ca),
        "other-name": server_context(own.issue_server(["backend.internal"]).to_pem_bundle(), ca),
        "rejects-tls12": server_context(good, other_ca, version=TLS12),
        "rejects-tls13": server_context(good, other_ca, version=TLS13),
    }
    with ExitStack() as stack:
        ports = {name: stack.enter_context(Backend(name, one).running()).port for name, one in contexts.items()}
        at_nginx = {"rejects-nginx": NginxServer(good, other_ca), "h2": NginxServer(good, ca, http2=True)}
        ports |= dict(zip(at_nginx, stack.enter_context(nginx(list(at_nginx.values()))), strict=True))
        pools = {name: ([ports[each] for each in one.backends], one.pool) for name, one in ROWS.items()}
        rejected = {
            name: stack.enter_context(Backend("bad", contexts["other-ca"]).running()) for name in (*BALANCING, "alone")
        }
        pools |= {name: ([ports["good"], rejected[name].port], fields) for name, fields in BALANCING.items()}
        pools["alone"] = ([rejected["alone"].port], {})
        served = serve_pools(stack.enter_context(haproxy_data_plane()), material, pools)
        served.wait_for_checks()
        yield Deployment(served, rejected)


@pytest.mark.parametrize("name", ROWS)
def test_response_and_member_statuses_match_the_table(name: str, deployment: Deployment) -> None:
    expected = ROWS[name]
    assert deployment.served.fetch(name).status == expected.status
    assert deployment.served.member_statuses(name) == expected.members


class TestServerName:
    def test_log_reports_the_name_mismatch(self, traffic: Traffic) -> None:
        other_name = traffic.material.ca.issue_server(["backend.internal"])
        deployed = traffic.https(traffic.backend(identity=other_name), timeout_member_connect=500)
        assert fetch(deployed.port, "app.example").status == 503
        deployed.wait_for_log("different from the expected one")

    def test_certificate_of_the_backend_must_match_the_sni_of_the_client(self, deployment: Deployment) -> None:
        statuses = {name: deployment.served.fetch("name-tcp", name).status for name in ("backend.internal", None)}
        assert statuses == {"backend.internal": 200, None: 200}, "without SNI, HAProxy checks no name"


class TestExpiry:
    def test_session_resumption_hides_expiry_until_the_next_reload(self, traffic: Traffic) -> None:
        """Cover the certificate of a backend, a CRL, and the client certificate."""
        root = issue_ca("Root")
        for seconds in (4, 15, 60):
            ends = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            deployed = [self.deployed(traffic, root, which, ends) for which in ("backend", "crl", "client")]
            statuses = [fetch(one.port).status for one in deployed]
            # On a slow machine the certificates can expire before the first request; then use a later end.
            if datetime.now(timezone.utc) < ends - timedelta(seconds=1):
                break
        assert statuses == [200, 200, 200]
        until(lambda: datetime.now(timezone.utc), lambda now: now > ends + timedelta(seconds=1), seconds=90)
        assert [fetch(one.port).status for one in deployed] == [200, 200, 200], "HAProxy verified nothing again"
        for one in deployed:
            one.patch_pool(name="any change reloads")
        assert [fetch(one.port).status for one in deployed] == [503, 503, 503]
        deployed[0].wait_for_log(VERIFY_FAILED)
        deployed[1].wait_for_log(VERIFY_FAILED)

    def deployed(self, traffic: Traffic, root: Issued, which: str, ends: datetime) -> Any:
        validity = (datetime.now(timezone.utc) - DAY, ends)
        certificate = issue_backend(root, valid=validity if which == "backend" else NOW_VALID)
        context = server_context(certificate.bundle, root.pem, version=TLS12)
        context.options &= ~ssl.OP_NO_TICKET
        server = traffic.stack.enter_context(Backend(which, context).running())
        crl = issue_crl(root, valid=validity if which == "crl" else NOW_VALID)
        own = issue_client(root, valid=validity if which == "client" else NOW_VALID)
        return traffic.https(
            server,
            ca_secret_id=traffic.secret(root.pem),
            crl_secret_id=traffic.secret(crl),
            secret_id=traffic.secret(own.bundle),
            timeout_member_connect=500,
        )


class TestMalformedSecret:
    def test_malformed_secret_keeps_the_old_configuration_and_fails_changes_until_it_is_replaced(
        self, traffic: Traffic
    ) -> None:
        api, deployed = traffic.api, traffic.https(traffic.backend())
        truncated = traffic.material.ca.certificate_pem + traffic.material.other_ca.certificate_pem[:200]
        broken, own = traffic.secret(truncated, "broken"), deployed.pool()["secret_id"]
        error = api.fail("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"ca_secret_id": broken})
        assert "HAProxy rejects the configuration" in error
        assert "ca-file" in error
        assert "/tmp" not in error
        assert fetch(deployed.port).status == 200
        pool = deployed.pool()
        assert (pool["provisioning_status"], pool["ca_secret_id"]) == ("ERROR", broken)
        balancer = api.get(f"/v1/loadbalancers/@/{deployed.balancer_id}")
        assert balancer["provisioning_status"] == "ACTIVE"

        another = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": deployed.balancer_id}
        assert "ca-file" in api.fail("POST", "/v1/lblisteners/@", another)
        (http,) = [one for one in api.state()["listeners"].values() if one["name"] == "http"]
        assert http["provisioning_status"] == "ERROR"
        assert fetch(deployed.port).status == 200

        api.do("DELETE", f"/v1/lbpools/@/{deployed.pool_id}")
        assert fetch(deployed.port).status == 503, "the listener has no pool"
        assert fetch(http["data_plane"]["port"], tls=False).status == 503, (
            "HAProxy serves the new listener, without a pool"
        )
        replacement = pool_body(protocol="HTTPS", members=[traffic.member(traffic.backends[0])], secret_id=own)
        replacement |= {"load_balancer_id": deployed.balancer_id, "listener_id": deployed.listener_id}
        api.do("POST", "/v1/lbpools/@", replacement)
        assert fetch(deployed.port).status == 200


class TestRevocation:
    def test_new_connections_reject_a_revoked_backend(self, traffic: Traffic) -> None:
        issuer = traffic.material.ca
        revoked, kept = issuer.issue_server(["app.example"]), issuer.issue_server(["app.example"])
        deployed = traffic.https(
            traffic.backend("revoked", revoked), traffic.backend("kept", kept), crl_secret_id=traffic.empty_crl()
        )
        assert {fetch(deployed.port).json["backend"] for _ in range(4)} == {"revoked", "kept"}
        with open_connection(deployed.port) as connection:
            assert get_status(connection) == 200
            deployed.patch_pool(crl_secret_id=traffic.secret(issuer.issue_crl([revoked])))
            assert {fetch(deployed.port).json["backend"] for _ in range(4)} == {"kept"}
            # The reload closes idle connections of clients.
            assert until(lambda: connection.sock.recv(1), lambda read: True) == b""

    def test_response_in_progress_completes_after_the_revocation(self, traffic: Traffic) -> None:
        issuer = traffic.material.ca
        revoked = issuer.issue_server(["app.example"])
        slow = traffic.backend("revoked", revoked)
        deployed = traffic.https(slow, crl_secret_id=traffic.empty_crl(), timeout_member_connect=500)
        with concurrent.futures.ThreadPoolExecutor(1) as pool, slow.holding():
            running = pool.submit(fetch, deployed.port)
            until(lambda: len(slow.requests), lambda count: count == 1)
            deployed.patch_pool(crl_secret_id=traffic.secret(issuer.issue_crl([revoked])))
            assert fetch(deployed.port).status == 503
            slow.release()
            assert running.result(20).json["backend"] == "revoked"


class TestRejectedMember:
    """One member that the load balancer rejects, and the effect on clients."""

    @pytest.mark.parametrize("name", ["round-robin", "least-connections"])
    def test_requests_succeed_with_algorithms_that_take_turns(self, name: str, deployment: Deployment) -> None:
        assert [deployment.served.fetch(name).status for _ in range(4)] == [200] * 4
        attempts = deployment.rejected[name].connections
        # HAProxy tries the rejected member at most once for each request, then the other one.
        assert 1 <= attempts <= 4

    def test_source_ip_algorithm_fails_for_some_clients_until_a_monitor_detects_the_member(
        self, deployment: Deployment
    ) -> None:
        sources = [f"127.0.0.{number}" for number in range(1, 9)]

        def statuses(name: str) -> set[int]:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return set(pool.map(lambda source: deployment.served.fetch(name, source=source).status, sources))

        assert statuses("source-ip") == {200, 503}
        assert deployment.served.member_statuses("source-ip-probed") == ["ONLINE", "ERROR"]
        assert statuses("source-ip-probed") == {200}

    def test_cookie_persistence_delays_its_clients_and_moves_them_to_another_member(
        self, deployment: Deployment
    ) -> None:
        rejected = deployment.rejected["cookie"]
        before = rejected.connections
        cookie = {"Cookie": f"SRV=cookie-{rejected.port}"}
        response = deployment.served.fetch("cookie", headers=cookie)
        assert (response.status, response.json["backend"]) == (200, "good")
        assert rejected.connections - before == 3, "HAProxy tries it three times, a second apart"
        assert response.headers["set-cookie"].startswith("SRV=cookie-"), "the other member is assigned to the client"

    def test_single_rejected_member_is_tried_four_times(self, deployment: Deployment) -> None:
        assert deployment.served.fetch("alone").status == 503
        assert deployment.rejected["alone"].connections == 4
