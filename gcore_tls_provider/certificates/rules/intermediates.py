"""Completeness of a chain: do the certificates beside a leaf lead clients to a root that they know?

Nobody but the client knows the root, so this module judges what can be known without it:

- A chain may end at any authority: its issuer can be the root, which isn't sent. A root that is sent does no harm.
- A leaf without its issuer beside it is complete if a root has issued it, as small private authorities do. The rules of
  publicly trusted authorities forbid that (CA/Browser Forum, baseline requirements, section 6.1.7), and who publishes
  the issuer's certificate for download ("CA Issuers", RFC 5280, section 4.2.2.1) expects others not to have it. So a
  leaf with a policy of the CA/Browser Forum, with timestamps of certificate transparency, or with such an address
  lacks its intermediate; any other isn't suspected.
- Report certificates that belong to no path from the leaf. Different paths, as with cross certificates, all belong.

Path lengths and name constraints are left to `cryptography`'s verifier, with the last intermediate in the root's place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from gcore_tls_provider.certificates.chain import CHAIN_LIMIT, CertificateChain, is_issuer, is_self_issued, sorted_chain
from gcore_tls_provider.certificates.facts import shortened, shown_name
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_authority,
    may_sign_certificates,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.rules.verifier import refused_by_verifier
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
        public: the leaf and its chain, in any order.
        purpose: what the leaf is for, `serverAuth` or `clientAuth`.
        now: the moment, in UTC.
        expiry_warning_days: an intermediate that ends within so many days is warned about; None: 30.
        property: the argument it came in.
    """
    path = _path(public)
    related = _related(public)
    findings: list[Finding] = []
    for each in public.chain:
        findings += strength_findings(each, property=property, noun="The chain's certificate")
    for each in related:
        if not is_self_issued(each):
            findings += validity_findings(
                each,
                now=now,
                expiry_warning_days=expiry_warning_days,
                property=property,
                noun="The intermediate",
                code_prefix="INTERMEDIATE",
                renewal="Put its successor into the chain, or have the leaf issued by another one",
            )
            findings += _usable(each, purpose, property)
    findings += _links(public, path, related, property)
    if not any(finding.severity == "error" for finding in findings):
        findings += _verified(public.certificate, path, now, property)
    return tuple(findings)


def _path(public: CertificateChain) -> Sequence[x509.Certificate]:
    """Return the intermediates from the leaf's issuer up, without a root and without what doesn't belong."""
    path: list[x509.Certificate] = []
    for each in sorted_chain(public.certificate, public.chain):
        if is_self_issued(each) or not is_issuer(each, of=path[-1] if path else public.certificate):
            break
        path.append(each)
    return path


def _related(public: CertificateChain) -> Sequence[x509.Certificate]:
    """All of the chain that is an issuer of the leaf, or of such an issuer, as long as that can be a chain in use."""
    related: list[x509.Certificate] = []
    remaining = list(public.chain)
    below = [public.certificate]
    while below and len(related) < CHAIN_LIMIT:
        issued = below.pop()
        for each in [other for other in remaining if is_issuer(other, of=issued)]:
            remaining.remove(each)
            related.append(each)
            below.append(each)
    return related


def _usable(intermediate: x509.Certificate, purpose: x509.ObjectIdentifier, property: str) -> Iterator[Finding]:
    name = name_of(intermediate)
    if not is_authority(intermediate) or not may_sign_certificates(intermediate):
        lack = "keyCertSign in its key usage" if is_authority(intermediate) else "CA:TRUE in its basic constraints"
        yield Finding(
            "INTERMEDIATE_NOT_CA",
            "error",
            property,
            f"'{name}' has issued a certificate of the chain, but isn't an authority: it lacks {lack}, and whoever "
            f"verifies the chain refuses it.",
            "Issue the certificate by a real certificate authority.",
        )
    if not serves_as(intermediate, purpose):
        yield Finding(
            "INTERMEDIATE_PURPOSE",
            "error",
            property,
            f"The intermediate '{name}' isn't allowed to issue for this purpose: its extended key usage lacks "
            f"{_PURPOSES[purpose]}, and whoever verifies the chain refuses it.",
            "Have the certificate issued by an authority for this purpose.",
        )
    for unknown in unknown_critical_extensions(intermediate):
        yield Finding(
            "CRITICAL_EXTENSION",
            "error",
            property,
            f"The intermediate '{name}' has the critical extension {unknown.dotted_string}, which TLS software doesn't "
            f"know, and therefore refuses.",
            "Let its authority issue it again without that extension, or with it not critical.",
        )


def _links(
    public: CertificateChain,
    path: Sequence[x509.Certificate],
    related: Sequence[x509.Certificate],
    property: str,
) -> Iterator[Finding]:
    top = path[-1] if path else public.certificate
    ends = is_self_issued(top) or any(is_issuer(each, of=top) for each in related)
    for each in public.chain:
        if each in related or each == public.certificate:
            continue
        name = name_of(each)
        if not ends and each.subject == top.issuer:
            yield Finding(
                "ISSUER_WITH_OTHER_KEY",
                "warning",
                property,
                f"The chain's certificate '{name}' has the name of the issuer of '{name_of(top)}', "
                f"but another key: clients that don't have the right one refuse the chain.",
                "Take the issuer's certificate that the authority delivered together with it, often an older or a "
                "newer one.",
            )
        else:
            yield Finding(
                "UNRELATED_IN_CHAIN",
                "warning",
                property,
                f"The chain's certificate '{name}' hasn't issued '{name_of(public.certificate)}' "
                f"or any of its issuers in the chain.",
                "Remove it; or, if it belongs there, add the certificates that link it.",
            )
    if not related and not ends and _is_from_intermediate(public.certificate):
        issuer = shown_name(public.certificate.issuer)
        yield Finding(
            "INTERMEDIATE_MISSING",
            "warning",
            property,
            f"The certificate of its issuer '{issuer}' isn't sent with "
            f"'{name_of(public.certificate)}', and it doesn't look like a root: "
            f"clients that don't have it refuse the connection.",
            f"Add it{_download(public.certificate)} after the certificate, or as the chain. If it is a root that all "
            f"clients have, nothing is missing.",
        )


def _is_from_intermediate(leaf: x509.Certificate) -> bool:
    policies = extension_of(leaf, x509.CertificatePolicies) or ()
    return (
        any(each.policy_identifier.dotted_string.startswith(_PUBLIC_POLICIES) for each in policies)
        or extension_of(leaf, x509.PrecertificateSignedCertificateTimestamps) is not None
        or bool(_download(leaf))
    )


def _download(certificate: x509.Certificate) -> str:
    """Return a clause that says where the issuer's certificate can be had; empty if the certificate doesn't say."""
    addresses = [
        each.access_location.value
        for each in extension_of(certificate, x509.AuthorityInformationAccess) or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    ]
    # Windows' authorities name a directory (LDAP) first, where few people can look.
    best = next((each for each in addresses if each.startswith("http")), next(iter(addresses), None))
    return "" if best is None else f" (it is at {shortened(best)})"


def _verified(
    leaf: x509.Certificate, path: Sequence[x509.Certificate], now: datetime, property: str
) -> Iterator[Finding]:
    reason = refused_by_verifier([leaf, *path], now=now)
    if reason:
        yield Finding(
            "CHAIN_REJECTED",
            "error",
            property,
            f"The chain of '{name_of(leaf)}' doesn't hold: {reason}.",
            "Ask the authority that issued it: one of its intermediates isn't allowed to issue for these names, or at "
            "this depth.",
        )
