"""Secret resources: the raw secret, and the four kinds of certificates that a load balancer uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pulumi
from typing_extensions import Unpack

from gcore_tls_provider.api.wire.enums import SecretType
from gcore_tls_provider.providers import (
    CertificateAuthorityProvider,
    ClientCertificateProvider,
    ListenerCertificateProvider,
    RevocationListProvider,
    SecretProvider,
)
from gcore_tls_provider.resources.certificate_base import CertificateResource, ca_bundle_pem, crl_pem, identity_pem
from gcore_tls_provider.resources.resource import GcoreResource, material_input, secret_input
from gcore_tls_provider.resources.shared_arguments import (
    CertificateArgs,
    IdentityArgs,
    Material,
    ObjectArgs,
    ValidatedObjectArgs,
)


class Secret(GcoreResource, module="gcore", name="Secret"):
    """A secret with any payload, on the v1 route: for payloads that the certificate kinds do not cover.

    Gcore cannot change a secret: another payload replaces it, and the new secret is created before the old one is
    deleted. Gcore never returns the payload, so a refresh compares metadata only, and an adopted secret is assumed to
    contain what the program specifies.
    """

    name: pulumi.Output[str]
    """Name at Gcore."""
    status: pulumi.Output[str]
    """Status of the secret; `ACTIVE` is healthy."""
    secret_type: pulumi.Output[str]
    """Type of the secret."""

    _dynamic_provider = SecretProvider

    def __init__(
        self,
        resource_name: str,
        *,
        payload: pulumi.Input[str],
        secret_type: pulumi.Input[SecretType] | None = None,
        payload_content_type: pulumi.Input[str] | None = None,
        expiration: pulumi.Input[str] | None = None,
        algorithm: pulumi.Input[str] | None = None,
        bit_length: pulumi.Input[int] | None = None,
        mode: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[ObjectArgs],
    ) -> None:
        """Declare the secret.

        Args:
            resource_name: Logical name of the resource.
            payload: Payload in base64. Encrypted in the state.
            secret_type: `certificate` (the default; also for CA bundles and CRLs), `opaque`, `passphrase`, `private`,
                `public` or `symmetric`.
            payload_content_type: Media type of the payload; default `application/octet-stream`. `text/plain` is an
                error.
            expiration: Time of expiration, ISO 8601; informational.
            algorithm: Algorithm of the content, such as `aes`; informational.
            bit_length: Length of the content in bits, at least 1; informational.
            mode: Mode of the algorithm, such as `cbc`; informational.
            opts: Options of the resource.
            **shared: Location, name and adoption of the object, see `ObjectArgs`.
        """
        properties = {
            "payload": secret_input(payload),
            "secret_type": secret_type,
            "payload_content_type": payload_content_type,
            "expiration": expiration,
            "algorithm": algorithm,
            "bit_length": bit_length,
            "mode": mode,
        }
        super().__init__(resource_name, properties, opts, shared=shared)


class _CertificateSecret(CertificateResource):
    """Resource that shows the facts of a certificate."""

    name: pulumi.Output[str]
    """Name of the secret at Gcore."""
    status: pulumi.Output[str]
    """Status of the secret; `ACTIVE` is healthy."""
    fingerprint_sha256: pulumi.Output[str]
    """SHA-256 of the certificate's DER, 64 hex digits."""
    subject: pulumi.Output[str]
    """Distinguished name of the subject, in the notation of RFC 4514."""
    issuer: pulumi.Output[str]
    """Distinguished name of the issuer, in the notation of RFC 4514."""
    dns_names: pulumi.Output[Sequence[str]]
    """DNS names of the subject alternative name."""
    not_before: pulumi.Output[str]
    """Start of validity, ISO 8601 in UTC."""
    not_after: pulumi.Output[str]
    """End of validity, ISO 8601 in UTC."""
    serial: pulumi.Output[str]
    """Serial number, hexadecimal."""
    key_type: pulumi.Output[str]
    """Type and size of the public key, such as `EC P-256` or `RSA 2048`."""
    content_sha256: pulumi.Output[str]
    """SHA-256 of the certificate content. Another digest replaces the secret."""


class _IdentitySecret(_CertificateSecret):
    """Certificate with its private key."""

    def __init__(
        self,
        resource_name: str,
        properties: Mapping[str, object],
        opts: pulumi.ResourceOptions | None,
        arguments: IdentityArgs,
    ) -> None:
        """Separate the material from the other arguments and make it secret."""
        material = {
            "certificate": material_input(arguments.get("certificate")),
            "private_key": material_input(arguments.get("private_key")),
            "certificate_chain": material_input(arguments.get("certificate_chain")),
            "private_key_passphrase": secret_input(arguments.get("private_key_passphrase")),
            "pkcs12": material_input(arguments.get("pkcs12")),
            "pkcs12_password": secret_input(arguments.get("pkcs12_password")),
        }
        self._public_pem = partial(identity_pem, material)
        shared = {name: value for name, value in arguments.items() if name not in material}
        super().__init__(resource_name, {**material, **properties}, opts, shared=shared)


class ListenerCertificate(_IdentitySecret, module="gcore", name="ListenerCertificate"):
    """A server certificate: the default certificate of a listener or one of its SNI certificates.

    Given as a PEM chain with its private key or as a PKCS12 file, and uploaded as PKCS12 without a password. Other
    content replaces the secret; the new one is created before the old one is deleted.
    """

    _dynamic_provider = ListenerCertificateProvider

    def __init__(
        self,
        resource_name: str,
        *,
        host_names: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[IdentityArgs],
    ) -> None:
        """Declare the certificate. All material is encrypted in the state.

        Args:
            resource_name: Logical name of the resource.
            host_names: Host names that clients use. The certificate must cover each of them. If a listener has several
                certificates, pass the names to the listener instead.
            opts: Options of the resource.
            **shared: Certificate, private key, location, name, adoption and validation, see `IdentityArgs`.
        """
        super().__init__(resource_name, {"host_names": host_names}, opts, shared)


class ClientCertificate(_IdentitySecret, module="gcore", name="ClientCertificate"):
    """A client certificate: the load balancer presents it to backends that request one.

    Given as a PEM chain with its private key or as a PKCS12 file, and uploaded as PKCS12 without a password unless
    `format` is `PEM`. Other content replaces the secret; the new one is created before the old one is deleted.
    """

    _dynamic_provider = ClientCertificateProvider

    def __init__(
        self,
        resource_name: str,
        *,
        format: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[IdentityArgs],
    ) -> None:
        """Declare the certificate. All material is encrypted in the state.

        Args:
            resource_name: Logical name of the resource.
            format: Format of the upload: `PKCS12` (the default) or `PEM`, which Gcore's guide allows as well. With the
                dialect `openapi`, the upload is always PEM.
            opts: Options of the resource.
            **shared: Certificate, private key, location, name, adoption and validation, see `IdentityArgs`.
        """
        super().__init__(resource_name, {"format": format}, opts, shared)


class CertificateAuthority(_CertificateSecret, module="gcore", name="CertificateAuthority"):
    """A CA bundle: backend certificates must chain to one of its CA certificates.

    A bundle of several CAs lets backends move from an old CA to a new one. The outputs are the facts of the first
    certificate, which must be the issuer of a pool's CRL.
    """

    certificate: pulumi.Output[str]
    """PEM as given; secret, like all material. Absent after `get`."""
    further_certificates: pulumi.Output[Sequence[dict[str, str]]]
    """Facts of the bundle's other certificates: subject, fingerprint_sha256 and not_after of each."""

    _dynamic_provider = CertificateAuthorityProvider

    def __init__(
        self,
        resource_name: str,
        *,
        certificate: pulumi.Input[Material],
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[CertificateArgs],
    ) -> None:
        """Declare the CA bundle.

        Args:
            resource_name: Logical name of the resource.
            certificate: One or several CA certificates in PEM, or one in DER. Never a private key.
            opts: Options of the resource.
            **shared: Location, name, adoption and validation, see `CertificateArgs`.
        """
        ca_bundle = material_input(certificate)
        self._public_pem = partial(ca_bundle_pem, ca_bundle)
        super().__init__(resource_name, {"certificate": ca_bundle}, opts, shared=shared)


class RevocationList(CertificateResource, module="gcore", name="RevocationList"):
    """A CRL: backends that the load balancer must reject even though a trusted CA issued their certificates."""

    name: pulumi.Output[str]
    """Name of the secret at Gcore."""
    status: pulumi.Output[str]
    """Status of the secret; `ACTIVE` is healthy."""
    fingerprint_sha256: pulumi.Output[str]
    """SHA-256 of the first CRL's DER, 64 hex digits."""
    issuer: pulumi.Output[str]
    """Distinguished name of the CA that issued the CRL, in the notation of RFC 4514."""
    this_update: pulumi.Output[str]
    """Time of issue, ISO 8601 in UTC."""
    next_update: pulumi.Output[str]
    """Time at which the next CRL is due, ISO 8601 in UTC. After it, HAProxy rejects every backend."""
    revoked_count: pulumi.Output[int]
    """Number of revoked certificates."""
    crl_number: pulumi.Output[str]
    """CRL number, if the CRL has one."""
    further_lists: pulumi.Output[Sequence[dict[str, str]]]
    """Facts of the other CRLs: issuer, fingerprint_sha256, next_update and revoked_count of each."""
    content_sha256: pulumi.Output[str]
    """SHA-256 of the CRL content. Another digest replaces the secret."""

    _dynamic_provider = RevocationListProvider

    def __init__(
        self,
        resource_name: str,
        *,
        revocation_list: pulumi.Input[Material],
        ca: CertificateAuthority | pulumi.Input[Material] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[ValidatedObjectArgs],
    ) -> None:
        """Declare the CRL.

        Args:
            resource_name: Logical name of the resource.
            revocation_list: One or several CRLs in PEM, or one in DER.
            ca: CA that issued the CRL, as a resource or as PEM: the first certificate of the pool's CA bundle. Gcore
                rejects a pool whose CRL another CA has signed; with this argument, the preview reports it.
            expiry_warning_days: Number of days before `next_update` from which each preview warns, 0 to 3650; default
                30, or a third of the CRL's lifetime if that is shorter.
            opts: Options of the resource.
            **shared: Location, name, adoption and accepted findings, see `ValidatedObjectArgs`.
        """
        crl = material_input(revocation_list)
        issuer = material_input(ca.certificate if isinstance(ca, CertificateAuthority) else ca)
        self._public_pem = partial(crl_pem, crl, issuer)
        properties = {"revocation_list": crl, "ca": issuer, "expiry_warning_days": expiry_warning_days}
        super().__init__(resource_name, properties, opts, shared=shared)
