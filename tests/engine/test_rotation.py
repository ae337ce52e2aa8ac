"""Rotation of certificates, CAs and CRLs with the real engine: listeners and pools always have valid references.

The emulator allows the deletion of secrets in use, so that only the order of the provider's requests keeps the
references valid.
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
    """Return an emulator that allows the deletion of secrets in use."""
    behavior = Behavior.model_validate({**DIALECT_CHOICES[dialect], "secret_in_use": "allow"})
    return Emulator(
        Settings(
            api_key=API_KEY,
            projects=frozenset({PROJECT}),
            regions=frozenset({REGION}),
            task_seconds=TaskSeconds(0.05),
            behavior=behavior,
        )
    )


@dataclass
class Shop:
    """Stack of the root program, and its files."""

    stack: Stack
    folder: Path
    servers: DevelopmentCa
    backends: DevelopmentCa

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def issue_server(self, name: str, host: str) -> dict[str, str]:
        """Issue a server certificate and return the paths of its files."""
        issued = self.servers.issue_server([host])
        return {
            "certificate": self.write(f"{name}.pem", issued.full_chain_pem),
            "privateKey": self.write(f"{name}.key", issued.private_key_pem),
        }

    def rotate_listener_certificate(self) -> None:
        """Issue and configure a new listener certificate."""
        self.stack.configure(self.issue_server("server", "app.example.com"))

    def configure_sni(self, *labels: str) -> None:
        """Issue and configure a new SNI certificate for each label."""
        self.stack.configure(
            {"sniCertificates": {each: self.issue_server(each, f"{each}.example.com") for each in labels}}
        )

    def rotate_client_certificate(self) -> None:
        """Issue and configure a new client certificate."""
        issued: Identity = self.backends.issue_client("load-balancer.example.com")
        self.stack.configure({"clientCertificate": self.write("client.p12", issued.to_pkcs12(PASSWORD))})

    def configure_cas(self, *cas: DevelopmentCa) -> None:
        """Configure a CA bundle, and the CRLs in the same order, as a load balancer requires."""
        self.stack.configure(
            {
                "ca": self.write("ca.pem", "".join(each.certificate_pem for each in cas)),
                "crl": self.write("crl.pem", "".join(each.issue_crl() for each in cas)),
            }
        )

    def rotate_client_certificate_and_crl(self) -> None:
        """Issue and configure a new client certificate, and a CRL with one more entry."""
        self.rotate_client_certificate()
        revoked = self.backends.issue_server(["gone.example.com"])
        self.stack.configure({"crl": self.write("crl.pem", self.backends.issue_crl([revoked]))})


@pytest.fixture
def shop(new_stack: NewStack, tmp_path: Path) -> Shop:
    """Return the stack with a configuration, not deployed yet."""
    folder = tmp_path / "files"
    folder.mkdir()
    shop = Shop(new_stack(ROOT), folder, DevelopmentCa.create("Servers"), DevelopmentCa.create("Backends"))
    shop.rotate_listener_certificate()
    shop.configure_sni("shop", "blog", "mail")
    shop.rotate_client_certificate()
    shop.configure_cas(shop.backends)
    shop.stack.configure({"members": ["10.0.0.11"]})
    shop.stack.configure_secret("clientPassword", PASSWORD)
    return shop


@dataclass(frozen=True)
class Rotation:
    """Rotation and the expected summary of its run.

    Attributes:
        change: Changes the files and the configuration.
        counts: Summary of the run, without unchanged resources.
    """

    change: Callable[[Shop], None]
    counts: Mapping[str, int]


ONE = {"updated": 1, "replaced": 1}
OTHER = DevelopmentCa.create("New backends")

# In this order, on one stack.
ROTATIONS: Mapping[str, Rotation] = {
    "listener certificate": Rotation(Shop.rotate_listener_certificate, ONE),
    "SNI certificates: one renewed, one added, two removed": Rotation(
        lambda shop: shop.configure_sni("shop", "docs"), {"updated": 1, "replaced": 1, "created": 1, "deleted": 2}
    ),
    "client certificate and CRL": Rotation(Shop.rotate_client_certificate_and_crl, {"updated": 1, "replaced": 2}),
    "old and new CA": Rotation(lambda shop: shop.configure_cas(shop.backends, OTHER), {"updated": 1, "replaced": 2}),
    "new CA and its CRL": Rotation(lambda shop: shop.configure_cas(OTHER), {"updated": 1, "replaced": 2}),
}


def test_a_rotation_creates_then_updates_references_then_deletes(shop: Shop, emulator: Emulator) -> None:
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
        assert order == sorted(order, key=["created", "repointed", "deleted"].index), name
        assert order.count("repointed") == 1, name
        assert order.count("deleted") == len(before - after), name
    shop.stack.preview().expect_no_changes()
    shop.stack.destroy().expect_success()
    assert not emulator.account.secrets


def used(emulator: Emulator) -> set[str]:
    """Return the secrets that the listener and the pool use."""
    (listener,), (pool,) = emulator.account.listeners.values(), emulator.account.pools.values()
    return {each for each in (listener.secret_id, *listener.sni_secret_ids, *pool.secret_ids) if each}


def _step(call: object) -> str:
    method, route, status = (getattr(call, name) for name in ("method", "route", "status"))
    if method == "GET" or status is None or status >= 300:
        return ""
    if "/secrets/" in str(route):
        return "created" if method == "POST" else "deleted"
    return "repointed"
