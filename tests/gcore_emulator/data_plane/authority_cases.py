"""The CA secret."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gcore_emulator.data_plane.case import SPELLINGS, Table, spelled
from tests.gcore_emulator.data_plane.issuing import (
    CLIENT,
    EXPIRED,
    LATER,
    authority,
    backend,
    revocations,
    signed_with_sha1,
)


def add_authorities(table: Table, folder: Path) -> None:
    """All of them. OpenSSL's program works in the folder."""
    _bundles(table)
    _roles(table)
    _strength(table, folder)
    _pinning(table)
    _forms(table)


def _bundles(table: Table) -> None:
    root, other = table.root, table.other
    table.served("ca: old and new", ca=root.pem + other.pem)
    table.served("ca: new and old", ca=other.pem + root.pem)
    new = authority("Root")
    table.served("ca: same subject, new key", backend(new), root.pem + new.pem)
    # Without the key's id OpenSSL tries the first of the name only.
    without_id = backend(new, authority_key=False)
    table.refused("ca: same subject, new key last, no authority key id", 51, without_id, root.pem + new.pem)
    warned = {"preview": "warning"}
    table.served("ca: same subject, new key first, no authority key id", without_id, new.pem + root.pem)
    old = authority("Root", key=root.key, valid=EXPIRED)
    table.served("ca: expired and renewed", ca=old.pem + root.pem, **warned)
    table.served("ca: expired beside a good one", ca=authority("Gone", valid=EXPIRED).pem + root.pem, **warned)
    table.served("ca: twice", ca=root.pem + root.pem, **warned)
    table.refused("ca: expired", 45, ca=old.pem)
    table.refused("ca: not yet valid", 42, ca=authority("Root", key=root.key, valid=LATER).pem)


def _roles(table: Table) -> None:
    for label, changes in (
        ("CA:FALSE", {"ca": False}),
        ("neither basic constraints nor key usage", {"ca": None, "usages": None}),
        ("no keyCertSign", {"usages": ("crl_sign",)}),
    ):
        odd = authority("Odd", **changes)
        table.refused(f"ca: {label}", 48, backend(odd), odd.pem)
    by_usage = authority("By usage", ca=None)
    table.served("ca: no basic constraints, key usage keyCertSign", backend(by_usage), by_usage.pem, preview="warning")
    short = authority("Short", path_length=0)
    below = authority("Below", short)
    table.refused("ca: path length exceeded", 48, backend(below).bundle + below.pem, short.pem)
    free = authority("Free", usages=None)
    table.served("ca: no key usage", backend(free), free.pem)
    table.served("ca: no key usage, with a list", backend(free), free.pem, crl=revocations(free))
    for_clients = authority("For clients", purposes=(CLIENT,))
    table.refused("ca: for clients only", 43, backend(for_clients), for_clients.pem)
    constraint = x509.NameConstraints(None, [x509.DNSName("app.example")])
    constrained = authority("Constrained", extensions=[(constraint, True)])
    table.refused("ca: name excluded", 46, backend(constrained), constrained.pem)


def _strength(table: Table, folder: Path) -> None:
    weak = authority("Weak", key=rsa.generate_private_key(65537, 1024))
    table.refused("ca: RSA 1024", 42, backend(weak), weak.pem)
    # Nobody looks at a root's own signature.
    table.served("ca: self-signed with SHA-1", ca=signed_with_sha1(table.root, table.root, folder).pem)


def _pinning(table: Table) -> None:
    pinned = backend(None)
    table.served("ca: the self-signed backend itself", pinned, pinned.pem, preview="warning")
    table.refused("ca: the same, with a list of its own", 46, pinned, pinned.pem, crl=revocations(pinned))
    real = authority("app.example", names=("app.example",), usages=("key_cert_sign", "crl_sign", "digital_signature"))
    table.served("ca: a self-signed backend that is a real CA, with a list", real, real.pem, crl=revocations(real))
    table.refused("ca: the backend itself", 48, table.backend, table.backend.pem)


def _forms(table: Table) -> None:
    root = table.root
    for how in SPELLINGS:
        table.served(f"ca: {how}", ca=spelled(how, root.pem))
    first, *body, last = root.pem.splitlines()
    table.served("ca: one long line", ca=f"{first}\n{''.join(body)}\n{last}\n")
    for label in ("X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
        table.served(f"ca: label {label}", ca=root.pem.replace("CERTIFICATE", label))
    # Nobody's keys belong where everybody may look.
    table.served("ca: with a private key", ca=root.pem + root.key_pem, preview="error")
    table.served("ca: after a private key", ca=root.key_pem + root.pem, preview="error")
    gone = backend(root)
    table.served("ca: with a list, which isn't used", gone, root.pem + revocations(root, gone), preview="error")
    table.refused("ca: a list instead", 48, ca=revocations(root))
