"""The account that is probed: calls, tasks with their times, throw-away names, and throw-away material."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import httpx

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call, RequestVariant
from gcore_tls_provider.api.client import Client
from gcore_tls_provider.api.clock import Clock, SystemClock
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.tasks import Tasks
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import Pool, PoolPatch
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.certificates import DevelopmentAuthority, Identity
from gcore_tls_provider.errors import (
    ApiError,
    DeadlineExceeded,
    HttpStatusError,
    ObjectNotFound,
    TaskFailed,
    Unreachable,
)

PREFIX: Final = "gcore-tls-probe-"
"""What every name of a probe's object begins with; eight hexadecimal digits of the probe and a hyphen follow."""

OURS: Final = re.compile(rf"{PREFIX}[0-9a-f]{{8}}-")
"""Matches the beginning of the names that probes give, and of no others."""

REQUEST_SECONDS: Final = 120.0
"""How long a request without a task is repeated, at most."""

LOOK_SECONDS: Final = 1.0
"""Between two looks at something that is expected to change."""

MOST_READS: Final = 60
"""So many reads in a row that show an old state are no lag any more."""

ResponseT = TypeVar("ResponseT")
RowT = TypeVar("RowT")


class NotAnswerable(Exception):
    """What an experiment needs isn't there. The message says why."""


def base64_of(material: str | bytes) -> str:
    """Base64 of material, as payloads of secrets have it."""
    return base64.b64encode(material.encode() if isinstance(material, str) else material).decode()


@dataclass(frozen=True, repr=False)
class Material:
    """Certificates for one probe, made for it and never written down."""

    authority: DevelopmentAuthority
    server: Identity
    client: Identity

    @classmethod
    def generate(cls) -> Material:
        """New keys and certificates."""
        authority = DevelopmentAuthority.create("gcore-tls probe")
        return cls(authority, authority.issue_server(["probe.example"]), authority.issue_client("probe"))


@dataclass
class Made:
    """Ids of what the experiments share, as far as it is there.

    Attributes:
        create_with_key: makes a secret with a private key, in a shape that this account takes.
        pool_update: which way of updating pools works.
    """

    server: str | None = None
    client: str | None = None
    ca: str | None = None
    load_balancer: str | None = None
    listener: str | None = None
    mtls_pool: str | None = None
    plain_pool: str | None = None
    create_with_key: Callable[[str, Identity], Call[TaskIds]] | None = None
    pool_update: RequestVariant | None = None


@dataclass
class ProbedAccount:
    """One project and region, and what a probe has learnt of it so far.

    Attributes:
        connection: who asks, and where.
        task_limit: seconds that a task may take.
        flavor: name of the load balancer's flavor; None: the region's default.
        network: id of the network of its VIP; None: the external one.
        clock: whose time it is.
        transport: what carries the requests: a test's own, or None for the network.
        name: what the names of this probe's objects begin with.
        made: what the experiments share.
        task_seconds: how long tasks took at most, by their type.
        lag: how many reads have shown an old state, at most.
        failed: what a failed create has left, as evidence and choice.
        exceeded: the answer that said that a quota is exceeded.
        uncertain: whether something may have been made that nobody has answered for.
    """

    connection: Connection
    task_limit: float = 600.0
    flavor: str | None = None
    network: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None
    name: str = field(default_factory=lambda: f"{PREFIX}{secrets.token_hex(4)}")
    material: Material = field(default_factory=Material.generate, repr=False)
    made: Made = field(default_factory=Made)
    task_seconds: dict[str, float] = field(default_factory=dict)
    first_task: str | None = None
    lag: int | None = None
    failed: tuple[str, str] | None = None
    exceeded: HttpStatusError | None = None
    uncertain: bool = False

    def __post_init__(self) -> None:
        """Opens the client; asks for nothing yet."""
        self.client = Client(self.connection, clock=self.clock, transport=self.transport)
        self.tasks = Tasks(self.client)

    def named(self, part: str) -> str:
        """A name for an object of this probe."""
        return f"{self.name}-{part}"

    def send(self, call: Call[ResponseT]) -> ResponseT:
        """Sends one call.

        Raises:
            ApiError: what came back instead of the answer.
        """
        try:
            return self.client.send(call, self.client.deadline(REQUEST_SECONDS))
        except Unreachable as error:
            self.uncertain = self.uncertain or error.outcome_unknown
            raise
        except HttpStatusError as refused:
            self.uncertain = self.uncertain or refused.status >= 500
            if refused.exception_class == "QuotaLimitExceed":
                self.exceeded = refused
            raise

    def finish(self, ids: TaskIds, asked: str) -> Task | None:
        """Waits for a write's tasks, and notes how long they took; gives the first, None where there was none.

        Raises:
            ApiError: one failed, or did not end in time.
        """
        began = self.clock.now()
        try:
            ended = self.tasks.wait(ids.tasks, asked, self.client.deadline(self.task_limit))
        except DeadlineExceeded:
            self.uncertain = True
            raise
        for task in ended:
            took = round(self.clock.now() - began, 1)
            self.task_seconds[task.task_type] = max(took, self.task_seconds.get(task.task_type, 0.0))
        self.first_task = self.first_task or next((task.id for task in ended), None)
        return ended[0] if ended else None

    def do(self, call: Call[TaskIds]) -> Task | None:
        """Sends a write and waits for its end."""
        return self.finish(self.send(call), call.description)

    def create(self, call: Call[TaskIds], kind: str, name: str) -> str:
        """Makes an object; gives its id, and notes what is left where its task fails.

        Args:
            call: the request.
            kind: its key among what tasks list: `secrets`, `loadbalancers`, `listeners`, `pools`.
            name: the name that the request gives.

        Raises:
            ApiError: it was refused, or its task failed.
        """
        return self.created(self.begin(call, name), kind)

    def begin(self, call: Call[TaskIds], name: str) -> Task:
        """Makes an object of that name; gives the finished task.

        Raises:
            ApiError: it was refused, or its task failed.
        """
        try:
            task = self.do(call)
        except TaskFailed as failed:
            left = [each for each in self.everything() if each[2] == name]
            choice = "leave-error-object" if left else "leave-nothing"
            self.failed = (choice, f"{failed.action} failed; {'it is' if left else 'nothing is'} there afterwards")
            raise
        if task is None:
            raise NotAnswerable(f"{call.description}: Gcore says that there was nothing to do")
        return task

    @staticmethod
    def created(task: Task, kind: str) -> str:
        """The id that a task lists.

        Raises:
            NotAnswerable: it lists none.
        """
        ids: list[str] = getattr(task.created_resources, kind, [])
        if not ids:
            raise NotAnswerable(f"task {task.id} has made something, and doesn't list it under {kind}")
        return ids[0]

    def secret(self, call: Call[TaskIds], name: str) -> str:
        """Makes a secret, and notes how many reads don't see it yet."""
        secret = self.create(call, "secrets", name)
        reads = 0
        while reads < MOST_READS:
            try:
                self.send(routes.get_secret(secret))
                break
            except ObjectNotFound:
                reads += 1
                self.clock.sleep(LOOK_SECONDS / 2)
        self.lag = max(reads, self.lag or 0)
        return secret

    def read(self, call: Call[ResponseT]) -> ResponseT:
        """Reads as often as reads have lagged, and once more."""
        for _ in range(self.lag or 0):
            self.send(call)
        return self.send(call)

    def rows(self, page: Callable[[int], Call[Page[RowT]]]) -> list[RowT]:
        """All rows of a list."""
        found: list[RowT] = []
        while True:
            answer = self.send(page(len(found)))
            found += answer.results
            if len(found) >= answer.count or not answer.results:
                return found

    def everything(self) -> list[tuple[str, str, str]]:
        """Kind, id and name of all objects that a probe can have made, those of others among them."""
        return [
            *(("load balancer", each.id, each.name) for each in self.rows(routes.list_load_balancers)),
            *(("listener", each.id, each.name) for each in self.rows(routes.list_listeners)),
            *(("pool", each.id, each.name) for each in self.rows(routes.list_pools)),
            *(("secret", each.id, each.name) for each in self.rows(routes.list_secrets)),
        ]

    def free(self) -> LoadBalancer:
        """Waits until the load balancer can be written to.

        Raises:
            NotAnswerable: there is none, or it stays busy.
        """
        balancer = self.need(self.made.load_balancer, "no load balancer could be made")
        deadline = self.client.deadline(self.task_limit)
        while True:
            found = self.read(routes.get_load_balancer(balancer))
            if found.task_id is None and not found.provisioning_status.startswith("PENDING"):
                return found
            if deadline.passed:
                raise NotAnswerable(f"load balancer {balancer} stays {found.provisioning_status}")
            self.clock.sleep(LOOK_SECONDS)

    def pool(self, pool: str) -> Pool:
        """A pool as it is now."""
        return self.read(routes.get_pool(pool))

    def update_pool(self, pool: str, body: PoolPatch) -> Pool:
        """Changes a pool in the way that this account takes; gives it as it is afterwards.

        Raises:
            ApiError: it was refused, or its task failed.
        """
        self.free()
        shape: RequestVariant = self.need(self.made.pool_update, "no route that updates pools was found")
        protocol = body.protocol or self.pool(pool).protocol
        self.do(routes.update_pool(pool, protocol, body).of(shape))
        return self.pool(pool)

    @staticmethod
    def need(value: ResponseT | None, otherwise: str) -> ResponseT:
        """A value that must be there.

        Raises:
            NotAnswerable: it isn't.
        """
        if value is None:
            raise NotAnswerable(otherwise)
        return value


def seen(error: ApiError) -> str:
    """What came back, for evidence."""
    return error.reason
