"""Invariants of an account, which must hold whatever a client does and whatever fault occurs.

The auditor checks them when a task starts, when it ends, and after the response to a write, so that it also finds a
violation that disappears a moment later. It shares no code with the checks that reject requests, and does not trust
them: if the emulator allows something (`secret-in-use=allow`), has a bug, or a test changed the account directly, the
audit reports it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from gcore_emulator.account import (
    EmulatedAccount,
    Listener,
    LoadBalancer,
    Pool,
    ProjectRegion,
    RequestSummary,
    Secret,
    Stored,
    Task,
    Transition,
)

Invariant: TypeAlias = Literal[
    "dangling-reference",
    "child-of-deleted-parent",
    "secret-deleted-in-use",
    "duplicate-of-owner",
    "duplicate-name",
    "write-on-locked",
    "unauthenticated-write",
]
"""Invariant that was violated.

- `dangling-reference`: a listener or pool refers to a secret, or a pool to a listener, that does not exist.
- `child-of-deleted-parent`: a listener or pool exists, but its load balancer does not.
- `secret-deleted-in-use`: the API accepted the deletion of a secret that a listener or pool uses, or will use when the
  tasks in progress have ended.
- `duplicate-of-owner`: two objects of one kind have the same name of the form `<name>-<8 hex>-<6 hex>`, which an owner
  gives to only one object.
- `duplicate-name`: the same with any other name. Gcore allows it, but it is probably a mistake.
- `write-on-locked`: the API accepted a write while its load balancer was PENDING.
- `unauthenticated-write`: the API accepted a write without the account's key.
"""

_OWNED = re.compile(r".+-[0-9a-f]{8}-[0-9a-f]{6}")
_READS = ("GET", "HEAD", "OPTIONS")


class Cause(BaseModel):
    """Request during which, or by whose task, an invariant was violated."""

    model_config = ConfigDict(frozen=True)

    request_id: str
    method: str
    path: str


class InvariantViolation(BaseModel):
    """Violation of an invariant.

    Attributes:
        invariant: Invariant that was violated.
        at: Time at which the auditor found it.
        description: Sentence that describes it.
        object_ids: Objects that are involved.
        cause: Request that caused it; null: found between two requests, so something changed the account directly.
        task_id: Task that caused it; null: no task did.
    """

    model_config = ConfigDict(frozen=True)

    invariant: Invariant
    at: datetime
    description: str
    object_ids: tuple[str, ...]
    cause: Cause | None
    task_id: str | None


class Audit(BaseModel):
    """Result of the audit since the start or the last reset. `checks`: number of checks."""

    model_config = ConfigDict(frozen=True)

    intact: bool
    checks: int
    violations: tuple[InvariantViolation, ...]


@dataclass(frozen=True)
class _BrokenInvariant:
    invariant: Invariant
    object_ids: tuple[str, ...]
    description: str


class Auditor:
    """Checks the invariants, and records every violation with its request and task.

    Attributes:
        violations: All violations, in order. A persistent one is recorded once; one that disappears and returns, again.
    """

    def __init__(
        self, account: EmulatedAccount, now: Callable[[], datetime], violations: Iterable[InvariantViolation] = ()
    ) -> None:
        """Start to audit an account.

        Args:
            account: Account. Its present violations are not recorded again if `violations` contains them.
            now: Function that returns the current time.
            violations: Violations from the state file.
        """
        self._account = account
        self._now = now
        self.violations = list(violations)
        self._ongoing = {(violation.invariant, violation.object_ids) for violation in self.violations}
        self._checks = 0

    def audit(self) -> Audit:
        """Check once more, and return all violations so far."""
        self.check(None)
        return Audit(intact=not self.violations, checks=self._checks, violations=tuple(self.violations))

    def check(self, task: Task | None, request: RequestSummary | None = None) -> None:
        """Check the objects that exist now.

        Args:
            task: Task that has just started or ended, if any.
            request: Request that has just been handled, if any.
        """
        self._checks += 1
        cause = task.request if request is None and task is not None else request
        found = {(each.invariant, each.object_ids): each for each in _broken_now(self._account)}
        for key, each in found.items():
            if key not in self._ongoing:
                self._record(each, cause, task)
        self._ongoing = set(found)

    def check_start(
        self, request: RequestSummary, task: Task | None, transitions: Iterable[Transition], pending: Iterable[Stored]
    ) -> None:
        """Check a task that is about to start.

        Args:
            request: Request that creates it.
            task: Task; None for a change without a task.
            transitions: Its transitions.
            pending: Objects as they will be when the other tasks in progress have ended.
        """
        transitions = tuple(transitions)
        for balancer in self._balancers(transitions):
            if balancer.provisioning_status.startswith("PENDING"):
                status = balancer.provisioning_status
                description = f"The API accepted a write to LoadBalancer {balancer.id} while it was {status}"
                self._record(_BrokenInvariant("write-on-locked", (balancer.id,), description), request, task)
        users = (*self._account.listeners.values(), *self._account.pools.values(), *pending)
        for secret in [one.before for one in transitions if isinstance(one.before, Secret) and one.after is None]:
            used_by = {user.id: user for user in users if secret.id in _secret_ids(user)}
            for user in used_by.values():
                description = (
                    f"The API accepted the deletion of Secret {secret.id}, which {type(user).__name__} {user.id} uses"
                )
                self._record(
                    _BrokenInvariant("secret-deleted-in-use", (secret.id, user.id), description), request, task
                )

    def check_response(
        self, request: RequestSummary, authorization: str | None, api_key: str, status: int | None
    ) -> None:
        """Check a request that the API has handled.

        Args:
            request: Request.
            authorization: Its Authorization header.
            api_key: API key of the account.
            status: Status of the response; None: there is no response.
        """
        if request.method in _READS:
            return
        scheme, _blank, key = (authorization or "").strip().partition(" ")
        authenticated = scheme.lower() == "apikey" and compare_digest(key.strip().encode(), api_key.encode())
        if not authenticated and status is not None and status < 300:
            description = f"{request.method} {request.path} returned {status} without the account's key"
            self._record(_BrokenInvariant("unauthenticated-write", (), description), request, None)
        self.check(None, request)

    def _balancers(self, transitions: Iterable[Transition]) -> list[LoadBalancer]:
        ids = {_balancer_id(one.before or one.after) for one in transitions}
        return [balancer for each in ids if each and (balancer := self._account.load_balancers.get(each))]

    def _record(self, found: _BrokenInvariant, request: RequestSummary | None, task: Task | None) -> None:
        self.violations.append(
            InvariantViolation(
                invariant=found.invariant,
                at=self._now(),
                description=found.description,
                object_ids=found.object_ids,
                cause=None
                if request is None
                else Cause(request_id=request.request_id, method=request.method, path=request.path),
                task_id=None if task is None or task.hidden else task.id,
            )
        )


def _broken_now(account: EmulatedAccount) -> Iterator[_BrokenInvariant]:
    """Yield all present violations of an account."""
    names: dict[tuple[type[Stored], ProjectRegion, str], str] = {}
    for listener in account.listeners.values():
        yield from _missing(listener, "Secret", _secret_ids(listener), account.secrets)
    for pool in account.pools.values():
        yield from _missing(pool, "Secret", _secret_ids(pool), account.secrets)
        yield from _missing(pool, "Listener", pool.listener_ids, account.listeners)
    children: list[Listener | Pool] = [*account.listeners.values(), *account.pools.values()]
    for child in children:
        parent = account.load_balancers.get(child.load_balancer_id)
        if parent is None or parent.location != child.location:
            description = f"{_named(child)} exists, but its LoadBalancer {child.load_balancer_id} does not"
            yield _BrokenInvariant("child-of-deleted-parent", (child.id, child.load_balancer_id), description)
    for table in (account.secrets, account.load_balancers, account.listeners, account.pools):
        for stored in table.values():
            if stored.provisioning_status == "PENDING_DELETE":
                continue
            first = names.setdefault((type(stored), stored.location, stored.name), stored.id)
            if first != stored.id:
                owned = _OWNED.fullmatch(stored.name)
                description = f"{_named(stored)} has the same name as {first}: '{stored.name}'"
                yield _BrokenInvariant(
                    "duplicate-of-owner" if owned else "duplicate-name", (stored.id, first), description
                )


def _missing(user: Stored, kind: str, ids: Iterable[str], existing: Mapping[str, Stored]) -> Iterator[_BrokenInvariant]:
    for each in ids:
        found = existing.get(each)
        if found is None or found.location != user.location:
            description = f"{_named(user)} refers to {kind} {each}, which does not exist"
            yield _BrokenInvariant("dangling-reference", (user.id, each), description)


def _named(stored: Stored) -> str:
    return f"{type(stored).__name__} {stored.id}"


def _secret_ids(stored: Stored) -> tuple[str, ...]:
    if isinstance(stored, Listener):
        return tuple(each for each in (stored.secret_id, *stored.sni_secret_ids) if each)
    return tuple(each for each in stored.secret_ids if each) if isinstance(stored, Pool) else ()


def _balancer_id(stored: Stored | None) -> str | None:
    if isinstance(stored, (Listener, Pool)):
        return stored.load_balancer_id
    return stored.id if isinstance(stored, LoadBalancer) else None
