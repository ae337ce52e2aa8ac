"""Adopt a load balancer that was created by hand: update what differs, and replace nothing."""

import pulumi

from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
addresses: list[str] = config.require_object("members")
existing: dict[str, str] = config.require_object("existing")

web = MTLSLoadBalancer(
    "web",
    # Without effect after `pulumi up`; you can then remove it.
    existing_ids={
        "load_balancer": existing["loadBalancer"],
        "listener": existing["listener"],
        "pool": existing["pool"],
        "listener_certificate": existing["certificate"],
        "client_certificate": existing["clientCertificate"],
        "ca": existing["ca"],
    },
    listener_certificate={
        "certificate": from_file(config.require("certificate")),
        "private_key": from_file(config.require("privateKey")),
    },
    client_certificate={
        "certificate": from_file(config.require("clientCertificate")),
        "private_key": from_file(config.require("clientKey")),
    },
    ca=from_file(config.require("ca")),
    members=[{"address": address, "protocol_port": 8443} for address in addresses],
)

pulumi.export("vip_address", web.vip_address)
pulumi.export("load_balancer_id", web.load_balancer_id)
