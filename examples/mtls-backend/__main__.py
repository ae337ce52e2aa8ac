"""Mutual TLS between the load balancer and its backends, resource by resource, in the order of Gcore's guide."""

import pulumi

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    RevocationList,
    from_file,
)

config = pulumi.Config()
addresses: list[str] = config.require_object("members")
host_names: list[str] = config.require_object("hostNames")
backend_files: list[str] = config.require_object("backendCertificates")

# Secrets first: what clients are shown, what backends are shown, and which backends are trusted.
certificate = ListenerCertificate(
    "web", certificate=from_file(config.require("certificate")), private_key=from_file(config.require("privateKey"))
)
client_certificate = ClientCertificate(
    "to-backends",
    certificate=from_file(config.require("clientCertificate")),
    private_key=from_file(config.require("clientKey")),
)
authority = from_file(config.require("ca"))
ca = CertificateAuthority("backends", certificate=authority)
crl = RevocationList("backends", revocation_list=from_file(config.require("crl")), ca=authority)

load_balancer = LoadBalancer("web", tags={"team": "platform"})
listener = Listener("web", load_balancer=load_balancer, certificate=certificate, host_names=host_names)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTPS",
    members=[{"address": address, "protocol_port": 8443} for address in addresses],
    ca=ca,
    client_certificate=client_certificate,
    crl=crl,
    health_monitor={"type": "TCP", "delay": 10, "timeout": 5, "max_retries": 3},
    # For the preview: will the load balancer accept what the backends show, for each name that clients use?
    host_names=host_names,
    expected_backend_certificates=[from_file(path) for path in backend_files],
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("ca", ca.subject)
pulumi.export("crl_next_update", crl.next_update)
