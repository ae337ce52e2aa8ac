"""Secrets: the raw one, and the four kinds of certificates that a load balancer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pulumi

from gcore_tls_provider.api.wire.enums import SecretType
from gcore_tls_provider.providers import (
    CertificateAuthorityProvider,
    ClientCertificateProvider,
    ListenerCertificateProvider,
    RevocationListProvider,
    SecretProvider,
)
from gcore_tls_provider.resources.certificate_base import CertificateResource, of_authorities, of_identity, of_lists
from gcore_tls_provider.resources.resource import GcoreResource, Material, material, secret


class Secret(GcoreResource, module="gcore", name="Secret"):
    """A secret with whatever body you give, on the v1 route: for what the typed kinds don't cover.

    Its content can't be changed: another content is another secret, made before the old one is deleted. Its payload is
    never read back, so a refresh sees its metadata and whether it is there.
    """

    name: pulumi.Output[str]
    """What it is called at Gcore."""
    status: pulumi.Output[str]
    """What Gcore says of it; `ACTIVE` is well."""
    secret_type: pulumi.Output[str]
    """Its type."""

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
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the secret.

        Args:
            resource_name: what the program calls it.
            payload: base64 of the payload's bytes. Encrypted in the state.
            secret_type: `certificate` (the default: certificates, authorities, revocation lists), `opaque`,
                `passphrase`, `private`, `public` or `symmetric`.
            payload_content_type: media type of the payload; default `application/octet-stream`; `text/plain` is
                refused.
            expiration: when it ends, ISO 8601; informational.
            algorithm: informational.
            bit_length: informational, 1 or more.
            mode: informational.
            name: its exact name at Gcore. Without one a name is computed that no other resource and stack gives; with
                one, nothing that a run that died has left can be recognised.
            existing_id: a secret that exists, to be managed from now on in place of uploading one, see `LoadBalancer`.
                Its content can't be compared: it is trusted that it is what the program says.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        properties = {
            "payload": secret(payload),
            "secret_type": secret_type,
            "payload_content_type": payload_content_type,
            "expiration": expiration,
            "algorithm": algorithm,
            "bit_length": bit_length,
            "mode": mode,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


class _CertificateSecret(CertificateResource):
    """What all kinds that hold a certificate show of it."""

    name: pulumi.Output[str]
    """What the secret is called at Gcore."""
    status: pulumi.Output[str]
    """What Gcore says of the secret; `ACTIVE` is well."""
    fingerprint_sha256: pulumi.Output[str]
    """SHA-256 of the certificate's DER, 64 hex digits."""
    subject: pulumi.Output[str]
    """Distinguished name, as in RFC 4514."""
    issuer: pulumi.Output[str]
    """Distinguished name of the issuer."""
    dns_names: pulumi.Output[Sequence[str]]
    """DNS names of the subject alternative name."""
    not_before: pulumi.Output[str]
    """Begin of validity, ISO 8601 in UTC."""
    not_after: pulumi.Output[str]
    """End of validity, ISO 8601 in UTC."""
    serial: pulumi.Output[str]
    """Serial number, hexadecimal."""
    key_type: pulumi.Output[str]
    """Kind and size of the public key: `EC P-256`, `RSA 2048`."""
    content_sha256: pulumi.Output[str]
    """Digest of what the secret means: another one is another secret."""


class ListenerCertificate(_CertificateSecret, module="gcore", name="ListenerCertificate"):
    """A certificate that the load balancer shows to clients: a listener's own, or one of its SNI certificates.

    From a PEM chain and its key, or from a PKCS12 file; uploaded as PKCS12 without a password.
    """

    _dynamic_provider = ListenerCertificateProvider

    def __init__(
        self,
        resource_name: str,
        *,
        certificate: pulumi.Input[Material] | None = None,
        private_key: pulumi.Input[Material] | None = None,
        certificate_chain: pulumi.Input[Material] | None = None,
        private_key_passphrase: pulumi.Input[str] | None = None,
        pkcs12: pulumi.Input[Material] | None = None,
        pkcs12_password: pulumi.Input[str] | None = None,
        host_names: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the certificate. All material is encrypted in the state.

        Args:
            resource_name: what the program calls it.
            certificate: PEM, its chain may follow in it; or DER.
            private_key: PEM or DER; RSA or EC.
            certificate_chain: intermediates that aren't in `certificate`, PEM.
            private_key_passphrase: of an encrypted private key.
            pkcs12: a PKCS12 file, in place of the four above.
            pkcs12_password: its password.
            host_names: names that clients use, each of which this certificate must cover. Of a listener with several
                certificates, give them to the listener.
            expiry_warning_days: how many days before its end each preview warns, 0 to 3650; default 30.
            accept_findings: why an error is accepted, by the code in its brackets: it becomes a warning that shows the
                reason. What can't be read, a wrong key and what Gcore refuses can't be accepted.
            name: its exact name at Gcore, see `Secret`.
            existing_id: a secret that exists, to be managed from now on in place of making one, see `Secret`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        identity = {
            "certificate": material(certificate),
            "private_key": material(private_key),
            "certificate_chain": material(certificate_chain),
            "private_key_passphrase": secret(private_key_passphrase),
            "pkcs12": material(pkcs12),
            "pkcs12_password": secret(pkcs12_password),
        }
        self._public_pem = partial(of_identity, identity)
        properties = {
            **identity,
            "host_names": host_names,
            "expiry_warning_days": expiry_warning_days,
            "accept_findings": accept_findings,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


class ClientCertificate(_CertificateSecret, module="gcore", name="ClientCertificate"):
    """The certificate that the load balancer shows to backends that ask for one.

    From a PEM chain and its key, or from a PKCS12 file; uploaded as PKCS12 without a password unless PEM is asked for.
    """

    _dynamic_provider = ClientCertificateProvider

    def __init__(
        self,
        resource_name: str,
        *,
        certificate: pulumi.Input[Material] | None = None,
        private_key: pulumi.Input[Material] | None = None,
        certificate_chain: pulumi.Input[Material] | None = None,
        private_key_passphrase: pulumi.Input[str] | None = None,
        pkcs12: pulumi.Input[Material] | None = None,
        pkcs12_password: pulumi.Input[str] | None = None,
        format: pulumi.Input[str] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the certificate. All material is encrypted in the state.

        Args:
            resource_name: what the program calls it.
            certificate: PEM, its chain may follow in it; or DER.
            private_key: PEM or DER; RSA or EC.
            certificate_chain: intermediates that aren't in `certificate`, PEM.
            private_key_passphrase: of an encrypted private key.
            pkcs12: a PKCS12 file, in place of the four above.
            pkcs12_password: its password.
            format: `PKCS12`, the default, or `PEM`, which Gcore's guide allows too. Dialect `openapi` sends PEM anyway.
            expiry_warning_days: how many days before its end each preview warns, 0 to 3650; default 30.
            accept_findings: why an error is accepted, by the code in its brackets: it becomes a warning that shows the
                reason. What can't be read, a wrong key and what Gcore refuses can't be accepted.
            name: its exact name at Gcore, see `Secret`.
            existing_id: a secret that exists, to be managed from now on in place of making one, see `Secret`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        identity = {
            "certificate": material(certificate),
            "private_key": material(private_key),
            "certificate_chain": material(certificate_chain),
            "private_key_passphrase": secret(private_key_passphrase),
            "pkcs12": material(pkcs12),
            "pkcs12_password": secret(pkcs12_password),
        }
        self._public_pem = partial(of_identity, identity)
        properties = {
            **identity,
            "format": format,
            "expiry_warning_days": expiry_warning_days,
            "accept_findings": accept_findings,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


class CertificateAuthority(_CertificateSecret, module="gcore", name="CertificateAuthority"):
    """Whom the load balancer trusts: one CA, or a bundle (while backends move from an old CA to a new one).

    The facts are those of the first certificate of a bundle, which has a meaning of its own: a revocation list must be
    signed by it.
    """

    certificate: pulumi.Output[str]
    """PEM as it was given; secret, like all material. Not there where the authority was only read with `get`."""
    further_certificates: pulumi.Output[Sequence[dict[str, str]]]
    """Subject, fingerprint_sha256 and not_after of the other certificates of a bundle."""

    _dynamic_provider = CertificateAuthorityProvider

    def __init__(
        self,
        resource_name: str,
        *,
        certificate: pulumi.Input[Material],
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the authority.

        Args:
            resource_name: what the program calls it.
            certificate: PEM of one certificate or of several; or DER of one. Never a private key.
            expiry_warning_days: how many days before the end of each of them a preview warns; default 30.
            accept_findings: see `ListenerCertificate`.
            name: its exact name at Gcore, see `Secret`.
            existing_id: a secret that exists, to be managed from now on in place of making one, see `Secret`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        given = material(certificate)
        self._public_pem = partial(of_authorities, given)
        properties = {
            "certificate": given,
            "expiry_warning_days": expiry_warning_days,
            "accept_findings": accept_findings,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


class RevocationList(CertificateResource, module="gcore", name="RevocationList"):
    """Whom the load balancer trusts no longer, although a certificate authority of it vouches for them."""

    name: pulumi.Output[str]
    """What the secret is called at Gcore."""
    status: pulumi.Output[str]
    """What Gcore says of the secret; `ACTIVE` is well."""
    fingerprint_sha256: pulumi.Output[str]
    """SHA-256 of the first list's DER, 64 hex digits."""
    issuer: pulumi.Output[str]
    """Distinguished name of the authority that has issued it."""
    this_update: pulumi.Output[str]
    """When it was issued, ISO 8601 in UTC."""
    next_update: pulumi.Output[str]
    """When the next one is due. After that HAProxy refuses every backend."""
    revoked_count: pulumi.Output[int]
    """Number of certificates in it."""
    crl_number: pulumi.Output[str]
    """Its number, if it has one."""
    further_lists: pulumi.Output[Sequence[dict[str, str]]]
    """Issuer, fingerprint_sha256, next_update and revoked_count of the other lists."""
    content_sha256: pulumi.Output[str]
    """Digest of what the secret means: another one is another secret."""

    _dynamic_provider = RevocationListProvider

    def __init__(
        self,
        resource_name: str,
        *,
        revocation_list: pulumi.Input[Material],
        ca: CertificateAuthority | pulumi.Input[Material] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the list.

        Args:
            resource_name: what the program calls it.
            revocation_list: PEM of one list or of several; or DER of one.
            ca: its certificate authority, or PEM of it; the first of the bundle that the pool trusts. Gcore refuses a
                pool whose list isn't signed by it, and with this the preview does.
            expiry_warning_days: how many days before `next_update` a preview warns; default 30, or a third of the
                list's life if that is less.
            accept_findings: see `ListenerCertificate`.
            name: its exact name at Gcore, see `Secret`.
            existing_id: a secret that exists, to be managed from now on in place of making one, see `Secret`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        given = material(revocation_list)
        authority = material(ca.certificate if isinstance(ca, CertificateAuthority) else ca)
        self._public_pem = partial(of_lists, given, authority)
        properties = {
            "revocation_list": given,
            "ca": authority,
            "expiry_warning_days": expiry_warning_days,
            "accept_findings": accept_findings,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)
