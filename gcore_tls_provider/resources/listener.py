"""Listener resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi
from typing_extensions import Unpack

from gcore_tls_provider.api.wire.enums import ListenerProtocol
from gcore_tls_provider.providers import ListenerProvider
from gcore_tls_provider.resources.arguments import BasicAuthUserArgs
from gcore_tls_provider.resources.certificate_base import CertificateResource
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.resource import GcoreResource, Roles, resource_id
from gcore_tls_provider.resources.secrets import (
    CertificateAuthority,
    ClientCertificate,
    ListenerCertificate,
    RevocationList,
)
from gcore_tls_provider.resources.shared_arguments import ValidatedObjectArgs

_RELATED_ROLES: Final[Mapping[type[CertificateResource], str]] = {
    CertificateAuthority: "ca",
    ClientCertificate: "client_certificate",
    RevocationList: "crl",
}


class Listener(GcoreResource, module="gcore", name="Listener"):
    """A listener of a load balancer: clients connect to it, and their TLS ends there.

    Certificates, limits, networks, timeouts, users, name and administrative state are changed in place. Another
    protocol or load balancer replaces the listener. On the same port, the old listener is deleted before the new one is
    created, and traffic stops during that time.
    """

    name: pulumi.Output[str]
    """Name at Gcore."""
    load_balancer_id: pulumi.Output[str]
    """ID of the load balancer."""
    protocol: pulumi.Output[str]
    """Protocol between clients and the load balancer."""
    protocol_port: pulumi.Output[int]
    """Port for clients."""
    secret_id: pulumi.Output[str]
    """ID of the secret with the default certificate."""
    sni_secret_id: pulumi.Output[Sequence[str]]
    """IDs of the secrets with the SNI certificates."""
    provisioning_status: pulumi.Output[str]
    """Provisioning status: `ACTIVE`, `ERROR` or `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """Operating status: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = ListenerProvider
    _secret_outputs = ("user_list",)
    _server_certificates: Sequence[object] = (None,)
    """Server certificates, the default first; None for an unknown one."""

    def __init__(
        self,
        resource_name: str,
        *,
        load_balancer: LoadBalancer | pulumi.Input[str],
        protocol: pulumi.Input[ListenerProtocol] | None = None,
        protocol_port: pulumi.Input[int] | None = None,
        certificate: ListenerCertificate | pulumi.Input[str] | None = None,
        sni_certificates: Sequence[ListenerCertificate | pulumi.Input[str]] | None = None,
        default_pool_id: pulumi.Input[str] | None = None,
        connection_limit: pulumi.Input[int] | None = None,
        insert_x_forwarded: pulumi.Input[bool] | None = None,
        allowed_cidrs: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        timeout_client_data: pulumi.Input[int] | None = None,
        user_list: pulumi.Input[Sequence[pulumi.Input[BasicAuthUserArgs]]] | None = None,
        admin_state_up: pulumi.Input[bool] | None = None,
        host_names: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        related_certificates: Sequence[CertificateAuthority | ClientCertificate | RevocationList] | None = None,
        client_authentication: pulumi.Input[bool] | pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[ValidatedObjectArgs],
    ) -> None:
        """Declare the listener. For arguments that are not set, Gcore's defaults apply.

        Args:
            resource_name: Logical name of the resource.
            load_balancer: Load balancer of the listener, or its ID.
            protocol: `TERMINATED_HTTPS` (the default), `HTTP`, `HTTPS` (TLS is passed through to the members), `TCP`,
                `UDP` or `PROMETHEUS`.
            protocol_port: Port for clients, 1 to 65535; default 443.
            certificate: Default server certificate, or the ID of its secret. Clients get it unless one of
                `sni_certificates` matches the server name that they request.
            sni_certificates: Server certificates that are selected by the requested server name, or the IDs of their
                secrets. Their order has no meaning.
            default_pool_id: ID of an existing pool without a listener, to attach to this one. Usually a `Pool` names
                its `listener` instead.
            connection_limit: Maximum number of simultaneous connections, 1 to 1000000; -1 for Gcore's default, 100000.
            insert_x_forwarded: Add the headers X-Forwarded-For, X-Forwarded-Port and X-Forwarded-Proto to requests.
            allowed_cidrs: Networks that clients can connect from, at most 100, such as `203.0.113.0/24`. Their order
                has no meaning.
            timeout_client_data: Milliseconds without data from a client after which the connection is closed, 0 to
                86400000.
            user_list: Users of HTTP basic authentication, at most 3.
            admin_state_up: Administrative state; false stops all traffic. Default true.
            host_names: Host names that clients use. At least one of the listener's certificates must cover each.
            related_certificates: Other certificates and CRLs on this load balancer. Every change reloads HAProxy, so
                the preview warns about any that have expired but still work through TLS session resumption.
            client_authentication: Not supported; setting it is an error that explains why. Gcore's load balancers
                cannot request certificates from clients.
            opts: Options of the resource.
            **shared: Location, name, adoption and accepted findings, see `ValidatedObjectArgs`.

        Raises:
            pulumi.RunError: An argument is a resource of the wrong class.
        """
        properties = {
            "load_balancer_id": resource_id("load_balancer", load_balancer, LoadBalancer),
            "protocol": protocol,
            "protocol_port": protocol_port,
            "secret_id": resource_id("certificate", certificate, ListenerCertificate),
            "sni_secret_id": None
            if sni_certificates is None
            else [resource_id("sni_certificates", each, ListenerCertificate) for each in sni_certificates],
            "default_pool_id": default_pool_id,
            "connection_limit": connection_limit,
            "insert_x_forwarded": insert_x_forwarded,
            "allowed_cidrs": allowed_cidrs,
            "timeout_client_data": timeout_client_data,
            "user_list": None if user_list is None else pulumi.Output.secret(user_list),
            "admin_state_up": admin_state_up,
            "host_names": host_names,
            "client_authentication": client_authentication,
        }
        self._server_certificates = [each for each in (certificate, *(sni_certificates or ())) if each is not None]
        roles: Roles = {
            "certificate": certificate,
            "sni_certificates": sni_certificates or (),
            **{_related_role(each): each for each in related_certificates or ()},
        }
        super().__init__(
            resource_name,
            properties,
            opts,
            shared=shared,
            reports_errors_of=(load_balancer, certificate, *(sni_certificates or ())),
            roles=roles,
        )


def _related_role(certificate: object) -> str:
    for kind, role in _RELATED_ROLES.items():
        if isinstance(certificate, kind):
            return role
    raise pulumi.RunError(
        f"The argument related_certificates contains a {type(certificate).__name__}, but must contain resources of the "
        f"classes CertificateAuthority, ClientCertificate and RevocationList only."
    )
