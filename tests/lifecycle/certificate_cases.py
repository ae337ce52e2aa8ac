"""Certificates, and cases of resources that refer to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gcore_tls_provider.certificates import Finding
from tests.certificates.issuing import CLIENT, END, Issued, issue, issue_ca, issue_crl
from tests.fake_engine.stack import member

TCP_MONITOR = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}
SOME_ID, OTHER_ID = "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25", "6bf878c1-1ce4-47c3-a39b-6b5f1d79bf26"
FindingCodes = list[tuple[str, str, str]]


class Pki:
    """Certificates of the programs in these tests, each issued on first use."""

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
        return crl_pem(issue_crl(of or self.ca, revoked, next_update=next_update))


def crl_pem(crl: x509.CertificateRevocationList) -> str:
    return crl.public_bytes(Encoding.PEM).decode()


def codes(findings: tuple[Finding, ...]) -> FindingCodes:
    return sorted((each.severity, each.property, each.code) for each in findings)


@dataclass(frozen=True)
class ReferenceCase:
    """A pool or a listener, and its expected findings.

    Attributes:
        properties: Inputs of the resource.
        references: PEM of the certificates that it refers to, by role.
        expected: Severity, property and code of each finding.
    """

    properties: Callable[[Pki], dict[str, object]]
    references: Callable[[Pki], dict[str, object]]
    expected: FindingCodes


def mtls_pool(p: Pki) -> dict[str, object]:
    return {
        "load_balancer_id": SOME_ID,
        "ca_secret_id": SOME_ID,
        "secret_id": SOME_ID,
        "members": [member()],
        "health_monitor": TCP_MONITOR,
    }


def mtls_references(p: Pki) -> dict[str, object]:
    return {"ca": p.ca.pem, "client_certificate": p.client.pem, "listener_certificates": [p.server.pem]}
