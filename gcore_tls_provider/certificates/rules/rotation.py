"""Effects of a CA change on deployed certificates.

Authorities are replaced in three steps, so that at every moment the load balancer trusts what the backends show: add
the new one to the bundle, reissue the backends' certificates, drop the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.authority import can_issue
from gcore_tls_provider.certificates.rules.chain_path import is_self_signed, path_to_root
from gcore_tls_provider.certificates.san_matching import name_of

_SHOWN: Final = 5
"""Names in one sentence at most."""


def rotation_findings(
    old: CaBundle,
    new: CaBundle,
    *,
    backends: Sequence[CertificateChain] = (),
    now: datetime,
    property: str = "ca_secret_id",
) -> tuple[Finding, ...]:
    """Report CAs that a new bundle drops, although backends can still need them.

    Do not report one that has expired or can't issue, that stays with another certificate for its name and key
    (renewed, or cross-signed), or that none of the expected backends needs.

    Args:
        old: what is deployed.
        new: what replaces it.
        backends: what all backends show; empty if that isn't known.
        now: the moment, in UTC.
        property: the argument of the bundle.

    Returns:
        `CA_DROPPED`, a warning, for each of them.
    """
    stranded = [each for each in backends if not path_to_root(each, new, now=now).trusted]
    accepted = [path for path in (path_to_root(each, old, now=now) for each in stranded) if path.trusted]
    findings = []
    for each in old.certificates:
        needing = [path.certificates[0] for path in accepted if each in path.certificates]
        if _is_in_use(each, now) and not _stays(each, new) and (needing or not backends):
            findings.append(_dropped(each, needing, property))
    return tuple(findings)


def _is_in_use(certificate: x509.Certificate, now: datetime) -> bool:
    if certificate.not_valid_after_utc <= now:
        return False
    return can_issue(certificate) or is_self_signed(certificate)


def _stays(authority: x509.Certificate, new: CaBundle) -> bool:
    return any(each.subject == authority.subject and _same_key(each, authority) for each in new.certificates)


def _same_key(one: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        return one.public_key() == other.public_key()
    except UNREADABLE:
        return one == other


def _dropped(authority: x509.Certificate, backends: Sequence[x509.Certificate], property: str) -> Finding:
    names = [f"'{name_of(each)}'" for each in backends[:_SHOWN]]
    more = len(backends) - len(names)
    named = " and ".join([*names, *([f"{more} more"] if more else [])])
    whose = f"the expected backend certificates {named}" if named else "the certificates of backends below it"
    return Finding(
        "CA_DROPPED",
        "warning",
        property,
        f"The new bundle drops the certificate authority '{name_of(authority)}': from then on the load balancer "
        f"refuses {whose}.",
        "Rotate in three steps: add the new authority and keep this one, first in the bundle; reissue the "
        "backends' certificates; then drop this one.",
    )
