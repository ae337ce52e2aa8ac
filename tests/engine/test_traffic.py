"""What `pulumi up` made carries mutual TLS, and goes on carrying it while `pulumi up` changes all of it.

The load balancers are real HAProxies, as the emulator configures them from what it was told to store.
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
from tests.engine.foreign import Portal
from tests.engine.load import Count, Load
from tests.engine.stack import ROOT
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.clients import ask
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
    """One whose load balancers carry traffic."""
    settings = Settings(
        api_key=API_KEY,
        projects=frozenset({PROJECT}),
        regions=frozenset({REGION}),
        task_seconds=TaskSeconds(0.05),
    )
    with haproxy_data_plane() as plane:
        yield Emulator(settings, data_plane=plane)


def port_of(emulator: Emulator) -> int:
    """Where clients reach the only listener."""
    (listener_id,) = emulator.account.listeners
    endpoint = emulator.data_plane.endpoint(listener_id)
    assert endpoint is not None
    return endpoint.port


def member_statuses(emulator: Emulator) -> dict[int, str]:
    """The operating statuses of the only pool's members, by port."""
    (pool,) = emulator.account.pools.values()
    seen = emulator.data_plane.seen(emulator.account)
    return {member.protocol_port: seen.get(member.id, "") for member in pool.members}


@dataclass
class Shop:
    """The files of a load balancer, and its backends."""

    folder: Path
    backends: list[Backend]
    servers: DevelopmentCa = field(default_factory=lambda: DevelopmentCa.create("Servers"))
    issued: dict[str, Identity] = field(default_factory=dict)

    def identity(self, name: str, issued: Identity) -> None:
        """What the load balancer shows from the next `up` on."""
        self.issued[name] = issued
        self._write(f"{name}.pem", issued.full_chain_pem)
        self._write(f"{name}.key", issued.private_key_pem)

    def trust(self, *authorities: DevelopmentCa, revoked: Sequence[Identity] = ()) -> None:
        """Whom the load balancer trusts from the next `up` on. What is revoked is of the first authority."""
        lists = [each.issue_crl(revoked if each is authorities[0] else ()) for each in authorities]
        self._write("ca.pem", _pem(*authorities))
        self._write("crl.pem", "".join(lists))

    def backend(self, number: int, shown: Identity, *clients: DevelopmentCa) -> None:
        """What a backend shows, and whom it lets in, from its next connection on."""
        self.backends[number].context = server_context(shown.to_pem_bundle(), _pem(*clients))

    def fingerprint(self, name: str) -> str:
        return self.issued[name].certificate.fingerprint(hashes.SHA256()).hex()

    def clients_seen(self) -> set[int | None]:
        """The serials of the client certificates that the backends were shown last."""
        return {backend.requests[-1].serial for backend in self.backends}

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


def _pem(*authorities: DevelopmentCa) -> str:
    return "".join(each.certificate_pem for each in authorities)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """With two backends, and no material yet."""
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    with Backend("one", None).running() as one, Backend("two", None).running() as two:
        yield Shop(folder, [one, two])


def test_rotations_drop_no_request(shop: Shop, new_program: NewProgram, emulator: Emulator) -> None:
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

    def up(what: str) -> None:
        with load.counting(what) as counted:
            stack.up().expect_success()
        counts.extend(counted)

    def both_sides_see_what_was_deployed() -> None:
        for client in load.clients:
            assert client.certificate == shop.fingerprint("server" if client.name == APP else "shop"), client.name
        assert shop.clients_seen() == {shop.issued["client"].certificate.serial_number}
        shown = stack.outputs()["certificates"]
        assert isinstance(shown, dict)
        roles = {"listener": "server", "sni-shop": "shop", "client": "client"}
        assert {role: shown[role]["fingerprint_sha256"] for role in roles} == {
            role: shop.fingerprint(name) for role, name in roles.items()
        }

    with load.running():
        load.go_on()
        both_sides_see_what_was_deployed()
        before = dict(shop.issued)

        # The backends trust the client certificate's new authority first.
        for backend in (0, 1):
            shop.backend(backend, old.issue_server(names), clients, new_clients)
        shop.identity("server", shop.servers.issue_server([APP]))
        shop.identity("shop", shop.servers.issue_server([SHOP]))
        shop.identity("client", new_clients.issue_client("load-balancer", names=["load-balancer.internal"]))
        shop.trust(old, revoked=[old.issue_server(["gone.example.com"])])
        up("the listener's certificates, the client certificate and the revocation list")
        both_sides_see_what_was_deployed()

        shop.trust(old, new)
        up("old and new authority, with the lists of both")
        with load.counting("the backends, one after the other") as counted:
            first, second = new.issue_server(names), new.issue_server(names)
            for number, reissued in enumerate((first, second)):
                shop.backend(number, reissued, new_clients)
                load.go_on()
        counts.extend(counted)
        shop.trust(new)
        up("the new authority and its list")
        both_sides_see_what_was_deployed()
        assert all(shop.issued[name] != issued for name, issued in before.items())
        rotated = len(counts)

        shop.trust(new, revoked=[first])
        up("a list that revokes one of two backends")
        one, two = shop.backends
        until(lambda: member_statuses(emulator), lambda seen: seen == {one.port: "ERROR", two.port: "ONLINE"})
        served = len(one.requests), len(two.requests)
        load.go_on()
        assert len(one.requests) == served[0]
        assert len(two.requests) > served[1]
    print(*counts, sep="\n")
    assert [count.failed for count in counts[:rotated]] == [0] * rotated, load.failures
    # A request that met the revoked backend was moved to the other one: the handshake failed before anything was sent.
    assert counts[-1].failed == 0, load.failures
    assert all(client.repeated == 0 for client in load.clients if not client.keeps)

    assert f"member 127.0.0.1:{one.port} is in operating status ERROR" in stack.refresh().expect_success().output
    stack.destroy().expect_success()
    assert not emulator.account.load_balancers


def test_an_attachment_turns_plain_into_mutual_tls_and_back(
    new_stack: NewStack, emulator: Emulator, url: str, files: DevelopmentFiles
) -> None:
    shown = identity_from_pem(certificate=files.backend.read_text(), private_key=files.backend_key.read_text())
    tls = server_context(shown.to_pem_bundle(), files.ca.read_text())

    def speaks(context: ssl.SSLContext | None) -> None:
        """The backend turns to TLS or away from it, and health checks find it so."""
        backend.context = context
        until(lambda: member_statuses(emulator), lambda seen: seen == {backend.port: "ONLINE"})

    with Backend("one", None).running() as backend:
        ids = Portal(url).load_balancer(
            files, members=["127.0.0.1"], port=backend.port, mutual_tls=False, delay=2, timeout=1, max_retries=1
        )
        port = port_of(emulator)
        assert ask(port, APP).status == 200
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
        asked = len(backend.requests)
        assert ask(port, APP).status == 503
        assert len(backend.requests) == asked, "nothing is asked in clear any more"
        speaks(tls)
        answer = ask(port, APP)
        assert answer.status == 200
        assert answer.said["client"] == "load-balancer"
        assert backend.requests[-1].sni == APP

        stack.destroy().expect_success()
        asked = len(backend.requests)
        assert ask(port, APP).status in (502, 503)
        assert len(backend.requests) == asked, "nothing is asked by TLS any more"
        speaks(None)
        assert ask(port, APP).status == 200
        assert backend.requests[-1].version is None
