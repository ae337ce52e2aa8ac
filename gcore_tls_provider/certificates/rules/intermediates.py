"""Completeness of a chain: whether the certificates after a leaf lead clients to a root that they have.

Only the client knows the root, so this module checks what can be known without it:

- A chain can end at any CA: its issuer can be the root, which is not sent. A root that is sent does no harm.
- A leaf without its issuer next to it is complete if a root has issued it, as small private CAs do. The rules of public
  CAs forbid that (CA/Browser Forum, baseline requirements, section 6.1.7), and a CA that publishes the issuer's
  certificate for download ("CA Issuers", RFC 5280, section 4.2.2.1) expects that others do not have it. So a leaf with
  a policy of the CA/Browser Forum, with timestamps of certificate transparency, or with such an address lacks its
  intermediate; any other leaf counts as complete.
- Certificates that belong to no path from the leaf are reported. Different paths, as with cross certificates, belong.

`cryptography`'s verifier checks path lengths and name constraints, with the last intermediate in the root's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from gcore_tls_provider.certificates.chain import CHAIN_LIMIT, CertificateChain, is_issuer, is_self_issued, sort_chain
from gcore_tls_provider.certificates.facts import display_name, shorten
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_ca,
    may_sign_certificates,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.rules.verifier import rejection_reason
from gcore_tls_provider.certificates.san_matching import name_of

_PUBLIC_POLICIES: Final = "2.23.140.1."
"""Common prefix of all policies of the CA/Browser Forum."""

_PURPOSES: Final = {ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth", ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth"}


def intermediate_findings(
    public: CertificateChain,
    *,
    purpose: x509.ObjectIdentifier,
    now: datetime,
    expiry_warning_days: int | None,
    property: str,
) -> tuple[Finding, ...]:
    """Check the chain of a leaf.

    Args:
        public: Leaf and its chain, in any order.
        purpose: Purpose of the leaf, `serverAuth` or `clientAuth`.
        now: Current time, in UTC.
        expiry_warning_days: Days before an intermediate's end at which warnings start; None: 30.
        property: Argument that contains the chain.
    """
    path = _path(public)
    issuers = _issuers(public)
    findings: list[Finding] = []
    for each in public.chain:
        findings += strength_findings(each, property=property, role="certificate in the chain")
    for each in issuers:
        if not is_self_issued(each):
            findings += validity_findings(
                each,
                now=now,
                expiry_warning_days=expiry_warning_days,
                property=property,
                code_prefix="INTERMEDIATE",
            )
            findings += _usage_findings(each, purpose, property)
    findings += _link_findings(public, path, issuers, property)
    if not any(finding.severity == "error" for finding in findings):
        reason = rejection_reason([public.certificate, *path], now=now)
        if reason:
            findings.append(report("CHAIN_REJECTED", property, subject=name_of(public.certificate), reason=reason))
    return tuple(findings)


def _path(public: CertificateChain) -> Sequence[x509.Certificate]:
    """Return the intermediates from the leaf's issuer up, without a root and without unrelated certificates."""
    path: list[x509.Certificate] = []
    for each in sort_chain(public.certificate, public.chain):
        if is_self_issued(each) or not is_issuer(each, of=path[-1] if path else public.certificate):
            break
        path.append(each)
    return path


def _issuers(public: CertificateChain) -> Sequence[x509.Certificate]:
    """Return all certificates of the chain that are issuers of the leaf or of such an issuer, up to `CHAIN_LIMIT`."""
    issuers: list[x509.Certificate] = []
    remaining = list(public.chain)
    below = [public.certificate]
    while below and len(issuers) < CHAIN_LIMIT:
        issued = below.pop()
        for each in [other for other in remaining if is_issuer(other, of=issued)]:
            remaining.remove(each)
            issuers.append(each)
            below.append(each)
    return issuers


def _usage_findings(intermediate: x509.Certificate, purpose: x509.ObjectIdentifier, property: str) -> Iterator[Finding]:
    subject = name_of(intermediate)
    if not is_ca(intermediate) or not may_sign_certificates(intermediate):
        missing = "keyCertSign in its key usage" if is_ca(intermediate) else "CA:TRUE in its basic constraints"
        yield report("INTERMEDIATE_NOT_CA", property, subject=subject, missing=missing)
    if not serves_as(intermediate, purpose):
        yield report("INTERMEDIATE_PURPOSE", property, subject=subject, purpose=_PURPOSES[purpose])
    for unknown in unknown_critical_extensions(intermediate):
        yield report("CRITICAL_EXTENSION", property, message="intermediate", subject=subject, oid=unknown.dotted_string)


def _link_findings(
    public: CertificateChain,
    path: Sequence[x509.Certificate],
    issuers: Sequence[x509.Certificate],
    property: str,
) -> Iterator[Finding]:
    leaf = public.certificate
    top = path[-1] if path else leaf
    is_complete = is_self_issued(top) or any(is_issuer(each, of=top) for each in issuers)
    for each in public.chain:
        if each in issuers or each == leaf:
            continue
        if not is_complete and each.subject == top.issuer:
            yield report("ISSUER_WITH_OTHER_KEY", property, subject=name_of(each), issued=name_of(top))
        else:
            yield report("UNRELATED_IN_CHAIN", property, subject=name_of(each), leaf=name_of(leaf))
    if not issuers and not is_complete and _is_from_intermediate(leaf):
        issuer, subject, address = display_name(leaf.issuer), name_of(leaf), _download_address(leaf)
        if address is None:
            yield report("INTERMEDIATE_MISSING", property, message="unknown_source", issuer=issuer, subject=subject)
        else:
            yield report(
                "INTERMEDIATE_MISSING",
                property,
                message="download",
                issuer=issuer,
                subject=subject,
                address=shorten(address),
            )


def _is_from_intermediate(leaf: x509.Certificate) -> bool:
    policies = extension_of(leaf, x509.CertificatePolicies) or ()
    return (
        any(each.policy_identifier.dotted_string.startswith(_PUBLIC_POLICIES) for each in policies)
        or extension_of(leaf, x509.PrecertificateSignedCertificateTimestamps) is not None
        or _download_address(leaf) is not None
    )


def _download_address(certificate: x509.Certificate) -> str | None:
    """Return the address of the issuer's certificate; None if the certificate does not contain one."""
    addresses = [
        each.access_location.value
        for each in extension_of(certificate, x509.AuthorityInformationAccess) or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    ]
    # CAs on Windows name a directory (LDAP) first, which few users can open.
    return next((each for each in addresses if each.startswith("http")), next(iter(addresses), None))
