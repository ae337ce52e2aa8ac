"""Cases of certificates: one pool with one backend, and the expected result of a request and of a preview."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from gcore_tls_provider.certificates.findings.finding import Severity
from tests.gcore_emulator.data_plane.issuing import Issued, issue_backend, issue_ca, issue_client

Server: TypeAlias = Literal["TLS 1.2", "TLS 1.3", "nginx"]
"""Backend: Python's TLS in one version, or nginx."""

ALERTS = {
    42: "SSLV3_ALERT_BAD_CERTIFICATE",
    43: "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    44: "SSLV3_ALERT_CERTIFICATE_REVOKED",
    45: "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    46: "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    48: "TLSV1_ALERT_UNKNOWN_CA",
    51: "TLSV1_ALERT_DECRYPT_ERROR",
    80: "TLSV1_ALERT_INTERNAL_ERROR",
}
"""OpenSSL's names of the TLS alerts that the backend receives."""


@dataclass(frozen=True, repr=False)
class Case:
    """Pool with one backend.

    Attributes:
        backend: Certificate, key and chain of the backend (PEM).
        ca: CA secret; None: the pool has none.
        client: Client certificate of the pool (PEM); empty: it has none.
        client_ca: CA whose client certificates the backend accepts.
        crl: CRL secret.
        server_name: SNI of the client's request.
        status: Status of the response.
        alert: Number of the TLS alert that the backend receives; None: no alert.
        member: Operating status of the member with a TCP monitor.
        weak: The backend can use RSA keys of 1,024 bits and SHA-1.
        server: Kind of backend.
        preview: Worst severity of the findings in a preview; None: no finding.
    """

    backend: str
    ca: str | None
    client: str
    client_ca: str
    crl: str | None = None
    server_name: str = "app.example"
    status: int = 200
    alert: int | None = None
    member: str = "ONLINE"
    weak: bool = False
    server: Server = "TLS 1.3"
    preview: Severity | None = None


class Table:
    """Cases by name, all with the same CAs."""

    def __init__(self) -> None:
        """Issue the certificates that most cases use."""
        self.cases: dict[str, Case] = {}
        self.root, self.other = issue_ca("Root"), issue_ca("Other")
        self.middle = issue_ca("Intermediate", self.root)
        self.backend = issue_backend(self.root)
        self.under_middle = issue_backend(self.middle)
        self._good = Case(self.backend.bundle, self.root.pem, issue_client(self.root).bundle, self.root.pem)

    def add_accepted(
        self, name: str, certificate: Issued | str | None = None, ca: str | None = "", **changes: Any
    ) -> None:
        """Add a case in which the request succeeds and the preview has no finding, except for the changed fields.

        Args:
            name: Name of the case.
            certificate: Certificate of the backend; default: a good one.
            ca: CA secret; None: there is none; default: the root that issued the good certificate.
            **changes: Other fields of the case.
        """
        assert name not in self.cases, name
        case = replace(self._good, **changes)
        if certificate is not None:
            case = replace(case, backend=certificate if isinstance(certificate, str) else certificate.bundle)
        self.cases[name] = case if ca == "" else replace(case, ca=ca)

    def add_rejected(
        self, name: str, alert: int | None, certificate: Issued | str | None = None, ca: str | None = "", **changes: Any
    ) -> None:
        """Add a case that request and health check reject, and for which the preview has an error."""
        fields = {"status": 503, "alert": alert, "member": "ERROR", "preview": "error", **changes}
        self.add_accepted(name, certificate, ca, **fields)


PEM_VARIANTS = ("CRLF", "text around", "empty lines", "no final newline", "byte order mark")


def pem_variant(variant: str, pem: str) -> str:
    """Return PEM in an unusual form that OpenSSL accepts."""
    if variant == "CRLF":
        return pem.replace("\n", "\r\n")
    if variant == "text around":
        return f"Bag Attributes\n{pem}the end\n"
    if variant == "empty lines":
        return f"\n\n{pem}\n\n"
    return pem.rstrip("\n") if variant == "no final newline" else f"\ufeff{pem}"
