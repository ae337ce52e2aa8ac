"""What a change means for those who use the load balancer, said before it is made.

| change | what is said |
| --- | --- |
| flavor | resized in place: all connections are cut |
| VIP network, subnet, family, port, floating IP; project, region | another load balancer, made first: the VIP changes |
| the same with an unchanged VIP port or existing floating IP | the old load balancer goes first: traffic stops |
| protocol, port or load balancer of a listener | another listener; on the same port the old one goes first |
| listener or load balancer of a pool | another pool; as the default pool of the same listener the old one goes first |

A secret is always replaced, new one first and without a gap, so nothing is said about that. Sources: OpenAPI (what each
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

_WHEN_HARMLESS: Final = "Run it when that does no harm, or move the traffic elsewhere before."


def change_findings(kind: str, difference: Diff, olds: Properties, news: Properties) -> tuple[Finding, ...]:
    """What a change of an object comes to beyond the change itself; all of it warnings.

    Args:
        kind: the kind of object: `listener`.
        difference: what changes.
        olds: the old outputs.
        news: the new inputs; may hold unknown values.
    """
    if kind not in _MEANWHILE:
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
            remedy="Run it when that does no harm.",
        )


def _replacement(kind: str, difference: Diff, olds: Properties, news: Properties) -> Finding:
    names = difference.replaces
    sure = [name for name in names if not contains_unknown(news.get(name))]
    listed = " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)
    if sure:
        why = f"{listed} of a {kind} can't be changed in place: it is replaced"
    else:
        why = f"{listed} of a {kind} can't be changed in place, and isn't known yet: unless it stays, it is replaced"
    if difference.delete_before_replace:
        code, how, remedy = "REPLACED_WITH_GAP", _MEANWHILE[kind](olds, news), _WHEN_HARMLESS
    else:
        code, how, remedy = "REPLACED", *_afterwards(kind, names, olds)
    return Finding(code=code, severity="warning", property=(sure or names)[0], sentence=f"{why}. {how}", remedy=remedy)


def _afterwards(kind: str, names: Sequence[str], olds: Properties) -> tuple[str, str]:
    """What is said where the new object is made first; and what to do."""
    if kind == "load balancer":
        vip = olds.get("vip_address")
        was = f", which is {vip} now," if isinstance(vip, str) else ""
        return (
            f"The new load balancer is made first, and the VIP{was} changes.",
            "Send clients to the new VIP: the old load balancer is gone at the end of the run, and with it whatever "
            "listeners and pools other programs have on it.",
        )
    where = " in the other project or region" if _SCOPE & set(names) else ""
    return f"The new one is made first{where}.", f"If that isn't meant, undo the change of {names[0]}."


def _load_balancer_meanwhile(olds: Properties, news: Properties) -> str:
    if news.get("vip_port_id") is not None:
        held = f"VIP port {news['vip_port_id']}, and with it the VIP, stays, and"
    else:
        floating_ip = news.get("floating_ip")
        known = floating_ip.get("existing_floating_id") if isinstance(floating_ip, Mapping) else None
        held = f"Floating IP {known} stays, the VIP behind it changes, and the floating IP"
    return (
        f"{held} can't be held by two load balancers at once: the old one is deleted first, and traffic stops until "
        f"the new one, its listeners and its pools are there."
    )


def _listener_meanwhile(olds: Properties, news: Properties) -> str:
    return (
        f"{_port(olds, news)} of the load balancer can't be taken twice: the old listener is deleted first, and "
        f"traffic on it stops until the new one and its pool are there."
    )


def _port(olds: Properties, news: Properties) -> str:
    port = news.get("protocol_port") or olds.get("protocol_port")
    return f"Port {port:.0f}" if isinstance(port, (int, float)) else "A port"


def _pool_meanwhile(olds: Properties, news: Properties) -> str:
    return (
        "A listener has one default pool: the old pool is deleted first, and the listener's traffic stops until the "
        "new one is there."
    )


def _from_to(old: object, new: object) -> str:
    known = isinstance(old, str) and isinstance(new, str)
    return f" from flavor {old} to {new}" if known else ""


_MEANWHILE: Final = {
    "load balancer": _load_balancer_meanwhile,
    "listener": _listener_meanwhile,
    "pool": _pool_meanwhile,
}
"""What stops meanwhile where the old object has to go first, by kind."""
