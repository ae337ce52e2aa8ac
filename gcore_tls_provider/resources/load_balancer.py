"""Load balancer resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from typing_extensions import Unpack

from gcore_tls_provider.api.wire.enums import InterfaceIpFamily, MemberConnectivity
from gcore_tls_provider.providers import LoadBalancerProvider
from gcore_tls_provider.resources.arguments import FloatingIpArgs, LoggingArgs
from gcore_tls_provider.resources.resource import GcoreResource
from gcore_tls_provider.resources.shared_arguments import ObjectArgs


class LoadBalancer(GcoreResource, module="gcore", name="LoadBalancer"):
    """A load balancer without listeners and pools, which are resources of their own: `Listener` and `Pool`.

    Name, tags, logging, connectivity and administrative state are changed in place. Another flavor resizes the load
    balancer in place and cuts all connections. Another VIP network, subnet, port, IP family or floating IP replaces the
    load balancer.
    """

    name: pulumi.Output[str]
    """Name at Gcore."""
    flavor: pulumi.Output[str]
    """Name of the flavor."""
    vip_address: pulumi.Output[str]
    """IP address that clients connect to."""
    vip_port_id: pulumi.Output[str]
    """ID of the network port that has the VIP address."""
    vip_ip_family: pulumi.Output[str]
    """IP family of the VIP: `ipv4`, `ipv6` or `dual`."""
    vip_fqdn: pulumi.Output[str]
    """DNS name of the VIP address, if Gcore assigns one."""
    floating_ip_addresses: pulumi.Output[Sequence[str]]
    """Floating IPs of the VIP."""
    tags: pulumi.Output[Mapping[str, str]]
    """Tags, except those that Gcore marks read-only."""
    provisioning_status: pulumi.Output[str]
    """Provisioning status: `ACTIVE`, `ERROR` or `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """Operating status: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

    _dynamic_provider = LoadBalancerProvider

    def __init__(
        self,
        resource_name: str,
        *,
        flavor: pulumi.Input[str] | None = None,
        vip_network_id: pulumi.Input[str] | None = None,
        vip_subnet_id: pulumi.Input[str] | None = None,
        vip_port_id: pulumi.Input[str] | None = None,
        vip_ip_family: pulumi.Input[InterfaceIpFamily] | None = None,
        floating_ip: pulumi.Input[FloatingIpArgs] | None = None,
        preferred_connectivity: pulumi.Input[MemberConnectivity] | None = None,
        logging: pulumi.Input[LoggingArgs] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        admin_state_up: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **shared: Unpack[ObjectArgs],
    ) -> None:
        """Declare the load balancer. For arguments that are not set, Gcore's defaults apply.

        Args:
            resource_name: Logical name of the resource.
            flavor: Name of a flavor that the region offers, such as `lb1-1-2`.
            vip_network_id: ID of the VIP's network; default: the external network.
            vip_subnet_id: ID of the VIP's subnet, in `vip_network_id`.
            vip_port_id: ID of the port of a reserved fixed IP, instead of a network.
            vip_ip_family: IP family of the VIP: `ipv4`, `ipv6` or `dual`.
            floating_ip: Floating IP of the VIP.
            preferred_connectivity: Connectivity to members: `L2` (the default) or `L3`.
            logging: Logging of the load balancer.
            tags: Tags; keys contain no blank and no `=`. Once set, all other tags are removed, except those that Gcore
                marks read-only.
            admin_state_up: Administrative state; false stops all traffic. Default true.
            opts: Options of the resource.
            **shared: Location, name and adoption of the object, see `ObjectArgs`.
        """
        properties = {
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
        super().__init__(resource_name, properties, opts, shared=shared)
