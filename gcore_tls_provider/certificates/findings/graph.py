"""Findings about combinations: a pool with its listener, CA, CRL, health monitor and members, and a reload."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.table import Code, Message, single

_HIDDEN_EXPIRY: Final = (
    "TLS session resumption can have hidden that so far. This change reloads the load balancer, and from then on "
    "handshakes with it fail."
)
_RENEW: Final = "Renew it in the same run, or before."

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "BACKENDS_NOT_VERIFIED": Code(
            "a pool that speaks TLS without a CA",
            single(
                "The pool speaks TLS without a CA: the load balancer trusts any server at a member's address.",
                "Set `ca`.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "TLS_IN_TLS": Code(
            "a pool that speaks TLS under a listener that passes TLS through",
            single(
                "The listener passes the clients' TLS through, and the pool speaks TLS of its own: one would be inside "
                "the other, and clients hang.",
                "Set the listener's protocol to TERMINATED_HTTPS, or remove `ca`, `client_certificate` and `crl`.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "NO_HEALTH_MONITOR": Code(
            "a pool that speaks mutual TLS without a health monitor",
            single(
                "The pool speaks mutual TLS and has no health monitor: a member whose certificate is rejected stays in "
                "use, and with SOURCE_IP its clients permanently get 503.",
                "Set `health_monitor`; type TCP makes a TLS handshake that verifies the backend.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "MONITOR_STOPS_VERIFICATION": Code(
            "a health monitor that switches verification off",
            single(
                "A health monitor of type HTTPS switches the verification of backends off for all traffic, unless the "
                "pool has a CRL: backends with a certificate of any CA are used.",
                "Set `crl` (an empty CRL is enough), or set the health monitor's type to TCP or HTTP.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "MONITOR_OVER_HTTP2": Code(
            "HTTP probes that backends with HTTP/2 reject",
            single(
                "A health monitor of type {monitor_type} probes backends that offer HTTP/2 without a host name. They "
                "answer 400, and the member goes down.",
                'Set http_version to "1.1", and set domain_name.',
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "PLAINTEXT_PROBE_TO_TLS_PORT": Code(
            "plaintext HTTP probes to a port that speaks TLS",
            single(
                "Probes of {member} are sent without TLS, because monitor_port or monitor_address is set, and the port "
                "speaks TLS: the member goes down.",
                "Remove monitor_port and monitor_address, or set monitor_port to a port that speaks plaintext HTTP.",
            ),
            acceptable=True,
        ),
        "PROBES_BYPASS_TLS": Code(
            "probes that do not test TLS",
            single(
                "Probes of {member} are sent without TLS, because monitor_port or monitor_address is set: they do not "
                "test its certificate.",
                "Remove monitor_port and monitor_address, unless a plaintext health port is intended.",
            ),
            severities=("warning",),
            acceptable=True,
        ),
        "RELOAD_EXPOSES_EXPIRED": Code(
            "a change after which expired certificates or CRLs stop working",
            {
                "certificate": Message("The certificate '{subject}' expired on {not_after}. " + _HIDDEN_EXPIRY, _RENEW),
                "ca": Message("The CA '{subject}' expired on {not_after}. " + _HIDDEN_EXPIRY, _RENEW),
                "crl": Message("The CRL of '{subject}' expired on {not_after}. " + _HIDDEN_EXPIRY, _RENEW),
            },
            severities=("warning",),
            acceptable=True,
        ),
    }
)
"""Codes of this area."""
