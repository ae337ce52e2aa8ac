"""Use of one private key on both sides of a load balancer."""

from __future__ import annotations

from collections.abc import Sequence

from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.der_types import UNREADABLE
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.san_matching import name_of


def shared_key_findings(
    listener: Sequence[CertificateChain], client: CertificateChain | None, *, property: str = "secret_id"
) -> tuple[Finding, ...]:
    """Check whether the load balancer uses the same private key for clients and backends.

    It works. But then whoever has the key can pass for both, and replacing it on one side is replacing it on the other.

    Args:
        listener: the listener certificates, the default first.
        client: the client certificate.
        property: the argument of the client certificate.

    Returns:
        `SHARED_KEY`, a warning, or nothing.
    """
    shared = next((each for each in listener if client is not None and _same_key(each, client)), None)
    if shared is None or client is None:
        return ()
    return (
        Finding(
            "SHARED_KEY",
            "warning",
            property,
            f"The client certificate '{name_of(client.certificate)}' has the same private key as "
            f"the listener's certificate '{name_of(shared.certificate)}': whoever gets it can pass "
            f"for the service and for the load balancer.",
            "Issue the client certificate for a key of its own.",
        ),
    )


def _same_key(one: CertificateChain, other: CertificateChain) -> bool:
    try:
        return one.certificate.public_key() == other.certificate.public_key()
    except UNREADABLE:
        return one.certificate == other.certificate
