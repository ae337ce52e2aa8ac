"""Types of the outputs that programs read: each type checker must accept every line. No test runs this module."""

from collections.abc import Mapping, Sequence

import pulumi
from typing_extensions import assert_type

from gcore_tls_components import CertificateSummary, MTLSLoadBalancer
from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    PoolTlsAttachment,
    RevocationList,
    Secret,
    from_file,
)


def check_secrets(secret: Secret, server: ListenerCertificate, ca: CertificateAuthority, crl: RevocationList) -> None:
    assert_type(secret.id, pulumi.Output[str])
    assert_type(secret.name, pulumi.Output[str])
    assert_type(server.fingerprint_sha256, pulumi.Output[str])
    assert_type(server.dns_names, pulumi.Output[Sequence[str]])
    assert_type(server.not_after.apply(lambda until: until[:10]), pulumi.Output[str])
    assert_type(ca.certificate, pulumi.Output[str])
    assert_type(ca.further_certificates, pulumi.Output[Sequence[dict[str, str]]])
    assert_type(crl.next_update, pulumi.Output[str])
    assert_type(crl.revoked_count, pulumi.Output[int])


def check_load_balancers(load_balancer: LoadBalancer, listener: Listener, pool: Pool, tls: PoolTlsAttachment) -> None:
    assert_type(load_balancer.vip_address, pulumi.Output[str])
    assert_type(load_balancer.tags, pulumi.Output[Mapping[str, str]])
    assert_type(load_balancer.floating_ip_addresses, pulumi.Output[Sequence[str]])
    assert_type(listener.protocol_port, pulumi.Output[int])
    assert_type(listener.sni_secret_id, pulumi.Output[Sequence[str]])
    assert_type(pool.crl_secret_id, pulumi.Output[str])
    assert_type(pool.members, pulumi.Output[Sequence[Mapping[str, object]]])
    assert_type(tls.previous_tls, pulumi.Output[dict[str, str]])


def check_component(web: MTLSLoadBalancer) -> None:
    assert_type(web.vip_address, pulumi.Output[str])
    assert_type(web.pool_id, pulumi.Output[str])
    assert_type(web.certificates, pulumi.Output[Mapping[str, CertificateSummary]])
    assert_type(web.pool, Pool)
    assert_type(web.ca, CertificateAuthority)
    assert_type(web.client_certificate, ClientCertificate)
    assert_type(web.listener, Listener | None)
    assert_type(web.crl, RevocationList | None)
    assert_type(web.sni_certificates, Mapping[str, ListenerCertificate])


def check_get_and_from_file() -> None:
    assert_type(Pool.get("web", "3f0e..."), Pool)
    assert_type(RevocationList.get("revoked", "3f0e..."), RevocationList)
    assert_type(from_file("ca.pem"), str)
