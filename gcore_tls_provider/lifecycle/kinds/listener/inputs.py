"""Inputs of a listener."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Limited

from gcore_tls_provider.api.wire.enums import ListenerProtocol
from gcore_tls_provider.lifecycle.inputs.properties import InputsModel, RuleInputs
from gcore_tls_provider.lifecycle.inputs.scalars import Milliseconds, Network, ObjectId, ObjectName, Port


class BasicAuthUserInputs(InputsModel):
    """A user of HTTP basic authentication.

    Attributes:
        username: 3 to 32 letters, digits, blanks, dots, underscores or hyphens.
        encrypted_password: the password's hash, up to 128 characters.
    """

    username: Annotated[str, Limited(pattern=r"^[a-zA-Z0-9][a-zA-Z 0-9._\-]{1,30}[a-zA-Z0-9._]$")]
    encrypted_password: Annotated[str, Limited(min_length=1, max_length=128)]


class ListenerInputs(RuleInputs):
    """A listener (OpenAPI: `POST /v1/lblisteners`). Never set means Gcore's default.

    Attributes:
        load_balancer_id: the load balancer it is on.
        protocol: what it speaks with clients.
        protocol_port: the port it listens on, 1 to 65535.
        secret_id: the certificate for clients that name none of the others' names.
        sni_secret_id: certificates chosen by the name that a client asks for; their order has no meaning.
        default_pool_id: a pool that has no listener yet, to be attached.
        connection_limit: connections at a time, 1 to 1000000; -1 means the default, 100000.
        insert_x_forwarded: whether X-Forwarded-For, -Port and -Proto are added to requests.
        allowed_cidrs: networks that may connect, at most 100; their order has no meaning.
        timeout_client_data: milliseconds of silence from a client, 0 to 86400000.
        user_list: users of HTTP basic authentication, at most 3.
        admin_state_up: whether it works; default true.
        name: its exact name; without one, a name is computed.
        client_authentication: refused whatever it is: Gcore's load balancers can't ask clients for certificates.
        host_names: the names that clients use; each must be covered by one of its certificates.
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
