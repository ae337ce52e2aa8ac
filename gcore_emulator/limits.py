"""How many objects there may be, and whether two may have one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gcore_emulator.account import Account, Pool, Scope, Stored
from gcore_emulator.behavior import Behavior, CountedKind
from gcore_emulator.errors import conflict, quota_exceeded


def check_limits(account: Account, scope: Scope, behavior: Behavior, adding: Iterable[Stored]) -> None:
    """Checks that new objects may be added to a project and region.

    Raises:
        Failure: if a quota is exceeded, or names are to be unique and one is taken.
    """
    adding = list(adding)
    if behavior.quota != "none":
        _check_quota(behavior, behavior.quota, _count(_present(account, scope)), _count(adding))
    if behavior.unique_names == "yes":
        taken = {(type(stored), stored.name) for stored in _present(account, scope)}
        for stored in adding:
            if (type(stored), stored.name) in taken:
                raise conflict(f"{type(stored).__name__} with name {stored.name} already exists")
            taken.add((type(stored), stored.name))


def check_member_quota(account: Account, scope: Scope, behavior: Behavior, adding: int) -> None:
    """Checks that so many members may be added to existing pools.

    Raises:
        Failure: if the quota is exceeded.
    """
    if behavior.quota != "none":
        _check_quota(behavior, behavior.quota, _count(_present(account, scope)), {"members": adding})


def _check_quota(
    behavior: Behavior,
    quota: Mapping[CountedKind, int],
    current: Mapping[CountedKind, int],
    requested: Mapping[CountedKind, int],
) -> None:
    for kind, limit in quota.items():
        wanted = requested.get(kind, 0)
        if wanted > 0 and current.get(kind, 0) + wanted > limit:
            raise quota_exceeded(int(behavior.quota_status), kind, limit, current.get(kind, 0), wanted)


def _present(account: Account, scope: Scope) -> list[Stored]:
    tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
    return [stored for table in tables for stored in table.values() if stored.scope == scope]


def _count(stored: Iterable[Stored]) -> dict[CountedKind, int]:
    kinds: dict[str, CountedKind] = {
        "Secret": "secrets",
        "LoadBalancer": "load_balancers",
        "Listener": "listeners",
        "Pool": "pools",
    }
    counts: dict[CountedKind, int] = {}
    for one in stored:
        kind = kinds[type(one).__name__]
        counts[kind] = counts.get(kind, 0) + 1
        if isinstance(one, Pool):
            counts["members"] = counts.get("members", 0) + len(one.members)
    return counts
