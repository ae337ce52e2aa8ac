"""The pool: the backends, and how the load balancer speaks with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol
from gcore_tls_provider.providers import PoolProvider
from gcore_tls_provider.resources.arguments import HealthMonitorArgs, MemberArgs, SessionPersistenceArgs
from gcore_tls_provider.resources.listener import Listener
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.resource import GcoreResource, reference
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
        name: pulumi.Input[str] | None = None,
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
            name: its exact name at Gcore, see `LoadBalancer`.
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
            "name": name,
        }
        super().__init__(resource_name, properties, opts)
