"""Cases of the CA secret."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gcore_emulator.data_plane.case import PEM_VARIANTS, Table, pem_variant
from tests.gcore_emulator.data_plane.issuing import (
    CLIENT,
    EXPIRED,
    LATER,
    issue_backend,
    issue_ca,
    issue_crl,
    sign_with_sha1,
)


def add_ca_cases(table: Table, folder: Path) -> None:
    """Add the cases of the CA secret. The `openssl` command uses the folder."""
    _bundles(table)
    _roles(table)
    _strength(table, folder)
    _pinning(table)
    _forms(table)


def _bundles(table: Table) -> None:
    root, other = table.root, table.other
    table.add_accepted("ca: old and new", ca=root.pem + other.pem)
    table.add_accepted("ca: new and old", ca=other.pem + root.pem)
    new = issue_ca("Root")
    table.add_accepted("ca: same subject, new key", issue_backend(new), root.pem + new.pem)
    # Without an authority key ID, OpenSSL tries only the first CA with the subject.
    without_id = issue_backend(new, with_authority_key_id=False)
    table.add_rejected("ca: same subject, new key last, no authority key ID", 51, without_id, root.pem + new.pem)
    warned = {"preview": "warning"}
    table.add_accepted("ca: same subject, new key first, no authority key ID", without_id, new.pem + root.pem)
    old = issue_ca("Root", key=root.key, valid=EXPIRED)
    table.add_accepted("ca: expired and renewed", ca=old.pem + root.pem, **warned)
    table.add_accepted("ca: expired and a good one", ca=issue_ca("Expired", valid=EXPIRED).pem + root.pem, **warned)
    table.add_accepted("ca: duplicate", ca=root.pem + root.pem, **warned)
    table.add_rejected("ca: expired", 45, ca=old.pem)
    table.add_rejected("ca: not yet valid", 42, ca=issue_ca("Root", key=root.key, valid=LATER).pem)


def _roles(table: Table) -> None:
    for label, changes in (
        ("CA:FALSE", {"ca": False}),
        ("neither basic constraints nor key usage", {"ca": None, "usages": None}),
        ("no keyCertSign", {"usages": ("crl_sign",)}),
    ):
        unusual = issue_ca("Unusual", **changes)
        table.add_rejected(f"ca: {label}", 48, issue_backend(unusual), unusual.pem)
    by_usage = issue_ca("By usage", ca=None)
    table.add_accepted(
        "ca: no basic constraints, key usage keyCertSign", issue_backend(by_usage), by_usage.pem, preview="warning"
    )
    short = issue_ca("Short", path_length=0)
    below = issue_ca("Below", short)
    table.add_rejected("ca: path length exceeded", 48, issue_backend(below).bundle + below.pem, short.pem)
    free = issue_ca("Free", usages=None)
    table.add_accepted("ca: no key usage", issue_backend(free), free.pem)
    table.add_accepted("ca: no key usage, with a CRL", issue_backend(free), free.pem, crl=issue_crl(free))
    for_clients = issue_ca("For clients", purposes=(CLIENT,))
    table.add_rejected("ca: for clients only", 43, issue_backend(for_clients), for_clients.pem)
    constraint = x509.NameConstraints(None, [x509.DNSName("app.example")])
    constrained = issue_ca("Constrained", extensions=[(constraint, True)])
    table.add_rejected("ca: name excluded", 46, issue_backend(constrained), constrained.pem)


def _strength(table: Table, folder: Path) -> None:
    weak = issue_ca("Weak", key=rsa.generate_private_key(65537, 1024))
    table.add_rejected("ca: RSA 1024", 42, issue_backend(weak), weak.pem)
    # OpenSSL does not verify the signature of a root.
    table.add_accepted("ca: self-signed with SHA-1", ca=sign_with_sha1(table.root, table.root, folder).pem)


def _pinning(table: Table) -> None:
    pinned = issue_backend(None)
    table.add_accepted("ca: the self-signed backend itself", pinned, pinned.pem, preview="warning")
    table.add_rejected(
        "ca: the self-signed backend itself, with its own CRL", 46, pinned, pinned.pem, crl=issue_crl(pinned)
    )
    real = issue_ca("app.example", names=("app.example",), usages=("key_cert_sign", "crl_sign", "digital_signature"))
    table.add_accepted("ca: a self-signed backend that is a real CA, with a CRL", real, real.pem, crl=issue_crl(real))
    table.add_rejected("ca: the backend itself", 48, table.backend, table.backend.pem)


def _forms(table: Table) -> None:
    root = table.root
    for variant in PEM_VARIANTS:
        table.add_accepted(f"ca: {variant}", ca=pem_variant(variant, root.pem))
    first, *body, last = root.pem.splitlines()
    table.add_accepted("ca: one long line", ca=f"{first}\n{''.join(body)}\n{last}\n")
    for label in ("X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
        table.add_accepted(f"ca: label {label}", ca=root.pem.replace("CERTIFICATE", label))
    # A private key must not be in a secret that other users can read.
    table.add_accepted("ca: with a private key", ca=root.pem + root.key_pem, preview="error")
    table.add_accepted("ca: after a private key", ca=root.key_pem + root.pem, preview="error")
    revoked = issue_backend(root)
    table.add_accepted("ca: with an unused CRL", revoked, root.pem + issue_crl(root, revoked), preview="error")
    table.add_rejected("ca: a CRL instead", 48, ca=issue_crl(root))
