"""Inputs of a listener."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Limited

from gcore_tls_provider.api.wire.enums import ListenerProtocol
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, RuleInputs
from gcore_tls_provider.lifecycle.inputs.scalars import Milliseconds, Network, ObjectId, ObjectName, Port


class BasicAuthUserInputs(InputsModel):
    """User of HTTP basic authentication.

    Attributes:
        username: 3 to 32 letters, digits, spaces, dots, underscores or hyphens, starting with a letter or digit.
        encrypted_password: Hash of the password, 1 to 128 characters.
    """

    username: Annotated[str, Limited(pattern=r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,30}[a-zA-Z0-9._]$")]
    encrypted_password: Annotated[str, Limited(min_length=1, max_length=128)]


class ListenerInputs(RuleInputs):
    """Listener (OpenAPI: `POST /v1/lblisteners`). A property that was never set has Gcore's default.

    Attributes:
        load_balancer_id: UUID of its load balancer.
        protocol: Protocol with clients; default `TERMINATED_HTTPS`.
        protocol_port: Port that it listens on, 1 to 65535; default 443.
        secret_id: UUID of the secret of the default certificate, for clients whose SNI matches no other.
        sni_secret_id: UUIDs of the secrets of the certificates that are selected by SNI, in any order.
        default_pool_id: UUID of an existing pool without a listener, which becomes the default pool.
        connection_limit: Maximum number of concurrent connections, 1 to 1000000; -1 means the default, 100000.
        insert_x_forwarded: Whether X-Forwarded-For, -Port and -Proto are added to requests; default false.
        allowed_cidrs: Networks from which clients can connect, at most 100, in any order; default all.
        timeout_client_data: Milliseconds without data from a client until its connection is closed, 0 to 86400000.
        user_list: Users of HTTP basic authentication, at most 3.
        admin_state_up: Whether it serves traffic; default true.
        name: Exact name; by default a name is computed.
        client_authentication: Not supported: Gcore's load balancers cannot request certificates from clients. Every
            value except the empty one, `none`, `off`, `false` and `disabled` is an error.
        host_names: Names that clients use; one of the certificates must cover each of them.
    """

    load_balancer_id: ObjectId
    protocol: ListenerProtocol = "TERMINATED_HTTPS"
    protocol_port: Port = 443
    secret_id: ObjectId | None = None
    sni_secret_id: list[ObjectId] | None = None
    default_pool_id: ObjectId | None = None
    connection_limit: Annotated[int | None, Limited(ge=-1, le=1_000_000)] = None
    insert_x_forwarded: bool | None = None
    allowed_cidrs: Annotated[list[Network] | None, Limited(max_length=100)] = None
    timeout_client_data: Milliseconds | None = None
    user_list: Annotated[list[BasicAuthUserInputs] | None, Limited(max_length=3)] = None
    admin_state_up: bool | None = None
    name: ObjectName | None = None
    client_authentication: object = None
    host_names: Annotated[list[str], Limited(default_factory=list)]
