"""Removes what probes have made, found by its names: so also what nobody knows the id of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.tasks import TaskIds
from gcore_tls_provider.cli.probe.account import OURS, ProbedAccount
from gcore_tls_provider.cli.probe.report import Cleaning, Kind, Left
from gcore_tls_provider.errors import ApiError, NotFound

PAUSE: Final = 1.0
"""Seconds until the next look; more the longer nothing was found, for what may still be coming."""

EMPTY_LOOKS: Final = 2
"""So many looks in a row that find nothing mean that nothing is left; the lag of reads comes on top."""

_STILL_COMING_LOOKS: Final = 6
_DELETE: Final[Mapping[Kind, Callable[[str], Call[TaskIds]]]] = {
    "load balancer": routes.delete_load_balancer,
    "listener": routes.delete_listener,
    "pool": routes.delete_pool,
    "secret": routes.delete_secret,
}
"""In this order: load balancers take listeners and pools with them, and free the secrets."""


def leftovers(account: ProbedAccount, name: str | None) -> list[Left]:
    """What is there of one probe, or of all.

    Args:
        account: where.
        name: what the names of one probe's objects begin with; None for every probe.

    Raises:
        ApiError: a list can't be read.
    """
    found = []
    for kind, id_, named in account.everything():
        if named.startswith(f"{name}-") if name else OURS.match(named):
            found.append(Left.model_validate({"kind": kind, "id": id_, "name": named, "reason": "not tried"}))
    return found


def clean(account: ProbedAccount, name: str | None, seconds: float) -> Cleaning:
    """Removes all that is left; goes on until nothing is, or the time is over.

    Args:
        account: where.
        name: what the names of one probe's objects begin with; None for every probe.
        seconds: how long to go on.
    """
    deadline = account.client.deadline(seconds)
    gone: set[str] = set()
    left: list[Left] = []
    problem: str | None = None
    # An answer that was lost may belong to an object that is still being made: it is looked for a while longer.
    empty = 0
    while True:
        try:
            left = [each for each in leftovers(account, name) if each.id not in gone]
            problem = None
            empty = 0 if left else empty + 1
            wanted = EMPTY_LOOKS + (account.lag or 0) + (_STILL_COMING_LOOKS if account.uncertain else 0)
            if empty >= wanted:
                return Cleaning(removed=len(gone))
        except ApiError as error:
            problem = str(error)
        left = [each for each in (_removed(account, each, gone) for each in left) if each is not None]
        if deadline.passed:
            return Cleaning(removed=len(gone), left=tuple(left), problem=problem)
        account.clock.sleep(PAUSE * max(1, 2 * empty - 1))


def _removed(account: ProbedAccount, each: Left, gone: set[str]) -> Left | None:
    """None if it is gone, else what is left with the reason."""
    try:
        account.do(_DELETE[each.kind](each.id))
    except NotFound:
        pass
    except ApiError as error:
        return each.model_copy(update={"reason": str(error)})
    gone.add(each.id)
    return None
