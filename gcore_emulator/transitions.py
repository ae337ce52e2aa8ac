"""States of objects before, during and after a task.

A task is a set of transitions. While it runs, the objects that it creates, updates or deletes are PENDING, and so are
their parents up to the load balancer: this is how the API locks. When the task ends, each object gets its new value, or
the value that it had before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import JsonValue

from gcore_emulator.account import (
    EmulatedAccount,
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    Pool,
    Secret,
    Stored,
    Transition,
)
from gcore_tls_provider.api.wire.enums import ProvisioningStatus
from gcore_tls_provider.api.wire.tasks import CreatedResources

Part = TypeVar("Part", Member, HealthMonitor)


@dataclass(frozen=True)
class PlannedChange:
    """Change that a task makes: its transitions, and the parameters that the task shows as `data`."""

    transitions: tuple[Transition, ...]
    data: Mapping[str, JsonValue] = field(default_factory=dict)


def creating(*objects: Stored) -> tuple[Transition, ...]:
    """Return the transitions of objects that are created."""
    return tuple(Transition(None, stored) for stored in objects)


def deleting(*objects: Stored) -> tuple[Transition, ...]:
    """Return the transitions of objects that are deleted."""
    return tuple(Transition(stored, None) for stored in objects)


def locking(*objects: Stored) -> tuple[Transition, ...]:
    """Return the transitions of objects that are only locked while the task runs."""
    return tuple(Transition(stored, stored) for stored in objects)


def locking_parents(account: EmulatedAccount, child: Listener | Pool) -> tuple[Transition, ...]:
    """Return the locks of the parents of a listener or pool: its load balancer, and a pool's listeners."""
    above: list[Stored] = [account.load_balancers[child.load_balancer_id]]
    if isinstance(child, Pool):
        above += [account.listeners[listener_id] for listener_id in child.listener_ids]
    return locking(*above)


def in_progress(transition: Transition, task_id: str | None) -> Stored:
    """Return the object while the task runs. `task_id` is None for a hidden task."""
    before, after = transition.before, transition.after
    if before is None:
        assert after is not None
        return _with_status(after, "PENDING_CREATE", task_id=task_id, creator_task_id=task_id)
    if after is None:
        return _with_status(before, "PENDING_DELETE", task_id=task_id)
    if isinstance(before, Pool) and isinstance(after, Pool) and before is not after:
        before = replace(
            before,
            members=tuple(_parts_in_progress(before.members, after.members)),
            health_monitor=next(
                _parts_in_progress(_as_list(before.health_monitor), _as_list(after.health_monitor)), None
            ),
        )
    return replace(before, provisioning_status="PENDING_UPDATE", task_id=task_id)


def succeeded(transition: Transition, task_id: str | None) -> Stored | None:
    """Return the object after the task succeeded; None if it was deleted."""
    before, after = transition.before, transition.after
    if after is None or after is before:
        return after
    creator = task_id if before is None else after.creator_task_id
    return _with_status(after, "ACTIVE", task_id=None, creator_task_id=creator)


def failed(transition: Transition, task_id: str | None, leave_error_object: bool) -> Stored | None:
    """Return the object after the task failed; None if it was not created."""
    before, after = transition.before, transition.after
    if not leave_error_object or before is after or isinstance(before or after, Secret):
        return before
    affected = before or after
    assert affected is not None
    creator = task_id if before is None else affected.creator_task_id
    return replace(affected, provisioning_status="ERROR", task_id=None, creator_task_id=creator)


def rejected(transition: Transition, task_id: str | None) -> Stored:
    """Return the object after the data plane rejected the task: it has its new value, in ERROR."""
    affected = transition.after or transition.before
    assert affected is not None
    creator = task_id if transition.before is None else affected.creator_task_id
    return _with_status(affected, "ERROR", task_id=None, creator_task_id=creator)


def created_resources(transitions: Iterable[Transition], load_balancer_only: bool) -> CreatedResources:
    """Return the created resources that a finished task lists."""
    transitions = list(transitions)
    created = [transition.after for transition in transitions if transition.before is None and transition.after]
    balancers = [stored for stored in created if isinstance(stored, LoadBalancer)]
    if balancers and load_balancer_only:
        return CreatedResources(loadbalancers=[balancer.id for balancer in balancers])
    pairs = [(t.before if isinstance(t.before, Pool) else None, t.after) for t in transitions]
    pools = [(before, after) for before, after in pairs if isinstance(after, Pool)]
    return CreatedResources(
        secrets=[stored.id for stored in created if isinstance(stored, Secret)],
        loadbalancers=[balancer.id for balancer in balancers],
        floatingips=[ip.id for ip in (balancer.floating_ip for balancer in balancers) if ip is not None and ip.new],
        listeners=[stored.id for stored in created if isinstance(stored, Listener)],
        pools=[stored.id for stored in created if isinstance(stored, Pool)],
        members=[
            member.id
            for before, after in pools
            for member in after.members
            if before is None or member.id not in {known.id for known in before.members}
        ],
        healthmonitors=[
            after.health_monitor.id
            for before, after in pools
            if after.health_monitor
            and (before is None or before.health_monitor is None or before.health_monitor.id != after.health_monitor.id)
        ],
    )


def _with_status(
    stored: Stored, status: ProvisioningStatus, *, task_id: str | None, creator_task_id: str | None = None
) -> Stored:
    if isinstance(stored, Pool):
        stored = replace(
            stored,
            members=tuple(replace(member, provisioning_status=status) for member in stored.members),
            health_monitor=stored.health_monitor and replace(stored.health_monitor, provisioning_status=status),
        )
    return replace(
        stored,
        provisioning_status=status,
        task_id=task_id,
        creator_task_id=creator_task_id or stored.creator_task_id,
    )


def _as_list(monitor: HealthMonitor | None) -> list[HealthMonitor]:
    return [] if monitor is None else [monitor]


def _parts_in_progress(before: Iterable[Part], after: Iterable[Part]) -> Iterator[Part]:
    remaining = {part.id: part for part in after}
    for part in before:
        new = remaining.pop(part.id, None)
        if new is None:
            yield replace(part, provisioning_status="PENDING_DELETE")
        elif new != part:
            yield replace(part, provisioning_status="PENDING_UPDATE")
        else:
            yield part
    for part in remaining.values():
        yield replace(part, provisioning_status="PENDING_CREATE")
