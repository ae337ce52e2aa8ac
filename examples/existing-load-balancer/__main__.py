"""Add a listener and a pool with mutual TLS to an existing load balancer, which stays unchanged."""

import pulumi

from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
addresses: list[str] = config.require_object("members")

web = MTLSLoadBalancer(
    "web",
    load_balancer_id=config.require("loadBalancerId"),
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
pulumi.export("listener_id", web.listener_id)
pulumi.export("pool_id", web.pool_id)
