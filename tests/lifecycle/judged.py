"""What programs are made of whose material is judged, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates import Finding
from tests.certificates.issuing import CLIENT, END, Issued, issue, issue_ca, issue_crl
from tests.fake_engine.account import member

TCP = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}
ID, OTHER = "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25", "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf26"
Codes = list[tuple[str, str, str]]


class Pki:
    """What the programs of these tests are made of; issued when it is asked for, once."""

    @cached_property
    def ca(self) -> Issued:
        return issue_ca("Backends CA")

    @cached_property
    def new_ca(self) -> Issued:
        return issue_ca("New CA")

    @cached_property
    def server(self) -> Issued:
        return issue("app.example", self.ca)

    @cached_property
    def second(self) -> Issued:
        return issue("second.example", self.ca)

    @cached_property
    def client(self) -> Issued:
        return issue("load-balancer.example", self.ca, extended_key_usage=(CLIENT,))

    @cached_property
    def backend(self) -> Issued:
        return issue("app.example", self.ca)

    def crl(self, *revoked: Issued, of: Issued | None = None, next_update: datetime = END) -> str:
        return pem(issue_crl(of or self.ca, revoked, next_update=next_update))


def pem(entry: x509.CertificateRevocationList) -> str:
    return entry.public_bytes(Encoding.PEM).decode()


def codes(findings: tuple[Finding, ...]) -> Codes:
    return sorted((each.severity, each.property, each.code) for each in findings)


@dataclass(frozen=True)
class Wired:
    """A pool, or a listener, and what is to be said about it.

    Attributes:
        properties: its inputs.
        material: the public material of what it refers to.
        expected: severity, property and code of each finding.
    """

    properties: Callable[[Pki], dict[str, object]]
    material: Callable[[Pki], dict[str, object]]
    expected: Codes


def mutual(p: Pki) -> dict[str, object]:
    return {
        "load_balancer_id": ID,
        "ca_secret_id": ID,
        "secret_id": ID,
        "members": [member()],
        "health_monitor": TCP,
    }


def wired(p: Pki) -> dict[str, object]:
    return {"ca": p.ca.pem, "client_certificate": p.client.pem, "listener_certificates": [p.server.pem]}
