"""Certificates, keys and revocation lists as a user has them, and as the base64 text that goes into a secret."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from gcore.types.cloud.secret_upload_tls_certificate_params import Payload

from gcore_tls_provider.certificates import DevelopmentAuthority, Identity


def base64_of(material: str | bytes) -> str:
    raw = material.encode() if isinstance(material, str) else material
    return base64.b64encode(raw).decode()


@dataclass(frozen=True, repr=False)
class Material:
    """What a user has. Everything is issued by `authority`, but for what says `other`."""

    authority: DevelopmentAuthority
    other_authority: DevelopmentAuthority
    server: Identity
    sni: Identity
    client: Identity
    crl: str
    other_crl: str

    @classmethod
    def generate(cls) -> Material:
        authority = DevelopmentAuthority.create("Backends CA")
        other = DevelopmentAuthority.create("Other CA")
        client = authority.issue_client("load-balancer.example")
        return cls(
            authority=authority,
            other_authority=other,
            server=authority.issue_server(["app.example", "www.app.example"]),
            sni=authority.issue_server(["second.example"]),
            client=client,
            crl=authority.revocation_list([client]),
            other_crl=other.revocation_list(),
        )

    @staticmethod
    def pem(identity: Identity) -> dict[str, object]:
        """An identity as a program gives it."""
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
        return base64_of(self.authority.certificate_pem)

    @property
    def other_ca_payload(self) -> str:
        return base64_of(self.other_authority.certificate_pem)

    @property
    def crl_payload(self) -> str:
        return base64_of(self.crl)

    @property
    def other_crl_payload(self) -> str:
        return base64_of(self.other_crl)

    @property
    def pem_texts(self) -> Payload:
        """The server certificate as OpenAPI's v2 body wants it."""
        return {
            "certificate": self.server.certificate_pem,
            "certificate_chain": self.authority.certificate_pem,
            "private_key": self.server.private_key_pem,
        }

    @property
    def with_password(self) -> bytes:
        return self.server.to_pkcs12("a password")

    @property
    def without_key(self) -> bytes:
        return serialize_key_and_certificates(None, None, None, [self.server.certificate], NoEncryption())

    @property
    def encrypted_key(self) -> str:
        key = self.server.private_key
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")).decode()
