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


def certificate_findings(drafted: PartialInputs[ListenerInputs], material: ReferencedCertificates) -> Iterator[Finding]:
    """Yield findings about a listener's certificates together, and about names that they do not cover.

    Names are not checked while one of the certificates is unknown.

    Args:
        drafted: Inputs of the listener, as far as they are known.
        material: References of the listener.
    """
    default, sni = material.chain("certificate"), material.chains("sni_certificates")
    complete = sni.complete and (default is not None or not drafted.given("secret_id"))
    complete = complete and (bool(material.roles) or not drafted.given("sni_secret_id"))
    names = drafted.known.host_names if complete and "host_names" in drafted.valid_fields else []
    yield from server_name_findings(default, sni.known, host_names=names)


def exposed_findings(
    material: ReferencedCertificates, before: ReferencedCertificates, now: datetime
) -> Sequence[Finding]:
    """Return findings about deployed certificates of the load balancer whose expiry a change exposes."""
    single: Mapping[str, tuple[PublicCertificates | None, PublicCertificates | None]] = {
        "certificate": (material.chain("certificate"), before.chain("certificate")),
        "client_certificate": (material.chain("client_certificate"), before.chain("client_certificate")),
        "ca": (material.ca(), before.ca()),
        "crl": (material.crl(), before.crl()),
    }
    former = before.chains("sni_certificates").known
    stays: dict[str, Sequence[PublicCertificates]] = {
        "sni_certificates": [each for each in material.chains("sni_certificates").known if each in former],
        **{role: [own] for role, (own, former_own) in single.items() if own is not None and own == former_own},
    }
    return reload_findings(stays, now=now)
