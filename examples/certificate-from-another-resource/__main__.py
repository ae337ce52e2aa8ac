"""The listener certificate is an output of another resource, unknown in the first preview."""

from typing import Any

import pulumi
from pulumi import dynamic

from gcore_tls_provider import Listener, ListenerCertificate, LoadBalancer, Pool


class Issuer(dynamic.ResourceProvider):
    """Stand-in for the issuer of your certificates: ACME, Vault, or a private CA of a cloud."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Issue a certificate and its key."""
        from gcore_tls_provider.certificates import DevelopmentCa

        issued = DevelopmentCa.create("Development Server CA").issue_server(props["host_names"])
        outputs = {**props, "certificate": issued.full_chain_pem, "private_key": issued.private_key_pem}
        return dynamic.CreateResult(props["host_names"][0], outputs)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Replace the certificate if its names change."""
        changed = _olds["host_names"] != _news["host_names"]
        return dynamic.DiffResult(changes=changed, replaces=["host_names"] if changed else [])


class IssuedCertificate(dynamic.Resource):
    """Certificate of that issuer."""

    certificate: pulumi.Output[str]
    private_key: pulumi.Output[str]

    def __init__(self, name: str, host_names: list[str]) -> None:
        """Request a certificate for these names."""
        props = {"host_names": host_names, "certificate": None, "private_key": None}
        super().__init__(
            Issuer(), name, props, pulumi.ResourceOptions(additional_secret_outputs=["certificate", "private_key"])
        )


config = pulumi.Config()
addresses: list[str] = config.require_object("members")

issued = IssuedCertificate("web", config.require_object("hostNames"))
certificate = ListenerCertificate("web", certificate=issued.certificate, private_key=issued.private_key)
load_balancer = LoadBalancer("web")
listener = Listener("web", load_balancer=load_balancer, certificate=certificate)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTP",
    members=[{"address": address, "protocol_port": 8080} for address in addresses],
)

pulumi.export("vip_address", load_balancer.vip_address)
pulumi.export("not_after", certificate.not_after)
