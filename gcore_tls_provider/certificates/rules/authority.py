"""The certificate authorities that backends are verified against.

What is wrong with an authority is an error where the bundle has no other one that works: then every backend is
refused. Beside one that works it is a warning: only what the broken one has issued is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from gcore_tls_provider.certificates.ca_bundle import CaBundle
from gcore_tls_provider.certificates.chain import CHAIN_LIMIT, is_self_issued
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.facts import shown_name
from gcore_tls_provider.certificates.findings.finding import Finding, Severity
from gcore_tls_provider.certificates.rules.chain_path import is_self_signed, names_issuer
from gcore_tls_provider.certificates.rules.extensions import (
    extension_of,
    is_authority,
    may_sign_certificates,
    serves_as,
    unknown_critical_extensions,
)
from gcore_tls_provider.certificates.rules.key_strength import strength_findings
from gcore_tls_provider.certificates.rules.validity import validity_findings
from gcore_tls_provider.certificates.san_matching import name_of


def authority_findings(
    bundle: CaBundle, *, now: datetime, expiry_warning_days: int | None, property: str = "certificate"
) -> tuple[Finding, ...]:
    """Check the CA certificates of a bundle.

    Args:
        bundle: at least one certificate.
        now: the moment, in UTC.
        expiry_warning_days: a certificate that ends within so many days is warned about; None: 30.
        property: the argument it came in.

    Returns:
        Of each certificate: `CA_EXPIRED` and so on (`CA_BUNDLE_ENTRY_EXPIRED` next to a valid one), `CA_EXPIRES_SOON`,
        `NOT_A_CA`, `CERT_SIGN_MISSING`, `CA_SERVER_AUTH_MISSING`, `CA_CRITICAL_EXTENSION`, `CA_PATH_LENGTH`,
        `WEAK_KEY`, `WEAK_SIGNATURE`, `PINNED_CERTIFICATE`, `CA_WITHOUT_ROOT`. Of the bundle: `CA_WITHOUT_ROOT`,
        `DUPLICATE_CA`, `CA_AMBIGUOUS`.
    """
    works = any(_usable_roots(each, now) for each in bundle.certificates)
    return (
        *(
            finding
            for each in bundle.certificates
            for finding in _of_one(each, now, expiry_warning_days, property, works)
        ),
        *_of_paths(bundle, property),
        *_of_repetitions(bundle, property),
    )


def can_issue(certificate: x509.Certificate) -> bool:
    """Return whether OpenSSL takes a certificate for an authority, apart from its validity.

    One without basic constraints is taken if its key usage says keyCertSign, as is a self-signed one of version 1.
    """
    if extension_of(certificate, x509.BasicConstraints) is not None:
        return is_authority(certificate) and may_sign_certificates(certificate)
    if extension_of(certificate, x509.KeyUsage) is not None:
        return may_sign_certificates(certificate)
    return certificate.version is x509.Version.v1 and is_self_signed(certificate)


def role_findings(certificate: x509.Certificate, *, property: str, noun: str) -> tuple[Finding, ...]:
    """Why OpenSSL doesn't accept what an authority has issued, apart from its validity and its place in a path."""
    return tuple(_of_role(certificate, f"{noun} '{name_of(certificate)}'", property, noun))


def is_self_signed_leaf(certificate: x509.Certificate) -> bool:
    """Return whether it is a server's self-signed certificate: not a CA, with DNS names or the server purpose."""
    usage = extension_of(certificate, x509.ExtendedKeyUsage)
    serves_servers = usage is not None and ExtendedKeyUsageOID.SERVER_AUTH in usage
    named = extension_of(certificate, x509.SubjectAlternativeName) is not None
    return is_self_signed(certificate) and not can_issue(certificate) and (serves_servers or named)


def exceeded_path_length(certificates: tuple[x509.Certificate, ...]) -> x509.Certificate | None:
    """Return the authority of a path that allows fewer authorities below it than there are (RFC 5280, section 4.2.1.9).

    Args:
        certificates: authorities, the lowest first, each issued by the next.
    """
    below = 0
    for each in certificates:
        constraints = extension_of(each, x509.BasicConstraints)
        if constraints is not None and constraints.path_length is not None and below > constraints.path_length:
            return each
        # Those that only replace a key of the same authority don't count.
        below += not is_self_issued(each)
    return None


def _usable_roots(certificate: x509.Certificate, now: datetime) -> bool:
    """Return whether backends can be verified against it alone."""
    in_time = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
    return (
        in_time
        and is_self_signed(certificate)
        and not any(each.severity == "error" for each in role_findings(certificate, property="", noun=""))
    )


def _of_one(
    certificate: x509.Certificate, now: datetime, days: int | None, property: str, works: bool
) -> Iterator[Finding]:
    severity: Severity = "warning" if works else "error"
    noun = "The certificate authority"
    in_time = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
    yield from validity_findings(
        certificate,
        now=now,
        expiry_warning_days=days,
        property=property,
        noun=noun,
        code_prefix="CA_BUNDLE_ENTRY" if works and not in_time else "CA",
        severity=severity,
        renewal="Drop it from the bundle" if works and not in_time else "Add the one that follows it to the bundle",
    )
    if is_self_signed_leaf(certificate):
        yield Finding(
            "PINNED_CERTIFICATE",
            "warning",
            property,
            f"'{name_of(certificate)}' is a self-signed server certificate, no authority: the load balancer accepts "
            f"this one certificate, and none that replaces it.",
            "Issue the backends' certificates from an authority, and give its certificate here.",
        )
        yield from strength_findings(certificate, property=property, noun=noun)
        return
    for finding in role_findings(certificate, property=property, noun=noun):
        yield replace(finding, severity="warning") if works else finding


def _of_role(certificate: x509.Certificate, who: str, property: str, noun: str) -> Iterator[Finding]:
    if is_authority(certificate) and not may_sign_certificates(certificate):
        yield Finding(
            "CERT_SIGN_MISSING",
            "error",
            property,
            f"{who} has a key usage without keyCertSign: load balancers refuse every certificate that it has issued.",
            "Issue it again with keyCertSign and cRLSign.",
        )
    elif not can_issue(certificate):
        yield Finding(
            "NOT_A_CA",
            "error",
            property,
            f"{who} is no authority: its basic constraints don't say CA:TRUE.",
            "Give the certificate of the authority that has issued the backends' certificates.",
        )
    elif not is_authority(certificate):
        yield Finding(
            "NOT_A_CA",
            "warning",
            property,
            f"{who} has no basic constraints: load balancers take it for an authority all the same, other TLS software "
            f"doesn't.",
            "Issue it again with CA:TRUE.",
        )
    if not serves_as(certificate, ExtendedKeyUsageOID.SERVER_AUTH):
        yield Finding(
            "CA_SERVER_AUTH_MISSING",
            "error",
            property,
            f"{who} has an extended key usage without serverAuth: what it has issued isn't accepted from servers.",
            "Give an authority that may issue server certificates, or issue it again without extended key usage.",
        )
    if unknown := unknown_critical_extensions(certificate):
        yield Finding(
            "CA_CRITICAL_EXTENSION",
            "error",
            property,
            f"{who} has a critical extension that TLS software doesn't know ({unknown[0].dotted_string}) and refuses.",
            "Issue it again without this extension, or with it not critical.",
        )
    # An authority's curve is another matter than a server's: it only has to be known to OpenSSL.
    yield from (
        each
        for each in strength_findings(certificate, property=property, noun=noun)
        if each.code != "UNSUPPORTED_CURVE"
    )


def _of_paths(bundle: CaBundle, property: str) -> Iterator[Finding]:
    roots = [each for each in bundle.certificates if is_self_signed(each)]
    for each in bundle.certificates:
        path = _upwards(each, bundle)
        if is_self_signed(path[-1]):
            forbids = exceeded_path_length(path) if can_issue(each) else None
            if forbids is not None:
                yield Finding(
                    "CA_PATH_LENGTH",
                    "error",
                    property,
                    f"The certificate authority '{name_of(forbids)}' allows fewer authorities below it than "
                    f"there are with '{name_of(each)}': what that has issued is refused.",
                    "Issue the upper one again with a greater path length, or the lower one from another authority.",
                )
        elif len(path) == 1 and (twin := _self_signed_twin(each, roots)) is not None:
            if bundle.certificates.index(each) < bundle.certificates.index(twin):
                hidden = all(_is_hidden(root, bundle) for root in roots)
                yield Finding(
                    "CA_WITHOUT_ROOT",
                    "error" if hidden else "warning",
                    property,
                    f"The bundle holds '{name_of(each)}' twice, first as '{shown_name(each.issuer)}' has signed it: "
                    f"load balancers take that one, don't find its issuer, and refuse all that is below it.",
                    "Put the self-signed one first, or remove the other one.",
                )
        elif len(path) == 1 and (can_issue(each) or not roots):
            yield Finding(
                "CA_WITHOUT_ROOT",
                "warning" if roots else "error",
                property,
                f"The bundle doesn't hold '{shown_name(each.issuer)}', which has issued "
                f"'{name_of(each)}': load balancers trust nothing that doesn't lead to a self-signed certificate.",
                "Add the root authority's certificate to the bundle.",
            )


def _self_signed_twin(certificate: x509.Certificate, roots: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Return the root with the name and key of a cross certificate: what is below one is below the other."""
    return next(
        (each for each in roots if each.subject == certificate.subject and _has_key_of(each, certificate)), None
    )


def _is_hidden(root: x509.Certificate, bundle: CaBundle) -> bool:
    """Return whether a cross certificate without its issuer precedes a root, so that OpenSSL prefers it."""
    before = bundle.certificates[: bundle.certificates.index(root)]
    return any(
        each.subject == root.subject and _has_key_of(each, root) and len(_upwards(each, bundle)) == 1
        for each in before
        if not is_self_signed(each)
    )


def _has_key_of(one: x509.Certificate, other: x509.Certificate) -> bool:
    try:
        return one.public_key() == other.public_key()
    except UNREADABLE:
        return False


def _upwards(certificate: x509.Certificate, bundle: CaBundle) -> tuple[x509.Certificate, ...]:
    path = [certificate]
    while not is_self_signed(path[-1]) and len(path) <= CHAIN_LIMIT:
        issuers = (each for each in bundle.certificates if each not in path and names_issuer(path[-1], each))
        issuer = next(issuers, None)
        if issuer is None:
            break
        path.append(issuer)
    return tuple(path)


def _of_repetitions(bundle: CaBundle, property: str) -> Iterator[Finding]:
    if bundle.repeated:
        yield Finding(
            "DUPLICATE_CA",
            "warning",
            property,
            f"The bundle repeats certificates: {bundle.repeated} more than the {len(bundle.certificates)} that are "
            f"different.",
            "Remove the repetitions; look whether another certificate was meant in their place.",
        )
    ambiguous = {
        each.subject: each
        for number, each in enumerate(bundle.certificates)
        for first in bundle.certificates[:number]
        if each.subject == first.subject and _is_taken_for(first, each)
    }
    for each in ambiguous.values():
        yield Finding(
            "CA_AMBIGUOUS",
            "warning",
            property,
            f"Several authorities of the bundle are named '{name_of(each)}', and no key identifier tells their keys "
            f"apart: the load balancer may refuse what others than the first have issued.",
            "Put the one that has issued the backends' certificates first, or rename the new authority.",
        )


def _is_taken_for(first: x509.Certificate, second: x509.Certificate) -> bool:
    try:
        if first.public_key() == second.public_key():
            return False
    except UNREADABLE:
        return False
    return extension_of(first, x509.SubjectKeyIdentifier) is None
