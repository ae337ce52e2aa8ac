"""A Gcore load balancer that terminates clients' TLS and speaks mutual TLS to its backends."""

import pulumi

from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
addresses = [address.strip() for address in config.require("members").split(",")]
member_port = config.require_int("memberPort")

web = MTLSLoadBalancer(
    "web",
    # Certificate that clients see.
    listener_certificate={
        "certificate": from_file(config.require("certificate")),
        "private_key": from_file(config.require("privateKey")),
    },
    # Certificate that backends see, and the CA that verifies theirs. To reject revoked ones, add crl=from_file(...).
    client_certificate={
        "certificate": from_file(config.require("clientCertificate")),
        "private_key": from_file(config.require("clientKey")),
    },
    ca=from_file(config.require("ca")),
    members=[{"address": address, "protocol_port": member_port} for address in addresses],
)

pulumi.export("vip_address", web.vip_address)
pulumi.export("certificates", web.certificates)
