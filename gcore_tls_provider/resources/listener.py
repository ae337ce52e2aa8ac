"""The listener: where clients connect, and where their TLS ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from gcore_tls_provider.api.wire.enums import ListenerProtocol
from gcore_tls_provider.providers import ListenerProvider
from gcore_tls_provider.resources.arguments import BasicAuthUserArgs
from gcore_tls_provider.resources.certificate_base import CertificateResource
from gcore_tls_provider.resources.load_balancer import LoadBalancer
from gcore_tls_provider.resources.resource import GcoreResource, Roles, reference
from gcore_tls_provider.resources.secrets import (
    CertificateAuthority,
    ClientCertificate,
    ListenerCertificate,
    RevocationList,
)

_RELATED_ROLES: Final[Mapping[type[CertificateResource], str]] = {
    CertificateAuthority: "ca",
    ClientCertificate: "client_certificate",
    RevocationList: "crl",
}


class Listener(GcoreResource, module="gcore", name="Listener"):
    """A listener of a load balancer.

    Certificates, limits, networks, timeouts, users, name and administrative state are changed in place. Another
    protocol or load balancer is another listener; on the same port the old one has to go first, and traffic stops
    meanwhile.
    """

    name: pulumi.Output[str]
    """What it is called at Gcore."""
    load_balancer_id: pulumi.Output[str]
    """The load balancer it is on."""
    protocol: pulumi.Output[str]
    """What it speaks with clients."""
    protocol_port: pulumi.Output[int]
    """The port it listens on."""
    secret_id: pulumi.Output[str]
    """The secret of its own certificate."""
    sni_secret_id: pulumi.Output[Sequence[str]]
    """The secrets of the certificates that are chosen by name."""
    provisioning_status: pulumi.Output[str]
    """Where it is in its life: `ACTIVE`, `ERROR`, `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """What it does for traffic: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = ListenerProvider
    _secret_outputs = ("user_list",)
    _server_certificates: Sequence[object] = (None,)
    """What it shows to clients, the default first; None where that isn't known."""

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
        accept_findings: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        name: pulumi.Input[str] | None = None,
        client_authentication: pulumi.Input[bool] | pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the listener. What isn't set is as Gcore makes it.

        Args:
            resource_name: what the program calls it.
            load_balancer: the load balancer it is on, or its id.
            protocol: `TERMINATED_HTTPS` (the default), `HTTP`, `HTTPS` (passed through), `TCP`, `UDP` or `PROMETHEUS`.
            protocol_port: the port it listens on, 1 to 65535; default 443.
            certificate: shown to clients that ask for a name of none of the others, or its secret's id.
            sni_certificates: chosen by the name that a client asks for, or their secrets' ids; order has no meaning.
            default_pool_id: a pool that has no listener yet, to be attached. A `Pool` with `listener` is the usual way.
            connection_limit: connections at a time, 1 to 1000000; -1 means Gcore's default, 100000.
            insert_x_forwarded: adds X-Forwarded-For, -Port and -Proto to requests.
            allowed_cidrs: networks that may connect, at most 100; order has no meaning.
            timeout_client_data: milliseconds of silence from a client, 0 to 86400000.
            user_list: users of HTTP basic authentication, at most 3.
            admin_state_up: whether it works; default true.
            host_names: names that clients use, each of which one of its certificates must cover.
            related_certificates: what else the load balancer uses. Any change reloads all of it, and the preview says if something
                has expired meanwhile that TLS session resumption has hidden until now.
            accept_findings: why an error is accepted, by the code in its brackets, see `ListenerCertificate`.
            name: its exact name at Gcore, see `LoadBalancer`.
            client_authentication: refused, with the reason: Gcore's load balancers can't ask clients for certificates.
            existing_id: a listener that exists, to be managed from now on in place of making one, see `LoadBalancer`.
            provider_config: who asks, see `LoadBalancer`.
            project_id: the project's number, see `LoadBalancer`.
            region_id: the region's number, see `LoadBalancer`.
            opts: Pulumi's options.
        """
        properties = {
            "load_balancer_id": reference("load_balancer", load_balancer, LoadBalancer),
            "protocol": protocol,
            "protocol_port": protocol_port,
            "secret_id": reference("certificate", certificate, ListenerCertificate),
            "sni_secret_id": None
            if sni_certificates is None
            else [reference("sni_certificates", each, ListenerCertificate) for each in sni_certificates],
            "default_pool_id": default_pool_id,
            "connection_limit": connection_limit,
            "insert_x_forwarded": insert_x_forwarded,
            "allowed_cidrs": allowed_cidrs,
            "timeout_client_data": timeout_client_data,
            "user_list": None if user_list is None else pulumi.Output.secret(user_list),
            "admin_state_up": admin_state_up,
            "host_names": host_names,
            "accept_findings": accept_findings,
            "name": name,
            "client_authentication": client_authentication,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        self._server_certificates = [each for each in (certificate, *(sni_certificates or ())) if each is not None]
        roles: Roles = {
            "certificate": certificate,
            "sni_certificates": sni_certificates or (),
            **{_RELATED_ROLES[type(each)]: each for each in related_certificates or ()},
        }
        refers_to = (load_balancer, certificate, *(sni_certificates or ()))
        super().__init__(resource_name, properties, opts, refers_to=refers_to, roles=roles)
