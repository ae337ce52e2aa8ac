"""Public facts of the certificates of `MTLSLoadBalancer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pulumi

from gcore_tls_components.arguments import CertificateSummary
from gcore_tls_provider import CertificateAuthority, ClientCertificate, ListenerCertificate, RevocationList


def summaries(
    certificates: Mapping[str, ListenerCertificate | ClientCertificate | CertificateAuthority],
    crl: RevocationList | None,
) -> pulumi.Output[Mapping[str, CertificateSummary]]:
    """Return the public facts by role.

    Args:
        certificates: Certificate resources by role.
        crl: CRL resource; its role is `crl`.
    """
    described: dict[str, dict[str, pulumi.Output[object]]] = {
        role: {
            "secret_id": each.id,
            "subject": each.subject,
            "issuer": each.issuer,
            "dns_names": each.dns_names,
            "not_before": each.not_before,
            "not_after": each.not_after,
            "fingerprint_sha256": each.fingerprint_sha256,
        }
        for role, each in certificates.items()
    }
    if crl is not None:
        described["crl"] = {
            "secret_id": crl.id,
            "issuer": crl.issuer,
            "this_update": crl.this_update,
            "next_update": crl.next_update,
            "revoked_count": crl.revoked_count,
            "fingerprint_sha256": crl.fingerprint_sha256,
        }
    return cast("pulumi.Output[Mapping[str, CertificateSummary]]", pulumi.Output.from_input(described))
