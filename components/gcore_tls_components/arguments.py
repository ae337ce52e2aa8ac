"""Typed arguments and outputs of the components."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from typing_extensions import TypedDict

from gcore_tls_provider import Material


class CertificateArgs(TypedDict, total=False):
    """A certificate with its private key: as PEM, or as a PKCS12 file. All of it is encrypted in the state."""

    certificate: pulumi.Input[Material]
    """PEM, with or without its chain; or DER."""
    private_key: pulumi.Input[Material]
    """PEM or DER; RSA or EC."""
    certificate_chain: pulumi.Input[Material]
    """PEM of intermediates that `certificate` does not contain."""
    private_key_passphrase: pulumi.Input[str]
    """Passphrase of an encrypted private key."""
    pkcs12: pulumi.Input[Material]
    """PKCS12 file, instead of the four above."""
    pkcs12_password: pulumi.Input[str]
    """Password of the PKCS12 file."""


class ExistingIds(TypedDict, total=False):
    """Existing objects to adopt, by their role in `MTLSLoadBalancer`.

    The preview compares each of them. An adopted object keeps its name; afterwards its ID here has no effect.
    """

    load_balancer: pulumi.Input[str]
    """The load balancer."""
    listener: pulumi.Input[str]
    """The listener."""
    pool: pulumi.Input[str]
    """The pool, with its members and health monitor."""
    ca: pulumi.Input[str]
    """Secret of the CA bundle. Gcore never returns the content of secrets, so it is assumed to be the program's."""
    client_certificate: pulumi.Input[str]
    """Secret of the client certificate."""
    crl: pulumi.Input[str]
    """Secret of the CRLs."""
    listener_certificate: pulumi.Input[str]
    """Secret of the listener certificate."""
    sni_certificates: Mapping[str, pulumi.Input[str]]
    """Secrets of the SNI certificates, by their labels."""


class CertificateSummary(TypedDict, total=False):
    """Public facts of a certificate or a CRL, by role in `MTLSLoadBalancer.certificates`."""

    secret_id: str
    """ID of its secret."""
    subject: str
    """Distinguished name, as in RFC 4514; certificates only."""
    issuer: str
    """Distinguished name of the issuer."""
    dns_names: list[str]
    """DNS names of the subject alternative name; certificates only."""
    not_before: str
    """Start of validity, ISO 8601 in UTC; certificates only."""
    not_after: str
    """End of validity, ISO 8601 in UTC; certificates only."""
    fingerprint_sha256: str
    """SHA-256 of the DER, 64 hex digits."""
    this_update: str
    """Time of issue, ISO 8601 in UTC; CRLs only."""
    next_update: str
    """Time at which the next one is due, ISO 8601 in UTC; CRLs only."""
    revoked_count: int
    """Number of revoked certificates; CRLs only."""
