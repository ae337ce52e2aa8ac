"""TLS for a pool that another tool owns."""

from __future__ import annotations

from typing import cast

import pulumi

from gcore_tls_provider.providers import PoolTlsAttachmentProvider, PoolTlsSnapshotProvider
from gcore_tls_provider.resources.pool import Pool
from gcore_tls_provider.resources.resource import GcoreResource, reference
from gcore_tls_provider.resources.secrets import CertificateAuthority, ClientCertificate, RevocationList


class PoolTlsSnapshot(GcoreResource, module="gcore", name="PoolTlsSnapshot"):
    """What a pool's TLS part was like before a `PoolTlsAttachment`; part of it, and not for programs.

    It changes nothing. It is a resource of its own so that it is in the state before the attachment changes anything.
    """

    previous_tls: pulumi.Output[dict[str, str]]
    """Protocol and the three ids as they were."""

    _dynamic_provider = PoolTlsSnapshotProvider

    def __init__(
        self,
        resource_name: str,
        *,
        pool: pulumi.Input[str],
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the snapshot.

        Args:
            resource_name: what the program calls it.
            pool: the pool's id.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        properties = {
            "pool_id": pool,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


class PoolTlsAttachment(GcoreResource, module="gcore", name="PoolTlsAttachment"):
    """TLS, mutual or not, to the backends of a pool that another tool owns.

    The guide's "Add mTLS to existing Load Balancer".

    Sets the pool's protocol to HTTPS and its three secrets; members, health monitor and all else stay with their owner.
    Deleting it restores what was there before, where nobody else has changed it since; a pool that is gone needs
    nothing. A secret that the pool had before must still exist then: else the deletion fails and says so.

    A health monitor of type HTTPS switches the verification of backends off, unless there is a `crl`.
    """

    pool_id: pulumi.Output[str]
    """The pool."""
    load_balancer_id: pulumi.Output[str]
    """The load balancer that the pool is on."""
    protocol: pulumi.Output[str]
    """What is spoken with members: `HTTPS`."""
    ca_secret_id: pulumi.Output[str]
    """The secret of the certificate authority."""
    secret_id: pulumi.Output[str]
    """The secret of the client certificate."""
    crl_secret_id: pulumi.Output[str]
    """The secret of the revocation list."""
    previous_tls: pulumi.Output[dict[str, str]]
    """Protocol and the three ids as they were before: what a deletion restores."""
    provisioning_status: pulumi.Output[str]
    """Where the pool is in its life: `ACTIVE`, `ERROR`, `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """What the pool does for traffic: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = PoolTlsAttachmentProvider

    def __init__(
        self,
        resource_name: str,
        *,
        pool: pulumi.Input[str],
        ca: CertificateAuthority | pulumi.Input[str] | None = None,
        client_certificate: ClientCertificate | pulumi.Input[str] | None = None,
        crl: RevocationList | pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the attachment.

        Args:
            resource_name: what the program calls it.
            pool: the pool's id. Another pool is another attachment: the pool before is restored.
            ca: whom the load balancer trusts, or its secret's id. Without one, backends aren't verified.
            client_certificate: what the load balancer shows to backends that ask, or its secret's id.
            crl: whom it trusts no longer, or its secret's id; needs `ca`. What isn't given, the pool doesn't have.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.

        Raises:
            pulumi.RunError: an argument is a resource of another kind.
        """
        if isinstance(pool, Pool):
            raise pulumi.RunError(
                f"PoolTlsAttachment '{resource_name}': pool is a Pool of this program. Give ca, client_certificate and "
                f"crl to the Pool itself; an attachment is for the id of a pool that another tool owns."
            )
        # A sibling: as a child it could not be made before its parent. It is in the same project and region.
        beside = pulumi.ResourceOptions(
            parent=None if opts is None else opts.parent,
            aliases=[_of_snapshot(each, resource_name) for each in (opts.aliases if opts else None) or ()],
        )
        snapshot = PoolTlsSnapshot(
            _snapshot_name(resource_name),
            pool=pool,
            provider_config=provider_config,
            project_id=project_id,
            region_id=region_id,
            opts=beside,
        )
        properties = {
            "pool_id": pool,
            "ca_secret_id": reference("ca", ca, CertificateAuthority),
            "secret_id": reference("client_certificate", client_certificate, ClientCertificate),
            "crl_secret_id": reference("crl", crl, RevocationList),
            "previous_tls": snapshot.previous_tls,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)


def _of_snapshot(alias: pulumi.Input[str | pulumi.Alias], resource_name: str) -> pulumi.Input[str | pulumi.Alias]:
    """What the snapshot was called when its attachment was called so: a new one would take what is ours for former."""
    if isinstance(alias, pulumi.Alias):
        # A part that isn't given is an ellipsis, and means what it is now.
        name = alias.name if isinstance(alias.name, str) else resource_name
        return pulumi.Alias(_snapshot_name(name), parent=alias.parent, stack=alias.stack, project=alias.project)
    urn: pulumi.Output[str] = pulumi.Output.from_input(cast("pulumi.Input[str]", alias))
    return urn.apply(lambda known: _snapshot_name(known.replace(":PoolTlsAttachment::", ":PoolTlsSnapshot::")))


def _snapshot_name(name: str) -> str:
    return f"{name}-snapshot"
