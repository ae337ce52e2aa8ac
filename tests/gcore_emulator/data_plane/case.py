"""One pool with one backend, and what becomes of its traffic: a row of the tables of material."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from gcore_tls_provider.certificates.findings.finding import Severity
from tests.gcore_emulator.data_plane.issuing import Issued, authority, backend, client

Server: TypeAlias = Literal["TLS 1.2", "TLS 1.3", "nginx"]
"""What answers: Python's TLS in one version, or nginx."""

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
"""What OpenSSL calls the alerts that the backend is told."""


@dataclass(frozen=True, repr=False)
class Case:
    """One pool with one backend.

    Attributes:
        backend: the backend's certificate, key and chain, PEM.
        ca: the CA secret; None: the pool has none.
        client: the pool's client certificate, PEM; empty: it has none.
        client_ca: the CA whose client certificates the backend takes.
        crl: the CRL secret.
        asked: what the client asks the load balancer for.
        status: what the client gets.
        alert: what the backend is told, by number; None: nothing.
        member: the member's status under a TCP monitor.
        weak: the backend serves 1,024 bits and SHA-1.
        server: what the backend is.
        preview: the gravest thing that a preview says; None: nothing.
    """

    backend: str
    ca: str | None
    client: str
    client_ca: str
    crl: str | None = None
    asked: str = "app.example"
    status: int = 200
    alert: int | None = None
    member: str = "ONLINE"
    weak: bool = False
    server: Server = "TLS 1.3"
    preview: Severity | None = None


class Table:
    """Cases by name, all around the same authorities."""

    def __init__(self) -> None:
        """No case yet."""
        self.cases: dict[str, Case] = {}
        self.root, self.other = authority("Root"), authority("Other")
        self.middle = authority("Intermediate", self.root)
        self.backend = backend(self.root)
        self.under_middle = backend(self.middle)
        self._good = Case(self.backend.bundle, self.root.pem, client(self.root).bundle, self.root.pem)

    def served(self, name: str, shown: Issued | str | None = None, ca: str | None = "", **changes: Any) -> None:
        """A case that works, and that a preview says nothing about, but for what is changed.

        Args:
            name: the case.
            shown: what the backend shows; default: a good certificate.
            ca: the CA secret; None: there is none; default: the right root.
            **changes: other fields of the case.
        """
        assert name not in self.cases, name
        case = replace(self._good, **changes)
        if shown is not None:
            case = replace(case, backend=shown if isinstance(shown, str) else shown.bundle)
        self.cases[name] = case if ca == "" else replace(case, ca=ca)

    def refused(
        self, name: str, alert: int | None, shown: Issued | str | None = None, ca: str | None = "", **changes: Any
    ) -> None:
        """A case that the load balancer refuses, the check included, and that a preview stops."""
        fields = {"status": 503, "alert": alert, "member": "ERROR", "preview": "error", **changes}
        self.served(name, shown, ca, **fields)


SPELLINGS = ("CRLF", "text around", "empty lines", "no final newline", "byte order mark")


def spelled(how: str, pem: str) -> str:
    """PEM in an odd spelling that OpenSSL reads."""
    if how == "CRLF":
        return pem.replace("\n", "\r\n")
    if how == "text around":
        return f"Bag Attributes\n{pem}the end\n"
    if how == "empty lines":
        return f"\n\n{pem}\n\n"
    return pem.rstrip("\n") if how == "no final newline" else f"\ufeff{pem}"
