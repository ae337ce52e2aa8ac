"""Typed arguments and outputs of the components."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from typing_extensions import TypedDict

from gcore_tls_provider import Material


class CertificateArgs(TypedDict, total=False):
    """A certificate with its private key: as PEM, or as a PKCS12 file. All of it is encrypted in the state."""

    certificate: pulumi.Input[Material]
    """PEM, its chain may follow in it; or DER."""
    private_key: pulumi.Input[Material]
    """PEM or DER; RSA or EC."""
    certificate_chain: pulumi.Input[Material]
    """Intermediates that aren't in `certificate`, PEM."""
    private_key_passphrase: pulumi.Input[str]
    """Of an encrypted private key."""
    pkcs12: pulumi.Input[Material]
    """A PKCS12 file, in place of the four above."""
    pkcs12_password: pulumi.Input[str]
    """Its password."""


class ExistingIds(TypedDict, total=False):
    """Objects that exist and are to be managed from now on, by what they are in `MTLSLoadBalancer`.

    Each is compared in the preview, and keeps its name. Without effect once it is adopted.
    """

    load_balancer: pulumi.Input[str]
    """The load balancer."""
    listener: pulumi.Input[str]
    """The listener."""
    pool: pulumi.Input[str]
    """The pool, with its members and health monitor."""
    ca: pulumi.Input[str]
    """The secret of the certificate authority; of it and all below the content is trusted, for Gcore never shows it."""
    client_certificate: pulumi.Input[str]
    """The secret of the client certificate."""
    crl: pulumi.Input[str]
    """The secret of the revocation list."""
    listener_certificate: pulumi.Input[str]
    """The secret of the listener's own certificate."""
    sni_certificates: Mapping[str, pulumi.Input[str]]
    """The secrets of the SNI certificates, by their labels."""


class CertificateSummary(TypedDict, total=False):
    """The public facts of a certificate or of a revocation list, by role in `MTLSLoadBalancer.certificates`."""

    secret_id: str
    """Id of its secret."""
    subject: str
    """Distinguished name, as in RFC 4514; certificates only."""
    issuer: str
    """Distinguished name of the issuer."""
    dns_names: list[str]
    """DNS names of the subject alternative name; certificates only."""
    not_before: str
    """Begin of validity, ISO 8601 in UTC; certificates only."""
    not_after: str
    """End of validity, ISO 8601 in UTC; certificates only."""
    fingerprint_sha256: str
    """SHA-256 of the DER, 64 hex digits."""
    this_update: str
    """When it was issued, ISO 8601 in UTC; revocation lists only."""
    next_update: str
    """When the next one is due, ISO 8601 in UTC; revocation lists only."""
    revoked_count: int
    """Number of certificates in it; revocation lists only."""
