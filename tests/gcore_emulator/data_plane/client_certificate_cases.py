"""Cases of the pool's client certificate, at each kind of backend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gcore_tls_provider.certificates.findings.finding import Severity
from tests.gcore_emulator.data_plane.case import Server, Table
from tests.gcore_emulator.data_plane.issuing import (
    ANY,
    CA_ISSUERS,
    CLIENT,
    EXPIRED,
    LATER,
    SERVER,
    issue_ca,
    issue_certificate,
    issue_client,
)

REJECTIONS: dict[Server, tuple[int, str]] = {
    "nginx": (400, "ONLINE"),
    "TLS 1.2": (503, "ERROR"),
    "TLS 1.3": (502, "ONLINE"),
}
"""Response status and member status if a backend rejects the client certificate.

nginx completes the handshake and responds with a 400. In TLS 1.3 HAProxy completes its handshake before the backend has
verified the certificate, so that the alert arrives after the request was sent.
"""


def add_client_certificate_cases(table: Table) -> None:
    """Add the cases of the client certificate, at each kind of backend."""
    for server in REJECTIONS:
        for label, certificate, preview in _accepted(table):
            table.add_accepted(f"client: {label}, {server}", client=certificate, server=server, preview=preview)
        for label, certificate, preview in _rejected(table):
            status, member = REJECTIONS[server]
            rejection: dict[str, Any] = {"status": status, "member": member, "preview": preview}
            table.add_accepted(f"client: {label}, {server}", client=certificate, server=server, **rejection)
        unusual = issue_client(table.root, key=ec.generate_private_key(ec.SECP256K1())).bundle
        # HAProxy has no signature algorithm for this key. The kind of backend determines which side aborts, and when.
        status, member = (502, "ONLINE") if server == "TLS 1.3" else (503, "ERROR")
        rejection = {"status": status, "member": member, "preview": "error"}
        table.add_accepted(f"client: secp256k1, {server}", client=unusual, server=server, **rejection)


def _accepted(table: Table) -> Iterator[tuple[str, str, Severity | None]]:
    root, middle = table.root, table.middle
    lower = issue_ca("Lower", middle)
    below, low = issue_client(middle), issue_client(lower)
    yield "good", issue_client(root).bundle, None
    yield "no purpose", issue_client(root, purposes=None).bundle, None
    yield "client and server", issue_client(root, purposes=(CLIENT, SERVER)).bundle, None
    yield "CA:TRUE", issue_client(root, ca=True, usages=("digital_signature", "key_cert_sign")).bundle, "warning"
    # Gcore requires a name.
    yield "no name", issue_certificate("", root, purposes=(CLIENT,), usages=("digital_signature",)).bundle, "error"
    yield "chain with root", below.bundle + middle.pem + root.pem, None
    yield "chain twice", below.bundle + middle.pem + middle.pem, None
    yield "chain in wrong order", low.bundle + middle.pem + lower.pem, None


def _rejected(table: Table) -> Iterator[tuple[str, str, Severity | None]]:
    root, other = table.root, table.other
    # A preview does not know the CAs that backends trust.
    yield "none", "", None
    yield "other CA", issue_client(other).bundle, None
    yield "self-signed", issue_client(None).bundle, None
    yield "intermediate missing", issue_client(table.middle, extensions=[(CA_ISSUERS, False)]).bundle, "warning"
    yield "expired", issue_client(root, valid=EXPIRED).bundle, "error"
    yield "not yet valid", issue_client(root, valid=LATER).bundle, "error"
    yield "server only", issue_client(root, purposes=(SERVER,)).bundle, "error"
    yield "for any purpose", issue_client(root, purposes=(ANY,)).bundle, "error"
    yield "key usage keyEncipherment alone", issue_client(root, usages=("key_encipherment",)).bundle, "error"
