"""The backend's certificate, against a good CA and CRL."""

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
    authority,
    backend,
    issue,
    revocations,
    signed_with_sha1,
)


def add_backends(table: Table, folder: Path) -> None:
    """All of them. OpenSSL's program works in the folder."""
    _certificates(table)
    _names(table)
    _chains(table)
    _strength(table, folder)


def _certificates(table: Table) -> None:
    root, other = table.root, table.other
    table.served("backend: good")
    keys: dict[str, Key] = {
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "RSA 2048": rsa.generate_private_key(65537, 2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    for label, key in keys.items():
        table.served(f"backend: {label}", backend(root, key=key))
    for label in ("RSA 2048", "Ed25519"):
        above = authority(label, key=keys[label])
        table.served(f"backend: P-256 under {label}", backend(above), above.pem)
    table.served("backend: for ten years", backend(root, valid=(NOW - DAY, NOW + 3652 * DAY)))
    table.refused("backend: other CA", 48, backend(other))
    table.refused("backend: self-signed", 48, backend(None))
    # Of a pool without a CA there is a warning of its own, which isn't about material.
    table.served("backend: other CA, no CA on the pool", backend(other), None)
    table.served("backend: expired, no CA on the pool", backend(root, valid=EXPIRED), None, preview="warning")
    table.refused("backend: expired", 45, backend(root, valid=EXPIRED))
    table.refused("backend: not yet valid", 42, backend(root, valid=LATER))
    revoked = backend(root)
    table.refused("backend: revoked", 44, revoked, crl=revocations(root, revoked))
    table.refused("backend: for clients only", 43, backend(root, purposes=(CLIENT,)))
    table.refused("backend: for anything", 43, backend(root, purposes=(ANY,)))
    table.served("backend: for no purpose", backend(root, purposes=None))
    table.served("backend: key usage keyEncipherment alone", backend(root, usages=("key_encipherment",)))
    table.refused("backend: key usage keyCertSign alone", 43, backend(root, usages=("key_cert_sign",)))
    table.refused("backend: unknown critical extension", 46, backend(root, extensions=[(UNKNOWN, True)]))


def _names(table: Table) -> None:
    """What a client asks for, and the common name and DNS names of the backend."""
    for asked, common_name, names in (
        ("app.example", "app.example", ["other.example"]),
        ("app.example", "x", ["*.example"]),
        ("app.example", "x", ["a*.example"]),
        ("app.example", "x", ["APP.example"]),
        ("APP.example", "x", ["app.example"]),
    ):
        shown = issue(common_name, table.root, names=names, purposes=(SERVER,))
        table.served(f"name: {asked}, of {common_name} and {names[0]}", shown, asked=asked)
    for asked, names in (
        ("app.example", ["other.example"]),
        ("app.example", ["*.app.example"]),
        ("a.b.app.example", ["*.app.example"]),
        ("app.example", ["*"]),
        ("app.example.", ["app.example"]),
        ("app.example", []),
    ):
        shown = issue("x", table.root, names=names, purposes=(SERVER,))
        label = f"name: {asked}, of {', '.join(names) or 'no name'}"
        # Checks ask for no name.
        table.refused(label, 80, shown, asked=asked, member="ONLINE")


def _chains(table: Table) -> None:
    root, middle, other, shown = table.root, table.middle, table.other, table.under_middle
    lower = authority("Lower", middle)
    low = backend(lower)
    table.served("chain: intermediate sent", shown.bundle + middle.pem)
    table.served("chain: intermediate and root sent", shown.bundle + middle.pem + root.pem)
    table.served("chain: two intermediates in wrong order", low.bundle + middle.pem + lower.pem)
    table.refused("chain: intermediate neither sent nor in the bundle", 48, shown)
    table.served("chain: intermediate in the bundle", shown, root.pem + middle.pem)
    table.refused("chain: intermediate alone in the bundle", 48, shown, middle.pem)
    table.refused("chain: intermediate alone in the bundle, and sent", 48, shown.bundle + middle.pem, middle.pem)
    crossed = authority("Other", root, key=other.key)
    table.served("chain: cross-signed, old root", backend(other).bundle + crossed.pem)
    table.served("chain: cross-signed, new root", backend(other).bundle + crossed.pem, other.pem)
    table.refused("chain: cross certificate alone", 48, backend(other), crossed.pem)


def _strength(table: Table, folder: Path) -> None:
    root, middle = table.root, table.middle
    short = rsa.generate_private_key(65537, 1024)
    table.refused("backend: RSA 1024", 42, backend(root, key=short), weak=True)
    table.refused("backend: SHA-1", 42, signed_with_sha1(backend(root), root, folder), weak=True)
    sha1_middle = signed_with_sha1(middle, root, folder)
    sent = table.under_middle.bundle + sha1_middle.pem
    table.refused("chain: SHA-1 sent", 42, sent, weak=True)
    table.refused("chain: SHA-1 in the bundle", 42, table.under_middle, root.pem + sha1_middle.pem)
    # The backend itself ends these: no signature that it could make is offered to it.
    table.refused("backend: secp256k1", None, backend(root, key=ec.generate_private_key(ec.SECP256K1())))
    table.refused("backend: P-224", None, backend(root, key=ec.generate_private_key(ec.SECP224R1())))
