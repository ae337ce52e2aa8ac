"""Listeners: ports on which a load balancer accepts connections from clients."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from gcore_tls_provider.api.wire.enums import ListenerProtocol
from gcore_tls_provider.api.wire.model import RequestBody, ResponseBody
from gcore_tls_provider.api.wire.pools import NestedPoolCreate
from gcore_tls_provider.api.wire.scalars import (
    NOT_NULL,
    Concealed,
    IpNetwork,
    Milliseconds,
    Name,
    Port,
    ResponseId,
    ResponseReference,
    Uuid,
)

ConnectionLimit = Annotated[int, Field(ge=-1, le=1_000_000)]
"""Maximum number of simultaneous connections; -1 means the default, 100000."""

AllowedCidrs = Annotated[list[IpNetwork], Field(max_length=100)]
"""Networks that are allowed to connect. Their order has no meaning."""


class BasicAuthUser(RequestBody):
    """A user of HTTP basic authentication."""

    username: Annotated[str, Field(max_length=32, pattern=r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,30}[a-zA-Z0-9._]$")]
    encrypted_password: Annotated[Concealed, Field(max_length=128)]


UserList = Annotated[list[BasicAuthUser], Field(max_length=3)]
"""Users of HTTP basic authentication, at most three."""


class ListenerFields(RequestBody):
    """Fields of every new listener.

    `secret_id` is the default certificate ("" for none), `sni_secret_id` are those chosen by the requested name; both
    apply to TERMINATED_HTTPS and PROMETHEUS. Times are in milliseconds.
    """

    name: Name
    protocol: ListenerProtocol
    protocol_port: Port
    allowed_cidrs: AllowedCidrs | None = None
    connection_limit: ConnectionLimit = 100_000
    insert_x_forwarded: bool = False
    secret_id: Literal[""] | Uuid = ""
    sni_secret_id: list[Uuid] = Field(default_factory=list)
    timeout_client_data: Milliseconds | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None
    user_list: UserList = Field(default_factory=list)


class NestedListenerCreate(ListenerFields):
    """A new listener inside a new load balancer, with its default pool if there is one."""

    pools: Annotated[list[NestedPoolCreate], Field(max_length=1)] = Field(default_factory=list)


class ListenerCreate(ListenerFields):
    """A new listener on an existing load balancer. `default_pool_id` attaches an existing pool."""

    load_balancer_id: Uuid
    default_pool_id: Annotated[Uuid | None, NOT_NULL] = None


class ListenerPatch(RequestBody):
    """Fields of a listener that can change. `sni_secret_id` and the other lists are replaced as a whole."""

    admin_state_up: Annotated[bool | None, NOT_NULL] = None
    allowed_cidrs: AllowedCidrs | None = None
    connection_limit: Annotated[ConnectionLimit | None, NOT_NULL] = None
    name: Annotated[Name | None, NOT_NULL] = None
    secret_id: Uuid | None = None
    sni_secret_id: list[Uuid] | None = None
    timeout_client_data: Milliseconds | None = None
    timeout_member_connect: Milliseconds | None = None
    timeout_member_data: Milliseconds | None = None
    user_list: UserList | None = None


class ListenerRename(RequestBody):
    """The deprecated v1 update: the name and nothing else."""

    name: Name


class Statistics(ResponseBody):
    """Traffic so far: connections, bytes, errors."""

    active_connections: int
    bytes_in: int
    bytes_out: int
    request_errors: int
    total_connections: int


class ListenerUser(ResponseBody):
    """A user of HTTP basic authentication, as it is read."""

    username: str
    encrypted_password: str = Field(repr=False)


class Listener(ResponseBody):
    """A listener as it is read. It does not contain its pool: the pool contains its listeners."""

    id: ResponseId
    name: str
    protocol: str
    protocol_port: int
    admin_state_up: bool
    connection_limit: int
    operating_status: str
    provisioning_status: str
    allowed_cidrs: list[str] | None = None
    creator_task_id: ResponseReference = None
    insert_headers: dict[str, JsonValue] = Field(default_factory=dict)
    load_balancer_id: ResponseReference = None
    pool_count: int | None = None
    secret_id: ResponseReference = None
    sni_secret_id: list[ResponseId] | None = None
    stats: Statistics | None = None
    task_id: ResponseReference = None
    timeout_client_data: int | None = None
    timeout_member_connect: int | None = None
    timeout_member_data: int | None = None
    user_list: list[ListenerUser] = Field(default_factory=list)
