"""The certificates are outputs of another stack, which another team manages."""

import pulumi

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
)

config = pulumi.Config()
addresses: list[str] = config.require_object("members")
issued = pulumi.StackReference(config.require("certificates"))

certificate = ListenerCertificate(
    "web", certificate=issued.require_output("certificate"), private_key=issued.require_output("privateKey")
)
client_certificate = ClientCertificate(
    "to-backends",
    certificate=issued.require_output("clientCertificate"),
    private_key=issued.require_output("clientKey"),
)
ca = CertificateAuthority("backends", certificate=issued.require_output("ca"))

load_balancer = LoadBalancer("web")
listener = Listener("web", load_balancer=load_balancer, certificate=certificate)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTPS",
    members=[{"address": address, "protocol_port": 8443} for address in addresses],
    ca=ca,
    client_certificate=client_certificate,
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("not_after", certificate.not_after)
