"""Data of the page, from all objects. It contains no payload, key or password."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from gcore_emulator import account as stored
from gcore_emulator import statuses
from gcore_emulator.data_plane import TrafficStatuses
from gcore_emulator.emulator import Emulator
from gcore_emulator.page.certificates import CertificateView, certificate_views

MAX_ROWS = 40
"""Number of tasks, requests and lines of traffic on the page."""

_PROCESS_LINES = ("[", "Proxy ")
"""Prefixes of the lines that HAProxy prints about itself, not about traffic."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MemberView(BaseModel):
    """Member of a pool."""

    id: str
    endpoint: str
    weight: int
    backup: bool
    status: str


class PoolView(BaseModel):
    """Pool with its members and the certificates of its secrets."""

    id: str
    name: str
    protocol: str
    algorithm: str
    monitor: str | None
    status: str
    provisioning_status: str
    certificates: list[CertificateView]
    members: list[MemberView]


class ListenerView(BaseModel):
    """Listener with its pools.

    Attributes:
        endpoint: Address where the data plane serves it; None without one.
        networks: Number of networks that can reach it; 0 if all can.
        users: Number of its users.
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
    certificates: list[CertificateView]
    pools: list[PoolView]


class LoadBalancerView(BaseModel):
    """Load balancer with its listeners and pools.

    Attributes:
        detached: Pools without a listener.
        traffic: Last log lines of HAProxy about requests and members, newest first, with names in place of IDs.
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
    """Task. `subject` is the name of its load balancer or secret."""

    id: str
    type: str
    subject: str
    state: str
    created_at: datetime
    running_at: datetime | None
    finished_at: datetime | None
    error: str | None


class RequestView(BaseModel):
    """Request to the API. `status` is None if the emulator dropped the connection."""

    at: datetime
    method: str
    path: str
    status: int | None


class View(BaseModel):
    """Content of the page. Tasks and requests are sorted from newest to oldest."""

    now: datetime
    load_balancers: list[LoadBalancerView]
    secrets: int
    tasks: list[TaskView]
    requests: list[RequestView]
    request_count: int


def view(emulator: Emulator) -> View:
    """Return the content of the page."""
    account = emulator.account
    builder = _ViewBuilder(emulator, emulator.data_plane.operating_statuses(account))
    tasks = [task for task in account.tasks.values() if not task.hidden]
    return View(
        now=emulator.clock.now(),
        load_balancers=[builder.load_balancer(one) for one in account.load_balancers.values()],
        secrets=len(account.secrets),
        tasks=[builder.task(one) for one in reversed(tasks[-MAX_ROWS:])],
        requests=[
            RequestView(at=request.at, method=request.method, path=request.path, status=request.status)
            for request in reversed(emulator.requests[-MAX_ROWS:])
        ],
        request_count=len(emulator.requests),
    )


class _ViewBuilder:
    def __init__(self, emulator: Emulator, traffic_statuses: TrafficStatuses) -> None:
        self._emulator = emulator
        self._account = emulator.account
        self._now = emulator.clock.now()
        self._traffic_statuses = traffic_statuses

    def load_balancer(self, one: stored.LoadBalancer) -> LoadBalancerView:
        pools = self._account.pools_of(one.id)
        return LoadBalancerView(
            id=one.id,
            name=one.name,
            vip=one.vip.address,
            flavor=one.flavor,
            status=statuses.of_object(one, self._traffic_statuses),
            provisioning_status=one.provisioning_status,
            listeners=[self._listener(listener) for listener in self._account.listeners_of(one.id)],
            detached=[self._pool(pool) for pool in pools if not pool.listener_ids],
            traffic=self._traffic(one.id, pools),
        )

    def _traffic(self, load_balancer_id: str, pools: Iterable[stored.Pool]) -> list[str]:
        lines = [
            line
            for line in self._emulator.data_plane.log_lines(load_balancer_id)
            if not line.startswith(_PROCESS_LINES)
        ]
        names = {listener.id: listener.name for listener in self._account.listeners_of(load_balancer_id)}
        for pool in pools:
            names[pool.id] = pool.name
            names |= {member.id: _endpoint(member) for member in pool.members}
        return [_ID.sub(lambda found: names.get(found[0], found[0]), line) for line in reversed(lines[-MAX_ROWS:])]

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
            status=statuses.of_object(one, self._traffic_statuses),
            provisioning_status=one.provisioning_status,
            certificates=self._certificates(
                [("listener", one.secret_id), *(("SNI", each) for each in one.sni_secret_ids)]
            ),
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
            status=statuses.of_object(one, self._traffic_statuses),
            provisioning_status=one.provisioning_status,
            certificates=self._certificates(used),
            members=[
                MemberView(
                    id=member.id,
                    endpoint=_endpoint(member),
                    weight=member.weight,
                    backup=member.backup,
                    status=statuses.of_member(member, one, self._traffic_statuses),
                )
                for member in one.members
            ],
        )

    def _certificates(self, used: Iterable[tuple[str, str | None]]) -> list[CertificateView]:
        found: list[CertificateView] = []
        for role, secret_id in used:
            secret = None if secret_id is None else self._account.secrets.get(secret_id)
            if secret is not None:
                found += certificate_views(role, secret.payload, self._now)
        return found


def _endpoint(member: stored.Member) -> str:
    address = f"[{member.address}]" if ":" in member.address else member.address
    return f"{address}:{member.protocol_port}"
