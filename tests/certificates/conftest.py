"""Certificates for these tests, generated once per run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gcore_tls_provider.certificates import DevelopmentCa, Identity
from tests.certificates.rejected import ValidCertificates

OpenSsl = Callable[..., str]


@pytest.fixture(scope="session")
def root() -> DevelopmentCa:
    return DevelopmentCa.create("Test Root CA")


@pytest.fixture(scope="session")
def intermediate(root: DevelopmentCa) -> DevelopmentCa:
    return root.issue_ca("Test Server CA").issue_ca("Test Server CA 2")


@pytest.fixture(scope="session")
def server(intermediate: DevelopmentCa) -> Identity:
    """Server certificate with two intermediates."""
    return intermediate.issue_server(["app.example.com", "*.app.example.com", "192.0.2.1"])


@pytest.fixture(scope="session")
def other(root: DevelopmentCa) -> Identity:
    """Certificate and key of another server."""
    return root.issue_server(["other.example.com"])


@pytest.fixture(scope="session")
def crl(root: DevelopmentCa, other: Identity) -> str:
    return root.issue_crl([other], number=7)


@pytest.fixture(scope="session")
def openssl() -> OpenSsl:
    """Function that runs the real `openssl` and returns its output."""

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def material(root: DevelopmentCa, server: Identity, other: Identity, crl: str) -> ValidCertificates:
    return ValidCertificates(root, server, other, crl)
