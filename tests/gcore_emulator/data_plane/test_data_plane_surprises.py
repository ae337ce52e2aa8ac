"""What surprises people, in traffic: in the order of `docs/surprises.md`, which tells what to do about each."""

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
from tests.gcore_emulator.data_plane.carried import Carried, carry, probed
from tests.gcore_emulator.data_plane.clients import ask, connected, status_of
from tests.gcore_emulator.data_plane.issuing import DAY, NOW_VALID, Issued, authority, backend, client, revocations
from tests.gcore_emulator.data_plane.nginx import NginxServer, nginx
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.data_plane.world import TLS12, TLS13, Traffic
from tests.gcore_emulator.emulated_api import pool_body
from tests.material import LoadBalancerPki

# The pools of the table share one HAProxy.
pytestmark = pytest.mark.xdist_group("surprises")

VERIFY_FAILED = "certificate verify failed"


@dataclass(frozen=True)
class Row:
    """A pool, and what becomes of it.

    Attributes:
        backends: its members, by their names in `Servers`.
        status: what a client gets that asks for app.example.
        members: what the API says of the members.
        pool: what else the pool has.
    """

    backends: Sequence[str]
    status: int
    members: Sequence[str]
    pool: Mapping[str, Any] = field(default_factory=dict)


def row(backend: str, status: int, member: str, monitor: HealthMonitor | None = None, **pool: Any) -> Row:
    """A pool with one member."""
    return Row([backend], status, [member], {"health_monitor": monitor, **pool})


TCP, HTTP, HTTPS = probed("TCP"), probed("HTTP"), probed("HTTPS")
NAMED: dict[str, Any] = {"http_version": "1.1", "domain_name": "app.example"}
OWN_PORT: dict[str, Any] = {"each_member": {"monitor_address": "127.0.0.1"}}
CRL: dict[str, Any] = {"crl_secret_id": "crl"}

ROWS = {
    # The name: no monitor notices.
    "name-tcp": row("other-name", 503, "ONLINE", TCP),
    "name-http": row("other-name", 503, "ONLINE", HTTP),
    "name-https-crl": row("other-name", 503, "ONLINE", HTTPS, **CRL),
    # Verification, and who switches it off.
    "no-ca": row("stranger", 200, "ONLINE", TCP, ca_secret_id=None),
    "stranger-unprobed": row("stranger", 503, "NO_MONITOR"),
    "stranger-tcp": row("stranger", 503, "ERROR", TCP),
    "stranger-tls-hello": row("stranger", 503, "ERROR", probed("TLS-HELLO")),
    "stranger-http": row("stranger", 503, "ERROR", HTTP),
    "stranger-https": row("stranger", 200, "ONLINE", HTTPS),
    "stranger-https-crl": row("stranger", 503, "ERROR", HTTPS, **CRL),
    "name-https": row("other-name", 200, "ONLINE", HTTPS),
    # A backend that refuses the client certificate.
    "refuses-tls13-tcp": row("refuses-tls13", 502, "ONLINE", TCP),
    "refuses-tls13-http": row("refuses-tls13", 503, "ERROR", HTTP),
    "refuses-tls13-https": row("refuses-tls13", 503, "ERROR", HTTPS),
    "refuses-tls13-https-crl": row("refuses-tls13", 503, "ERROR", HTTPS, **CRL),
    "refuses-tls12-tcp": row("refuses-tls12", 503, "ERROR", TCP),
    "refuses-nginx-tcp": row("refuses-nginx", 400, "ONLINE", TCP),
    "refuses-nginx-http": row("refuses-nginx", 503, "ERROR", probed("HTTP", **NAMED)),
    "refuses-nginx-https": row("refuses-nginx", 503, "ERROR", probed("HTTPS", **NAMED)),
    "refuses-nginx-https-crl": row("refuses-nginx", 503, "ERROR", probed("HTTPS", **NAMED), **CRL),
    # A port or address of its own takes the check out of TLS, though it be the same, unless the type is HTTPS.
    "own-port-tcp": row("stranger", 503, "ONLINE", TCP, **OWN_PORT),
    "own-port-http": row("good", 503, "ERROR", HTTP, **OWN_PORT),
    "own-port-https": row("stranger", 503, "ERROR", HTTPS, **OWN_PORT, **CRL),
    # HTTP/2 is offered to probes, too.
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
"""Pools with a good and a bad member each."""


@dataclass(frozen=True)
class World:
    """All pools on one load balancer. `bad` are the backends that it refuses, by the pool's name."""

    carried: Carried
    bad: Mapping[str, Backend]


@pytest.fixture(scope="module")
def world(material: LoadBalancerPki) -> Iterator[World]:
    own, other = material.ca, material.other_ca
    good, stranger = material.server.to_pem_bundle(), other.issue_server(["app.example"]).to_pem_bundle()
    ca, other_ca = own.certificate_pem, other.certificate_pem
    contexts = {
        "good": server_context(good, ca),
        "stranger": server_context(stranger, ca),
        "other-name": server_context(own.issue_server(["backend.internal"]).to_pem_bundle(), ca),
        "refuses-tls12": server_context(good, other_ca, version=TLS12),
        "refuses-tls13": server_context(good, other_ca, version=TLS13),
    }
    with ExitStack() as stack:
        ports = {name: stack.enter_context(Backend(name, one).running()).port for name, one in contexts.items()}
        at_nginx = {"refuses-nginx": NginxServer(good, other_ca), "h2": NginxServer(good, ca, http2=True)}
        ports |= dict(zip(at_nginx, stack.enter_context(nginx(list(at_nginx.values()))), strict=True))
        pools = {name: ([ports[each] for each in one.backends], one.pool) for name, one in ROWS.items()}
        bad = {
            name: stack.enter_context(Backend("bad", contexts["stranger"]).running()) for name in (*BALANCING, "alone")
        }
        pools |= {name: ([ports["good"], bad[name].port], fields) for name, fields in BALANCING.items()}
        pools["alone"] = ([bad["alone"].port], {})
        carried = carry(stack.enter_context(haproxy_data_plane()), material, pools)
        carried.wait_for_checks()
        yield World(carried, bad)


@pytest.mark.parametrize("name", ROWS)
def test_what_a_client_gets_and_what_the_status_says(name: str, world: World) -> None:
    expected = ROWS[name]
    assert world.carried.ask(name).status == expected.status
    assert world.carried.member_statuses(name) == expected.members


class TestTheName:
    def test_the_log_says_that_it_was_the_name(self, traffic: Traffic) -> None:
        other_name = traffic.material.ca.issue_server(["backend.internal"])
        deployed = traffic.https(traffic.backend(identity=other_name), timeout_member_connect=500)
        assert ask(deployed.port, "app.example").status == 503
        deployed.wait_for_log("different from the expected one")

    def test_it_is_the_one_that_the_client_asked_for(self, world: World) -> None:
        asked = {name: world.carried.ask("name-tcp", name).status for name in ("backend.internal", None)}
        assert asked == {"backend.internal": 200, None: 200}, "without SNI no name is checked"


class TestExpiry:
    def test_resumption_hides_it_until_the_next_reload(self, traffic: Traffic) -> None:
        """Of a backend's certificate, of a revocation list, and of the client certificate."""
        root = authority("Root")
        for seconds in (4, 15, 60):
            ends = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            deployed = [self.deployed(traffic, root, which, ends) for which in ("backend", "crl", "client")]
            statuses = [ask(one.port).status for one in deployed]
            # On a machine that is busy everything is over before it has begun: then there is more time.
            if datetime.now(timezone.utc) < ends - timedelta(seconds=1):
                break
        assert statuses == [200, 200, 200]
        until(lambda: datetime.now(timezone.utc), lambda now: now > ends + timedelta(seconds=1), seconds=90)
        assert [ask(one.port).status for one in deployed] == [200, 200, 200], "nothing was verified again"
        for one in deployed:
            one.patch_pool(name="any change reloads")
        assert [ask(one.port).status for one in deployed] == [503, 503, 503]
        deployed[0].wait_for_log(VERIFY_FAILED)
        deployed[1].wait_for_log(VERIFY_FAILED)

    def deployed(self, traffic: Traffic, root: Issued, which: str, ends: datetime) -> Any:
        over = (datetime.now(timezone.utc) - DAY, ends)
        shown = backend(root, valid=over if which == "backend" else NOW_VALID)
        context = server_context(shown.bundle, root.pem, version=TLS12)
        context.options &= ~ssl.OP_NO_TICKET
        server = traffic.stack.enter_context(Backend(which, context).running())
        lists = revocations(root, valid=over if which == "crl" else NOW_VALID)
        own = client(root, valid=over if which == "client" else NOW_VALID)
        return traffic.https(
            server,
            ca_secret_id=traffic.secret(root.pem),
            crl_secret_id=traffic.secret(lists),
            secret_id=traffic.secret(own.bundle),
            timeout_member_connect=500,
        )


class TestOneBrokenFile:
    def test_it_leaves_the_old_configuration_running_and_stays_in_the_way_until_it_is_mended(
        self, traffic: Traffic
    ) -> None:
        api, deployed = traffic.api, traffic.https(traffic.backend())
        truncated = traffic.material.ca.certificate_pem + traffic.material.other_ca.certificate_pem[:200]
        broken, own = traffic.secret(truncated, "broken"), deployed.pool()["secret_id"]
        error = api.fail("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"ca_secret_id": broken})
        assert "HAProxy rejects the configuration" in error
        assert "ca-file" in error
        assert "/tmp" not in error
        assert ask(deployed.port).status == 200
        pool = deployed.pool()
        assert (pool["provisioning_status"], pool["ca_secret_id"]) == ("ERROR", broken)
        balancer = api.get(f"/v1/loadbalancers/@/{deployed.balancer_id}")
        assert balancer["provisioning_status"] == "ACTIVE"

        another = {"name": "http", "protocol": "HTTP", "protocol_port": 80, "load_balancer_id": deployed.balancer_id}
        assert "ca-file" in api.fail("POST", "/v1/lblisteners/@", another)
        (http,) = [one for one in api.state()["listeners"].values() if one["name"] == "http"]
        assert http["provisioning_status"] == "ERROR"
        assert ask(deployed.port).status == 200

        api.do("DELETE", f"/v1/lbpools/@/{deployed.pool_id}")
        assert ask(deployed.port).status == 503, "the listener has no pool any more"
        assert ask(http["data_plane"]["port"], tls=False).status == 503, "and the new one is carried, without a pool"
        mended = pool_body(protocol="HTTPS", members=[traffic.member(traffic.backends[0])], secret_id=own)
        mended |= {"load_balancer_id": deployed.balancer_id, "listener_id": deployed.listener_id}
        api.do("POST", "/v1/lbpools/@", mended)
        assert ask(deployed.port).status == 200


class TestRevoking:
    def test_a_revoked_backend_is_refused_by_new_connections(self, traffic: Traffic) -> None:
        issuer = traffic.material.ca
        revoked, kept = issuer.issue_server(["app.example"]), issuer.issue_server(["app.example"])
        deployed = traffic.https(
            traffic.backend("revoked", revoked), traffic.backend("kept", kept), crl_secret_id=traffic.empty_crl()
        )
        assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"revoked", "kept"}
        with connected(deployed.port) as connection:
            assert status_of(connection) == 200
            deployed.patch_pool(crl_secret_id=traffic.secret(issuer.issue_crl([revoked])))
            assert {ask(deployed.port).said["backend"] for _ in range(4)} == {"kept"}
            # An idle connection of a client goes with the reload.
            assert until(lambda: connection.sock.recv(1), lambda read: True) == b""

    def test_a_response_that_is_under_way_ends_well(self, traffic: Traffic) -> None:
        issuer = traffic.material.ca
        revoked = issuer.issue_server(["app.example"])
        slow = traffic.backend("revoked", revoked)
        deployed = traffic.https(slow, crl_secret_id=traffic.empty_crl(), timeout_member_connect=500)
        with concurrent.futures.ThreadPoolExecutor(1) as pool, slow.holding():
            running = pool.submit(ask, deployed.port)
            until(lambda: len(slow.requests), lambda count: count == 1)
            deployed.patch_pool(crl_secret_id=traffic.secret(issuer.issue_crl([revoked])))
            assert ask(deployed.port).status == 503
            slow.release()
            assert running.result(20).said["backend"] == "revoked"


class TestOneBadMember:
    """Of two, that the load balancer refuses; and what it costs clients."""

    @pytest.mark.parametrize("name", ["round-robin", "least-connections"])
    def test_by_turns_nobody_notices(self, name: str, world: World) -> None:
        assert [world.carried.ask(name).status for _ in range(4)] == [200] * 4
        tried = world.bad[name].connections
        # One attempt only before the other one is asked.
        assert 1 <= tried <= 4

    def test_by_source_its_clients_get_nothing_until_a_monitor_notices(self, world: World) -> None:
        sources = [f"127.0.0.{number}" for number in range(1, 9)]

        def statuses(name: str) -> set[int]:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return set(pool.map(lambda source: world.carried.ask(name, source=source).status, sources))

        assert statuses("source-ip") == {200, 503}
        assert world.carried.member_statuses("source-ip-probed") == ["ONLINE", "ERROR"]
        assert statuses("source-ip-probed") == {200}

    def test_by_cookie_its_clients_wait_and_go_elsewhere(self, world: World) -> None:
        bad = world.bad["cookie"]
        before = bad.connections
        cookie = {"Cookie": f"SRV=cookie-{bad.port}"}
        answer = world.carried.ask("cookie", headers=cookie)
        assert (answer.status, answer.said["backend"]) == (200, "good")
        assert bad.connections - before == 3, "it is tried again, and again, a second apart"
        assert answer.headers["set-cookie"].startswith("SRV=cookie-"), "and it is the other's client from now on"

    def test_alone_it_is_tried_four_times(self, world: World) -> None:
        assert world.carried.ask("alone").status == 503
        assert world.bad["alone"].connections == 4
