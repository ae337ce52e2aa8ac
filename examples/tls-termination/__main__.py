"""The load balancer terminates TLS from clients, and uses plain HTTP to its backends."""

import pulumi

from gcore_tls_provider import Listener, ListenerCertificate, LoadBalancer, Pool, from_file

config = pulumi.Config()
addresses: list[str] = config.require_object("members")

certificate = ListenerCertificate(
    "web", certificate=from_file(config.require("certificate")), private_key=from_file(config.require("privateKey"))
)
load_balancer = LoadBalancer("web", flavor=config.get("flavor"))
listener = Listener("web", load_balancer=load_balancer, protocol="TERMINATED_HTTPS", certificate=certificate)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTP",
    members=[{"address": address, "protocol_port": 8080} for address in addresses],
    health_monitor={"type": "HTTP", "delay": 10, "timeout": 5, "max_retries": 3, "url_path": "/health"},
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("expires", certificate.not_after)
