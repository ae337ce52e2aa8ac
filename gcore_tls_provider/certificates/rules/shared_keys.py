"""Use of one private key on both sides of a load balancer."""

from __future__ import annotations

from collections.abc import Sequence

from gcore_tls_provider.certificates.chain import CertificateChain, has_same_key
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.san_matching import name_of


def shared_key_findings(
    listener: Sequence[CertificateChain], client: CertificateChain | None, *, property: str = "secret_id"
) -> tuple[Finding, ...]:
    """Check whether the load balancer uses the same private key for clients and backends.

    It works. But anyone who has the key can impersonate both, and a new key on one side is a new key on the other.

    Args:
        listener: Listener certificates, the default first.
        client: Client certificate.
        property: Argument of the client certificate.

    Returns:
        `SHARED_KEY`, a warning, or nothing.
    """
    if client is None:
        return ()
    shared = next((each for each in listener if _same_key(each, client)), None)
    if shared is None:
        return ()
    return (report("SHARED_KEY", property, client=name_of(client.certificate), listener=name_of(shared.certificate)),)


def _same_key(one: CertificateChain, other: CertificateChain) -> bool:
    return one.certificate == other.certificate or bool(has_same_key(one.certificate, other.certificate))
