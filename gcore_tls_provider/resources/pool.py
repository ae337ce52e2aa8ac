"""Pool resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from typing_extensions import Unpack

from gcore_tls_provider.api.wire.enums import LbAlgorithm, PoolProtocol
from gcore_tls_provider.providers import PoolProvider
from gcore_tls_provider.resources.arguments import HealthMonitorArgs, MemberArgs, SessionPersistenceArgs
from gcore_tls_provider.resources.listener import Listener
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.resource import GcoreResource, Roles, material_input, resource_id
from gcore_tls_provider.resources.secrets import CertificateAuthority, ClientCertificate, RevocationList
from gcore_tls_provider.resources.shared_arguments import Material, ValidatedObjectArgs


class Pool(GcoreResource, module="gcore", name="Pool"):
    """A pool with its members and its health monitor, on a new or an existing load balancer.

    With `ca`, the load balancer verifies backends. With `client_certificate`, it also authenticates to them: mutual
    TLS. All of it is changed in place, each member on its own. Another listener or load balancer replaces the pool.
    """

    name: pulumi.Output[str]
    """Name at Gcore."""
    load_balancer_id: pulumi.Output[str]
    """ID of the load balancer."""
    listener_id: pulumi.Output[str]
    """ID of the listener whose default pool this is."""
    protocol: pulumi.Output[str]
    """Protocol between the load balancer and members; `HTTPS` is TLS."""
    members: pulumi.Output[Sequence[Mapping[str, object]]]
    """Members, without the values that equal Gcore's defaults."""
    ca_secret_id: pulumi.Output[str]
    """ID of the secret with the CA bundle."""
    secret_id: pulumi.Output[str]
    """ID of the secret with the client certificate."""
    crl_secret_id: pulumi.Output[str]
    """ID of the secret with the CRL."""
    expected_backends: pulumi.Output[Sequence[Mapping[str, Any]]]
    """Facts of the expected backend certificates: subject, dns_names, fingerprint_sha256 and not_after of each."""
    provisioning_status: pulumi.Output[str]
    """Provisioning status: `ACTIVE`, `ERROR` or `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """Operating status: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

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
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[ValidatedObjectArgs],
    ) -> None:
        """Declare the pool. For arguments that are not set, Gcore's defaults apply.

        Args:
            resource_name: Logical name of the resource.
            load_balancer: Load balancer of the pool, or its ID. Optional with `listener`.
            listener: Listener whose default pool this becomes, or its ID. Without a listener, the pool gets no traffic.
            protocol: Protocol to members: `HTTPS` (the default), `HTTP`, `TCP`, `UDP`, `PROXY` or `PROXYV2`.
            lb_algorithm: Algorithm that selects a member: `ROUND_ROBIN` (the default), `LEAST_CONNECTIONS` or
                `SOURCE_IP`.
            members: Members of the pool. Their order has no meaning.
            ca: CA bundle that backend certificates must chain to, or the ID of its secret. Without one, backends are
                not verified.
            client_certificate: Certificate that the load balancer presents to backends, or the ID of its secret.
            crl: Revoked backend certificates, or the ID of the CRL's secret. Needs `ca`.
            health_monitor: Health monitor of the members.
            session_persistence: Session persistence.
            timeout_member_connect: Milliseconds to establish a connection to a member, 0 to 86400000.
            timeout_member_data: Milliseconds without data from a member after which the connection is closed, 0 to
                86400000.
            admin_state_up: Administrative state; false stops all traffic. Default true.
            host_names: Host names that clients use; default: the names in the listener's certificates. With `ca`,
                HAProxy requires that a backend's certificate covers the name that the client requested.
            expected_backend_certificates: Certificates of the backends, one item for each backend, PEM or DER; its
                chain can follow. Never private keys. Each is validated against `ca`, `crl` and `host_names`.
            expiry_warning_days: Number of days before an expected certificate expires from which each preview warns,
                0 to 3650; default 30.
            opts: Options of the resource.
            **shared: Location, name, adoption and accepted findings, see `ValidatedObjectArgs`.

        Raises:
            pulumi.RunError: An argument is a resource of the wrong class.
        """
        properties = {
            "load_balancer_id": resource_id("load_balancer", load_balancer, LoadBalancer),
            "listener_id": resource_id("listener", listener, Listener),
            "protocol": protocol,
            "lb_algorithm": lb_algorithm,
            "members": members,
            "ca_secret_id": resource_id("ca", ca, CertificateAuthority),
            "secret_id": resource_id("client_certificate", client_certificate, ClientCertificate),
            "crl_secret_id": resource_id("crl", crl, RevocationList),
            "health_monitor": health_monitor,
            "session_persistence": session_persistence,
            "timeout_member_connect": timeout_member_connect,
            "timeout_member_data": timeout_member_data,
            "admin_state_up": admin_state_up,
            "host_names": host_names,
            "expected_backend_certificates": None
            if expected_backend_certificates is None
            else [material_input(each) for each in expected_backend_certificates],
            "expiry_warning_days": expiry_warning_days,
        }
        roles: Roles = {
            "ca": ca,
            "crl": crl,
            "client_certificate": client_certificate,
            "listener_certificates": listener._server_certificates if isinstance(listener, Listener) else [None],
        }
        super().__init__(
            resource_name,
            properties,
            opts,
            shared=shared,
            reports_errors_of=(load_balancer, listener, ca, client_certificate, crl),
            roles=roles,
            reference_texts={"listener_protocol": listener.protocol} if isinstance(listener, Listener) else {},
        )
