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

# Secrets first: listener certificate, client certificate, and the CA and CRL that verify backends.
certificate = ListenerCertificate(
    "web", certificate=from_file(config.require("certificate")), private_key=from_file(config.require("privateKey"))
)
client_certificate = ClientCertificate(
    "to-backends",
    certificate=from_file(config.require("clientCertificate")),
    private_key=from_file(config.require("clientKey")),
)
ca_file = from_file(config.require("ca"))
ca = CertificateAuthority("backends", certificate=ca_file)
crl = RevocationList("backends", revocation_list=from_file(config.require("crl")), ca=ca_file)

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
    # For the preview: it checks the backends' certificates against the CA, the CRL and the names that clients use.
    host_names=host_names,
    expected_backend_certificates=[from_file(path) for path in backend_files],
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("ca", ca.subject)
pulumi.export("crl_next_update", crl.next_update)
