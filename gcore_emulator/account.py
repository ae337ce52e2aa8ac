"""Everything that exists in the emulated account, as plain frozen values in one object.

Changing an object means putting another value in its place, so that work in progress can keep what was before and what
will be after. Secrets' payloads and passwords are left out of every repr.
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
class Scope:
    """The project and region that an object belongs to."""

    project_id: int
    region_id: int


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What every object has. `task_id` is the task that holds a lock on it."""

    id: str
    scope: Scope
    name: str
    created_at: datetime
    provisioning_status: ProvisioningStatus = "ACTIVE"
    creator_task_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Secret(Stored):
    """A secret. `payload` is the decoded blob; where the client sent PEM texts, the PKCS12 made of them."""

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
    """A floating IP on a load balancer's VIP. `new` says that it was made with the load balancer."""

    id: str
    address: str
    created_at: datetime
    new: bool


@dataclass(frozen=True, kw_only=True)
class Vip:
    """A load balancer's address. `reserved` says that the client named the port."""

    address: str
    port_id: str
    subnet_id: str
    instance_addresses: tuple[str, str]
    reserved: bool
    family: InterfaceIpFamily
    additional_address: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoadBalancer(Stored):
    """A load balancer. `flavor` is a flavor's name."""

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
    """A user of HTTP basic authentication."""

    username: str
    encrypted_password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Listener(Stored):
    """A listener. Its default pool is the one whose `listener_ids` names it."""

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
    """A backend of a pool."""

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
        """Address and port: what a member is known by."""
        return self.address, self.protocol_port


@dataclass(frozen=True, kw_only=True)
class HealthMonitor:
    """A pool's health monitor."""

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
    """A pool with its members and health monitor."""

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
        """Secrets that this pool uses: CA bundle, revocation list, client certificate."""
        return self.ca_secret_id, self.crl_secret_id, self.secret_id


S = TypeVar("S", bound=Stored)


@dataclass
class Lag(Generic[S]):
    """What the next reads of an object still show after a write; None for nothing."""

    reads: int
    shown: S | None


class Table(dict[str, S]):
    """The objects of one kind by id, in the order of their making, and which reads lag behind the last write."""

    def __init__(self) -> None:
        """An empty table."""
        super().__init__()
        self.lags: dict[str, Lag[S]] = {}

    def find(self, scope: Scope, object_id: str) -> S | None:
        """The object as it is, or None if there is none in this project and region."""
        stored = self.get(object_id)
        return stored if stored is not None and stored.scope == scope else None

    def read(self, scope: Scope, object_id: str) -> S | None:
        """The object as a client sees it now. Counts as a read of an object that lags."""
        seen = self._seen(object_id)
        return seen if seen is not None and seen.scope == scope else None

    def read_all(self, scope: Scope) -> list[S]:
        """All objects of a project and region as a client sees them now. Counts as a read of each that lags."""
        seen = [self._seen(object_id) for object_id in list({**self, **self.lags})]
        return [stored for stored in seen if stored is not None and stored.scope == scope]

    def _seen(self, object_id: str) -> S | None:
        lag = self.lags.get(object_id)
        if lag is None:
            return self.get(object_id)
        lag.reads -= 1
        if lag.reads <= 0:
            del self.lags[object_id]
        return lag.shown


@dataclass(frozen=True)
class Asked:
    """The call of the API that work was asked for with."""

    request_id: str
    method: str
    path: str


@dataclass(frozen=True)
class Waiting:
    """The rest of a call whose work waits for its load balancer: with it the call can be heard again.

    `failure` and `hang` are what fault rules have decided about its task.
    """

    query: str
    body: str = field(repr=False)
    failure: str | None
    hang: bool


@dataclass(frozen=True)
class Transition:
    """What one piece of work does to one object: None before means that it is made, None after that it goes."""

    before: Stored | None
    after: Stored | None


@dataclass(frozen=True, kw_only=True)
class Task:
    """Work that takes time.

    `due_at` None means that it never ends or hasn't begun. `failure` is how it will end badly, if it will. A hidden
    task only holds a lock. `waits` is there until it begins.
    """

    id: str
    scope: Scope
    task_type: str
    asked: Asked
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
    waits: Waiting | None = None


@dataclass
class Account:
    """All objects and tasks. This is the whole state of an emulator: what would have to be saved stands here."""

    secrets: Table[Secret] = field(default_factory=lambda: Table())
    load_balancers: Table[LoadBalancer] = field(default_factory=lambda: Table())
    listeners: Table[Listener] = field(default_factory=lambda: Table())
    pools: Table[Pool] = field(default_factory=lambda: Table())
    tasks: dict[str, Task] = field(default_factory=dict)

    def put(self, stored: Stored) -> None:
        """Adds an object, or puts it in the place of the one with its id."""
        self.table_of(stored)[stored.id] = stored

    def drop(self, stored: Stored) -> None:
        """Removes an object, if it is there."""
        self.table_of(stored).pop(stored.id, None)

    def copy(self) -> Account:
        """Another account with the same objects, and without tasks."""
        other = Account()
        tables = (self.secrets, self.load_balancers, self.listeners, self.pools)
        for stored in (stored for table in tables for stored in table.values()):
            other.put(stored)
        return other

    def table_of(self, stored: Stored) -> Table[Stored]:
        """The table that an object of this kind is kept in."""
        for kind, table in self._tables():
            if isinstance(stored, kind):
                return cast("Table[Stored]", table)
        raise TypeError(f"{type(stored).__name__} isn't kept in an account")

    def listeners_of(self, load_balancer_id: str) -> list[Listener]:
        """A load balancer's listeners."""
        return [listener for listener in self.listeners.values() if listener.load_balancer_id == load_balancer_id]

    def pools_of(self, load_balancer_id: str) -> list[Pool]:
        """A load balancer's pools, attached or not."""
        return [pool for pool in self.pools.values() if pool.load_balancer_id == load_balancer_id]

    def pools_behind(self, listener_id: str) -> list[Pool]:
        """The pools that a listener sends its traffic to: one at most, its default pool."""
        return [pool for pool in self.pools.values() if listener_id in pool.listener_ids]

    def _tables(self) -> tuple[tuple[type[Stored], object], ...]:
        return (
            (Secret, self.secrets),
            (LoadBalancer, self.load_balancers),
            (Listener, self.listeners),
            (Pool, self.pools),
        )
