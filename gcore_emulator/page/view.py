"""Data of the page, gathered from all objects. No payload, no key, no password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from gcore_emulator import account as stored
from gcore_emulator import statuses
from gcore_emulator.data_plane import Seen
from gcore_emulator.emulator import Emulator
from gcore_emulator.page.certificates import Material, materials

LAST = 40
"""Number of tasks, requests and lines of traffic on the page."""

_OF_THE_PROCESS = ("[", "Proxy ")
"""Prefixes of the lines that HAProxy prints about itself, not about traffic."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MemberView(BaseModel):
    """A member."""

    id: str
    endpoint: str
    weight: int
    backup: bool
    status: str


class PoolView(BaseModel):
    """A pool with its members and its TLS material."""

    id: str
    name: str
    protocol: str
    algorithm: str
    monitor: str | None
    status: str
    provisioning_status: str
    materials: list[Material]
    members: list[MemberView]


class ListenerView(BaseModel):
    """A listener.

    `endpoint` is where its traffic goes in, if a data plane carries it. `networks` says from how many networks alone it
    is reached, 0 from everywhere; `users` how many users it has.
    """

    id: str
    name: str
    protocol: str
    port: int
    endpoint: str | None
    networks: int
    users: int
    status: str
    provisioning_status: str
    materials: list[Material]
    pools: list[PoolView]


class LoadBalancerView(BaseModel):
    """A load balancer with all that is below it. `detached` are pools that no listener sends traffic to.

    `traffic` are the last lines that HAProxy has logged of requests and members, newest first, with names for ids.
    """

    id: str
    name: str
    vip: str
    flavor: str
    status: str
    provisioning_status: str
    listeners: list[ListenerView]
    detached: list[PoolView]
    traffic: list[str]


class TaskView(BaseModel):
    """A task. `subject` is the name of the load balancer or secret that it works on."""

    id: str
    type: str
    subject: str
    state: str
    created_at: datetime
    running_at: datetime | None
    finished_at: datetime | None
    error: str | None


class RequestView(BaseModel):
    """A call of the API. `status` None: the connection was dropped."""

    at: datetime
    method: str
    path: str
    status: int | None


class View(BaseModel):
    """Everything that the page shows. Tasks and requests are the newest first."""

    now: datetime
    load_balancers: list[LoadBalancerView]
    secrets: int
    tasks: list[TaskView]
    requests: list[RequestView]
    request_count: int


def view(emulator: Emulator) -> View:
    """Return the content of the page."""
    account = emulator.account
    gathering = _Gathering(emulator, emulator.data_plane.seen(account))
    tasks = [task for task in account.tasks.values() if not task.hidden]
    return View(
        now=emulator.clock.now(),
        load_balancers=[gathering.load_balancer(one) for one in account.load_balancers.values()],
        secrets=len(account.secrets),
        tasks=[gathering.task(one) for one in reversed(tasks[-LAST:])],
        requests=[
            RequestView(at=call.at, method=call.method, path=call.path, status=call.status)
            for call in reversed(emulator.requests[-LAST:])
        ],
        request_count=len(emulator.requests),
    )


class _Gathering:
    def __init__(self, emulator: Emulator, seen: Seen) -> None:
        self._emulator = emulator
        self._account = emulator.account
        self._now = emulator.clock.now()
        self._seen = seen

    def load_balancer(self, one: stored.LoadBalancer) -> LoadBalancerView:
        pools = self._account.pools_of(one.id)
        return LoadBalancerView(
            id=one.id,
            name=one.name,
            vip=one.vip.address,
            flavor=one.flavor,
            status=statuses.of_object(one, self._seen),
            provisioning_status=one.provisioning_status,
            listeners=[self._listener(listener) for listener in self._account.listeners_of(one.id)],
            detached=[self._pool(pool) for pool in pools if not pool.listener_ids],
            traffic=self._traffic(one.id, pools),
        )

    def _traffic(self, load_balancer_id: str, pools: Iterable[stored.Pool]) -> list[str]:
        lines = [
            line for line in self._emulator.data_plane.lines(load_balancer_id) if not line.startswith(_OF_THE_PROCESS)
        ]
        names = {listener.id: listener.name for listener in self._account.listeners_of(load_balancer_id)}
        for pool in pools:
            names[pool.id] = pool.name
            names |= {member.id: _endpoint(member) for member in pool.members}
        return [_ID.sub(lambda found: names.get(found[0], found[0]), line) for line in reversed(lines[-LAST:])]

    def task(self, one: stored.Task) -> TaskView:
        return TaskView(
            id=one.id,
            type=one.task_type,
            subject=self._subject(one),
            state=one.state,
            created_at=one.created_at,
            running_at=one.running_at,
            finished_at=one.finished_at,
            error=one.failure if one.state == "ERROR" else None,
        )

    def _subject(self, task: stored.Task) -> str:
        balancer = self._account.load_balancers.get(task.load_balancer_id or "")
        if balancer is not None:
            return balancer.name
        named = [one for transition in task.transitions if (one := transition.after or transition.before) is not None]
        return named[0].name if named else ""

    def _listener(self, one: stored.Listener) -> ListenerView:
        endpoint = self._emulator.data_plane.endpoint(one.id)
        return ListenerView(
            id=one.id,
            name=one.name,
            protocol=one.protocol,
            port=one.protocol_port,
            endpoint=None if endpoint is None else f"{endpoint.host}:{endpoint.port}",
            networks=len(one.allowed_cidrs or ()),
            users=len(one.user_list),
            status=statuses.of_object(one, self._seen),
            provisioning_status=one.provisioning_status,
            materials=self._materials([("listener", one.secret_id), *(("SNI", each) for each in one.sni_secret_ids)]),
            pools=[self._pool(pool) for pool in self._account.pools_behind(one.id)],
        )

    def _pool(self, one: stored.Pool) -> PoolView:
        used = [("client", one.secret_id), ("CA", one.ca_secret_id), ("CRL", one.crl_secret_id)]
        return PoolView(
            id=one.id,
            name=one.name,
            protocol=one.protocol,
            algorithm=one.lb_algorithm,
            monitor=None if one.health_monitor is None else one.health_monitor.type,
            status=statuses.of_object(one, self._seen),
            provisioning_status=one.provisioning_status,
            materials=self._materials(used),
            members=[
                MemberView(
                    id=member.id,
                    endpoint=_endpoint(member),
                    weight=member.weight,
                    backup=member.backup,
                    status=statuses.of_member(member, one, self._seen),
                )
                for member in one.members
            ],
        )

    def _materials(self, used: Iterable[tuple[str, str | None]]) -> list[Material]:
        found: list[Material] = []
        for role, secret_id in used:
            secret = None if secret_id is None else self._account.secrets.get(secret_id)
            if secret is not None:
                found += materials(role, secret.payload, self._now)
        return found


def _endpoint(member: stored.Member) -> str:
    address = f"[{member.address}]" if ":" in member.address else member.address
    return f"{address}:{member.protocol_port}"
