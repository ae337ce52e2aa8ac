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

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.lifecycle.inputs.properties import Properties, contains_unknown
from gcore_tls_provider.lifecycle.plan import Diff
from gcore_tls_provider.lifecycle.run.location import LOCATION_FIELDS

_SCOPE: Final = frozenset(field.name for field in LOCATION_FIELDS)

_MAINTENANCE: Final = "Schedule this for a maintenance window, or move the traffic elsewhere first."


def change_findings(kind: str, difference: Diff, olds: Properties, news: Properties) -> tuple[Finding, ...]:
    """Return warnings about the traffic impact of a change.

    Args:
        kind: Name of the kind: `listener`.
        difference: The change.
        olds: Outputs of the previous run.
        news: Inputs of this run; they can contain unknown values.
    """
    if kind not in _GAPS:
        return ()
    return tuple(_findings(kind, difference, olds, news))


def _findings(kind: str, difference: Diff, olds: Properties, news: Properties) -> Iterator[Finding]:
    if difference.replaces:
        yield _replacement(kind, difference, olds, news)
    elif "flavor" in difference.changed:
        yield Finding(
            code="FLAVOR_RESIZED",
            severity="warning",
            property="flavor",
            sentence=f"The load balancer is resized in place{_from_to(olds.get('flavor'), news.get('flavor'))}, which "
            f"cuts all connections.",
            remedy="Schedule this for a maintenance window.",
        )


def _replacement(kind: str, difference: Diff, olds: Properties, news: Properties) -> Finding:
    names = difference.replaces
    sure = [name for name in names if not contains_unknown(news.get(name))]
    listed = " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)
    if sure:
        why = f"{listed} of a {kind} cannot be changed in place: it is replaced"
    else:
        why = f"{listed} of a {kind} cannot be changed in place, and is not known yet: unless it stays, it is replaced"
    if difference.delete_before_replace:
        code, how, remedy = "REPLACED_WITH_GAP", _GAPS[kind](olds, news), _MAINTENANCE
    else:
        code, how, remedy = "REPLACED", *_afterwards(kind, names, olds)
    return Finding(code=code, severity="warning", property=(sure or names)[0], sentence=f"{why}. {how}", remedy=remedy)


def _afterwards(kind: str, names: Sequence[str], olds: Properties) -> tuple[str, str]:
    """Return the effect of a replacement that creates the new object first, and the remedy."""
    if kind == "load balancer":
        vip = olds.get("vip_address")
        was = f", which is {vip} now," if isinstance(vip, str) else ""
        return (
            f"The new load balancer is created first, and the VIP{was} changes.",
            "Send clients to the new VIP: the old load balancer is gone at the end of the run, and with it whatever "
            "listeners and pools other programs have on it.",
        )
    where = " in the other project or region" if _SCOPE & set(names) else ""
    return f"The new one is created first{where}.", f"If this is not intended, undo the change of {names[0]}."


def _load_balancer_gap(olds: Properties, news: Properties) -> str:
    if news.get("vip_port_id") is not None:
        held = f"VIP port {news['vip_port_id']}, and with it the VIP, stays, and"
    else:
        floating_ip = news.get("floating_ip")
        known = floating_ip.get("existing_floating_id") if isinstance(floating_ip, Mapping) else None
        held = f"Floating IP {known} stays, the VIP behind it changes, and the floating IP"
    return (
        f"{held} cannot be held by two load balancers at once: the old one is deleted first, and traffic stops until "
        f"the new one, its listeners and its pools are there."
    )


def _listener_gap(olds: Properties, news: Properties) -> str:
    return (
        f"{_port(olds, news)} of the load balancer cannot be taken twice: the old listener is deleted first, and "
        f"traffic on it stops until the new one and its pool are there."
    )


def _port(olds: Properties, news: Properties) -> str:
    port = news.get("protocol_port") or olds.get("protocol_port")
    return f"Port {port:.0f}" if isinstance(port, (int, float)) else "A port"


def _pool_gap(olds: Properties, news: Properties) -> str:
    return (
        "A listener has one default pool: the old pool is deleted first, and the listener's traffic stops until the "
        "new one is there."
    )


def _from_to(old: object, new: object) -> str:
    known = isinstance(old, str) and isinstance(new, str)
    return f" from flavor {old} to {new}" if known else ""


_GAPS: Final = {
    "load balancer": _load_balancer_gap,
    "listener": _listener_gap,
    "pool": _pool_gap,
}
"""Effects of a replacement that deletes the old object first, by kind."""
