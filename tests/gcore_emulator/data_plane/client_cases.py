"""The pool's client certificate, and what backends make of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from gcore_tls_provider.certificates.findings.finding import Severity
from tests.gcore_emulator.data_plane.case import Server, Table
from tests.gcore_emulator.data_plane.issuing import (
    ANY,
    CLIENT,
    DOWNLOAD,
    EXPIRED,
    LATER,
    SERVER,
    authority,
    client,
    issue,
)

REFUSALS: dict[Server, tuple[int, str]] = {
    "nginx": (400, "ONLINE"),
    "TLS 1.2": (503, "ERROR"),
    "TLS 1.3": (502, "ONLINE"),
}
"""How a refusal shows: nginx refuses in HTTP, after a handshake that is fine. In TLS 1.3 HAProxy's handshake is over
before the backend has looked, so that the refusal meets a request that was sent already."""


def add_clients(table: Table) -> None:
    """All of them, at each kind of server."""
    for server in REFUSALS:
        for label, shown, preview in _taken(table):
            table.served(f"client: {label}, {server}", client=shown, server=server, preview=preview)
        for label, shown, preview in _refused(table):
            status, member = REFUSALS[server]
            refusal: dict[str, Any] = {"status": status, "member": member, "preview": preview}
            table.served(f"client: {label}, {server}", client=shown, server=server, **refusal)
        odd = client(table.root, key=ec.generate_private_key(ec.SECP256K1())).bundle
        # HAProxy has no signature to offer for it; who notices, and when, is the server's affair.
        status, member = (502, "ONLINE") if server == "TLS 1.3" else (503, "ERROR")
        refusal = {"status": status, "member": member, "preview": "error"}
        table.served(f"client: secp256k1, {server}", client=odd, server=server, **refusal)


def _taken(table: Table) -> Iterator[tuple[str, str, Severity | None]]:
    root, middle = table.root, table.middle
    lower = authority("Lower", middle)
    below, low = client(middle), client(lower)
    yield "good", client(root).bundle, None
    yield "no purpose", client(root, purposes=None).bundle, None
    yield "client and server", client(root, purposes=(CLIENT, SERVER)).bundle, None
    yield "CA:TRUE", client(root, ca=True, usages=("digital_signature", "key_cert_sign")).bundle, "warning"
    # Gcore wants a name.
    yield "no name", issue("", root, purposes=(CLIENT,), usages=("digital_signature",)).bundle, "error"
    yield "chain with root", below.bundle + middle.pem + root.pem, None
    yield "chain twice", below.bundle + middle.pem + middle.pem, None
    yield "chain in wrong order", low.bundle + middle.pem + lower.pem, None


def _refused(table: Table) -> Iterator[tuple[str, str, Severity | None]]:
    root, other = table.root, table.other
    # What backends trust isn't known to a preview.
    yield "none", "", None
    yield "other CA", client(other).bundle, None
    yield "self-signed", client(None).bundle, None
    yield "intermediate missing", client(table.middle, extensions=[(DOWNLOAD, False)]).bundle, "warning"
    yield "expired", client(root, valid=EXPIRED).bundle, "error"
    yield "not yet valid", client(root, valid=LATER).bundle, "error"
    yield "server only", client(root, purposes=(SERVER,)).bundle, "error"
    yield "for anything", client(root, purposes=(ANY,)).bundle, "error"
    yield "key usage keyEncipherment alone", client(root, usages=("key_encipherment",)).bundle, "error"
