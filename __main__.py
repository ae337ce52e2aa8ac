"""A Gcore load balancer that terminates clients' TLS and speaks mutual TLS to its backends."""

import pulumi

from gcore_tls_components import CertificateArgs, MTLSLoadBalancer
from gcore_tls_provider import from_file

config = pulumi.Config()
sni_files: dict[str, dict[str, str]] = config.get_object("sniCertificates") or {}
addresses: list[str] = config.require_object("members")
backend_files: list[str] = config.get_object("backendCertificates") or []


def certificate(chain: str, key: str) -> CertificateArgs:
    """Return the arguments of a certificate in two PEM files."""
    return {"certificate": from_file(chain), "private_key": from_file(key)}


web = MTLSLoadBalancer(
    "web",
    listener_certificate=certificate(config.require("certificate"), config.require("privateKey")),
    sni_certificates={name: certificate(each["certificate"], each["privateKey"]) for name, each in sni_files.items()},
    client_certificate={
        "pkcs12": from_file(config.require("clientCertificate")),
        "pkcs12_password": config.require_secret("clientPassword"),
    },
    ca=from_file(config.require("ca")),
    crl=from_file(config.require("crl")),
    members=[{"address": address, "protocol_port": 8443} for address in addresses],
    expected_backend_certificates=[from_file(path) for path in backend_files],
)

pulumi.export("vip_address", web.vip_address)
pulumi.export("load_balancer_id", web.load_balancer_id)
pulumi.export("listener_id", web.listener_id)
pulumi.export("pool_id", web.pool_id)
pulumi.export("certificates", web.certificates)
