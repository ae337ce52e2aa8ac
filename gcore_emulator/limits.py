"""Quotas and unique names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gcore_emulator.account import EmulatedAccount, Pool, ProjectRegion, Stored
from gcore_emulator.behavior import Behavior, QuotaKind
from gcore_emulator.errors import conflict, quota_exceeded


def check_limits(
    account: EmulatedAccount, location: ProjectRegion, behavior: Behavior, adding: Iterable[Stored]
) -> None:
    """Check that new objects can be added to a project and region.

    Raises:
        ApiErrorResponse: A quota is exceeded, or names must be unique and one is in use.
    """
    adding = list(adding)
    if behavior.quota != "none":
        _check_quota(behavior, behavior.quota, _count(_present(account, location)), _count(adding))
    if behavior.unique_names == "yes":
        taken = {(type(stored), stored.name) for stored in _present(account, location)}
        for stored in adding:
            if (type(stored), stored.name) in taken:
                raise conflict(f"{type(stored).__name__} with name {stored.name} already exists")
            taken.add((type(stored), stored.name))


def check_member_quota(account: EmulatedAccount, location: ProjectRegion, behavior: Behavior, adding: int) -> None:
    """Check that a number of members can be added to existing pools.

    Raises:
        ApiErrorResponse: The quota is exceeded.
    """
    if behavior.quota != "none":
        _check_quota(behavior, behavior.quota, _count(_present(account, location)), {"members": adding})


def _check_quota(
    behavior: Behavior,
    quota: Mapping[QuotaKind, int],
    current: Mapping[QuotaKind, int],
    requested: Mapping[QuotaKind, int],
) -> None:
    for kind, limit in quota.items():
        wanted = requested.get(kind, 0)
        if wanted > 0 and current.get(kind, 0) + wanted > limit:
            raise quota_exceeded(int(behavior.quota_status), kind, limit, current.get(kind, 0), wanted)


def _present(account: EmulatedAccount, location: ProjectRegion) -> list[Stored]:
    tables = (account.secrets, account.load_balancers, account.listeners, account.pools)
    return [stored for table in tables for stored in table.values() if stored.location == location]


def _count(stored: Iterable[Stored]) -> dict[QuotaKind, int]:
    kinds: dict[str, QuotaKind] = {
        "Secret": "secrets",
        "LoadBalancer": "load_balancers",
        "Listener": "listeners",
        "Pool": "pools",
    }
    counts: dict[QuotaKind, int] = {}
    for one in stored:
        kind = kinds[type(one).__name__]
        counts[kind] = counts.get(kind, 0) + 1
        if isinstance(one, Pool):
            counts["members"] = counts.get("members", 0) + len(one.members)
    return counts
