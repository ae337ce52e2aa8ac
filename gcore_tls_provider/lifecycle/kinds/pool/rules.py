"""Rules over a pool and its references: its backends must be reachable, verified and probed.

Each rule is about unexpected behavior of HAProxy, on which Gcore's load balancers are built; its message describes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gcore_tls_provider.certificates import CaBundle, CrlBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, revoked_findings
from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates, reload_findings
from gcore_tls_provider.certificates.rules.rotation import rotation_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings
from gcore_tls_provider.certificates.san_matching import client_names_of
from gcore_tls_provider.lifecycle.inputs.properties import InputsT, PartialInputs
from gcore_tls_provider.lifecycle.inputs.references import Chains, ReferencedCertificates, chains
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, PoolInputs

_PASSTHROUGH_PROTOCOLS: Final = frozenset({"HTTPS", "TCP"})
_HTTP_TYPES: Final = frozenset({"HTTP", "HTTPS"})


def crl_needs_ca(partial: PartialInputs[InputsT]) -> Iterator[Finding]:
    """Yield a finding about a CRL without its CA, which Octavia rejects for a pool and for its TLS part."""
    if partial.given("crl_secret_id") and not partial.given("ca_secret_id"):
        yield report("CRL_WITHOUT_CA", "crl_secret_id")


@dataclass(frozen=True)
class PoolGraph:
    """Pool and the certificates that it refers to, as far as they are known.

    Attributes:
        partial: Inputs of the pool.
        ca: CA bundle that its backends are verified against.
        crl: CRLs of these CAs.
        client: Client certificate of the load balancer.
        listener: Certificates of its listener, the default one first.
        listener_protocol: Protocol of its listener; None if only the listener's ID is known.
        backends: Expected backend certificates.
    """

    partial: PartialInputs[PoolInputs]
    ca: CaBundle | None
    crl: CrlBundle | None
    client: CertificateChain | None
    listener: Chains
    listener_protocol: str | None
    backends: Chains

    @classmethod
    def of(cls, partial: PartialInputs[PoolInputs], references: ReferencedCertificates) -> PoolGraph:
        """Return the graph of a pool's inputs and its references."""
        return cls(
            partial=partial,
            ca=references.ca(),
            crl=references.crl(),
            client=references.chain("client_certificate"),
            listener=references.chains("listener_certificates"),
            listener_protocol=references.text("listener_protocol"),
            backends=chains(partial.known.expected_backend_certificates),
        )

    @property
    def speaks_tls(self) -> bool:
        """True if the load balancer speaks TLS to the members; False while that is unknown.

        Below a listener that passes clients' connections through, protocol HTTPS is the clients' own TLS.
        """
        return any(map(self.partial.given, TLS_IDS)) or (
            "protocol" in self.partial.valid_fields
            and self.partial.known.protocol == "HTTPS"
            and self.listener_protocol not in _PASSTHROUGH_PROTOCOLS
        )

    @property
    def client_names(self) -> Sequence[str]:
        """Names that clients use: `host_names`, else the names of the listener certificates if all are known."""
        if "host_names" not in self.partial.valid_fields:
            return ()
        declared = self.partial.known.host_names
        if declared or not self.listener.complete:
            return declared
        return tuple(dict.fromkeys(name for each in self.listener.known for name in client_names_of(each.certificate)))

    def findings(self, now: datetime) -> Iterator[Finding]:
        """Yield all findings about the pool, except those about the effects of a change."""
        if self.ca is not None and self.crl is not None:
            yield from coverage_findings(self.ca, self.crl, now=now)
        if self.crl is not None:
            known = [each.certificate for each in (*self.listener.known, *([self.client] if self.client else []))]
            yield from revoked_findings(self.crl, known, property="crl_secret_id")
        yield from shared_key_findings(self.listener.known, self.client)
        if self.backends.known:
            yield from backend_findings(
                self.backends.known,
                ca=self.ca,
                crl=self.crl,
                host_names=self.client_names,
                now=now,
                expiry_warning_days=self.partial.known.expiry_warning_days,
            )
        yield from self._verification()
        yield from self._monitor()

    def _verification(self) -> Iterator[Finding]:
        if self.speaks_tls and not self.partial.given("ca_secret_id"):
            yield report("BACKENDS_NOT_VERIFIED", "ca_secret_id")
        if self.listener_protocol == "HTTPS" and any(map(self.partial.given, TLS_IDS)):
            yield report("TLS_IN_TLS", "listener_id")

    def _monitor(self) -> Iterator[Finding]:
        if not self.speaks_tls or "health_monitor" not in self.partial.valid_fields:
            return
        monitor = self.partial.known.health_monitor
        if monitor is None:
            if any(map(self.partial.given, TLS_IDS)):
                yield report("NO_HEALTH_MONITOR", "health_monitor")
            return
        if monitor.type == "HTTPS" and self.partial.given("ca_secret_id") and not self.partial.given("crl_secret_id"):
            yield report("MONITOR_STOPS_VERIFICATION", "health_monitor")
        if monitor.type in _HTTP_TYPES and not (monitor.http_version == "1.1" and monitor.domain_name):
            yield report("MONITOR_OVER_HTTP2", "health_monitor", monitor_type=monitor.type)
        yield from self._plaintext_probes(monitor.type)

    def _plaintext_probes(self, monitor_type: str) -> Iterator[Finding]:
        if monitor_type not in ("HTTP", "TCP", "TLS-HELLO") or "members" not in self.partial.valid_fields:
            return
        for member in self.partial.known.members:
            if member.monitor_port is None and member.monitor_address is None:
                continue
            name = f"{member.address}:{member.protocol_port}"
            to_own_port = member.monitor_port in (None, member.protocol_port) and member.monitor_address in (
                None,
                member.address,
            )
            if monitor_type == "HTTP" and to_own_port:
                yield report("PLAINTEXT_PROBE_TO_TLS_PORT", "members", member=name)
            else:
                yield report("PROBES_BYPASS_TLS", "members", member=name)

    def rotation(self, deployed: PoolGraph, now: datetime) -> Sequence[Finding]:
        """Return findings about the effect of a CA change on deployed backends."""
        if deployed.ca is None or self.ca is None or deployed.ca == self.ca:
            return ()
        return rotation_findings(
            deployed.ca, self.ca, backends=self.backends.known if self.backends.complete else (), now=now
        )

    def reload(self, deployed: PoolGraph, now: datetime) -> Sequence[Finding]:
        """Return findings about unchanged, expired certificates that a change of the pool exposes."""
        unchanged: dict[str, list[PublicCertificates]] = {
            "ca_secret_id": [self.ca] if self.ca is not None and self.ca == deployed.ca else [],
            "crl_secret_id": [self.crl] if self.crl is not None and self.crl == deployed.crl else [],
            "secret_id": [self.client] if self.client is not None and self.client == deployed.client else [],
            "listener_id": [each for each in self.listener.known if each in deployed.listener.known],
            "expected_backend_certificates": [each for each in self.backends.known if each in deployed.backends.known],
        }
        return reload_findings(unchanged, now=now)
