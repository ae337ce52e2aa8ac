"""Probed account: requests, tasks with their durations, temporary names and temporary certificates."""

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
from gcore_tls_provider.api.paging import all_rows
from gcore_tls_provider.api.tasks import Tasks
from gcore_tls_provider.api.wire.load_balancers import LoadBalancer
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import Pool, PoolPatch
from gcore_tls_provider.api.wire.tasks import Task, TaskIds
from gcore_tls_provider.certificates import DevelopmentCa, Identity
from gcore_tls_provider.errors import (
    DeadlineExceeded,
    HttpStatusError,
    ObjectNotFound,
    TaskFailed,
    Unreachable,
)

PREFIX: Final = "gcore-tls-probe-"
"""Prefix of the name of every object of a probe, followed by eight hexadecimal digits and a hyphen."""

PROBE_NAME: Final = re.compile(rf"{PREFIX}[0-9a-f]{{8}}-")
"""Pattern of the beginning of a name that a probe generates."""

REQUEST_SECONDS: Final = 120.0
"""Time limit for the retries of a request."""

POLL_SECONDS: Final = 1.0
"""Interval between two reads of an object that is expected to change."""

MAX_STALE_READS: Final = 60
"""Number of consecutive reads of an old state that are still attributed to lag."""

ResponseT = TypeVar("ResponseT")
RowT = TypeVar("RowT")


class NotAnswerable(Exception):
    """An experiment lacks something that it needs. The message says what and why."""


def base64_of(material: str | bytes) -> str:
    """Return the base64 of material, as in the payload of a secret."""
    return base64.b64encode(material.encode() if isinstance(material, str) else material).decode()


@dataclass(frozen=True, repr=False)
class ProbeCertificates:
    """Certificates that are generated for one probe and never stored."""

    ca: DevelopmentCa
    server: Identity
    client: Identity

    @classmethod
    def generate(cls) -> ProbeCertificates:
        """Generate new keys and certificates."""
        ca = DevelopmentCa.create("gcore-tls probe")
        return cls(ca, ca.issue_server(["probe.example"]), ca.issue_client("probe"))


@dataclass
class SharedObjects:
    """IDs of objects that experiments share; None until an object exists.

    Attributes:
        create_with_key: Function that returns a request to create a secret with a private key, in a form that this
            account accepts.
        pool_update: Variant of the pool update that works.
    """

    server_secret: str | None = None
    client_secret: str | None = None
    ca_secret: str | None = None
    load_balancer: str | None = None
    listener: str | None = None
    mtls_pool: str | None = None
    plain_pool: str | None = None
    create_with_key: Callable[[str, Identity], Call[TaskIds]] | None = None
    pool_update: RequestVariant | None = None


@dataclass
class ProbedAccount:
    """One project and region, with the observations of a probe.

    Attributes:
        connection: API key, project, region and base URL.
        task_limit: Time limit for a task, in seconds.
        flavor: Flavor of the load balancer; None for the region's default.
        network: ID of the network for the VIP; None for the external network.
        clock: Clock for timestamps and waits.
        transport: HTTP transport of a test; None for the network.
        name: Prefix of the names of this probe's objects.
        certificates: Certificates of this probe.
        shared: Objects that experiments share.
        task_seconds: Longest duration of each type of task, in seconds.
        first_task: ID of the first finished task.
        lag: Largest number of reads that returned an old state.
        failed_create: Value of `failed-task` and evidence, from a create whose task failed.
        quota_error: Response that reported an exceeded quota.
        outcome_unknown: Whether a request without a response can have created an object.
    """

    connection: Connection
    task_limit: float = 600.0
    flavor: str | None = None
    network: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None
    name: str = field(default_factory=lambda: f"{PREFIX}{secrets.token_hex(4)}")
    certificates: ProbeCertificates = field(default_factory=ProbeCertificates.generate, repr=False)
    shared: SharedObjects = field(default_factory=SharedObjects)
    task_seconds: dict[str, float] = field(default_factory=dict)
    first_task: str | None = None
    lag: int | None = None
    failed_create: tuple[str, str] | None = None
    quota_error: HttpStatusError | None = None
    outcome_unknown: bool = False

    def __post_init__(self) -> None:
        """Create the client, without sending a request."""
        self.client = Client(self.connection, clock=self.clock, transport=self.transport)
        self.tasks = Tasks(self.client)

    def name_for(self, part: str) -> str:
        """Return a name for an object of this probe."""
        return f"{self.name}-{part}"

    def send(self, call: Call[ResponseT]) -> ResponseT:
        """Send a request and return the response.

        Raises:
            ApiError: The request failed.
        """
        try:
            return self.client.send(call, self.client.deadline(REQUEST_SECONDS))
        except Unreachable as error:
            self.outcome_unknown = self.outcome_unknown or error.outcome_unknown
            raise
        except HttpStatusError as error:
            self.outcome_unknown = self.outcome_unknown or error.status >= 500
            if error.exception_class == "QuotaLimitExceed":
                self.quota_error = error
            raise

    def wait_for_tasks(self, ids: TaskIds, action: str) -> Task | None:
        """Wait for the tasks of a write and record their durations. Return the first task, None if there is none.

        Raises:
            ApiError: A task failed or did not finish in time.
        """
        began = self.clock.now()
        try:
            ended = self.tasks.wait(ids.tasks, action, self.client.deadline(self.task_limit))
        except DeadlineExceeded:
            self.outcome_unknown = True
            raise
        for task in ended:
            took = round(self.clock.now() - began, 1)
            self.task_seconds[task.task_type] = max(took, self.task_seconds.get(task.task_type, 0.0))
        self.first_task = self.first_task or next((task.id for task in ended), None)
        return ended[0] if ended else None

    def send_and_wait(self, call: Call[TaskIds]) -> Task | None:
        """Send a write and wait for its tasks."""
        return self.wait_for_tasks(self.send(call), call.description)

    def create(self, call: Call[TaskIds], kind: str, name: str) -> str:
        """Create an object and return its ID. If its task fails, record whether the object exists.

        Args:
            call: Request.
            kind: Key in the task's `created_resources`: `secrets`, `loadbalancers`, `listeners`, `pools`.
            name: Name in the request.

        Raises:
            ApiError: The API rejected the request, or its task failed.
        """
        return self.created_id(self.create_and_wait(call, name), kind)

    def create_and_wait(self, call: Call[TaskIds], name: str) -> Task:
        """Create an object of this name and return the finished task.

        Raises:
            ApiError: The API rejected the request, or its task failed.
        """
        try:
            task = self.send_and_wait(call)
        except TaskFailed as failed:
            exists = any(each[2] == name for each in self.list_objects())
            value = "leave-error-object" if exists else "leave-nothing"
            self.failed_create = (
                value,
                f"{failed.action} failed; afterwards the object {'exists' if exists else 'does not exist'}",
            )
            raise
        if task is None:
            raise NotAnswerable(f"{call.description}: the response lists no task")
        return task

    @staticmethod
    def created_id(task: Task, kind: str) -> str:
        """Return the ID of the object that a task created.

        Raises:
            NotAnswerable: The task lists none.
        """
        ids: list[str] = getattr(task.created_resources, kind, [])
        if not ids:
            raise NotAnswerable(f"the created_resources of task {task.id} contain no {kind}")
        return ids[0]

    def create_secret(self, call: Call[TaskIds], name: str) -> str:
        """Create a secret, and record how many reads do not find it yet."""
        secret = self.create(call, "secrets", name)
        reads = 0
        while reads < MAX_STALE_READS:
            try:
                self.send(routes.get_secret(secret))
                break
            except ObjectNotFound:
                reads += 1
                self.clock.sleep(POLL_SECONDS / 2)
        self.lag = max(reads, self.lag or 0)
        return secret

    def read_after_lag(self, call: Call[ResponseT]) -> ResponseT:
        """Read until the response is current: as often as reads have lagged, and once more."""
        for _ in range(self.lag or 0):
            self.send(call)
        return self.send(call)

    def list_all(self, page: Callable[[int], Call[Page[RowT]]]) -> list[RowT]:
        """Return all rows of a paged list."""
        return all_rows(self.send, page)

    def list_objects(self) -> list[tuple[str, str, str]]:
        """Return kind, ID and name of all objects of the kinds that a probe creates, including objects of others."""
        return [
            *(("load balancer", each.id, each.name) for each in self.list_all(routes.list_load_balancers)),
            *(("listener", each.id, each.name) for each in self.list_all(routes.list_listeners)),
            *(("pool", each.id, each.name) for each in self.list_all(routes.list_pools)),
            *(("secret", each.id, each.name) for each in self.list_all(routes.list_secrets)),
        ]

    def wait_until_unlocked(self) -> LoadBalancer:
        """Wait until the load balancer is unlocked, and return it.

        Raises:
            NotAnswerable: It does not exist, or stays locked.
        """
        balancer = self.require(self.shared.load_balancer, "the load balancer could not be created")
        deadline = self.client.deadline(self.task_limit)
        while True:
            found = self.read_after_lag(routes.get_load_balancer(balancer))
            if found.task_id is None and not found.provisioning_status.startswith("PENDING"):
                return found
            if deadline.passed:
                raise NotAnswerable(f"load balancer {balancer} stays {found.provisioning_status}")
            self.clock.sleep(POLL_SECONDS)

    def read_pool(self, pool: str) -> Pool:
        """Return the current state of a pool."""
        return self.read_after_lag(routes.get_pool(pool))

    def update_pool(self, pool: str, body: PoolPatch) -> Pool:
        """Update a pool in the variant that this account accepts, and return its new state.

        Raises:
            ApiError: The API rejected the request, or its task failed.
        """
        self.wait_until_unlocked()
        variant: RequestVariant = self.require(self.shared.pool_update, "no route to update pools works")
        protocol = body.protocol or self.read_pool(pool).protocol
        self.send_and_wait(routes.update_pool(pool, protocol, body).of(variant))
        return self.read_pool(pool)

    @staticmethod
    def require(value: ResponseT | None, why_missing: str) -> ResponseT:
        """Return a value that an experiment requires.

        Raises:
            NotAnswerable: The value is None.
        """
        if value is None:
            raise NotAnswerable(why_missing)
        return value
