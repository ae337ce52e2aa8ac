"""TLS for a pool that another tool owns."""

from __future__ import annotations

from typing import cast

import pulumi
from typing_extensions import Unpack

from gcore_tls_provider.providers import PoolTlsAttachmentProvider, PoolTlsSnapshotProvider
from gcore_tls_provider.resources.pool import Pool
from gcore_tls_provider.resources.resource import GcoreResource, resource_id
from gcore_tls_provider.resources.secrets import CertificateAuthority, ClientCertificate, RevocationList
from gcore_tls_provider.resources.shared_arguments import LocationArgs


class PoolTlsSnapshot(GcoreResource, module="gcore", name="PoolTlsSnapshot"):
    """TLS settings of a pool before its `PoolTlsAttachment`; a part of the attachment, not for programs.

    The snapshot changes nothing. It is a separate resource so that the state holds it before the attachment changes the
    pool.
    """

    previous_tls: pulumi.Output[dict[str, str]]
    """Protocol and IDs of the three secrets before the attachment."""

    _dynamic_provider = PoolTlsSnapshotProvider

    def __init__(
        self,
        resource_name: str,
        *,
        pool: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[LocationArgs],
    ) -> None:
        """Declare the snapshot.

        Args:
            resource_name: Logical name of the resource.
            pool: ID of the pool.
            opts: Options of the resource.
            **shared: Location of the pool, see `LocationArgs`.
        """
        super().__init__(resource_name, {"pool_id": pool}, opts, shared=shared)


class PoolTlsAttachment(GcoreResource, module="gcore", name="PoolTlsAttachment"):
    """TLS, mutual or not, to the backends of a pool that another tool owns.

    Implements the guide's "Add mTLS to existing Load Balancer".

    Sets the pool's protocol to HTTPS and its three secrets. Members, health monitor and all other settings stay with
    their owner. Deleting the attachment restores the previous settings, except those that somebody has changed since,
    and succeeds if the pool is gone. A secret that the pool used before must still exist then; otherwise the deletion
    fails with an error that names it.

    A health monitor of type HTTPS disables the verification of backends unless there is a `crl`.
    """

    pool_id: pulumi.Output[str]
    """ID of the pool."""
    load_balancer_id: pulumi.Output[str]
    """ID of the pool's load balancer."""
    protocol: pulumi.Output[str]
    """Protocol between the load balancer and members: `HTTPS`."""
    ca_secret_id: pulumi.Output[str]
    """ID of the secret with the CA bundle."""
    secret_id: pulumi.Output[str]
    """ID of the secret with the client certificate."""
    crl_secret_id: pulumi.Output[str]
    """ID of the secret with the CRL."""
    previous_tls: pulumi.Output[dict[str, str]]
    """Protocol and IDs of the three secrets before the attachment, which deleting it restores."""
    provisioning_status: pulumi.Output[str]
    """Provisioning status of the pool: `ACTIVE`, `ERROR` or `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """Operating status of the pool: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = PoolTlsAttachmentProvider

    def __init__(
        self,
        resource_name: str,
        *,
        pool: pulumi.Input[str],
        ca: CertificateAuthority | pulumi.Input[str] | None = None,
        client_certificate: ClientCertificate | pulumi.Input[str] | None = None,
        crl: RevocationList | pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[LocationArgs],
    ) -> None:
        """Declare the attachment. A certificate that is not given is removed from the pool.

        Args:
            resource_name: Logical name of the resource.
            pool: ID of the pool. Another ID replaces the attachment: the previous pool's settings are restored.
            ca: CA bundle that backend certificates must chain to, or the ID of its secret. Without one, backends are
                not verified.
            client_certificate: Certificate that the load balancer presents to backends, or the ID of its secret.
            crl: Revoked backend certificates, or the ID of the CRL's secret. Needs `ca`.
            opts: Options of the resource.
            **shared: Location of the pool, see `LocationArgs`.

        Raises:
            pulumi.RunError: The pool is a `Pool` of the program, or another argument is a resource of the wrong class.
        """
        if isinstance(pool, Pool):
            raise pulumi.RunError(
                f"PoolTlsAttachment '{resource_name}': the argument pool is a Pool of this program. Pass ca, "
                f"client_certificate and crl to that Pool instead, or pass the ID of a pool that another tool owns."
            )
        # A sibling of the attachment: a child could not be created before its parent.
        snapshot_options = pulumi.ResourceOptions(
            parent=None if opts is None else opts.parent,
            aliases=[_snapshot_alias(each, resource_name) for each in (opts.aliases if opts else None) or ()],
        )
        snapshot = PoolTlsSnapshot(_snapshot_name(resource_name), pool=pool, opts=snapshot_options, **shared)
        properties = {
            "pool_id": pool,
            "ca_secret_id": resource_id("ca", ca, CertificateAuthority),
            "secret_id": resource_id("client_certificate", client_certificate, ClientCertificate),
            "crl_secret_id": resource_id("crl", crl, RevocationList),
            "previous_tls": snapshot.previous_tls,
        }
        super().__init__(resource_name, properties, opts, shared=shared)


def _snapshot_alias(alias: pulumi.Input[str | pulumi.Alias], resource_name: str) -> pulumi.Input[str | pulumi.Alias]:
    """Return the alias of the snapshot that belongs to an alias of its attachment.

    Without it, a renamed attachment would get a new snapshot, which would record the attachment's own settings.
    """
    if isinstance(alias, pulumi.Alias):
        # A part of an alias that is not given is an ellipsis, and means the current value.
        name = alias.name if isinstance(alias.name, str) else resource_name
        return pulumi.Alias(_snapshot_name(name), parent=alias.parent, stack=alias.stack, project=alias.project)
    urn: pulumi.Output[str] = pulumi.Output.from_input(cast("pulumi.Input[str]", alias))
    return urn.apply(lambda known: _snapshot_name(known.replace(":PoolTlsAttachment::", ":PoolTlsSnapshot::")))


def _snapshot_name(name: str) -> str:
    return f"{name}-snapshot"
