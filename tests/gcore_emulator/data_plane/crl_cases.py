"""Cases of the CRL secret."""

from __future__ import annotations

from cryptography import x509

from tests.gcore_emulator.data_plane.case import PEM_VARIANTS, Table, pem_variant
from tests.gcore_emulator.data_plane.issuing import (
    DAY,
    EXPIRED,
    LATER,
    NOW,
    UNKNOWN,
    Issued,
    issue_backend,
    issue_ca,
    issue_crl,
)


def add_crl_cases(table: Table) -> None:
    """Add the cases of the CRL secret."""
    _one_ca(table)
    _several_cas(table)
    _forms(table)


def _one_ca(table: Table) -> None:
    root, other = table.root, table.other
    table.add_accepted("crl: without entries", crl=issue_crl(root))
    expired, fresh = issue_crl(root, valid=EXPIRED), issue_crl(root, number=2)
    table.add_accepted("crl: expired and fresh", crl=expired + fresh)
    table.add_accepted("crl: fresh and expired", crl=fresh + expired)
    revoked = issue_backend(root)
    # OpenSSL compares their last update, not their number.
    older, newer = issue_crl(root), issue_crl(root, revoked, valid=(NOW, NOW + 30 * DAY))
    table.add_rejected("crl: revoked by the newer, which is last", 44, revoked, crl=older + newer)
    table.add_rejected("crl: revoked by the newer, which is first", 44, revoked, crl=newer + older)
    table.add_accepted("crl: with the CRL of an unrelated CA", crl=issue_crl(root) + issue_crl(other))
    table.add_rejected("crl: expired", 45, crl=expired)
    table.add_rejected("crl: not yet valid", 42, crl=issue_crl(root, valid=LATER))
    table.add_rejected("crl: of another CA", 48, crl=issue_crl(other))
    new = issue_ca("Root")
    table.add_rejected("crl: other key, without its ID", 51, crl=issue_crl(new))
    table.add_rejected("crl: other key", 48, crl=issue_crl(new, extensions=[(_key_id(new), False)]))
    table.add_rejected("crl: other name", 48, crl=issue_crl(root, name=other.certificate.subject))
    no_crl_sign = issue_ca("No cRLSign", usages=("key_cert_sign",))
    table.add_rejected(
        "crl: CA without cRLSign", 46, issue_backend(no_crl_sign), no_crl_sign.pem, crl=issue_crl(no_crl_sign)
    )
    table.add_rejected("crl: unknown critical extension", 46, crl=issue_crl(root, extensions=[(UNKNOWN, True)]))
    scope = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    table.add_rejected("crl: for CAs only", 46, crl=issue_crl(root, extensions=[(scope, True)]))
    one, same_serial = issue_backend(root, serial=4711), issue_backend(root, serial=4711)
    for label, certificate in (("the one", one), ("the other", same_serial)):
        table.add_rejected(f"crl: one serial used twice, {label}", 44, certificate, crl=issue_crl(root, one))


def _several_cas(table: Table) -> None:
    root, other, middle = table.root, table.other, table.middle
    sent = table.under_middle.bundle + middle.pem
    table.add_rejected("crl: of the root of two CAs", 48, sent, crl=issue_crl(root))
    table.add_rejected("crl: of the intermediate of two CAs", 48, sent, crl=issue_crl(middle))
    table.add_accepted("crl: of both CAs", sent, crl=issue_crl(root) + issue_crl(middle))
    table.add_rejected(
        "crl: of both CAs, one expired", 45, sent, crl=issue_crl(root) + issue_crl(middle, valid=EXPIRED)
    )
    table.add_rejected("crl: intermediate revoked", 44, sent, crl=issue_crl(root, middle) + issue_crl(middle))
    both, old_only = root.pem + other.pem, issue_crl(root)
    table.add_accepted("crl: of the old CA, old backend", ca=both, crl=old_only, preview="warning")
    table.add_rejected("crl: of the old CA, new backend", 48, issue_backend(other), both, crl=old_only)


def _forms(table: Table) -> None:
    for variant in PEM_VARIANTS:
        table.add_accepted(f"crl: {variant}", crl=pem_variant(variant, issue_crl(table.root)))
    table.add_rejected("crl: a certificate instead", 48, crl=table.root.pem)


def _key_id(issuer: Issued) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
