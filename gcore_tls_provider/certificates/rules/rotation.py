"""Effects of a CA change on deployed backend certificates.

A CA is replaced in three steps, so that the load balancer trusts the backends' certificates at every moment: add the
new CA to the bundle, issue the backends' certificates again, drop the old CA.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain, has_same_key
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.ca import can_issue
from gcore_tls_provider.certificates.rules.chain_path import is_self_signed, path_to_root
from gcore_tls_provider.certificates.san_matching import name_of

_MAX_NAMES: Final = 5
"""Largest number of names in one message."""


def rotation_findings(
    old: CaBundle,
    new: CaBundle,
    *,
    backends: Sequence[CertificateChain] = (),
    now: datetime,
    property: str = "ca_secret_id",
) -> tuple[Finding, ...]:
    """Report CAs that a new bundle drops, although backends can still need them.

    Not reported: a CA that has expired or cannot issue, that stays with another certificate for its name and key
    (renewed, or cross-signed), or that none of the expected backends needs.

    Args:
        old: Deployed bundle.
        new: Bundle that replaces it.
        backends: Certificates of all backends; empty if they are not known.
        now: Current time, in UTC.
        property: Argument of the bundle.

    Returns:
        `CA_DROPPED`, a warning, for each of them.
    """
    newly_rejected = [each for each in backends if not path_to_root(each, new, now=now).trusted]
    accepted = [path for path in (path_to_root(each, old, now=now) for each in newly_rejected) if path.trusted]
    findings = []
    for each in old.certificates:
        dependent = [path.certificates[0] for path in accepted if each in path.certificates]
        if _is_in_use(each, now) and not _stays(each, new) and (dependent or not backends):
            findings.append(_dropped(each, dependent, property))
    return tuple(findings)


def _is_in_use(certificate: x509.Certificate, now: datetime) -> bool:
    if certificate.not_valid_after_utc <= now:
        return False
    return can_issue(certificate) or is_self_signed(certificate)


def _stays(ca: x509.Certificate, new: CaBundle) -> bool:
    return any(each.subject == ca.subject and (each == ca or has_same_key(each, ca)) for each in new.certificates)


def _dropped(ca: x509.Certificate, backends: Sequence[x509.Certificate], property: str) -> Finding:
    if not backends:
        return report("CA_DROPPED", property, message="unknown_backends", subject=name_of(ca))
    names = [f"'{name_of(each)}'" for each in backends[:_MAX_NAMES]]
    more = len(backends) - len(names)
    listed = " and ".join([*names, *([f"{more} more"] if more else [])])
    return report("CA_DROPPED", property, message="expected_backends", subject=name_of(ca), backends=listed)
