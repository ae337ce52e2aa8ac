"""Watches over what must never happen in an account, whatever a client does and whatever goes wrong meanwhile.

It looks when work begins, when it ends and when a write was answered, so that a breach which is healed a moment later
is known all the same. It shares no code with what refuses such requests, and trusts it in nothing: where the emulator
allows something (`secret-in-use=allow`), has a mistake, or a test reached into the account, the audit says so.
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
    Account,
    Asked,
    Listener,
    LoadBalancer,
    Pool,
    Scope,
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
"""What was broken.

- `dangling-reference`: a listener or pool refers to a secret, or a pool to a listener, that isn't there.
- `child-of-deleted-parent`: a listener or pool is there, and its load balancer isn't.
- `secret-deleted-in-use`: a deletion was accepted of a secret that a listener or pool uses, or will when the work that
  is under way is done.
- `duplicate-of-owner`: two live objects of one kind have the same name of the form `<name>-<8 hex>-<6 hex>`, which one
  owner gives to one object only.
- `duplicate-name`: the same with any other name. Gcore allows it; who made both may not have meant it.
- `write-on-locked`: a write was accepted while its load balancer was PENDING.
- `unauthenticated-write`: a write without the account's key was accepted.
"""

_OWNED = re.compile(r".+-[0-9a-f]{8}-[0-9a-f]{6}")
_READS = ("GET", "HEAD", "OPTIONS")


class Cause(BaseModel):
    """The call of the API during which, or by whose task, something was broken."""

    model_config = ConfigDict(frozen=True)

    request_id: str
    method: str
    path: str


class Breach(BaseModel):
    """Something that must never happen, and did.

    `object_ids` are those that it is about, `what` says it in words. `cause` null: it was noticed between two calls, as
    if somebody had reached into the account. `task_id` null: no task did it.
    """

    model_config = ConfigDict(frozen=True)

    invariant: Invariant
    at: datetime
    what: str
    object_ids: tuple[str, ...]
    cause: Cause | None
    task_id: str | None


class Audit(BaseModel):
    """Whether everything was kept, since the start or the last reset. `looks`: how often it was looked at."""

    model_config = ConfigDict(frozen=True)

    intact: bool
    looks: int
    breaches: tuple[Breach, ...]


@dataclass(frozen=True)
class _Found:
    invariant: Invariant
    object_ids: tuple[str, ...]
    what: str


class Auditor:
    """Remembers every breach, with the call and the task that it happened in.

    Attributes:
        breaches: all of them, in order. One that lasts is there once; one that is healed and comes back, again.
    """

    def __init__(self, account: Account, now: Callable[[], datetime], breaches: Iterable[Breach] = ()) -> None:
        """Watches an account.

        Args:
            account: as it is; what is broken in it already counts as known if `breaches` name it.
            now: tells the time.
            breaches: those of an earlier life of the account.
        """
        self._account = account
        self._now = now
        self.breaches = list(breaches)
        self._lasting = {(breach.invariant, breach.object_ids) for breach in self.breaches}
        self._looks = 0

    def audit(self) -> Audit:
        """Looks once more, and says what was ever broken."""
        self.look(None)
        return Audit(intact=not self.breaches, looks=self._looks, breaches=tuple(self.breaches))

    def look(self, task: Task | None, asked: Asked | None = None) -> None:
        """Looks at what is there now.

        Args:
            task: work that has just begun or ended, if that is why.
            asked: the call that was answered, if that is why.
        """
        self._looks += 1
        cause = task.asked if asked is None and task is not None else asked
        found = {(each.invariant, each.object_ids): each for each in _standing(self._account)}
        for key, each in found.items():
            if key not in self._lasting:
                self._note(each, cause, task)
        self._lasting = set(found)

    def begins(
        self, asked: Asked, task: Task | None, transitions: Iterable[Transition], coming: Iterable[Stored]
    ) -> None:
        """Looks at work that is about to begin.

        Args:
            asked: the call that asked for it.
            task: its task; None for a change at once.
            transitions: what it will do.
            coming: what objects will be when the other work that is under way is done.
        """
        transitions = tuple(transitions)
        for balancer in self._balancers(transitions):
            if balancer.provisioning_status.startswith("PENDING"):
                what = f"A write to LoadBalancer {balancer.id} was accepted while it was {balancer.provisioning_status}"
                self._note(_Found("write-on-locked", (balancer.id,), what), asked, task)
        users = (*self._account.listeners.values(), *self._account.pools.values(), *coming)
        for secret in [one.before for one in transitions if isinstance(one.before, Secret) and one.after is None]:
            used_by = {user.id: user for user in users if secret.id in _secret_ids(user)}
            for user in used_by.values():
                what = f"The deletion of Secret {secret.id} was accepted, which {type(user).__name__} {user.id} uses"
                self._note(_Found("secret-deleted-in-use", (secret.id, user.id), what), asked, task)

    def answered(self, asked: Asked, authorization: str | None, api_key: str, status: int | None) -> None:
        """Looks at a call that the API has answered.

        Args:
            asked: the call.
            authorization: its header of that name.
            api_key: the account's key.
            status: of the answer; None if there is none.
        """
        if asked.method in _READS:
            return
        scheme, _blank, key = (authorization or "").strip().partition(" ")
        entitled = scheme.lower() == "apikey" and compare_digest(key.strip().encode(), api_key.encode())
        if not entitled and status is not None and status < 300:
            what = f"{asked.method} {asked.path} was answered with {status} without the account's key"
            self._note(_Found("unauthenticated-write", (), what), asked, None)
        self.look(None, asked)

    def _balancers(self, transitions: Iterable[Transition]) -> list[LoadBalancer]:
        ids = {_balancer_id(one.before or one.after) for one in transitions}
        return [balancer for each in ids if each and (balancer := self._account.load_balancers.get(each))]

    def _note(self, found: _Found, asked: Asked | None, task: Task | None) -> None:
        self.breaches.append(
            Breach(
                invariant=found.invariant,
                at=self._now(),
                what=found.what,
                object_ids=found.object_ids,
                cause=None
                if asked is None
                else Cause(request_id=asked.request_id, method=asked.method, path=asked.path),
                task_id=None if task is None or task.hidden else task.id,
            )
        )


def _standing(account: Account) -> Iterator[_Found]:
    """Everything in an account that is broken now."""
    names: dict[tuple[type[Stored], Scope, str], str] = {}
    for listener in account.listeners.values():
        yield from _missing(listener, "Secret", _secret_ids(listener), account.secrets)
    for pool in account.pools.values():
        yield from _missing(pool, "Secret", _secret_ids(pool), account.secrets)
        yield from _missing(pool, "Listener", pool.listener_ids, account.listeners)
    children: list[Listener | Pool] = [*account.listeners.values(), *account.pools.values()]
    for child in children:
        parent = account.load_balancers.get(child.load_balancer_id)
        if parent is None or parent.scope != child.scope:
            what = f"{_named(child)} is there, and its LoadBalancer {child.load_balancer_id} isn't"
            yield _Found("child-of-deleted-parent", (child.id, child.load_balancer_id), what)
    for table in (account.secrets, account.load_balancers, account.listeners, account.pools):
        for stored in table.values():
            if stored.provisioning_status == "PENDING_DELETE":
                continue
            first = names.setdefault((type(stored), stored.scope, stored.name), stored.id)
            if first != stored.id:
                owned = _OWNED.fullmatch(stored.name)
                what = f"{_named(stored)} has the name '{stored.name}' of {first}"
                yield _Found("duplicate-of-owner" if owned else "duplicate-name", (stored.id, first), what)


def _missing(user: Stored, kind: str, ids: Iterable[str], there: Mapping[str, Stored]) -> Iterator[_Found]:
    for each in ids:
        found = there.get(each)
        if found is None or found.scope != user.scope:
            what = f"{_named(user)} refers to {kind} {each}, which isn't there"
            yield _Found("dangling-reference", (user.id, each), what)


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
