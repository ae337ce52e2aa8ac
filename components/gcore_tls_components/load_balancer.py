"""`MTLSLoadBalancer`: a load balancer that terminates client TLS and speaks mutual TLS to its backends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import pulumi
from typing_extensions import TypedDict

from gcore_tls_components.argument_checks import adopted_ids, check_keys, reject_arguments
from gcore_tls_components.arguments import CertificateArgs, CertificateSummary, ExistingIds
from gcore_tls_components.ca_order import put_crl_issuer_first
from gcore_tls_components.summaries import summaries
from gcore_tls_provider import (
    BasicAuthUserArgs,
    CertificateAuthority,
    ClientCertificate,
    FloatingIpArgs,
    HealthMonitorArgs,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    LoggingArgs,
    Material,
    MemberArgs,
    Pool,
    RevocationList,
    SessionPersistenceArgs,
)

DEFAULT_HEALTH_MONITOR: Final[HealthMonitorArgs] = {"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3}
"""On a pool that speaks TLS, a TLS handshake that verifies the backend."""


class _Rules(TypedDict):
    """Arguments of every certificate and CRL besides its material."""

    accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None
    expiry_warning_days: pulumi.Input[int] | None


class _Placement(TypedDict):
    """Arguments of every part: its location, and the existing object that it adopts."""

    existing_id: pulumi.Input[str] | None
    provider_config: pulumi.Input[str] | None
    project_id: pulumi.Input[int] | None
    region_id: pulumi.Input[int] | None


class MTLSLoadBalancer(pulumi.ComponentResource):
    """A load balancer, its listener, its pool and all their certificates, wired.

    Clients speak TLS to the listener, which presents `listener_certificate`, or the one of `sni_certificates` that has
    the requested name. The load balancer speaks TLS to the members: it accepts certificates that `ca` has issued and
    `crl` does not revoke, and presents `client_certificate`. Mutual TLS between clients and the load balancer does not
    exist at Gcore.

    The certificate of a member must contain the names that clients request from the load balancer: with a CA, the load
    balancer verifies that name.

    Example:
        ```python
        MTLSLoadBalancer(
            "web",
            listener_certificate={"certificate": from_file("server.pem"), "private_key": from_file("server.key")},
            ca=from_file("ca.pem"),
            client_certificate={"pkcs12": from_file("client.p12"), "pkcs12_password": password},
            members=[{"address": "10.0.0.11", "protocol_port": 8443}],
        )
        ```
    """

    load_balancer: LoadBalancer
    """Load balancer; an existing one is only read."""
    listener: Listener | None
    """Listener; None if the pool is on an existing listener."""
    pool: Pool
    """Pool with its members and health monitor."""
    ca: CertificateAuthority
    """CA bundle that member certificates are verified against."""
    client_certificate: ClientCertificate
    """Client certificate that the load balancer presents to members."""
    crl: RevocationList | None
    """CRLs: member certificates that the load balancer rejects."""
    listener_certificate: ListenerCertificate | None
    """Certificate for clients that request no name of `sni_certificates`."""
    sni_certificates: Mapping[str, ListenerCertificate]
    """Further listener certificates, chosen by the requested name; by the labels given."""
    load_balancer_id: pulumi.Output[str]
    """ID of the load balancer."""
    listener_id: pulumi.Output[str]
    """ID of the listener."""
    pool_id: pulumi.Output[str]
    """ID of the pool."""
    vip_address: pulumi.Output[str]
    """Address that clients connect to."""
    certificates: pulumi.Output[Mapping[str, CertificateSummary]]
    """Public facts of every certificate by its role: `listener`, `sni-<label>`, `client`, `ca`, `crl`."""

    def __init__(
        self,
        resource_name: str,
        *,
        ca: CertificateAuthority | pulumi.Input[Material],
        client_certificate: ClientCertificate | CertificateArgs,
        members: pulumi.Input[Sequence[pulumi.Input[MemberArgs]]],
        listener_certificate: ListenerCertificate | CertificateArgs | None = None,
        sni_certificates: Mapping[str, ListenerCertificate | CertificateArgs] | None = None,
        crl: RevocationList | pulumi.Input[Material] | None = None,
        health_monitor: pulumi.Input[HealthMonitorArgs] | Literal[False] | None = None,
        lb_algorithm: pulumi.Input[Literal["ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"]] | None = None,
        session_persistence: pulumi.Input[SessionPersistenceArgs] | None = None,
        timeout_member_connect: pulumi.Input[int] | None = None,
        timeout_member_data: pulumi.Input[int] | None = None,
        protocol_port: pulumi.Input[int] | None = None,
        connection_limit: pulumi.Input[int] | None = None,
        insert_x_forwarded: pulumi.Input[bool] | None = None,
        allowed_cidrs: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        timeout_client_data: pulumi.Input[int] | None = None,
        user_list: pulumi.Input[Sequence[pulumi.Input[BasicAuthUserArgs]]] | None = None,
        flavor: pulumi.Input[str] | None = None,
        vip_network_id: pulumi.Input[str] | None = None,
        vip_subnet_id: pulumi.Input[str] | None = None,
        vip_port_id: pulumi.Input[str] | None = None,
        vip_ip_family: pulumi.Input[Literal["ipv4", "ipv6", "dual"]] | None = None,
        floating_ip: pulumi.Input[FloatingIpArgs] | None = None,
        preferred_connectivity: pulumi.Input[Literal["L2", "L3"]] | None = None,
        logging: pulumi.Input[LoggingArgs] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        admin_state_up: pulumi.Input[bool] | None = None,
        load_balancer_id: pulumi.Input[str] | None = None,
        listener_id: pulumi.Input[str] | None = None,
        host_names: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        expected_backend_certificates: Sequence[pulumi.Input[Material]] | None = None,
        expiry_warning_days: pulumi.Input[int] | None = None,
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        client_authentication: pulumi.Input[bool] | pulumi.Input[str] | None = None,
        existing_ids: ExistingIds | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare all parts.

        Args:
            resource_name: Name in the program; its parts are named `<resource_name>-...`.
            ca: PEM of one CA or of a bundle, which member certificates are verified against; or the resource.
            client_certificate: Client certificate that the load balancer presents to members.
            members: Backends.
            listener_certificate: Certificate for clients that request no name of `sni_certificates`. It, or one of
                those, is required unless `listener_id` is given.
            sni_certificates: Further certificates, chosen by the requested name, each under a label of yours.
            crl: PEM of one CRL or of several: member certificates that the load balancer rejects; or the resource.
            health_monitor: Probes of the members; default `DEFAULT_HEALTH_MONITOR`, False for none. The default, type
                TCP without a port of its own, is a TLS handshake that verifies the backend. It does not detect a
                backend that rejects the client certificate, nor a certificate without the names that clients request.
                Type HTTP with `http_version` 1.1 and a `domain_name` also sends a request, and detects the former.
                Type HTTPS switches the verification of backends off unless there is a `crl`.
            lb_algorithm: `ROUND_ROBIN` (the default), `LEAST_CONNECTIONS` or `SOURCE_IP`.
            session_persistence: Binding of a client to one member.
            timeout_member_connect: milliseconds to connect to a member.
            timeout_member_data: milliseconds of silence from a member.
            protocol_port: the port that clients connect to; default 443.
            connection_limit: connections at a time.
            insert_x_forwarded: adds X-Forwarded-For, -Port and -Proto to requests.
            allowed_cidrs: Networks that are allowed to connect.
            timeout_client_data: milliseconds of silence from a client.
            user_list: Users of HTTP basic authentication, at most 3.
            flavor: name of a flavor of the region, such as `lb1-1-2`. Another one is a resize in place, which cuts all
                connections.
            vip_network_id: network of the VIP; the default is the external network.
            vip_subnet_id: subnet of that network.
            vip_port_id: port of a reserved fixed IP, in place of a network.
            vip_ip_family: `ipv4`, `ipv6` or `dual`.
            floating_ip: a floating IP for the VIP.
            preferred_connectivity: Connectivity to the members, `L2` (the default) or `L3`.
            logging: Destination of logs.
            tags: tags of the load balancer.
            admin_state_up: False switches the load balancer off; default true.
            load_balancer_id: Existing load balancer, which stays as it is and gets the listener and the pool. It is
                read, so a preview needs the API key.
            listener_id: Existing listener of it without a pool; it gets the pool.
            host_names: Names that clients use, by default those of the listener's certificates. One of these, and the
                certificate of every backend, must cover each name.
            expected_backend_certificates: Public certificates of the backends, one item each, PEM or DER, with or
                without chain. The preview reports which of them the load balancer would reject, and why.
            expiry_warning_days: Days before the end of a certificate, CA or CRL from which on each preview warns;
                default 30; for a CRL a third of its life if that is less.
            accept_findings: Reasons for accepting errors, by the code in their brackets: an accepted error becomes a
                warning with the reason. Unreadable material, a wrong key, and what Gcore rejects cannot be accepted.
            client_authentication: Always an error that explains why: Gcore's load balancers cannot request client
                certificates.
            existing_ids: Existing objects to adopt instead of creating them, by their role. The preview compares them.
                Objects that are only used go to `load_balancer_id` and `listener_id`.
            provider_config: Namespace of the stack's configuration for all parts, if it is not `gcore`; see
                `LoadBalancer`.
            project_id: Number of the project, for all parts; default: the provider config's.
            region_id: Number of the region, for all parts; default: the provider config's.
            opts: Options of Pulumi.

        Raises:
            pulumi.RunError: Arguments contradict each other.
        """
        # Pass no inputs: Pulumi would save them with the component, private keys included.
        super().__init__("gcore-tls:components:MTLSLoadBalancer", resource_name, {}, opts)
        self._name_prefix = resource_name
        self._existing_ids: dict[str, pulumi.Input[str]] = {}
        self._placement: _Placement = {
            "existing_id": None,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        if existing_ids is not None:
            given = {
                "load_balancer": load_balancer_id is None,
                "listener": listener_id is None,
                "pool": True,
                "ca": not isinstance(ca, CertificateAuthority),
                "client_certificate": not isinstance(client_certificate, ClientCertificate),
                "crl": crl is not None and not isinstance(crl, RevocationList),
                "listener_certificate": isinstance(listener_certificate, Mapping),
                **{f"sni-{label}": isinstance(each, Mapping) for label, each in (sni_certificates or {}).items()},
            }
            self._existing_ids = adopted_ids(
                resource_name, existing_ids, {role for role, is_created in given.items() if is_created}
            )
        of_balancer = {
            "flavor": flavor,
            "vip_network_id": vip_network_id,
            "vip_subnet_id": vip_subnet_id,
            "vip_port_id": vip_port_id,
            "vip_ip_family": vip_ip_family,
            "floating_ip": floating_ip,
            "preferred_connectivity": preferred_connectivity,
            "logging": logging,
            "tags": tags,
            "admin_state_up": admin_state_up,
        }
        if load_balancer_id is not None:
            reject_arguments(resource_name, "load_balancer_id", of_balancer)
            self.load_balancer = LoadBalancer.get(
                f"{resource_name}-load-balancer",
                load_balancer_id,
                self._child(),
                provider_config=provider_config,
                project_id=project_id,
                region_id=region_id,
            )
        else:
            self.load_balancer = LoadBalancer(
                f"{resource_name}-load-balancer",
                flavor=flavor,
                vip_network_id=vip_network_id,
                vip_subnet_id=vip_subnet_id,
                vip_port_id=vip_port_id,
                vip_ip_family=vip_ip_family,
                floating_ip=floating_ip,
                preferred_connectivity=preferred_connectivity,
                logging=logging,
                tags=tags,
                admin_state_up=admin_state_up,
                **self._placed("load_balancer"),
                opts=self._child(),
            )
        self._rules: _Rules = {"accept_findings": accept_findings, "expiry_warning_days": expiry_warning_days}
        self.ca = (
            ca
            if isinstance(ca, CertificateAuthority)
            else CertificateAuthority(
                f"{resource_name}-ca",
                certificate=put_crl_issuer_first(ca, crl),
                **self._rules,
                **self._placed("ca"),
                opts=self._child(),
            )
        )
        if not isinstance(client_certificate, ClientCertificate):
            check_keys(resource_name, "client_certificate", client_certificate)
        self.client_certificate = (
            client_certificate
            if isinstance(client_certificate, ClientCertificate)
            else ClientCertificate(
                f"{resource_name}-client-certificate",
                **client_certificate,
                **self._rules,
                **self._placed("client_certificate"),
                opts=self._child(),
            )
        )
        self.crl = self._revocation_list(
            crl, self.ca if isinstance(ca, CertificateAuthority) else put_crl_issuer_first(ca, crl)
        )
        self.listener_certificate = (
            None
            if listener_certificate is None
            else self._listener_certificate("listener-certificate", listener_certificate)
        )
        self.sni_certificates = {
            label: self._listener_certificate(f"sni-{label}", each) for label, each in (sni_certificates or {}).items()
        }
        if listener_id is not None:
            of_listener = {
                "listener_certificate": listener_certificate,
                "sni_certificates": sni_certificates,
                "protocol_port": protocol_port,
                "connection_limit": connection_limit,
                "insert_x_forwarded": insert_x_forwarded,
                "allowed_cidrs": allowed_cidrs,
                "timeout_client_data": timeout_client_data,
                "user_list": user_list,
                "client_authentication": client_authentication,
            }
            reject_arguments(resource_name, "listener_id", of_listener)
            if load_balancer_id is None:
                raise pulumi.RunError(
                    f"MTLSLoadBalancer '{resource_name}': listener_id requires load_balancer_id. Set it to the ID of "
                    f"the listener's load balancer."
                )
            self.listener = None
        else:
            self.listener = Listener(
                f"{resource_name}-listener",
                load_balancer=self.load_balancer,
                protocol="TERMINATED_HTTPS",
                protocol_port=protocol_port,
                certificate=self.listener_certificate,
                sni_certificates=list(self.sni_certificates.values()) or None,
                connection_limit=connection_limit,
                insert_x_forwarded=insert_x_forwarded,
                allowed_cidrs=allowed_cidrs,
                timeout_client_data=timeout_client_data,
                user_list=user_list,
                host_names=host_names,
                related_certificates=[self.ca, self.client_certificate, *([] if self.crl is None else [self.crl])],
                accept_findings=accept_findings,
                client_authentication=client_authentication,
                **self._placed("listener"),
                opts=self._child(),
            )
        self.pool = Pool(
            f"{resource_name}-pool",
            load_balancer=self.load_balancer,
            listener=listener_id if self.listener is None else self.listener,
            protocol="HTTPS",
            lb_algorithm=lb_algorithm,
            members=members,
            ca=self.ca,
            client_certificate=self.client_certificate,
            crl=self.crl,
            health_monitor=None
            if health_monitor is False
            else DEFAULT_HEALTH_MONITOR
            if health_monitor is None
            else health_monitor,
            session_persistence=session_persistence,
            timeout_member_connect=timeout_member_connect,
            timeout_member_data=timeout_member_data,
            host_names=host_names,
            expected_backend_certificates=expected_backend_certificates,
            **self._rules,
            **self._placed("pool"),
            opts=self._child(),
        )
        self.load_balancer_id = self.load_balancer.id
        self.listener_id = self.pool.listener_id if self.listener is None else self.listener.id
        self.pool_id = self.pool.id
        self.vip_address = self.load_balancer.vip_address
        shown: dict[str, ListenerCertificate | ClientCertificate | CertificateAuthority] = {
            **({} if self.listener_certificate is None else {"listener": self.listener_certificate}),
            **{f"sni-{label}": each for label, each in self.sni_certificates.items()},
            "client": self.client_certificate,
            "ca": self.ca,
        }
        self.certificates = summaries(shown, self.crl)
        self.register_outputs(
            {
                "load_balancer_id": self.load_balancer_id,
                "listener_id": self.listener_id,
                "pool_id": self.pool_id,
                "vip_address": self.vip_address,
                "certificates": self.certificates,
            }
        )

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _placed(self, role: str) -> _Placement:
        return {**self._placement, "existing_id": self._existing_ids.get(role)}

    def _listener_certificate(
        self, suffix: str, certificate: ListenerCertificate | CertificateArgs
    ) -> ListenerCertificate:
        if isinstance(certificate, ListenerCertificate):
            return certificate
        check_keys(self._name_prefix, "listener_certificate", certificate)
        role = "listener_certificate" if suffix == "listener-certificate" else suffix
        return ListenerCertificate(
            f"{self._name_prefix}-{suffix}", **certificate, **self._rules, **self._placed(role), opts=self._child()
        )

    def _revocation_list(
        self,
        crl: RevocationList | pulumi.Input[Material] | None,
        ca: CertificateAuthority | pulumi.Input[Material],
    ) -> RevocationList | None:
        if crl is None or isinstance(crl, RevocationList):
            return crl
        return RevocationList(
            f"{self._name_prefix}-crl",
            revocation_list=crl,
            ca=ca,
            **self._rules,
            **self._placed("crl"),
            opts=self._child(),
        )
