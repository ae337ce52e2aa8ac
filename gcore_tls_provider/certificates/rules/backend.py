"""Certificates that backends are expected to present.

These rules check whether a load balancer will accept them: HAProxy verifies a backend with the pool's CA bundle and
CRLs, and compares the names of its certificate with the name that HAProxy's own client has asked for (SNI).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain, is_issuer
from gcore_tls_provider.certificates.crl import CrlBundle
from gcore_tls_provider.certificates.facts import display_name, shorten
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.ca import exceeded_path_length, issuing_findings
from gcore_tls_provider.certificates.rules.chain_path import CertificatePath, path_to_root
from gcore_tls_provider.certificates.rules.crl import cas_without_crl, unusable_crl_finding
from gcore_tls_provider.certificates.rules.crl_selection import applicable_crl, is_revoked
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_ca,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.validity import is_valid_at, validity_findings, validity_problem
from gcore_tls_provider.certificates.rules.verifier import rejection_reason
from gcore_tls_provider.certificates.san_matching import name_of, names_not_covered, names_of, serial_of

_MAX_NAMES: Final = 5
"""Largest number of names in one message."""

_HOST_NAME: Final = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*\.?")


def backend_findings(
    backends: Sequence[CertificateChain],
    *,
    ca: CaBundle | None,
    crl: CrlBundle | None,
    host_names: Sequence[str],
    now: datetime,
    expiry_warning_days: int | None,
    property: str = "expected_backend_certificates",
) -> tuple[Finding, ...]:
    """Check whether the load balancer will accept its backends' certificates.

    Args:
        backends: Certificates of the backends, each with its chain.
        ca: CA bundle of the pool. None: there is none, or it is not known; as far as is known the load balancer
            verifies nothing, so all findings are warnings.
        crl: CRLs of the pool.
        host_names: Names that clients use. A wildcard must be covered by the same wildcard. Names that clients cannot
            send, such as an address, are ignored: HAProxy then compares no names.
        now: Current time, in UTC.
        expiry_warning_days: Days before a certificate's end at which warnings start; None: 30.
        property: Argument that contains the certificates.

    Returns:
        Of each: `BACKEND_EXPIRED`, `BACKEND_NOT_YET_VALID`, `BACKEND_EXPIRES_SOON`, `BACKEND_SERVER_AUTH_MISSING`,
        `BACKEND_KEY_USAGE`, `BACKEND_CRITICAL_EXTENSION`, `WEAK_KEY`, `WEAK_SIGNATURE`, `UNSUPPORTED_CURVE`,
        `BACKEND_NAME_NOT_COVERED`, `BACKEND_NAME_PARTLY_COVERED`; of its path `BACKEND_NOT_TRUSTED`,
        `BACKEND_CA_REJECTED`, `INTERMEDIATE_EXPIRES_SOON`, `BACKEND_REVOKED`, `BACKEND_CA_WITHOUT_CRL`.
    """
    # A defect of a CA's CRL is reported once for all backends, by `cas_without_crl`.
    reported = {} if ca is None or crl is None else cas_without_crl(ca, crl, now=now, property=property)
    findings = (
        finding
        for each in backends
        for finding in (
            *_certificate_findings(each.certificate, now, expiry_warning_days, property),
            *_name_findings(each.certificate, host_names, property),
            *(() if ca is None else _path_findings(each, ca, crl, reported, now, expiry_warning_days, property)),
        )
    )
    if ca is None:
        return tuple(
            replace(each, severity="warning") if each.code != "UNSUPPORTED_CURVE" else each for each in findings
        )
    return tuple(findings)


def _certificate_findings(
    certificate: x509.Certificate, now: datetime, days: int | None, property: str
) -> Iterator[Finding]:
    subject = name_of(certificate)
    yield from validity_findings(
        certificate, now=now, expiry_warning_days=days, property=property, code_prefix="BACKEND"
    )
    if not serves_as(certificate, ExtendedKeyUsageOID.SERVER_AUTH):
        yield report("BACKEND_SERVER_AUTH_MISSING", property, subject=subject)
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.key_encipherment or usage.key_agreement):
        yield report("BACKEND_KEY_USAGE", property, subject=subject)
    if unknown := unknown_critical_extensions(certificate):
        yield report("BACKEND_CRITICAL_EXTENSION", property, subject=subject, oid=unknown[0].dotted_string)
    yield from strength_findings(certificate, property=property, role="backend certificate")


def _name_findings(certificate: x509.Certificate, host_names: Sequence[str], property: str) -> Iterator[Finding]:
    own = names_of(certificate)
    # Domains below which the certificate has names, or narrower wildcards.
    domains = frozenset(name.partition(".")[2] for name in own)
    missing: list[str] = []
    partly_covered: list[str] = []
    for name in names_not_covered(certificate, filter(_can_be_sent, dict.fromkeys(host_names))):
        label, _, domain = name.lower().partition(".")
        (partly_covered if label == "*" and domain in domains else missing).append(name)
    subject, names = name_of(certificate), _join(own) or "none"
    if missing:
        yield report("BACKEND_NAME_NOT_COVERED", property, subject=subject, missing=_join(missing), names=names)
    if partly_covered:
        yield report(
            "BACKEND_NAME_PARTLY_COVERED", property, subject=subject, missing=_join(partly_covered), names=names
        )


def _join(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    return ", ".join(map(shorten, names[:_MAX_NAMES])) + (f" and {more} more" if more > 0 else "")


def _can_be_sent(name: str) -> bool:
    """Return whether clients can send a name in SNI: no address (RFC 6066, section 3), no common name in free text."""
    try:
        ip_address(name)
    except ValueError:
        return _HOST_NAME.fullmatch(name) is not None
    return False


def _path_findings(
    backend: CertificateChain,
    ca: CaBundle,
    crl: CrlBundle | None,
    reported: Mapping[x509.Certificate, Finding],
    now: datetime,
    days: int | None,
    property: str,
) -> Iterator[Finding]:
    path = path_to_root(backend, ca, now=now)
    if not path.trusted:
        yield _not_trusted(path, property)
        return
    rejection = _rejection(path, now, property)
    if rejection is not None:
        yield rejection
    for each in path.cas:
        if each not in ca.certificates and is_valid_at(each, now):
            yield from validity_findings(
                each,
                now=now,
                expiry_warning_days=days,
                property=property,
                code_prefix="INTERMEDIATE",
                message="backend",
            )
    if crl is not None:
        # One CRL can cover two certificates of a path, because a root has also issued itself.
        yield from dict.fromkeys(_crl_findings(path, crl, reported, now, property))


def _not_trusted(path: CertificatePath, property: str) -> Finding:
    *_, last = path.certificates
    subject, issuer = name_of(path.certificates[0]), display_name(last.issuer)
    if last.subject == last.issuer:
        return report("BACKEND_NOT_TRUSTED", property, message="unknown_root", subject=subject, root=name_of(last))
    if len(path.certificates) == 1:
        return report("BACKEND_NOT_TRUSTED", property, message="unknown_issuer", subject=subject, issuer=issuer)
    return report(
        "BACKEND_NOT_TRUSTED",
        property,
        message="incomplete_chain",
        subject=subject,
        issuer=issuer,
        intermediate=name_of(last),
    )


def _rejection(path: CertificatePath, now: datetime, property: str) -> Finding | None:
    """Return the first reason above the backend's certificate why OpenSSL rejects a path that leads to a root."""
    subject = name_of(path.certificates[0])
    for certificate, issuer in pairwise(path.certificates):
        ca = name_of(issuer)
        if not is_issuer(issuer, of=certificate):
            return report(
                "BACKEND_CA_REJECTED",
                property,
                message="other_key",
                subject=subject,
                ca=ca,
                issued=name_of(certificate),
            )
        problem = validity_problem(issuer, now=now, expiry_warning_days=0)
        if problem is not None and not problem.within_clock_skew:
            return report(
                "BACKEND_CA_REJECTED",
                property,
                message="expired" if problem.suffix == "EXPIRED" else "not_yet_valid",
                severity="error",
                **{**problem.values, "subject": subject, "ca": ca},
            )
        for finding in issuing_findings(issuer, property=property):
            if finding.severity == "error":
                return report(
                    "BACKEND_CA_REJECTED",
                    property,
                    message="unusable_ca",
                    subject=subject,
                    cause=finding.sentence,
                    cause_remedy=finding.remedy,
                )
    limiting = exceeded_path_length(path.cas)
    if limiting is not None:
        return report("BACKEND_CA_REJECTED", property, message="path_length", subject=subject, ca=name_of(limiting))
    # The backend's own certificate is checked separately: those findings are more precise than the verifier's answer.
    own = _certificate_findings(path.certificates[0], now, 0, property)
    if any(each.severity == "error" for each in own) or not all(map(_is_verifiable, path.cas)):
        return None
    reason = rejection_reason(path.certificates, now=now)
    if not reason:
        return None
    root = name_of(path.certificates[-1])
    return report("BACKEND_CA_REJECTED", property, message="verification", subject=subject, root=root, reason=reason)


def _is_verifiable(ca: x509.Certificate) -> bool:
    """Return whether the verifier supports a CA: unlike OpenSSL, it requires basic constraints and a curve of TLS."""
    weaknesses = strength_findings(ca, property="")
    return is_ca(ca) and not any(each.code == "UNSUPPORTED_CURVE" for each in weaknesses)


def _crl_findings(
    path: CertificatePath, crl: CrlBundle, reported: Mapping[x509.Certificate, Finding], now: datetime, property: str
) -> Iterator[Finding]:
    subject = name_of(path.certificates[0])
    *_, root = path.certificates
    for certificate, issuer in zip(path.certificates, (*path.cas, root), strict=True):
        unusable = unusable_crl_finding(issuer, certificate, crl, now=now, property=property)
        if unusable is not None:
            if issuer not in reported or reported[issuer].severity == "warning":
                yield report(
                    "BACKEND_CA_WITHOUT_CRL",
                    property,
                    subject=subject,
                    cause=unusable.sentence,
                    cause_remedy=unusable.remedy,
                )
            continue
        applicable = applicable_crl(issuer, certificate, crl, now=now)
        if applicable is not None and is_revoked(certificate, applicable):
            serial = serial_of(certificate)
            if certificate == path.certificates[0]:
                yield report("BACKEND_REVOKED", property, message="certificate", subject=subject, serial=serial)
            else:
                yield report(
                    "BACKEND_REVOKED", property, message="ca", subject=subject, serial=serial, ca=name_of(certificate)
                )
