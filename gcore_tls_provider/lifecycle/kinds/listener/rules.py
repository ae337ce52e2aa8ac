"""Rules over a listener and the certificates that it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates, reload_findings
from gcore_tls_provider.certificates.rules.server_names import server_name_findings
from gcore_tls_provider.lifecycle.inputs.properties import PartialInputs
from gcore_tls_provider.lifecycle.inputs.references import ReferencedCertificates
from gcore_tls_provider.lifecycle.kinds.listener.inputs import ListenerInputs


def certificate_findings(
    partial: PartialInputs[ListenerInputs], references: ReferencedCertificates
) -> Iterator[Finding]:
    """Yield findings about a listener's certificates together, and about names that they do not cover.

    Names are not checked while one of the certificates is unknown.

    Args:
        partial: Inputs of the listener, as far as they are known.
        references: References of the listener.
    """
    default, sni = references.chain("certificate"), references.chains("sni_certificates")
    complete = sni.complete and (default is not None or not partial.given("secret_id"))
    complete = complete and (bool(references.roles) or not partial.given("sni_secret_id"))
    names = partial.known.host_names if complete and "host_names" in partial.valid_fields else []
    yield from server_name_findings(default, sni.known, host_names=names)


def exposed_findings(
    references: ReferencedCertificates, previous: ReferencedCertificates, now: datetime
) -> Sequence[Finding]:
    """Return findings about deployed certificates of the load balancer whose expiry a change exposes."""
    single: Mapping[str, tuple[PublicCertificates | None, PublicCertificates | None]] = {
        "certificate": (references.chain("certificate"), previous.chain("certificate")),
        "client_certificate": (references.chain("client_certificate"), previous.chain("client_certificate")),
        "ca": (references.ca(), previous.ca()),
        "crl": (references.crl(), previous.crl()),
    }
    previous_sni = previous.chains("sni_certificates").known
    unchanged: dict[str, Sequence[PublicCertificates]] = {
        "sni_certificates": [each for each in references.chains("sni_certificates").known if each in previous_sni],
        **{
            role: [now_used]
            for role, (now_used, used_before) in single.items()
            if now_used is not None and now_used == used_before
        },
    }
    return reload_findings(unchanged, now=now)
