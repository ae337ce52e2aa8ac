"""Mutual TLS for a pool that another tool owns. `pulumi destroy` restores the pool's previous TLS settings."""

import pulumi

from gcore_tls_provider import CertificateAuthority, ClientCertificate, PoolTlsAttachment, RevocationList, from_file

config = pulumi.Config()

client_certificate = ClientCertificate(
    "to-backends",
    certificate=from_file(config.require("clientCertificate")),
    private_key=from_file(config.require("clientKey")),
)
ca_file = from_file(config.require("ca"))
ca = CertificateAuthority("backends", certificate=ca_file)
crl_path = config.get("crl")
crl = RevocationList("backends", revocation_list=from_file(crl_path), ca=ca_file) if crl_path else None

attachment = PoolTlsAttachment(
    "backends", pool=config.require("poolId"), ca=ca, client_certificate=client_certificate, crl=crl
)

pulumi.export("previous_tls", attachment.previous_tls)
