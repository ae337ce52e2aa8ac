"""The load balancer itself: its size and its addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from gcore_tls_provider.api.wire.enums import InterfaceIpFamily, MemberConnectivity
from gcore_tls_provider.providers import LoadBalancerProvider
from gcore_tls_provider.resources.arguments import FloatingIpArgs, LoggingArgs
from gcore_tls_provider.resources.resource import GcoreResource


class LoadBalancer(GcoreResource, module="gcore", name="LoadBalancer"):
    """A load balancer without listeners: `Listener` and `Pool` are resources of their own.

    Name, tags, logging, connectivity and administrative state are changed in place; another flavor is a resize in
    place, which cuts all connections; another VIP network, subnet, port, family or floating IP is another load
    balancer.
    """

    name: pulumi.Output[str]
    """What it is called at Gcore."""
    flavor: pulumi.Output[str]
    """Name of its flavor."""
    vip_address: pulumi.Output[str]
    """The address that clients connect to."""
    vip_port_id: pulumi.Output[str]
    """The port that holds the address."""
    vip_ip_family: pulumi.Output[str]
    """`ipv4`, `ipv6` or `dual`."""
    vip_fqdn: pulumi.Output[str]
    """The address's name in the DNS, if Gcore gives one."""
    floating_ip_addresses: pulumi.Output[Sequence[str]]
    """Floating IPs of the VIP."""
    tags: pulumi.Output[Mapping[str, str]]
    """Its tags, but those that Gcore marks read-only."""
    provisioning_status: pulumi.Output[str]
    """Where it is in its life: `ACTIVE`, `ERROR`, `PENDING_...`."""
    operating_status: pulumi.Output[str]
    """What it does for traffic: `ONLINE`, `DEGRADED`, `ERROR`, ..."""

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
        name: pulumi.Input[str] | None = None,
        existing_id: pulumi.Input[str] | None = None,
        provider_config: pulumi.Input[str] | None = None,
        project_id: pulumi.Input[int] | None = None,
        region_id: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the load balancer. What isn't set is as Gcore makes it.

        Args:
            resource_name: what the program calls it.
            flavor: name of a flavor of the region, such as `lb1-1-2`.
            vip_network_id: network of the VIP; the default is the external network.
            vip_subnet_id: subnet of that network.
            vip_port_id: port of a reserved fixed IP, in place of a network.
            vip_ip_family: `ipv4`, `ipv6` or `dual`.
            floating_ip: a floating IP for the VIP.
            preferred_connectivity: how members are reached, `L2` (the default) or `L3`.
            logging: where logs go.
            tags: its tags, keys without blanks and `=`; once they are set, all others are removed, but those that Gcore
                marks read-only.
            admin_state_up: whether it works; default true.
            name: its exact name at Gcore, 3 to 63 characters. Without one a name is computed that no other resource and
                stack gives; with one, nothing that a run that died has left can be recognised.
            existing_id: a load balancer that exists, to be managed from now on in place of making one; the preview
                shows what that changes. It keeps its name. Without effect afterwards, so it may be removed; another id
                is another object, and the one before is deleted.
            provider_config: who asks: another namespace of the configuration than `gcore`. `gcore-eu` means
                `gcore-eu:apiKey`, `gcore-eu:projectId` and so on; environment variables don't hold for it.
            project_id: the project's number; default: the provider config's. Another project, region or account is another
                object, made there before the old one is deleted.
            region_id: the region's number; default: the provider config's.
            opts: Pulumi's options.
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
            "name": name,
            "existing_id": existing_id,
            "provider_config": provider_config,
            "project_id": project_id,
            "region_id": region_id,
        }
        super().__init__(resource_name, properties, opts)
