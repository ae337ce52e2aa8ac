"""Traffic impact: effects of a change on users of the load balancer, reported before it is made.

| change | warning |
| --- | --- |
| flavor | resized in place: all connections are cut |
| VIP network, subnet, family, port, floating IP; location | another load balancer, created first: the VIP changes |
| the same with an unchanged VIP port or existing floating IP | the old load balancer goes first: traffic stops |
| protocol, port or load balancer of a listener | another listener; on the same port the old one goes first |
| listener or load balancer of a pool | another pool; a listener's default pool is deleted first |

A secret is always replaced, new one first and without a gap, so it has no warning. Sources: OpenAPI (what each
update takes), guide of the resize; Octavia (one default pool per listener, one listener per port).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.lifecycle.inputs.properties import Properties, contains_unknown
from gcore_tls_provider.lifecycle.plan import Diff
from gcore_tls_provider.lifecycle.run.location import LOCATION_FIELDS

_LOCATION_NAMES: Final = frozenset(field.name for field in LOCATION_FIELDS)

_NOT_KNOWN: Final = "not known"


def change_findings(kind: str, diff: Diff, olds: Properties, news: Properties) -> tuple[Finding, ...]:
    """Return warnings about the traffic impact of a change.

    Args:
        kind: Name of the kind: `listener`.
        diff: The change.
        olds: Outputs of the previous run.
        news: Inputs of this run; they can contain unknown values.
    """
    if kind not in _GAPS:
        return ()
    return tuple(_findings(kind, diff, olds, news))


def _findings(kind: str, diff: Diff, olds: Properties, news: Properties) -> Iterator[Finding]:
    if diff.replaces:
        yield _replacement(kind, diff, olds, news)
    elif "flavor" in diff.changed:
        old, new = olds.get("flavor"), news.get("flavor")
        if isinstance(old, str) and isinstance(new, str):
            yield report("FLAVOR_RESIZED", "flavor", message="known", old=old, new=new)
        else:
            yield report("FLAVOR_RESIZED", "flavor", message="unknown")


def _replacement(kind: str, diff: Diff, olds: Properties, news: Properties) -> Finding:
    names = diff.replaces
    known = [name for name in names if not contains_unknown(news.get(name))]
    if diff.delete_before_replace:
        code, (message, values) = "REPLACED_WITH_GAP", _GAPS[kind](olds, news)
    else:
        code, (message, values) = "REPLACED", _without_gap(kind, diff, olds)
    return report(
        code,
        (known or names)[0],
        message=message if known else f"{message}_if_changed",
        properties=" and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names),
        kind=kind,
        **values,
    )


_Effect = tuple[str, Mapping[str, Any]]
"""Key of a message, and the values that only this message has."""


def _without_gap(kind: str, diff: Diff, olds: Properties) -> _Effect:
    """Return the effect of a replacement that creates the new object first."""
    if kind == "load balancer":
        return "load_balancer", {"vip": _known(olds.get("vip_address"))}
    first = {"first_property": diff.replaces[0]}
    return ("relocated" if _LOCATION_NAMES & set(diff.replaces) else "other"), first


def _load_balancer_gap(_olds: Properties, news: Properties) -> _Effect:
    if news.get("vip_port_id") is not None:
        return "vip_port", {"vip_port_id": _known(news["vip_port_id"])}
    floating_ip = news.get("floating_ip")
    existing = floating_ip.get("existing_floating_id") if isinstance(floating_ip, Mapping) else None
    return "floating_ip", {"floating_ip_id": _known(existing)}


def _listener_gap(olds: Properties, news: Properties) -> _Effect:
    port = news.get("protocol_port") or olds.get("protocol_port")
    return "listener", {"port": f"{port:.0f}" if isinstance(port, (int, float)) else _NOT_KNOWN}


def _pool_gap(_olds: Properties, _news: Properties) -> _Effect:
    return "pool", {}


def _known(value: object) -> str:
    return value if isinstance(value, str) else _NOT_KNOWN


_GAPS: Final[Mapping[str, Callable[[Properties, Properties], _Effect]]] = {
    "load balancer": _load_balancer_gap,
    "listener": _listener_gap,
    "pool": _pool_gap,
}
"""Effects of a replacement that deletes the old object first, by kind."""
