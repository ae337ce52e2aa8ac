"""Correct and wrong references between resources: each type checker must report every wrong line.

No test runs this module. A comment on each wrong line names the error that a checker must report. A comment on a line
without an error is an error itself.
"""

from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import (
    CertificateAuthority,
    ClientCertificate,
    Listener,
    ListenerCertificate,
    LoadBalancer,
    Pool,
    PoolTlsAttachment,
    RevocationList,
    from_file,
)

ca = CertificateAuthority("backends", certificate=from_file("ca.pem"))
crl = RevocationList("revoked", revocation_list=from_file("crl.pem"), ca=ca)
client = ClientCertificate("client", pkcs12=from_file("client.p12"), pkcs12_password="...")
server = ListenerCertificate("server", certificate=b"...", private_key="...")
load_balancer = LoadBalancer("web", tags={"team": "platform"})
listener = Listener("web", load_balancer=load_balancer, certificate=server, sni_certificates=[server])
pool = Pool("web", load_balancer=load_balancer, listener=listener, ca=ca, client_certificate=client, crl=crl)

# IDs of existing objects can replace resources, as values or as outputs of other resources.
Listener("by-id", load_balancer=load_balancer.id, certificate="3f0e...", sni_certificates=[server.id, "3f0e..."])
Pool("by-id", listener="3f0e...", ca=ca.id, client_certificate="3f0e...", crl=crl.id)
PoolTlsAttachment("by-id", pool=pool.id, ca="3f0e...", client_certificate=client, crl=crl)
MTLSLoadBalancer("resources", ca=ca, client_certificate=client, crl=crl, listener_certificate=server, members=[])
MTLSLoadBalancer("material", ca="...", client_certificate={"pkcs12": b"..."}, crl=b"...", members=[])

# A certificate or CRL in place of another one.
Pool("wrong", listener=listener, ca=crl)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CRL is no CA
Pool("wrong", listener=listener, crl=ca)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CA is no CRL
Pool("wrong", listener=listener, ca=client)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a client certificate is no CA
Pool("wrong", listener=listener, client_certificate=server)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a server certificate is no client certificate
PoolTlsAttachment("wrong", pool=pool, ca=crl)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CRL is no CA
PoolTlsAttachment("wrong", pool=pool, crl=ca)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CA is no CRL
Listener("wrong", load_balancer="...", certificate=client)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a client certificate is no server certificate
Listener("wrong", load_balancer="...", certificate=ca)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CA is no server certificate
Listener("wrong", load_balancer="...", sni_certificates=[ca])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]  # a CA is no server certificate
RevocationList("wrong", revocation_list="...", ca=crl)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CRL is no CA
MTLSLoadBalancer("wrong", ca=crl, client_certificate=client, members=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CRL is no CA
MTLSLoadBalancer("wrong", ca=ca, client_certificate=server, members=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a server certificate is no client certificate
MTLSLoadBalancer("wrong", ca=ca, client_certificate=client, crl=ca, members=[])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a CA is no CRL

# Resources of other kinds, and arguments that do not exist.
Listener("wrong", load_balancer=pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a pool is no load balancer
Pool("wrong", listener=load_balancer)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a load balancer is no listener
Pool("wrong", listener=listener, protocol="TLS")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no protocol of a pool
Pool("wrong", listener=listener, members=[{"address": "10.0.0.11"}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]  # a member has a port
Pool("wrong", listener=listener, client_certificates=[client])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # no such argument
Pool("wrong", listener=listener, region="eu")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # no such shared argument
Pool("wrong", listener=listener, region_id="7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a region has a number
LoadBalancer("wrong", accept_findings={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # it has no certificates to validate
Pool.get("wrong", "3f0e...", existing_id="3f0e...")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # not an argument of `get`
