"""Findings about the traffic impact of a change, reported before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Severity
from gcore_tls_provider.certificates.findings.table import Code, Message

_WARNING: Final[tuple[Severity, ...]] = ("warning",)
_MAINTENANCE: Final = "Schedule this for a maintenance window, or move the traffic elsewhere first."
_SENTENCES: Final = {
    "": "{properties} of a {kind} cannot be changed in place: it is replaced.",
    "_if_changed": "{properties} of a {kind} cannot be changed in place, and the new value is not known yet: unless it "
    "stays the same, the {kind} is replaced.",
}
"""Why an object is replaced, by the end of the message's key."""


def _replacements(effects: Mapping[str, tuple[str, str]]) -> Mapping[str, Message]:
    """Return two messages for each effect and remedy: for a new value that is known, and `..._if_changed`."""
    return {
        f"{key}{certainty}": Message(f"{sentence} {effect}", remedy)
        for key, (effect, remedy) in effects.items()
        for certainty, sentence in _SENTENCES.items()
    }


CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "FLAVOR_RESIZED": Code(
            "a new flavor, which cuts all connections",
            {
                "known": Message(
                    "The load balancer is resized in place from flavor {old} to {new}, which cuts all connections.",
                    "Schedule this for a maintenance window.",
                ),
                "unknown": Message(
                    "The load balancer is resized in place, which cuts all connections.",
                    "Schedule this for a maintenance window.",
                ),
            },
            _WARNING,
        ),
        "REPLACED": Code(
            "an object that a new one replaces, which is created first",
            _replacements(
                {
                    "load_balancer": (
                        "The new load balancer is created first, and has another VIP than the current one ({vip}).",
                        "Send clients to the new VIP. At the end of the run the old load balancer is deleted, with all "
                        "listeners and pools that other programs have on it.",
                    ),
                    "other": (
                        "The new one is created first.",
                        "If this is not intended, undo the change of {first_property}.",
                    ),
                    "relocated": (
                        "The new one is created first, in the other project or region.",
                        "If this is not intended, undo the change of {first_property}.",
                    ),
                }
            ),
            _WARNING,
        ),
        "REPLACED_WITH_GAP": Code(
            "an object that a new one replaces, after it is deleted: traffic stops",
            _replacements(
                {
                    "vip_port": (
                        "VIP port {vip_port_id}, and with it the VIP, stays. Two load balancers cannot have it at "
                        "once: the old one is deleted first, and traffic stops until the new one, its listeners and "
                        "its pools are there.",
                        _MAINTENANCE,
                    ),
                    "floating_ip": (
                        "Floating IP {floating_ip_id} stays, and the VIP behind it changes. Two load balancers cannot "
                        "have the floating IP at once: the old one is deleted first, and traffic stops until the new "
                        "one, its listeners and its pools are there.",
                        _MAINTENANCE,
                    ),
                    "listener": (
                        "Two listeners of a load balancer cannot have the same port ({port}): the old listener is "
                        "deleted first, and its traffic stops until the new one and its pool are there.",
                        _MAINTENANCE,
                    ),
                    "pool": (
                        "A listener has one default pool: the old pool is deleted first, and the listener's traffic "
                        "stops until the new one is there.",
                        _MAINTENANCE,
                    ),
                }
            ),
            _WARNING,
        ),
    }
)
"""Codes of this area."""
