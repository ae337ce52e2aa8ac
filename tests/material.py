"""Certificates, keys and CRLs of one load balancer, in the formats of users and in the base64 of a secret."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from gcore.types.cloud.secret_upload_tls_certificate_params import Payload

from gcore_tls_provider.certificates import DevelopmentCa, Identity


def base64_of(material: str | bytes) -> str:
    raw = material.encode() if isinstance(material, str) else material
    return base64.b64encode(raw).decode()


@dataclass(frozen=True, repr=False)
class LoadBalancerPki:
    """Certificates of one load balancer. `ca` issues all of them except those named `other`."""

    ca: DevelopmentCa
    other_ca: DevelopmentCa
    server: Identity
    sni: Identity
    client: Identity
    crl: str
    other_crl: str

    @classmethod
    def generate(cls) -> LoadBalancerPki:
        ca = DevelopmentCa.create("Backends CA")
        other = DevelopmentCa.create("Other CA")
        client = ca.issue_client("load-balancer.example")
        return cls(
            ca=ca,
            other_ca=other,
            server=ca.issue_server(["app.example", "www.app.example"]),
            sni=ca.issue_server(["second.example"]),
            client=client,
            crl=ca.issue_crl([client]),
            other_crl=other.issue_crl(),
        )

    @staticmethod
    def pem(identity: Identity) -> dict[str, object]:
        """Return the arguments of a program for an identity."""
        return {
            "certificate": identity.certificate_pem,
            "private_key": identity.private_key_pem,
            "certificate_chain": identity.chain_pem or None,
        }

    @property
    def server_payload(self) -> str:
        return base64_of(self.server.to_pkcs12())

    @property
    def client_payload(self) -> str:
        return base64_of(self.client.to_pkcs12())

    @property
    def client_pem_payload(self) -> str:
        return base64_of(self.client.to_pem_bundle())

    @property
    def ca_payload(self) -> str:
        return base64_of(self.ca.certificate_pem)

    @property
    def other_ca_payload(self) -> str:
        return base64_of(self.other_ca.certificate_pem)

    @property
    def crl_payload(self) -> str:
        return base64_of(self.crl)

    @property
    def other_crl_payload(self) -> str:
        return base64_of(self.other_crl)

    @property
    def server_pem_payload(self) -> Payload:
        """Server certificate in the form of OpenAPI's v2 body."""
        return {
            "certificate": self.server.certificate_pem,
            "certificate_chain": self.ca.certificate_pem,
            "private_key": self.server.private_key_pem,
        }

    @property
    def server_pkcs12_with_password(self) -> bytes:
        return self.server.to_pkcs12("a password")

    @property
    def server_pkcs12_without_key(self) -> bytes:
        return serialize_key_and_certificates(None, None, None, [self.server.certificate], NoEncryption())

    @property
    def encrypted_server_key(self) -> str:
        key = self.server.private_key
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")).decode()
