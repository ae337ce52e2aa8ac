"""One listener with several certificates. The name that a client requests (SNI) selects one of them."""

import pulumi

from gcore_tls_provider import Listener, ListenerCertificate, LoadBalancer, Pool, from_file

config = pulumi.Config()
addresses: list[str] = config.require_object("members")
files: dict[str, dict[str, str]] = config.require_object("certificates")

certificates = {
    label: ListenerCertificate(
        label, certificate=from_file(each["certificate"]), private_key=from_file(each["privateKey"])
    )
    for label, each in files.items()
}
load_balancer = LoadBalancer("web")
listener = Listener(
    "web",
    load_balancer=load_balancer,
    certificate=certificates["default"],
    sni_certificates=[each for label, each in certificates.items() if label != "default"],
)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTP",
    members=[{"address": address, "protocol_port": 8080} for address in addresses],
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("names", {label: each.dns_names for label, each in certificates.items()})
