"""Cases of the backend's certificate, with a good CA and CRL."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.gcore_emulator.data_plane.case import Table
from tests.gcore_emulator.data_plane.issuing import (
    ANY,
    CLIENT,
    DAY,
    EXPIRED,
    LATER,
    NOW,
    SERVER,
    UNKNOWN,
    Key,
    issue_backend,
    issue_ca,
    issue_certificate,
    issue_crl,
    sign_with_sha1,
)


def add_backend_cases(table: Table, folder: Path) -> None:
    """Add the cases of the backend's certificate. The `openssl` command uses the folder."""
    _certificates(table)
    _names(table)
    _chains(table)
    _strength(table, folder)


def _certificates(table: Table) -> None:
    root, other = table.root, table.other
    table.add_accepted("backend: good")
    keys: dict[str, Key] = {
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "RSA 2048": rsa.generate_private_key(65537, 2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    for label, key in keys.items():
        table.add_accepted(f"backend: {label}", issue_backend(root, key=key))
    for label in ("RSA 2048", "Ed25519"):
        above = issue_ca(label, key=keys[label])
        table.add_accepted(f"backend: P-256 under {label}", issue_backend(above), above.pem)
    table.add_accepted("backend: valid for ten years", issue_backend(root, valid=(NOW - DAY, NOW + 3652 * DAY)))
    table.add_rejected("backend: other CA", 48, issue_backend(other))
    table.add_rejected("backend: self-signed", 48, issue_backend(None))
    # The warning about a pool without a CA is not about certificates, so it is not among these findings.
    table.add_accepted("backend: other CA, no CA on the pool", issue_backend(other), None)
    table.add_accepted(
        "backend: expired, no CA on the pool", issue_backend(root, valid=EXPIRED), None, preview="warning"
    )
    table.add_rejected("backend: expired", 45, issue_backend(root, valid=EXPIRED))
    table.add_rejected("backend: not yet valid", 42, issue_backend(root, valid=LATER))
    revoked = issue_backend(root)
    table.add_rejected("backend: revoked", 44, revoked, crl=issue_crl(root, revoked))
    table.add_rejected("backend: for clients only", 43, issue_backend(root, purposes=(CLIENT,)))
    table.add_rejected("backend: for any purpose", 43, issue_backend(root, purposes=(ANY,)))
    table.add_accepted("backend: for no purpose", issue_backend(root, purposes=None))
    table.add_accepted("backend: key usage keyEncipherment alone", issue_backend(root, usages=("key_encipherment",)))
    table.add_rejected("backend: key usage keyCertSign alone", 43, issue_backend(root, usages=("key_cert_sign",)))
    table.add_rejected("backend: unknown critical extension", 46, issue_backend(root, extensions=[(UNKNOWN, True)]))


def _names(table: Table) -> None:
    """Add the cases of the SNI, and of the common name and DNS names of the backend."""
    for server_name, common_name, names in (
        ("app.example", "app.example", ["other.example"]),
        ("app.example", "x", ["*.example"]),
        ("app.example", "x", ["a*.example"]),
        ("app.example", "x", ["APP.example"]),
        ("APP.example", "x", ["app.example"]),
    ):
        certificate = issue_certificate(common_name, table.root, names=names, purposes=(SERVER,))
        table.add_accepted(
            f"name: {server_name}, of {common_name} and {names[0]}", certificate, server_name=server_name
        )
    for server_name, names in (
        ("app.example", ["other.example"]),
        ("app.example", ["*.app.example"]),
        ("a.b.app.example", ["*.app.example"]),
        ("app.example", ["*"]),
        ("app.example.", ["app.example"]),
        ("app.example", []),
    ):
        certificate = issue_certificate("x", table.root, names=names, purposes=(SERVER,))
        label = f"name: {server_name}, of {', '.join(names) or 'no name'}"
        # Health checks send no SNI.
        table.add_rejected(label, 80, certificate, server_name=server_name, member="ONLINE")


def _chains(table: Table) -> None:
    root, middle, other, certificate = table.root, table.middle, table.other, table.under_middle
    lower = issue_ca("Lower", middle)
    low = issue_backend(lower)
    table.add_accepted("chain: intermediate sent", certificate.bundle + middle.pem)
    table.add_accepted("chain: intermediate and root sent", certificate.bundle + middle.pem + root.pem)
    table.add_accepted("chain: two intermediates in wrong order", low.bundle + middle.pem + lower.pem)
    table.add_rejected("chain: intermediate neither sent nor in the bundle", 48, certificate)
    table.add_accepted("chain: intermediate in the bundle", certificate, root.pem + middle.pem)
    table.add_rejected("chain: intermediate alone in the bundle", 48, certificate, middle.pem)
    table.add_rejected(
        "chain: intermediate alone in the bundle, and sent", 48, certificate.bundle + middle.pem, middle.pem
    )
    crossed = issue_ca("Other", root, key=other.key)
    table.add_accepted("chain: cross-signed, old root", issue_backend(other).bundle + crossed.pem)
    table.add_accepted("chain: cross-signed, new root", issue_backend(other).bundle + crossed.pem, other.pem)
    table.add_rejected("chain: cross certificate alone", 48, issue_backend(other), crossed.pem)


def _strength(table: Table, folder: Path) -> None:
    root, middle = table.root, table.middle
    short = rsa.generate_private_key(65537, 1024)
    table.add_rejected("backend: RSA 1024", 42, issue_backend(root, key=short), weak=True)
    table.add_rejected("backend: SHA-1", 42, sign_with_sha1(issue_backend(root), root, folder), weak=True)
    sha1_middle = sign_with_sha1(middle, root, folder)
    sent = table.under_middle.bundle + sha1_middle.pem
    table.add_rejected("chain: SHA-1 sent", 42, sent, weak=True)
    table.add_rejected("chain: SHA-1 in the bundle", 42, table.under_middle, root.pem + sha1_middle.pem)
    # The backend aborts these handshakes: HAProxy offers no signature algorithm for its key.
    table.add_rejected("backend: secp256k1", None, issue_backend(root, key=ec.generate_private_key(ec.SECP256K1())))
    table.add_rejected("backend: P-224", None, issue_backend(root, key=ec.generate_private_key(ec.SECP224R1())))
