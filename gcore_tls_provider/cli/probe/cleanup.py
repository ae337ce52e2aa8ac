"""Delete the objects of probes, found by their names, so that objects with an unknown ID are deleted too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.cli.probe.account import PROBE_NAME, ProbedAccount
from gcore_tls_provider.cli.probe.report import CleanupResult, ObjectKind, RemainingObject
from gcore_tls_provider.errors import ApiError, NotFound

PAUSE_SECONDS: Final = 1.0
"""Pause between two listings. It grows with each empty listing, to give pending creates time to appear."""

EMPTY_LISTINGS: Final = 2
"""Number of consecutive empty listings that show that no object remains, plus the lag of reads."""

_EXTRA_EMPTY_LISTINGS: Final = 6
_DELETE: Final[Mapping[ObjectKind, Callable[[str], Call[TaskIds]]]] = {
    "load balancer": routes.delete_load_balancer,
    "listener": routes.delete_listener,
    "pool": routes.delete_pool,
    "secret": routes.delete_secret,
}
"""Delete request by kind, in this order: deleting a load balancer deletes its listeners and pools and frees secrets."""


def find_probe_objects(account: ProbedAccount, name: str | None) -> list[RemainingObject]:
    """Return the objects that exist of one probe, or of all probes.

    Args:
        account: Probed account.
        name: Name prefix of one probe; None for all probes.

    Raises:
        ApiError: A list cannot be read.
    """
    found = []
    for kind, id_, named in account.list_objects():
        if named.startswith(f"{name}-") if name else PROBE_NAME.match(named):
            found.append(
                RemainingObject.model_validate({"kind": kind, "id": id_, "name": named, "reason": "not deleted yet"})
            )
    return found


def clean_up(account: ProbedAccount, name: str | None, seconds: float) -> CleanupResult:
    """Delete all objects of one probe, or of all probes, until none remain or the time is over.

    Args:
        account: Probed account.
        name: Name prefix of one probe; None for all probes.
        seconds: Time limit.
    """
    deadline = account.client.deadline(seconds)
    gone: set[str] = set()
    remaining: list[RemainingObject] = []
    problem: str | None = None
    # After a lost response, an object can still be in creation, so keep listing for longer.
    empty = 0
    while True:
        try:
            remaining = [each for each in find_probe_objects(account, name) if each.id not in gone]
            problem = None
            empty = 0 if remaining else empty + 1
            required = EMPTY_LISTINGS + (account.lag or 0) + (_EXTRA_EMPTY_LISTINGS if account.outcome_unknown else 0)
            if empty >= required:
                return CleanupResult(removed=len(gone))
        except ApiError as error:
            problem = str(error)
        remaining = [each for each in (_remove(account, each, gone) for each in remaining) if each is not None]
        if deadline.passed:
            return CleanupResult(removed=len(gone), remaining=tuple(remaining), problem=problem)
        account.clock.sleep(PAUSE_SECONDS * max(1, 2 * empty - 1))


def _remove(account: ProbedAccount, each: RemainingObject, gone: set[str]) -> RemainingObject | None:
    """Delete an object. Return None if it is gone, otherwise the object with the error."""
    try:
        account.send_and_wait(_DELETE[each.kind](each.id))
    except NotFound:
        pass
    except ApiError as error:
        return each.model_copy(update={"reason": str(error)})
    gone.add(each.id)
    return None
