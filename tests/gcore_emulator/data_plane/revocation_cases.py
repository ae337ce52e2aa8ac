"""The CRL secret."""

from __future__ import annotations

from cryptography import x509

from tests.gcore_emulator.data_plane.case import SPELLINGS, Table, spelled
from tests.gcore_emulator.data_plane.issuing import (
    DAY,
    EXPIRED,
    LATER,
    NOW,
    UNKNOWN,
    Issued,
    authority,
    backend,
    revocations,
)


def add_revocation_lists(table: Table) -> None:
    """All of them."""
    _one_authority(table)
    _several_authorities(table)
    _forms(table)


def _one_authority(table: Table) -> None:
    root, other = table.root, table.other
    table.served("crl: empty list", crl=revocations(root))
    expired, fresh = revocations(root, valid=EXPIRED), revocations(root, number=2)
    table.served("crl: expired and fresh", crl=expired + fresh)
    table.served("crl: fresh and expired", crl=fresh + expired)
    gone = backend(root)
    # Their update is what counts, not their number.
    older, newer = revocations(root), revocations(root, gone, valid=(NOW, NOW + 30 * DAY))
    table.refused("crl: revoked by the newer, which is last", 44, gone, crl=older + newer)
    table.refused("crl: revoked by the newer, which is first", 44, gone, crl=newer + older)
    table.served("crl: with a stranger's", crl=revocations(root) + revocations(other))
    table.refused("crl: expired", 45, crl=expired)
    table.refused("crl: not yet valid", 42, crl=revocations(root, valid=LATER))
    table.refused("crl: of another CA", 48, crl=revocations(other))
    new = authority("Root")
    table.refused("crl: other key, without its id", 51, crl=revocations(new))
    table.refused("crl: other key", 48, crl=revocations(new, extensions=[(_key_id(new), False)]))
    table.refused("crl: other name", 48, crl=revocations(root, name=other.certificate.subject))
    silent = authority("No lists", usages=("key_cert_sign",))
    table.refused("crl: CA without cRLSign", 46, backend(silent), silent.pem, crl=revocations(silent))
    table.refused("crl: unknown critical extension", 46, crl=revocations(root, extensions=[(UNKNOWN, True)]))
    scope = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    table.refused("crl: for CAs only", 46, crl=revocations(root, extensions=[(scope, True)]))
    one, same_serial = backend(root, serial=4711), backend(root, serial=4711)
    for label, shown in (("the one", one), ("the other", same_serial)):
        table.refused(f"crl: one serial used twice, {label}", 44, shown, crl=revocations(root, one))


def _several_authorities(table: Table) -> None:
    root, other, middle = table.root, table.other, table.middle
    sent = table.under_middle.bundle + middle.pem
    table.refused("crl: of the root of two CAs", 48, sent, crl=revocations(root))
    table.refused("crl: of the intermediate of two CAs", 48, sent, crl=revocations(middle))
    table.served("crl: of both CAs", sent, crl=revocations(root) + revocations(middle))
    table.refused("crl: of both CAs, one expired", 45, sent, crl=revocations(root) + revocations(middle, valid=EXPIRED))
    table.refused("crl: intermediate revoked", 44, sent, crl=revocations(root, middle) + revocations(middle))
    both, old_only = root.pem + other.pem, revocations(root)
    table.served("crl: of the old CA, old backend", ca=both, crl=old_only, preview="warning")
    table.refused("crl: of the old CA, new backend", 48, backend(other), both, crl=old_only)


def _forms(table: Table) -> None:
    for how in SPELLINGS:
        table.served(f"crl: {how}", crl=spelled(how, revocations(table.root)))
    table.refused("crl: a certificate instead", 48, crl=table.root.pem)


def _key_id(issuer: Issued) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
