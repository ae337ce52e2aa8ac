"""All objects and tasks of the emulated account, as frozen values.

An update replaces the value, so that a task in progress can keep the values before and after it. No repr contains the
payload of a secret or a password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, TypeVar, cast

from pydantic import ConfigDict, JsonValue

from gcore_tls_provider.api.wire.enums import (
    HealthMonitorType,
    HttpMethod,
    HttpVersion,
    InterfaceIpFamily,
    LbAlgorithm,
    ListenerProtocol,
    MemberConnectivity,
    PoolProtocol,
    ProvisioningStatus,
    SecretType,
    TaskState,
)
from gcore_tls_provider.api.wire.load_balancers import LoggingSet
from gcore_tls_provider.api.wire.pools import SessionPersistenceSet
from gcore_tls_provider.api.wire.tasks import CreatedResources


@dataclass(frozen=True)
class ProjectRegion:
    """Location of an object: its project and region."""

    project_id: int
    region_id: int


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Fields of every object. `task_id` is the task that has locked it."""

    id: str
    location: ProjectRegion
    name: str
    created_at: datetime
    provisioning_status: ProvisioningStatus = "ACTIVE"
    creator_task_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Secret(Stored):
    """Secret. `payload` is the decoded blob, or the PKCS12 built from PEM texts."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    payload: bytes = field(repr=False)
    secret_type: SecretType
    content_type: str
    algorithm: str | None = None
    bit_length: int | None = None
    mode: str | None = None
    expiration: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FloatingIp:
    """Floating IP of a load balancer's VIP. `new`: it was created with the load balancer."""

    id: str
    address: str
    created_at: datetime
    new: bool


@dataclass(frozen=True, kw_only=True)
class Vip:
    """Address of a load balancer. `reserved`: the client named the port."""

    address: str
    port_id: str
    subnet_id: str
    instance_addresses: tuple[str, str]
    reserved: bool
    family: InterfaceIpFamily
    additional_address: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoadBalancer(Stored):
    """Load balancer. `flavor` is the name of a flavor."""

    flavor: str
    vip: Vip
    floating_ip: FloatingIp | None
    tags: dict[str, str]
    logging: LoggingSet | None
    preferred_connectivity: MemberConnectivity
    admin_state_up: bool = True
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BasicAuthUser:
    """User of HTTP basic authentication."""

    username: str
    encrypted_password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Listener(Stored):
    """Listener. Its default pool is the pool whose `listener_ids` contains its ID."""

    load_balancer_id: str
    protocol: ListenerProtocol
    protocol_port: int
    connection_limit: int
    insert_x_forwarded: bool
    secret_id: str | None
    sni_secret_ids: tuple[str, ...]
    allowed_cidrs: tuple[str, ...] | None
    timeout_client_data: int | None
    timeout_member_connect: int | None
    timeout_member_data: int | None
    user_list: tuple[BasicAuthUser, ...]
    admin_state_up: bool = True


@dataclass(frozen=True, kw_only=True)
class Member:
    """Member of a pool."""

    id: str
    address: str
    protocol_port: int
    weight: int
    backup: bool
    admin_state_up: bool
    subnet_id: str | None
    monitor_address: str | None
    monitor_port: int | None
    created_at: datetime
    provisioning_status: ProvisioningStatus = "ACTIVE"

    @property
    def endpoint(self) -> tuple[str, int]:
        """Address and port, which identify a member."""
        return self.address, self.protocol_port


@dataclass(frozen=True, kw_only=True)
class HealthMonitor:
    """Health monitor of a pool."""

    id: str
    type: HealthMonitorType
    delay: int
    timeout: int
    max_retries: int
    max_retries_down: int
    admin_state_up: bool
    domain_name: str | None
    expected_codes: str | None
    http_method: HttpMethod | None
    http_version: HttpVersion | None
    url_path: str | None
    provisioning_status: ProvisioningStatus = "ACTIVE"


@dataclass(frozen=True, kw_only=True)
class Pool(Stored):
    """Pool with its members and health monitor."""

    load_balancer_id: str
    listener_ids: tuple[str, ...]
    protocol: PoolProtocol
    lb_algorithm: LbAlgorithm
    ca_secret_id: str | None
    crl_secret_id: str | None
    secret_id: str | None
    members: tuple[Member, ...]
    health_monitor: HealthMonitor | None
    session_persistence: SessionPersistenceSet | None
    timeout_client_data: int | None
    timeout_member_connect: int | None
    timeout_member_data: int | None
    admin_state_up: bool = True

    @property
    def secret_ids(self) -> tuple[str | None, str | None, str | None]:
        """IDs of the secrets of this pool: CA bundle, CRL, client certificate."""
        return self.ca_secret_id, self.crl_secret_id, self.secret_id


S = TypeVar("S", bound=Stored)


@dataclass
class Lag(Generic[S]):
    """Old value that the next reads of an object still show after a write; None: the object does not exist."""

    reads: int
    shown: S | None


class Table(dict[str, S]):
    """Objects of one kind by ID, in the order of their creation, and the lag of reads behind the last write."""

    def __init__(self) -> None:
        """Create an empty table."""
        super().__init__()
        self.lags: dict[str, Lag[S]] = {}

    def find(self, location: ProjectRegion, object_id: str) -> S | None:
        """Return the object, or None if it does not exist in this project and region."""
        stored = self.get(object_id)
        return stored if stored is not None and stored.location == location else None

    def read(self, location: ProjectRegion, object_id: str) -> S | None:
        """Return the object as a client reads it now. Count the read if the object has a lag."""
        seen = self._visible(object_id)
        return seen if seen is not None and seen.location == location else None

    def read_all(self, location: ProjectRegion) -> list[S]:
        """Return all objects of a project and region as a client reads them now. Count the read of each with a lag."""
        seen = [self._visible(object_id) for object_id in list({**self, **self.lags})]
        return [stored for stored in seen if stored is not None and stored.location == location]

    def _visible(self, object_id: str) -> S | None:
        lag = self.lags.get(object_id)
        if lag is None:
            return self.get(object_id)
        lag.reads -= 1
        if lag.reads <= 0:
            del self.lags[object_id]
        return lag.shown


@dataclass(frozen=True)
class RequestSummary:
    """Request that created a task."""

    request_id: str
    method: str
    path: str


@dataclass(frozen=True)
class QueuedRequest:
    """Query and body of a request that is queued on a locked load balancer, for a replay after a restart.

    `failure` and `hang` are the outcome that fault rules inject into its task.
    """

    query: str
    body: str = field(repr=False)
    failure: str | None
    hang: bool


@dataclass(frozen=True)
class Transition:
    """Change of one object by a task. `before` None: it is created. `after` None: it is deleted."""

    before: Stored | None
    after: Stored | None


@dataclass(frozen=True, kw_only=True)
class Task:
    """Task.

    Attributes:
        due_at: Time at which it ends; None: it does not end, or has not started.
        failure: Error with which it will end; None: it will succeed.
        hidden: It only holds a lock, and clients cannot read it.
        queued_request: Request to replay after a restart, until the task starts.
    """

    id: str
    location: ProjectRegion
    task_type: str
    request: RequestSummary
    created_at: datetime
    state: TaskState = "NEW"
    running_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    failure: str | None = None
    load_balancer_id: str | None = None
    transitions: tuple[Transition, ...] = ()
    created: CreatedResources | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)
    acknowledged_at: datetime | None = None
    hidden: bool = False
    queued_request: QueuedRequest | None = None


@dataclass
class EmulatedAccount:
    """All objects and tasks."""

    secrets: Table[Secret] = field(default_factory=lambda: Table())
    load_balancers: Table[LoadBalancer] = field(default_factory=lambda: Table())
    listeners: Table[Listener] = field(default_factory=lambda: Table())
    pools: Table[Pool] = field(default_factory=lambda: Table())
    tasks: dict[str, Task] = field(default_factory=dict)

    def put(self, stored: Stored) -> None:
        """Add an object, or replace the one with its ID."""
        self.table_of(stored)[stored.id] = stored

    def drop(self, stored: Stored) -> None:
        """Remove an object, if it exists."""
        self.table_of(stored).pop(stored.id, None)

    def copy(self) -> EmulatedAccount:
        """Return a copy with the same objects, and without tasks."""
        other = EmulatedAccount()
        tables = (self.secrets, self.load_balancers, self.listeners, self.pools)
        for stored in (stored for table in tables for stored in table.values()):
            other.put(stored)
        return other

    def table_of(self, stored: Stored) -> Table[Stored]:
        """Return the table of objects of this kind."""
        for kind, table in self._tables():
            if isinstance(stored, kind):
                return cast("Table[Stored]", table)
        raise TypeError(f"{type(stored).__name__} is not stored in an account")

    def listeners_of(self, load_balancer_id: str) -> list[Listener]:
        """Return the listeners of a load balancer."""
        return [listener for listener in self.listeners.values() if listener.load_balancer_id == load_balancer_id]

    def pools_of(self, load_balancer_id: str) -> list[Pool]:
        """Return the pools of a load balancer, attached or not."""
        return [pool for pool in self.pools.values() if pool.load_balancer_id == load_balancer_id]

    def pools_behind(self, listener_id: str) -> list[Pool]:
        """Return the pools to which a listener sends its traffic: at most one, its default pool."""
        return [pool for pool in self.pools.values() if listener_id in pool.listener_ids]

    def _tables(self) -> tuple[tuple[type[Stored], object], ...]:
        return (
            (Secret, self.secrets),
            (LoadBalancer, self.load_balancers),
            (Listener, self.listeners),
            (Pool, self.pools),
        )
