"""The certificates that backends are expected to show.

Whether a load balancer will accept them: HAProxy verifies a backend against the pool's authorities and revocation
lists, and matches the names of its certificate with the one that its own client has asked for (SNI).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CertificateChain, is_issuer
from gcore_tls_provider.certificates.crl import RevocationLists
from gcore_tls_provider.certificates.facts import shortened, shown_name
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.authority import exceeded_path_length, role_findings
from gcore_tls_provider.certificates.rules.chain_path import Path, path_to_root
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_authority,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.revocation import is_revoked, list_finding, list_of, uncovered
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.rules.verifier import refused_by_verifier
from gcore_tls_provider.certificates.san_matching import name_of, names_not_covered, names_of, serial_of

_NOUN: Final = "The backend certificate"
_SHOWN: Final = 5
"""Names in one sentence at most."""

_HOST_NAME: Final = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*\.?")


def backend_findings(
    backends: Sequence[CertificateChain],
    *,
    ca: CaBundle | None,
    crl: RevocationLists | None,
    host_names: Sequence[str],
    now: datetime,
    expiry_warning_days: int | None,
    property: str = "expected_backend_certificates",
) -> tuple[Finding, ...]:
    """Check whether the load balancer will accept its backends' certificates.

    Args:
        backends: what they show, each with its chain.
        ca: the pool's authorities. None: there are none, or they aren't known; as far as is known nothing is verified,
            so all findings are warnings.
        crl: the pool's revocation lists.
        host_names: the names that clients use. A wildcard must be covered by the same wildcard. What clients can't
            send as a name, such as an address, is left out: HAProxy then compares no names.
        now: the moment, in UTC.
        expiry_warning_days: a certificate that ends within so many days is warned about; None: 30.
        property: the argument that the certificates came in.

    Returns:
        Of each: `BACKEND_EXPIRED`, `BACKEND_NOT_YET_VALID`, `BACKEND_EXPIRES_SOON`, `BACKEND_SERVER_AUTH_MISSING`,
        `BACKEND_KEY_USAGE`, `BACKEND_CRITICAL_EXTENSION`, `WEAK_KEY`, `WEAK_SIGNATURE`, `UNSUPPORTED_CURVE`,
        `BACKEND_NAME_NOT_COVERED`, `BACKEND_NAME_PARTLY_COVERED`; of its path `BACKEND_NOT_TRUSTED`,
        `BACKEND_CA_REJECTED`, `INTERMEDIATE_EXPIRES_SOON`, `BACKEND_REVOKED`, `BACKEND_CA_WITHOUT_CRL`.
    """
    # `uncovered` reports a defect of a CA's CRL once for all backends.
    said = {} if ca is None or crl is None else uncovered(ca, crl, now=now, property=property)
    findings = (
        finding
        for each in backends
        for finding in (
            *_of_certificate(each.certificate, now, expiry_warning_days, property),
            *_of_names(each.certificate, host_names, property),
            *(() if ca is None else _of_path(each, ca, crl, said, now, expiry_warning_days, property)),
        )
    )
    if ca is None:
        return tuple(
            replace(each, severity="warning") if each.code != "UNSUPPORTED_CURVE" else each for each in findings
        )
    return tuple(findings)


def _of_certificate(certificate: x509.Certificate, now: datetime, days: int | None, property: str) -> Iterator[Finding]:
    who = _named(certificate)
    yield from validity_findings(
        certificate, now=now, expiry_warning_days=days, property=property, noun=_NOUN, code_prefix="BACKEND"
    )
    if not serves_as(certificate, ExtendedKeyUsageOID.SERVER_AUTH):
        yield Finding(
            "BACKEND_SERVER_AUTH_MISSING",
            "error",
            property,
            f"{who} has an extended key usage without serverAuth: load balancers don't accept it from a server.",
            "Issue it again with serverAuth.",
        )
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.key_encipherment or usage.key_agreement):
        yield Finding(
            "BACKEND_KEY_USAGE",
            "error",
            property,
            f"{who} has a key usage without digitalSignature: load balancers don't accept it from a server.",
            "Issue it again with digitalSignature.",
        )
    if unknown := unknown_critical_extensions(certificate):
        yield Finding(
            "BACKEND_CRITICAL_EXTENSION",
            "error",
            property,
            f"{who} has a critical extension that TLS software doesn't know ({unknown[0].dotted_string}) and refuses.",
            "Issue it again without this extension, or with it not critical.",
        )
    yield from strength_findings(certificate, property=property, noun=_NOUN)


def _of_names(certificate: x509.Certificate, host_names: Sequence[str], property: str) -> Iterator[Finding]:
    own = names_of(certificate)
    # Below which domains it has names, or narrower wildcards.
    domains = frozenset(name.partition(".")[2] for name in own)
    uncovered_names: list[str] = []
    partly: list[str] = []
    for name in names_not_covered(certificate, filter(_can_be_asked_for, dict.fromkeys(host_names))):
        label, _, domain = name.lower().partition(".")
        (partly if label == "*" and domain in domains else uncovered_names).append(name)
    names = _listed(own) or "none"
    if uncovered_names:
        yield Finding(
            "BACKEND_NAME_NOT_COVERED",
            "error",
            property,
            f"{_named(certificate)} doesn't cover {_listed(uncovered_names)}, which clients ask for (its names: "
            f"{names}): load balancers compare both and answer 503, while health checks stay green.",
            "Issue it for all names that clients use, or set host_names to those that they really use.",
        )
    if partly:
        yield Finding(
            "BACKEND_NAME_PARTLY_COVERED",
            "warning",
            property,
            f"{_named(certificate)} covers {_listed(partly)} in part (its names: {names}): clients that ask for "
            f"another name below it get 503.",
            "Issue it for the wildcard too, or set host_names to the names that clients really use.",
        )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(map(shortened, names[:_SHOWN])) + (f" and {more} more" if more > 0 else "")


def _can_be_asked_for(name: str) -> bool:
    """Return whether clients can send it in SNI: no address (RFC 6066, section 3), no common name in free text."""
    try:
        ip_address(name)
    except ValueError:
        return _HOST_NAME.fullmatch(name) is not None
    return False


def _of_path(
    backend: CertificateChain,
    ca: CaBundle,
    crl: RevocationLists | None,
    said: Mapping[x509.Certificate, Finding],
    now: datetime,
    days: int | None,
    property: str,
) -> Iterator[Finding]:
    path = path_to_root(backend, ca, now=now)
    if not path.trusted:
        yield _not_trusted(path, property)
        return
    refusal = _refusal(path, now)
    if refusal is not None:
        yield Finding(
            "BACKEND_CA_REJECTED",
            "error",
            property,
            f"{_named(backend.certificate)} isn't accepted. {refusal.sentence}",
            refusal.remedy,
        )
    for each in path.authorities:
        if each not in ca.certificates and each.not_valid_before_utc <= now < each.not_valid_after_utc:
            yield from validity_findings(
                each,
                now=now,
                expiry_warning_days=days,
                property=property,
                noun="The backend's intermediate",
                code_prefix="INTERMEDIATE",
                renewal="Let the backend send its successor",
            )
    if crl is not None:
        # One list can be about two certificates of a path: a root has issued itself too.
        yield from dict.fromkeys(_of_lists(path, crl, said, now, property))


def _not_trusted(path: Path, property: str) -> Finding:
    *_, last = path.certificates
    who = _named(path.certificates[0])
    subject, issuer = name_of(last), shown_name(last.issuer)
    if last.subject == last.issuer:
        sentence = f"{who} leads to '{subject}', which isn't in the pool's certificate authorities"
        remedy = "Add this authority to the bundle, or issue the backend's certificate from one that is in it."
    else:
        which = "it" if len(path.certificates) == 1 else f"'{subject}'"
        sentence = (
            f"{who} isn't signed by the pool's certificate authorities: '{issuer}', which has issued {which}, is "
            f"neither in the bundle nor sent by the backend"
        )
        remedy = (
            "Add that authority to the bundle, up to its root; if it is an intermediate of a root that is there, the "
            "backend can send it instead."
        )
    return Finding("BACKEND_NOT_TRUSTED", "error", property, f"{sentence}: load balancers refuse it.", remedy)


@dataclass(frozen=True)
class _Refusal:
    """Reason why OpenSSL rejects a path, with its remedy."""

    sentence: str
    remedy: str


def _refusal(path: Path, now: datetime) -> _Refusal | None:
    """Return the first thing above the backend's certificate for which OpenSSL refuses a path that leads to a root."""
    for certificate, issuer in pairwise(path.certificates):
        if not is_issuer(issuer, of=certificate):
            return _Refusal(
                f"Load balancers take '{name_of(issuer)}' for the issuer of "
                f"'{name_of(certificate)}', which another key has signed.",
                "Put the right authority of that name first in the bundle, or issue certificates with key identifiers.",
            )
        noun = "The certificate authority"
        findings = (
            *validity_findings(issuer, now=now, expiry_warning_days=0, property="", noun=noun),
            *role_findings(issuer, property="", noun=noun),
        )
        for finding in findings:
            if finding.severity == "error":
                return _Refusal(finding.sentence, finding.remedy)
    forbids = exceeded_path_length(path.authorities)
    if forbids is not None:
        return _Refusal(
            f"The certificate authority '{name_of(forbids)}' allows fewer authorities below it than there are.",
            "Issue it again with a greater path length, or the backend's certificate from a higher authority.",
        )
    # The backend's own certificate is judged apart: its findings are more precise than the verifier's answer.
    own = _of_certificate(path.certificates[0], now, 0, "")
    if any(each.severity == "error" for each in own) or not all(map(_is_verifiable, path.authorities)):
        return None
    reason = refused_by_verifier(path.certificates, now=now)
    if reason:
        return _Refusal(
            f"Its path to '{name_of(path.certificates[-1])}' doesn't hold: {reason}.",
            "Compare with `openssl verify -x509_strict`; issue it within the name constraints of its authorities.",
        )
    return None


def _is_verifiable(authority: x509.Certificate) -> bool:
    """Return whether the verifier supports it: unlike OpenSSL, it requires basic constraints and a curve of TLS."""
    weak = strength_findings(authority, property="")
    return is_authority(authority) and not any(each.code == "UNSUPPORTED_CURVE" for each in weak)


def _of_lists(
    path: Path, crl: RevocationLists, said: Mapping[x509.Certificate, Finding], now: datetime, property: str
) -> Iterator[Finding]:
    *_, root = path.certificates
    for certificate, issuer in zip(path.certificates, (*path.authorities, root), strict=True):
        finding = list_finding(issuer, certificate, crl, now=now, property=property)
        if finding is not None:
            if issuer not in said or said[issuer].severity == "warning":
                yield replace(
                    finding,
                    code="BACKEND_CA_WITHOUT_CRL",
                    sentence=f"{_named(path.certificates[0])} isn't accepted. {finding.sentence}",
                )
            continue
        entry = list_of(issuer, certificate, crl, now=now)
        if entry is not None and is_revoked(certificate, entry):
            yield _revoked(certificate, path.certificates[0], property)


def _revoked(certificate: x509.Certificate, backend: x509.Certificate, property: str) -> Finding:
    who = f"the backend certificate '{name_of(backend)}'"
    serial = f"(serial {serial_of(certificate)})"
    if certificate == backend:
        what, remedy = f"{who} {serial}", "Issue the backend a new certificate."
    else:
        what = f"the authority '{name_of(certificate)}' {serial} above {who}"
        remedy = "Issue the backend's certificate from another authority."
    return Finding(
        "BACKEND_REVOKED",
        "error",
        property,
        f"The pool's revocation list revokes {what}: load balancers refuse the backend.",
        remedy,
    )


def _named(certificate: x509.Certificate) -> str:
    return f"{_NOUN} '{name_of(certificate)}'"
