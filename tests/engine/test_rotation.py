"""Certificates, authorities and lists that are replaced, on the real engine: at no moment is one missing.

Deleting a secret in use is allowed here, so that nothing but the order of the provider's own requests keeps listeners
and pools whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gcore_emulator import Behavior, Emulator, Settings, TaskSeconds
from gcore_emulator.settings import DIALECT_CHOICES, Dialect
from gcore_tls_provider.certificates import DevelopmentCa, Identity
from tests.engine.conftest import API_KEY, PROJECT, REGION, NewStack
from tests.engine.stack import ROOT, Stack

pytestmark = pytest.mark.engine

PASSWORD = "a development password"


@pytest.fixture
def emulator(dialect: Dialect) -> Emulator:
    """One that deletes secrets in use without a word."""
    behavior = Behavior.model_validate({**DIALECT_CHOICES[dialect], "secret_in_use": "allow"})
    scope = {"projects": frozenset({PROJECT}), "regions": frozenset({REGION})}
    return Emulator(Settings(api_key=API_KEY, task_seconds=TaskSeconds(0.05), behavior=behavior, **scope))


@dataclass
class Shop:
    """A stack of the root program, and its files."""

    stack: Stack
    folder: Path
    servers: DevelopmentCa
    backends: DevelopmentCa

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def server(self, name: str, host: str) -> dict[str, str]:
        issued = self.servers.issue_server([host])
        return {
            "certificate": self.write(f"{name}.pem", issued.full_chain_pem),
            "privateKey": self.write(f"{name}.key", issued.private_key_pem),
        }

    def listener_certificate(self) -> None:
        self.stack.configure(self.server("server", "app.example.com"))

    def names(self, *labels: str) -> None:
        self.stack.configure({"sniCertificates": {each: self.server(each, f"{each}.example.com") for each in labels}})

    def client_certificate(self) -> None:
        issued: Identity = self.backends.issue_client("load-balancer.example.com")
        self.stack.configure({"clientCertificate": self.write("client.p12", issued.to_pkcs12(PASSWORD))})

    def authorities(self, *authorities: DevelopmentCa) -> None:
        """The first one's list stands first, as a load balancer wants it."""
        self.stack.configure(
            {
                "ca": self.write("ca.pem", "".join(each.certificate_pem for each in authorities)),
                "crl": self.write("crl.pem", "".join(each.issue_crl() for each in authorities)),
            }
        )

    def client_certificate_and_revocation_list(self) -> None:
        self.client_certificate()
        revoked = self.backends.issue_server(["gone.example.com"])
        self.stack.configure({"crl": self.write("crl.pem", self.backends.issue_crl([revoked]))})


@pytest.fixture
def shop(new_stack: NewStack, tmp_path: Path) -> Shop:
    folder = tmp_path / "files"
    folder.mkdir()
    made = Shop(new_stack(ROOT), folder, DevelopmentCa.create("Servers"), DevelopmentCa.create("Backends"))
    made.listener_certificate()
    made.names("shop", "blog", "mail")
    made.client_certificate()
    made.authorities(made.backends)
    made.stack.configure({"members": ["10.0.0.11"]})
    made.stack.configure_secret("clientPassword", PASSWORD)
    return made


@dataclass(frozen=True)
class Rotation:
    """What is changed, and what the run counts.

    Attributes:
        change: what the user does.
        counts: the summary of the run, without what stays as it is.
    """

    change: Callable[[Shop], None]
    counts: Mapping[str, int]


ONE = {"updated": 1, "replaced": 1}
OTHER = DevelopmentCa.create("New backends")

# One after the other, on one stack.
ROTATIONS: Mapping[str, Rotation] = {
    "the listener's certificate": Rotation(Shop.listener_certificate, ONE),
    "a name renewed, one more, two less": Rotation(
        lambda shop: shop.names("shop", "docs"), {"updated": 1, "replaced": 1, "created": 1, "deleted": 2}
    ),
    "client certificate and revocation list": Rotation(
        Shop.client_certificate_and_revocation_list, {"updated": 1, "replaced": 2}
    ),
    "old and new authority": Rotation(
        lambda shop: shop.authorities(shop.backends, OTHER), {"updated": 1, "replaced": 2}
    ),
    "authority and list": Rotation(lambda shop: shop.authorities(OTHER), {"updated": 1, "replaced": 2}),
}


def test_nothing_is_ever_missing(shop: Shop, emulator: Emulator) -> None:
    shop.stack.up().expect_success()
    for name, rotation in ROTATIONS.items():
        rotation.change(shop)
        before, begin = set(emulator.account.secrets), len(emulator.requests)
        done = shop.stack.up().expect_success()
        counts = {what: count for what, count in done.counts().items() if what != "unchanged"}
        assert counts == rotation.counts, name
        assert emulator.audit().violations == (), name
        after = set(emulator.account.secrets)
        assert len(after) == len(before) + counts.get("created", 0) - counts.get("deleted", 0), name
        assert used(emulator) == after, name
        order = [each for each in map(_step, emulator.requests[begin:]) if each]
        assert order == sorted(order, key=["made", "repointed", "deleted"].index), name
        assert order.count("repointed") == 1, name
        assert order.count("deleted") == len(before - after), name
    shop.stack.preview().expect_nothing_to_do()
    shop.stack.destroy().expect_success()
    assert not emulator.account.secrets


def used(emulator: Emulator) -> set[str]:
    """The secrets that the listener and the pool use."""
    (listener,), (pool,) = emulator.account.listeners.values(), emulator.account.pools.values()
    return {each for each in (listener.secret_id, *listener.sni_secret_ids, *pool.secret_ids) if each}


def _step(call: object) -> str:
    method, route, status = (getattr(call, name) for name in ("method", "route", "status"))
    if method == "GET" or status is None or status >= 300:
        return ""
    if "/secrets/" in str(route):
        return "made" if method == "POST" else "deleted"
    return "repointed"
