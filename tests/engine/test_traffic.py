"""Requests with mutual TLS through HAProxy during `pulumi up`, with the real engine.

The emulator configures HAProxy from its stored objects.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from gcore_emulator import Emulator, Settings, TaskSeconds
from gcore_emulator.data_plane import haproxy_data_plane
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles, Identity, identity_from_pem
from tests.engine.conftest import API_KEY, PROJECT, REGION, NewProgram, NewStack
from tests.engine.load import Count, Load
from tests.engine.other_tool import OtherTool
from tests.engine.stack import ROOT
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.waiting import until

pytestmark = pytest.mark.engine

APP, SHOP = "app.example.com", "shop.example.com"

PROGRAM = """
import pulumi
from gcore_tls_components import CertificateArgs, MTLSLoadBalancer
from gcore_tls_provider import from_file

folder = pulumi.Config().require("folder")

def identity(name: str) -> CertificateArgs:
    return {"certificate": from_file(f"{folder}/{name}.pem"), "private_key": from_file(f"{folder}/{name}.key")}

web = MTLSLoadBalancer(
    "web",
    listener_certificate=identity("server"),
    sni_certificates={"shop": identity("shop")},
    client_certificate=identity("client"),
    ca=from_file(f"{folder}/ca.pem"),
    crl=from_file(f"{folder}/crl.pem"),
    members=[{"address": "127.0.0.1", "protocol_port": port} for port in pulumi.Config().require_object("ports")],
    health_monitor={"type": "TCP", "delay": 2, "timeout": 1, "max_retries": 1, "max_retries_down": 1},
)
pulumi.export("certificates", web.certificates)
"""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Yield an emulator with HAProxy as its data plane."""
    settings = Settings(
        api_key=API_KEY,
        projects=frozenset({PROJECT}),
        regions=frozenset({REGION}),
        task_seconds=TaskSeconds(0.05),
    )
    with haproxy_data_plane() as plane:
        yield Emulator(settings, data_plane=plane)


def port_of(emulator: Emulator) -> int:
    """Return the port of the only listener."""
    (listener_id,) = emulator.account.listeners
    endpoint = emulator.data_plane.endpoint(listener_id)
    assert endpoint is not None
    return endpoint.port


def member_statuses(emulator: Emulator) -> dict[int, str]:
    """Return the operating statuses of the only pool's members, by port."""
    (pool,) = emulator.account.pools.values()
    statuses = emulator.data_plane.operating_statuses(emulator.account)
    return {member.protocol_port: statuses.get(member.id, "") for member in pool.members}


@dataclass
class Shop:
    """Files of a load balancer, and its backends."""

    folder: Path
    backends: list[Backend]
    servers: DevelopmentCa = field(default_factory=lambda: DevelopmentCa.create("Servers"))
    issued: dict[str, Identity] = field(default_factory=dict)

    def identity(self, name: str, issued: Identity) -> None:
        """Write a certificate that the load balancer presents after the next `up`."""
        self.issued[name] = issued
        self._write(f"{name}.pem", issued.full_chain_pem)
        self._write(f"{name}.key", issued.private_key_pem)

    def trust(self, *cas: DevelopmentCa, revoked: Sequence[Identity] = ()) -> None:
        """Write the CA bundle and the CRLs for the next `up`. The first CA issued the revoked certificates."""
        crls = [each.issue_crl(revoked if each is cas[0] else ()) for each in cas]
        self._write("ca.pem", _pem(*cas))
        self._write("crl.pem", "".join(crls))

    def backend(self, number: int, presented: Identity, *clients: DevelopmentCa) -> None:
        """Set the server certificate and the client CAs of a backend, from its next connection on."""
        self.backends[number].context = server_context(presented.to_pem_bundle(), _pem(*clients))

    def fingerprint(self, name: str) -> str:
        """Return the SHA-256 fingerprint of a certificate."""
        return self.issued[name].certificate.fingerprint(hashes.SHA256()).hex()

    def clients_seen(self) -> set[int | None]:
        """Return the serials of the last client certificates that the backends received."""
        return {backend.requests[-1].serial for backend in self.backends}

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


def _pem(*cas: DevelopmentCa) -> str:
    return "".join(each.certificate_pem for each in cas)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Yield two running backends without certificates."""
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    with Backend("one", None).running() as one, Backend("two", None).running() as two:
        yield Shop(folder, [one, two])


def test_no_request_fails_during_rotations(shop: Shop, new_program: NewProgram, emulator: Emulator) -> None:
    clients, new_clients = DevelopmentCa.create("Clients"), DevelopmentCa.create("New clients")
    old, new = DevelopmentCa.create("Backends"), DevelopmentCa.create("New backends")
    names = (APP, SHOP)
    shop.identity("server", shop.servers.issue_server([APP]))
    shop.identity("shop", shop.servers.issue_server([SHOP]))
    shop.identity("client", clients.issue_client("load-balancer", names=["load-balancer.internal"]))
    shop.trust(old)
    for number in (0, 1):
        shop.backend(number, old.issue_server(names), clients)
    stack = new_program(PROGRAM)
    stack.configure({"folder": str(shop.folder), "ports": [each.port for each in shop.backends]})
    stack.up().expect_success()

    counts: list[Count] = []
    load = Load.of(port_of(emulator), [APP, SHOP], shop.servers.certificate_pem)

    def up(operation: str) -> None:
        with load.counting(operation) as counted:
            stack.up().expect_success()
        counts.extend(counted)

    def assert_deployed_certificates() -> None:
        for client in load.clients:
            assert client.certificate == shop.fingerprint("server" if client.name == APP else "shop"), client.name
        assert shop.clients_seen() == {shop.issued["client"].certificate.serial_number}
        certificates = stack.outputs()["certificates"]
        assert isinstance(certificates, dict)
        roles = {"listener": "server", "sni-shop": "shop", "client": "client"}
        assert {role: certificates[role]["fingerprint_sha256"] for role in roles} == {
            role: shop.fingerprint(name) for role, name in roles.items()
        }

    with load.running():
        load.wait_for_requests()
        assert_deployed_certificates()
        before = dict(shop.issued)

        # The backends trust the new CA of the client certificate first.
        for backend in (0, 1):
            shop.backend(backend, old.issue_server(names), clients, new_clients)
        shop.identity("server", shop.servers.issue_server([APP]))
        shop.identity("shop", shop.servers.issue_server([SHOP]))
        shop.identity("client", new_clients.issue_client("load-balancer", names=["load-balancer.internal"]))
        shop.trust(old, revoked=[old.issue_server(["gone.example.com"])])
        up("new server certificates, client certificate and CRL")
        assert_deployed_certificates()

        shop.trust(old, new)
        up("old and new CA with their CRLs")
        with load.counting("new certificates of the backends, in sequence") as counted:
            first, second = new.issue_server(names), new.issue_server(names)
            for number, reissued in enumerate((first, second)):
                shop.backend(number, reissued, new_clients)
                load.wait_for_requests()
        counts.extend(counted)
        shop.trust(new)
        up("the new CA and its CRL")
        assert_deployed_certificates()
        assert all(shop.issued[name] != issued for name, issued in before.items())
        rotated = len(counts)

        shop.trust(new, revoked=[first])
        up("a CRL that revokes one of two backends")
        one, two = shop.backends
        until(lambda: member_statuses(emulator), lambda statuses: statuses == {one.port: "ERROR", two.port: "ONLINE"})
        served = len(one.requests), len(two.requests)
        load.wait_for_requests()
        assert len(one.requests) == served[0]
        assert len(two.requests) > served[1]
    print(*counts, sep="\n")
    assert [count.failed for count in counts[:rotated]] == [0] * rotated, load.failures
    # HAProxy sent requests for the revoked backend to the other one: the handshake failed before it sent any data.
    assert counts[-1].failed == 0, load.failures
    assert all(client.repeated == 0 for client in load.clients if not client.keeps_connection)

    assert f"member 127.0.0.1:{one.port} is in operating status ERROR" in stack.refresh().expect_success().output
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers


def test_an_attachment_enables_mutual_tls_and_its_destroy_restores_plaintext(
    new_stack: NewStack, emulator: Emulator, url: str, files: DevelopmentFiles
) -> None:
    presented = identity_from_pem(certificate=files.backend.read_text(), private_key=files.backend_key.read_text())
    tls = server_context(presented.to_pem_bundle(), files.ca.read_text())

    def switch_backend(context: ssl.SSLContext | None) -> None:
        """Switch the backend to TLS or plaintext, and wait until it is ONLINE."""
        backend.context = context
        until(lambda: member_statuses(emulator), lambda statuses: statuses == {backend.port: "ONLINE"})

    with Backend("one", None).running() as backend:
        ids = OtherTool(url).create_load_balancer(
            files, members=["127.0.0.1"], port=backend.port, mutual_tls=False, delay=2, timeout=1, max_retries=1
        )
        port = port_of(emulator)
        assert fetch(port, APP).status == 200
        assert backend.requests[-1].version is None

        stack = new_stack(ROOT / "examples" / "attachment")
        stack.configure(
            {
                "poolId": ids["pool"],
                "clientCertificate": str(files.client),
                "clientKey": str(files.client_key),
                "ca": str(files.ca),
            }
        )
        stack.up().expect_success()
        received = len(backend.requests)
        assert fetch(port, APP).status == 503
        assert len(backend.requests) == received, "a plaintext request reached the backend"
        switch_backend(tls)
        response = fetch(port, APP)
        assert response.status == 200
        assert response.json["client"] == "load-balancer"
        assert backend.requests[-1].sni == APP

        stack.destroy().expect_success()
        received = len(backend.requests)
        assert fetch(port, APP).status in (502, 503)
        assert len(backend.requests) == received, "a TLS request reached the backend"
        switch_backend(None)
        assert fetch(port, APP).status == 200
        assert backend.requests[-1].version is None
