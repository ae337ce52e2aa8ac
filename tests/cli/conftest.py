"""Certificates for these tests, generated once per run. They are valid now, because the commands use the real clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gcore_tls_provider.certificates import DevelopmentCa, Identity, write_development_certificates


@dataclass(frozen=True)
class Pki:
    """A CA for servers, a CA for backends, and the certificates that they issued."""

    public: DevelopmentCa
    servers: DevelopmentCa
    private: DevelopmentCa
    server: Identity
    shop: Identity
    client: Identity
    backend: Identity
    crl: str


@pytest.fixture(scope="session")
def pki() -> Pki:
    public, private = DevelopmentCa.create("Public CA"), DevelopmentCa.create("Private CA")
    servers = public.issue_ca("Public Server CA")
    return Pki(
        public=public,
        servers=servers,
        private=private,
        server=servers.issue_server(["app.example.com"]),
        shop=servers.issue_server(["shop.example.com"]),
        client=private.issue_client("load-balancer", names=["load-balancer.internal"]),
        backend=private.issue_server(["app.example.com", "shop.example.com"]),
        crl=private.issue_crl(),
    )


@pytest.fixture(scope="session")
def development(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory as `dev-certs` creates it. Tests must not change it."""
    folder = tmp_path_factory.mktemp("development")
    write_development_certificates(folder)
    return folder
