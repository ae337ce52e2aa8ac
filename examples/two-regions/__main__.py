"""The same load balancer with the provider configs `gcore` and `gcore-eu`, which can name different accounts."""

import pulumi

from gcore_tls_components import CertificateArgs, MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
addresses: list[str] = config.require_object("members")
listener_certificate: CertificateArgs = {
    "certificate": from_file(config.require("certificate")),
    "private_key": from_file(config.require("privateKey")),
}
client_certificate: CertificateArgs = {
    "certificate": from_file(config.require("clientCertificate")),
    "private_key": from_file(config.require("clientKey")),
}

for name, provider_config in (("web", None), ("web-eu", "gcore-eu")):
    web = MTLSLoadBalancer(
        name,
        provider_config=provider_config,
        listener_certificate=listener_certificate,
        client_certificate=client_certificate,
        ca=from_file(config.require("ca")),
        members=[{"address": address, "protocol_port": 8443} for address in addresses],
    )
    pulumi.export(f"{name}_vip_address", web.vip_address)
