"""Certificates, member addresses and the DNS record come from other providers, here from stand-ins that run offline."""

from typing import Any

import pulumi
from pulumi import dynamic

from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
)


class Acme(dynamic.ResourceProvider):
    """Stand-in for ACME: issues a certificate."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Issue a certificate for a name."""
        from gcore_tls_provider.certificates import DevelopmentCa

        issued = DevelopmentCa.create("ACME").issue_server([props["name"]])
        outputs = {"certificate": issued.full_chain_pem, "private_key": issued.private_key_pem}
        return dynamic.CreateResult(props["name"], {**props, **outputs})


class Vault(dynamic.ResourceProvider):
    """Stand-in for Vault's PKI: a client certificate, and the CA that issued the backends' certificates."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Issue a client certificate for a name."""
        from gcore_tls_provider.certificates import DevelopmentCa

        issuing_ca = DevelopmentCa.create("Vault")
        issued = issuing_ca.issue_client(props["name"])
        outputs = {"certificate": issued.full_chain_pem, "private_key": issued.private_key_pem}
        return dynamic.CreateResult(props["name"], {**props, **outputs, "ca": issuing_ca.certificate_pem})


class Machines(dynamic.ResourceProvider):
    """Stand-in for a cloud's virtual machines, whose addresses are unknown before their creation."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Start a machine."""
        return dynamic.CreateResult(props["name"], {**props, "address": f"10.0.0.{11 + int(props['number'])}"})


class Dns(dynamic.ResourceProvider):
    """Stand-in for a zone of a DNS provider."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Create a record."""
        return dynamic.CreateResult(props["name"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Change a record."""
        return dynamic.UpdateResult(news)


class Issued(dynamic.Resource):
    """Certificate and key, and the CA if the issuer returns it."""

    certificate: pulumi.Output[str]
    private_key: pulumi.Output[str]
    ca: pulumi.Output[str]

    def __init__(self, name: str, issuer: dynamic.ResourceProvider, common_name: str) -> None:
        """Request a certificate from an issuer."""
        props = {"name": common_name, "certificate": None, "private_key": None, "ca": None}
        super().__init__(issuer, name, props, pulumi.ResourceOptions(additional_secret_outputs=["private_key"]))


class Machine(dynamic.Resource):
    """Machine with an address."""

    address: pulumi.Output[str]

    def __init__(self, number: int) -> None:
        """Request a machine."""
        super().__init__(Machines(), f"web-{number}", {"name": f"web-{number}", "number": number, "address": None})


class Record(dynamic.Resource):
    """DNS record of an address."""

    address: pulumi.Output[str]

    def __init__(self, host_name: str, address: pulumi.Input[str | None]) -> None:
        """Request a record."""
        super().__init__(Dns(), host_name, {"name": host_name, "address": address})


config = pulumi.Config()
host_name = config.require("hostName")

public = Issued("public", Acme(), host_name)
private = Issued("private", Vault(), "load-balancer.internal")
machines = [Machine(number) for number in range(config.require_int("machines"))]

certificate = ListenerCertificate("web", certificate=public.certificate, private_key=public.private_key)
client_certificate = ClientCertificate("web", certificate=private.certificate, private_key=private.private_key)
ca = CertificateAuthority("backends", certificate=private.ca)
load_balancer = LoadBalancer("web")
listener = Listener("web", load_balancer=load_balancer, certificate=certificate)
pool = Pool(
    "web",
    load_balancer=load_balancer,
    listener=listener,
    protocol="HTTPS",
    members=[{"address": machine.address, "protocol_port": 8443} for machine in machines],
    ca=ca,
    client_certificate=client_certificate,
)
# Created after the listener and the pool, so that the name leads to a working service.
record = Record(host_name, pulumi.Output.all(load_balancer.vip_address, pool.id).apply(lambda created: created[0]))

pulumi.export("record", pulumi.Output.concat(host_name, " ", record.address))
