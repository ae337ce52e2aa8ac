"""Rules over a pool and what it refers to: whether its backends can be reached, verified and watched.

HAProxy, on which Gcore's load balancers are built, has its surprises here; each rule says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gcore_tls_provider.certificates import CaBundle, CrlBundle
from gcore_tls_provider.certificates.chain import CertificateChain
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.rules.backend import backend_findings
from gcore_tls_provider.certificates.rules.crl import coverage_findings, revoked_findings
from gcore_tls_provider.certificates.rules.reload_effects import PublicCertificates, reload_findings
from gcore_tls_provider.certificates.rules.rotation import rotation_findings
from gcore_tls_provider.certificates.rules.shared_keys import shared_key_findings
from gcore_tls_provider.certificates.san_matching import client_names_of
from gcore_tls_provider.lifecycle.inputs.properties import InputsT, PartialInputs, error_finding
from gcore_tls_provider.lifecycle.inputs.references import Chains, ReferencedCertificates, chains
from gcore_tls_provider.lifecycle.kinds.pool.inputs import TLS_IDS, PoolInputs

_PASSING_THROUGH: Final = frozenset({"HTTPS", "TCP"})
_OVER_HTTP: Final = frozenset({"HTTP", "HTTPS"})


def crl_needs_ca(drafted: PartialInputs[InputsT]) -> Iterator[Finding]:
    """Yield a finding about a CRL without its CA, which Octavia rejects for a pool and for its TLS part."""
    if drafted.given("crl_secret_id") and not drafted.given("ca_secret_id"):
        yield error_finding(
            "crl_secret_id",
            "CRL_WITHOUT_CA",
            "A revocation list is given without the certificate authority that it belongs to, and Gcore refuses that.",
            "Give `ca` too, or remove `crl`.",
        )


@dataclass(frozen=True)
class PoolGraph:
    """A pool and the material of what it refers to, as far as it is known.

    Attributes:
        drafted: the pool's inputs.
        ca: the authorities that its backends are verified against.
        crl: their revocation lists.
        client: what the load balancer shows to backends.
        listener: Certificates of its listener, the default one first.
        listener_protocol: what the listener speaks; None where only its id is known.
        backends: what backends are expected to show.
    """

    drafted: PartialInputs[PoolInputs]
    ca: CaBundle | None
    crl: CrlBundle | None
    client: CertificateChain | None
    listener: Chains
    listener_protocol: str | None
    backends: Chains

    @classmethod
    def of(cls, drafted: PartialInputs[PoolInputs], material: ReferencedCertificates) -> PoolGraph:
        """Return the graph of a pool's inputs and its references."""
        return cls(
            drafted=drafted,
            ca=material.ca(),
            crl=material.crl(),
            client=material.chain("client_certificate"),
            listener=material.chains("listener_certificates"),
            listener_protocol=material.text("listener_protocol"),
            backends=chains(drafted.known.expected_backend_certificates),
        )

    @property
    def speaks_tls(self) -> bool:
        """True if the load balancer speaks TLS to the members; False while that is unknown.

        Below a listener that passes clients' connections through, protocol HTTPS is the clients' own TLS.
        """
        return any(map(self.drafted.given, TLS_IDS)) or (
            "protocol" in self.drafted.valid_fields
            and self.drafted.known.protocol == "HTTPS"
            and self.listener_protocol not in _PASSING_THROUGH
        )

    @property
    def client_names(self) -> Sequence[str]:
        """The names that clients use: those declared, else those of the server certificates, if all are known."""
        if "host_names" not in self.drafted.valid_fields:
            return ()
        declared = self.drafted.known.host_names
        if declared or not self.listener.complete:
            return declared
        return tuple(dict.fromkeys(name for each in self.listener.known for name in client_names_of(each.certificate)))

    def findings(self, now: datetime) -> Iterator[Finding]:
        """All that is to be said about it, apart from what a change does."""
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
                expiry_warning_days=self.drafted.known.expiry_warning_days,
            )
        yield from self._verification()
        yield from self._monitor()

    def _verification(self) -> Iterator[Finding]:
        if self.speaks_tls and not self.drafted.given("ca_secret_id"):
            yield _warning(
                "ca_secret_id",
                "BACKENDS_NOT_VERIFIED",
                "The pool speaks TLS without a certificate authority: whoever answers at a member's address is "
                "trusted.",
                "Give `ca`.",
            )
        if self.listener_protocol == "HTTPS" and any(map(self.drafted.given, TLS_IDS)):
            yield _warning(
                "listener_id",
                "TLS_IN_TLS",
                "The listener passes clients' TLS through, and the pool speaks TLS of its own: one would be inside the "
                "other, and clients hang.",
                "Make the listener's protocol TERMINATED_HTTPS, or take `ca`, `client_certificate` and `crl` away.",
            )

    def _monitor(self) -> Iterator[Finding]:
        if not self.speaks_tls or "health_monitor" not in self.drafted.valid_fields:
            return
        monitor = self.drafted.known.health_monitor
        if monitor is None:
            if any(map(self.drafted.given, TLS_IDS)):
                yield _warning(
                    "health_monitor",
                    "NO_HEALTH_MONITOR",
                    "A pool that speaks mutual TLS has no health monitor: a member whose certificate is refused stays "
                    "in use, and with SOURCE_IP its clients get 503 for good.",
                    "Give `health_monitor`; type TCP makes a TLS handshake that verifies the backend.",
                )
            return
        if monitor.type == "HTTPS" and self.drafted.given("ca_secret_id") and not self.drafted.given("crl_secret_id"):
            yield _warning(
                "health_monitor",
                "MONITOR_STOPS_VERIFICATION",
                "A health monitor of type HTTPS switches the verification of backends off for all traffic, unless the "
                "pool has a revocation list: backends of any authority are served.",
                "Give `crl` (an empty list will do), or make the type TCP or HTTP.",
            )
        if monitor.type in _OVER_HTTP and not (monitor.http_version == "1.1" and monitor.domain_name):
            yield _warning(
                "health_monitor",
                "MONITOR_OVER_HTTP2",
                f"A health monitor of type {monitor.type} probes backends that offer HTTP/2 without a host, and they "
                f"answer 400: the member goes down.",
                'Give http_version "1.1" together with domain_name.',
            )
        yield from self._probes_in_clear(monitor.type)

    def _probes_in_clear(self, kind: str) -> Iterator[Finding]:
        if kind not in ("HTTP", "TCP", "TLS-HELLO") or "members" not in self.drafted.valid_fields:
            return
        for member in self.drafted.known.members:
            if member.monitor_port is None and member.monitor_address is None:
                continue
            name = f"{member.address}:{member.protocol_port}"
            own = member.monitor_port in (None, member.protocol_port) and member.monitor_address in (
                None,
                member.address,
            )
            if kind == "HTTP" and own:
                yield error_finding(
                    "members",
                    "PLAINTEXT_PROBE_TO_TLS_PORT",
                    f"Probes of {name} go out without TLS as soon as monitor_port or monitor_address is set, here to a "
                    f"port that speaks TLS: the member goes down.",
                    "Remove monitor_port and monitor_address, or name a port that speaks plain HTTP.",
                )
            else:
                yield _warning(
                    "members",
                    "PROBES_BYPASS_TLS",
                    f"Probes of {name} go out without TLS, because monitor_port or monitor_address is set: they say "
                    f"nothing about its certificate.",
                    "Remove monitor_port and monitor_address unless a plaintext health port is intended.",
                )

    def rotation(self, before: PoolGraph, now: datetime) -> Sequence[Finding]:
        """Return findings about the effect of a CA change on deployed backends."""
        if before.ca is None or self.ca is None or before.ca == self.ca:
            return ()
        return rotation_findings(
            before.ca, self.ca, backends=self.backends.known if self.backends.complete else (), now=now
        )

    def reload(self, before: PoolGraph, now: datetime) -> Sequence[Finding]:
        """Return findings about unchanged, expired certificates that a change of the pool exposes."""
        stays: dict[str, list[PublicCertificates]] = {
            "ca_secret_id": [self.ca] if self.ca is not None and self.ca == before.ca else [],
            "crl_secret_id": [self.crl] if self.crl is not None and self.crl == before.crl else [],
            "secret_id": [self.client] if self.client is not None and self.client == before.client else [],
            "listener_id": [each for each in self.listener.known if each in before.listener.known],
            "expected_backend_certificates": [each for each in self.backends.known if each in before.backends.known],
        }
        return reload_findings(stays, now=now)


def _warning(where: str, code: str, sentence: str, remedy: str) -> Finding:
    return Finding(code=code, severity="warning", property=where, sentence=sentence, remedy=remedy)
