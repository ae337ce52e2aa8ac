"""The pool: the backends, and how the load balancer speaks with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol
from gcore_tls_provider.providers import PoolProvider
from gcore_tls_provider.resources.arguments import HealthMonitorArgs, MemberArgs, SessionPersistenceArgs
from gcore_tls_provider.resources.listener import Listener
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.resource import GcoreResource, Material, Roles, material, reference
from gcore_tls_provider.resources.secrets import CertificateAuthority, ClientCertificate, RevocationList


class Pool(GcoreResource, module="gcore", name="Pool"):
    """A pool with its members and its health monitor, on a new or an existing load balancer.

    With `ca`, backends are verified; with `client_certificate`, the load balancer shows one to them: mutual TLS. All of
    it can be changed in place, each member by itself. Another listener or load balancer is another pool.
    """

    name: pulumi.Output[str]
    """What it is called at Gcore."""
    load_balancer_id: pulumi.Output[str]
    """The load balancer it is on."""
    listener_id: pulumi.Output[str]
    """The listener whose default pool it is."""
    protocol: pulumi.Output[str]
    """What is spoken with members; `HTTPS` is TLS."""
    members: pulumi.Output[Sequence[Mapping[str, object]]]
    """The backends; what is as it is by default is left out."""
    ca_secret_id: pulumi.Output[str]
    """The secret of the certificate authority."""
    secret_id: pulumi.Output[str]
    """The secret of the client certificate."""
    crl_secret_id: pulumi.Output[str]
    """The secret of the revocation list."""
    expected_backends: pulumi.Output[Sequence[Mapping[str, Any]]]
    """Subject, dns_names, fingerprint_sha256 and not_after of what backends are expected to show."""
    provisioning_status: pulumi.Output[str]
    """Where it is in its life: `ACTIVE`, `ERROR`, `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """What it does for traffic: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = PoolProvider

    def __init__(
        self,
        resource_name: str,
        *,
        load_balancer: LoadBalancer | pulumi.Input[str] | None = None,
        listener: Listener | pulumi.Input[str] | None = None,
        protocol: pulumi.Input[PoolProtocol] | None = None,
        lb_algorithm: pulumi.Input[LbAlgorithm] | None = None,
        members: pulumi.Input[Sequence[pulumi.Input[MemberArgs]]] | None = None,
        ca: CertificateAuthority | pulumi.Input[str] | None = None,
        client_certificate: ClientCertificate | pulumi.Input[str] | None = None,
        crl: RevocationList | pulumi.Input[str] | None = None,
        health_monitor: pulumi.Input[HealthMonitorArgs] | None = None,
        session_persistence: pulumi.Input[SessionPersistenceArgs] | None = None,
        timeout_member_connect: pulumi.Input[int] | None = None,
        timeout_member_data: pulumi.Input[int] | None = None,
        admin_state_up: pulumi.Input[bool] | None = None,
        host_names: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        expected_backend_certificates: Sequence[pulumi.Input[Material]] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the pool. What isn't set is as Gcore makes it.

        Args:
            resource_name: what the program calls it.
            load_balancer: the load balancer it is on, or its id; may be left out where `listener` says it.
            listener: the listener whose default pool it becomes, or its id. Without one it gets no traffic.
            protocol: `HTTPS` (the default), `HTTP`, `TCP`, `UDP`, `PROXY` or `PROXYV2`.
            lb_algorithm: `ROUND_ROBIN` (the default), `LEAST_CONNECTIONS` or `SOURCE_IP`.
            members: the backends; order has no meaning.
            ca: whom the load balancer trusts, or its secret's id. Without one, backends aren't verified.
            client_certificate: what the load balancer shows to backends that ask, or its secret's id.
            crl: whom it trusts no longer, or its secret's id; needs `ca`.
            health_monitor: how members are probed.
            session_persistence: what keeps a client on one member.
            timeout_member_connect: milliseconds to connect to a member, 0 to 86400000.
            timeout_member_data: milliseconds of silence from a member, 0 to 86400000.
            admin_state_up: whether it works; default true.
            host_names: names that clients use; by default those of the listener's certificates. A backend's certificate
                must carry the name that the client asked for: HAProxy checks that wherever a `ca` is set.
            expected_backend_certificates: what the backends show, one item for each, PEM or DER, its chain may follow.
                Public certificates only. Each is checked against `ca`, `crl` and `host_names`.
            expiry_warning_days: how many days before the end of an expected certificate a preview warns; default 30.
            accept_findings: why an error is accepted, by the code in its brackets, see `ListenerCertificate`.
            name: its exact name at Gcore, see `LoadBalancer`.
            existing_id: a pool that exists, to be managed from now on in place of making one, see `LoadBalancer`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        properties = {
            "load_balancer_id": reference("load_balancer", load_balancer, LoadBalancer),
            "listener_id": reference("listener", listener, Listener),
            "protocol": protocol,
            "lb_algorithm": lb_algorithm,
            "members": members,
            "ca_secret_id": reference("ca", ca, CertificateAuthority),
            "secret_id": reference("client_certificate", client_certificate, ClientCertificate),
            "crl_secret_id": reference("crl", crl, RevocationList),
            "health_monitor": health_monitor,
            "session_persistence": session_persistence,
            "timeout_member_connect": timeout_member_connect,
            "timeout_member_data": timeout_member_data,
            "admin_state_up": admin_state_up,
            "host_names": host_names,
            "expected_backend_certificates": None
            if expected_backend_certificates is None
            else [material(each) for each in expected_backend_certificates],
            "expiry_warning_days": expiry_warning_days,
            "accept_findings": accept_findings,
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        roles: Roles = {
            "ca": ca,
            "crl": crl,
            "client_certificate": client_certificate,
            "listener_certificates": listener._server_certificates if isinstance(listener, Listener) else [None],
        }
        refers_to = (load_balancer, listener, ca, client_certificate, crl)
        super().__init__(
            resource_name,
            properties,
            opts,
            refers_to=refers_to,
            roles=roles,
            texts={"listener_protocol": listener.protocol} if isinstance(listener, Listener) else {},
        )
