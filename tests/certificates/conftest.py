"""Material for these tests, generated once a run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gcore_tls_provider.certificates import DevelopmentAuthority, Identity
from tests.certificates.refused import Material

OpenSsl = Callable[..., str]


@pytest.fixture(scope="session")
def root() -> DevelopmentAuthority:
    return DevelopmentAuthority.create("Test Root CA")


@pytest.fixture(scope="session")
def intermediate(root: DevelopmentAuthority) -> DevelopmentAuthority:
    return root.issue_authority("Test Server CA").issue_authority("Test Server CA 2")


@pytest.fixture(scope="session")
def server(intermediate: DevelopmentAuthority) -> Identity:
    """A server certificate with two intermediates."""
    return intermediate.issue_server(["app.example.com", "*.app.example.com", "192.0.2.1"])


@pytest.fixture(scope="session")
def other(root: DevelopmentAuthority) -> Identity:
    """Somebody else's certificate and key."""
    return root.issue_server(["other.example.com"])


@pytest.fixture(scope="session")
def crl(root: DevelopmentAuthority, other: Identity) -> str:
    return root.revocation_list([other], number=7)


@pytest.fixture(scope="session")
def openssl() -> OpenSsl:
    """Runs the real `openssl` and returns what it printed."""

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def material(root: DevelopmentAuthority, server: Identity, other: Identity, crl: str) -> Material:
    return Material(root, server, other, crl)
