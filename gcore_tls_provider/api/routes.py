"""Every route of Gcore's API that this package uses, and every body in which its documents differ.

Sources: Gcore's OpenAPI document (August 2026) and Gcore's guide "mTLS for Load Balancers". They disagree in three
operations, which have a call for each variant:

| operation | the guide | OpenAPI |
| --- | --- | --- |
| secret with a private key | `POST /v2/secrets`, base64 of a PKCS12 | `POST /v2/secrets`, three PEM texts |
| pool on a load balancer | `POST /v1/loadbalancers/{id}/pools` | `POST /v1/lbpools` |
| pool update | `PUT /v1/lbpools/{id}` with the protocol | `PATCH /v2/lbpools/{id}` |

A CA bundle or a CRL has no private key, so the body of OpenAPI's v2 route cannot contain it: both use the v1 route in
every dialect.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from gcore_tls_provider.api.calls import Call, RequestVariants, Route
from gcore_tls_provider.api.wire.flavors import Flavor
from gcore_tls_provider.api.wire.health_monitors import HealthMonitorCreate
from gcore_tls_provider.api.wire.listeners import Listener, ListenerCreate, ListenerPatch
from gcore_tls_provider.api.wire.load_balancers import (
    LoadBalancer,
    LoadBalancerCreate,
    LoadBalancerPatch,
    LoadBalancerResize,
)
from gcore_tls_provider.api.wire.members import MemberCreate, MemberList, MemberPatch
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.pools import Pool, PoolCreate, PoolPatch
from gcore_tls_provider.api.wire.secrets import Secret, SecretCreate, SecretCreateFromPem, SecretPayload
from gcore_tls_provider.api.wire.tasks import Task, TaskIds

PAGE = 1000
"""Rows of a page: the maximum that Gcore returns."""

_V1, _V2, _LOCATION = "/cloud/v1", "/cloud/v2", "{project_id}/{region_id}"

CREATE_SECRET_V1 = Route("POST", f"{_V1}/secrets/{_LOCATION}")
CREATE_SECRET_V2 = Route("POST", f"{_V2}/secrets/{_LOCATION}")
LIST_SECRETS = Route("GET", f"{_V1}/secrets/{_LOCATION}")
GET_SECRET = Route("GET", f"{_V1}/secrets/{_LOCATION}/{{secret_id}}")
DELETE_SECRET = Route("DELETE", f"{_V1}/secrets/{_LOCATION}/{{secret_id}}")

CREATE_LOAD_BALANCER = Route("POST", f"{_V1}/loadbalancers/{_LOCATION}")
LIST_LOAD_BALANCERS = Route("GET", f"{_V1}/loadbalancers/{_LOCATION}")
GET_LOAD_BALANCER = Route("GET", f"{_V1}/loadbalancers/{_LOCATION}/{{load_balancer_id}}")
UPDATE_LOAD_BALANCER = Route("PATCH", f"{_V2}/loadbalancers/{_LOCATION}/{{load_balancer_id}}")
RESIZE_LOAD_BALANCER = Route("POST", f"{_V1}/loadbalancers/{_LOCATION}/{{load_balancer_id}}/resize")
DELETE_LOAD_BALANCER = Route("DELETE", f"{_V1}/loadbalancers/{_LOCATION}/{{load_balancer_id}}")
LIST_FLAVORS = Route("GET", f"{_V1}/lbflavors/{_LOCATION}")

CREATE_LISTENER = Route("POST", f"{_V1}/lblisteners/{_LOCATION}")
LIST_LISTENERS = Route("GET", f"{_V1}/lblisteners/{_LOCATION}")
GET_LISTENER = Route("GET", f"{_V1}/lblisteners/{_LOCATION}/{{listener_id}}")
UPDATE_LISTENER = Route("PATCH", f"{_V2}/lblisteners/{_LOCATION}/{{listener_id}}")
DELETE_LISTENER = Route("DELETE", f"{_V1}/lblisteners/{_LOCATION}/{{listener_id}}")

CREATE_POOL = Route("POST", f"{_V1}/lbpools/{_LOCATION}")
CREATE_POOL_GUIDE = Route("POST", f"{_V1}/loadbalancers/{_LOCATION}/{{load_balancer_id}}/pools")
LIST_POOLS = Route("GET", f"{_V1}/lbpools/{_LOCATION}")
GET_POOL = Route("GET", f"{_V1}/lbpools/{_LOCATION}/{{pool_id}}")
UPDATE_POOL = Route("PATCH", f"{_V2}/lbpools/{_LOCATION}/{{pool_id}}")
UPDATE_POOL_GUIDE = Route("PUT", f"{_V1}/lbpools/{_LOCATION}/{{pool_id}}")
DELETE_POOL = Route("DELETE", f"{_V1}/lbpools/{_LOCATION}/{{pool_id}}")

CREATE_HEALTH_MONITOR = Route("POST", f"{_V1}/lbpools/{_LOCATION}/{{pool_id}}/healthmonitor")
DELETE_HEALTH_MONITOR = Route("DELETE", f"{_V1}/lbpools/{_LOCATION}/{{pool_id}}/healthmonitor")

_MEMBERS = f"{_V1}/loadbalancers/{_LOCATION}/pools/{{pool_id}}/members"
CREATE_MEMBER = Route("POST", _MEMBERS)
REPLACE_MEMBERS = Route("PUT", _MEMBERS)
UPDATE_MEMBER = Route("PATCH", f"{_MEMBERS}/{{member_id}}")
DELETE_MEMBER = Route("DELETE", f"{_MEMBERS}/{{member_id}}")

GET_TASK = Route("GET", f"{_V1}/tasks/{{task_id}}")
LIST_ACTIVE_TASKS = Route("GET", f"{_V1}/tasks/{_LOCATION}/active")


def _no_content(_body: object) -> None:
    return None


def create_secret_v1(name: str, payload_base64: str, **fields: str | int | None) -> Call[TaskIds]:
    """Create a secret from base64 text: the guide's route for CAs and CRLs.

    Args:
        name: Name of the secret.
        payload_base64: Base64 of the payload.
        fields: Other fields of the body (`secret_type`, `payload_content_type`, `expiration`, ...).
    """
    return _secret_call(CREATE_SECRET_V1, name, payload_base64, **fields)


def create_secret_v2(name: str, payload_base64: str, **fields: str | int | None) -> Call[TaskIds]:
    """Create a secret by the v2 route: the guide's route for content with a private key."""
    return _secret_call(CREATE_SECRET_V2, name, payload_base64, **fields)


def create_secret_with_key(
    name: str, *, payload_base64: str, certificate: str, certificate_chain: str, private_key: str
) -> RequestVariants[TaskIds]:
    """Create a secret from a certificate with its private key.

    Args:
        name: Name of the secret.
        payload_base64: Base64 of a PKCS12 without a password, or of PEM, for the guide's variant.
        certificate: PEM of the leaf, for OpenAPI's variant.
        certificate_chain: PEM of its issuers; the certificate itself if there are none.
        private_key: PEM of the private key.
    """
    payload = SecretPayload(
        certificate=SecretStr(certificate),
        certificate_chain=SecretStr(certificate_chain),
        private_key=SecretStr(private_key),
    )
    return RequestVariants(
        operation="create a secret with a private key",
        guide=create_secret_v2(name, payload_base64),
        openapi=Call(
            CREATE_SECRET_V2,
            f"create secret '{name}'",
            TaskIds.model_validate,
            body=SecretCreateFromPem(name=name, payload=payload),
        ),
        first="guide",
        variant_fields=frozenset(
            {
                "payload",
                "payload_content_type",
                "payload_content_encoding",
                "secret_type",
                "certificate",
                "certificate_chain",
                "private_key",
            }
        ),
    )


def _secret_call(route: Route, name: str, payload_base64: str, **fields: str | int | None) -> Call[TaskIds]:
    described: dict[str, str | int | None] = {
        "secret_type": "certificate",
        "payload_content_type": "application/octet-stream",
        "payload_content_encoding": "base64",
        **fields,
    }
    body = SecretCreate.model_validate({"name": name, "payload": SecretStr(payload_base64), **described})
    return Call(route, f"create secret '{name}'", TaskIds.model_validate, body=body)


def get_secret(secret_id: str) -> Call[Secret]:
    """Read the metadata of a secret: Gcore never returns its payload."""
    return Call(GET_SECRET, f"read secret {secret_id}", Secret.model_validate, ids={"secret_id": secret_id})


def list_secrets(offset: int) -> Call[Page[Secret]]:
    """List one page of all secrets: there is no filter."""
    return Call(LIST_SECRETS, "list secrets", Page[Secret].model_validate, query={"limit": PAGE, "offset": offset})


def delete_secret(secret_id: str) -> Call[TaskIds]:
    """Delete a secret; Gcore rejects that while a listener or a pool uses it."""
    return Call(DELETE_SECRET, f"delete secret {secret_id}", TaskIds.model_validate, ids={"secret_id": secret_id})


def create_load_balancer(body: LoadBalancerCreate) -> Call[TaskIds]:
    """Create a load balancer, with or without nested listeners."""
    return Call(CREATE_LOAD_BALANCER, f"create load balancer '{body.name}'", TaskIds.model_validate, body=body)


def get_load_balancer(load_balancer_id: str) -> Call[LoadBalancer]:
    """Read one load balancer."""
    return Call(
        GET_LOAD_BALANCER,
        f"read load balancer {load_balancer_id}",
        LoadBalancer.model_validate,
        ids={"load_balancer_id": load_balancer_id},
    )


def list_load_balancers(offset: int) -> Call[Page[LoadBalancer]]:
    """List one page of all load balancers."""
    return Call(
        LIST_LOAD_BALANCERS,
        "list load balancers",
        Page[LoadBalancer].model_validate,
        query={"limit": PAGE, "offset": offset},
    )


def update_load_balancer(load_balancer_id: str, body: LoadBalancerPatch) -> Call[TaskIds]:
    """Change a load balancer in place; the flavor has a route of its own."""
    return Call(
        UPDATE_LOAD_BALANCER,
        f"update load balancer {load_balancer_id}",
        TaskIds.model_validate,
        ids={"load_balancer_id": load_balancer_id},
        body=body,
    )


def resize_load_balancer(load_balancer_id: str, flavor: str) -> Call[TaskIds]:
    """Change the flavor, which cuts all connections."""
    return Call(
        RESIZE_LOAD_BALANCER,
        f"resize load balancer {load_balancer_id} to flavor '{flavor}'",
        TaskIds.model_validate,
        ids={"load_balancer_id": load_balancer_id},
        body=LoadBalancerResize(flavor=flavor),
    )


def delete_load_balancer(load_balancer_id: str) -> Call[TaskIds]:
    """Delete a load balancer with its listeners, pools and members."""
    return Call(
        DELETE_LOAD_BALANCER,
        f"delete load balancer {load_balancer_id}",
        TaskIds.model_validate,
        ids={"load_balancer_id": load_balancer_id},
    )


def list_flavors() -> Call[Page[Flavor]]:
    """List the flavors of the region."""
    return Call(LIST_FLAVORS, "list load balancer flavors", Page[Flavor].model_validate, query={"limit": PAGE})


def create_listener(body: ListenerCreate) -> Call[TaskIds]:
    """Create a listener on an existing load balancer."""
    return Call(CREATE_LISTENER, f"create listener '{body.name}'", TaskIds.model_validate, body=body)


def get_listener(listener_id: str) -> Call[Listener]:
    """Read one listener; the response does not name its pool."""
    return Call(GET_LISTENER, f"read listener {listener_id}", Listener.model_validate, ids={"listener_id": listener_id})


def list_listeners(offset: int) -> Call[Page[Listener]]:
    """List one page of all listeners."""
    return Call(
        LIST_LISTENERS, "list listeners", Page[Listener].model_validate, query={"limit": PAGE, "offset": offset}
    )


def update_listener(listener_id: str, body: ListenerPatch) -> Call[TaskIds]:
    """Change a listener in place."""
    return Call(
        UPDATE_LISTENER,
        f"update listener {listener_id}",
        TaskIds.model_validate,
        ids={"listener_id": listener_id},
        body=body,
    )


def delete_listener(listener_id: str) -> Call[TaskIds]:
    """Delete a listener; its pool remains without a listener."""
    return Call(
        DELETE_LISTENER, f"delete listener {listener_id}", TaskIds.model_validate, ids={"listener_id": listener_id}
    )


def create_pool(load_balancer_id: str | None, listener_id: str | None, body: PoolCreate) -> RequestVariants[TaskIds]:
    """Create a pool on a load balancer, as the default pool of a listener if one is given.

    Args:
        load_balancer_id: ID of the load balancer; None if `listener_id` determines it, which only OpenAPI's route
            allows.
        listener_id: ID of the listener whose default pool it becomes. The guide documents no such field; without it a
            pool gets no traffic.
        body: Other fields of the pool.
    """
    description = f"create pool '{body.name}'"
    listener = {} if listener_id is None else {"listener_id": listener_id}
    balancer = {} if load_balancer_id is None else {"load_balancer_id": load_balancer_id}
    openapi = Call(
        CREATE_POOL, description, TaskIds.model_validate, body=body.model_copy(update={**balancer, **listener})
    )
    if load_balancer_id is None:
        return RequestVariants(operation="create a pool on a listener", guide=openapi, openapi=openapi, first="openapi")
    guide = Call(
        CREATE_POOL_GUIDE,
        description,
        TaskIds.model_validate,
        ids={"load_balancer_id": load_balancer_id},
        body=body.model_copy(update=listener),
    )
    secrets = (body.ca_secret_id, body.crl_secret_id, body.secret_id)
    existence_checks: tuple[Call[object], ...] = (
        get_load_balancer(load_balancer_id),
        *(get_listener(each) for each in (listener_id,) if each),
        *(get_secret(each) for each in secrets if each),
    )
    return RequestVariants(
        operation="create a pool", guide=guide, openapi=openapi, first="openapi", existence_checks=existence_checks
    )


def get_pool(pool_id: str) -> Call[Pool]:
    """Read one pool with its members and health monitor in full."""
    return Call(GET_POOL, f"read pool {pool_id}", Pool.model_validate, ids={"pool_id": pool_id})


def list_pools(offset: int) -> Call[Page[Pool]]:
    """List one page of all pools with their members and health monitors in full."""
    return Call(
        LIST_POOLS,
        "list pools",
        Page[Pool].model_validate,
        query={"limit": PAGE, "offset": offset, "details": True},
    )


def update_pool(pool_id: str, protocol: str, body: PoolPatch) -> RequestVariants[TaskIds]:
    """Change a pool in place.

    Args:
        pool_id: ID of the pool.
        protocol: Protocol of the pool, new or unchanged: the guide's PUT always contains it.
        body: Changed fields only. Despite PUT, the guide's update is partial too.
    """
    description, ids = f"update pool {pool_id}", {"pool_id": pool_id}
    secrets = (body.ca_secret_id, body.crl_secret_id, body.secret_id)
    return RequestVariants(
        operation="update a pool",
        guide=Call(
            UPDATE_POOL_GUIDE,
            description,
            TaskIds.model_validate,
            ids=ids,
            body=body.model_copy(update={"protocol": protocol}),
        ),
        openapi=Call(UPDATE_POOL, description, TaskIds.model_validate, ids=ids, body=body),
        first="openapi",
        existence_checks=(get_pool(pool_id), *(get_secret(each) for each in secrets if each)),
    )


def delete_pool(pool_id: str) -> Call[TaskIds]:
    """Delete a pool with its members and health monitor."""
    return Call(DELETE_POOL, f"delete pool {pool_id}", TaskIds.model_validate, ids={"pool_id": pool_id})


def create_health_monitor(pool_id: str, body: HealthMonitorCreate) -> Call[TaskIds]:
    """Create the health monitor of a pool, which has one at most."""
    return Call(
        CREATE_HEALTH_MONITOR,
        f"create the health monitor of pool {pool_id}",
        TaskIds.model_validate,
        ids={"pool_id": pool_id},
        body=body,
    )


def delete_health_monitor(pool_id: str) -> Call[None]:
    """Delete the health monitor: the response is 204 without a task, so wait for the load balancer afterwards."""
    return Call(
        DELETE_HEALTH_MONITOR,
        f"delete the health monitor of pool {pool_id}",
        _no_content,
        ids={"pool_id": pool_id},
    )


def create_member(pool_id: str, body: MemberCreate) -> Call[TaskIds]:
    """Create one member; the others stay unchanged."""
    return Call(
        CREATE_MEMBER,
        f"add member {body.address}:{body.protocol_port} to pool {pool_id}",
        TaskIds.model_validate,
        ids={"pool_id": pool_id},
        body=body,
    )


def replace_members(pool_id: str, members: Sequence[MemberCreate]) -> Call[TaskIds]:
    """Replace all members in one task: members that keep address and port serve traffic without a pause."""
    return Call(
        REPLACE_MEMBERS,
        f"give pool {pool_id} {len(members)} members",
        TaskIds.model_validate,
        ids={"pool_id": pool_id},
        body=MemberList(list(members)),
    )


def update_member(pool_id: str, member_id: str, body: MemberPatch) -> Call[TaskIds]:
    """Change one member in place."""
    return Call(
        UPDATE_MEMBER,
        f"update member {member_id} of pool {pool_id}",
        TaskIds.model_validate,
        ids={"pool_id": pool_id, "member_id": member_id},
        body=body,
    )


def delete_member(pool_id: str, member_id: str) -> Call[TaskIds]:
    """Delete one member; the others stay unchanged."""
    return Call(
        DELETE_MEMBER,
        f"remove member {member_id} from pool {pool_id}",
        TaskIds.model_validate,
        ids={"pool_id": pool_id, "member_id": member_id},
    )


def get_task(task_id: str) -> Call[Task]:
    """Read one task in any state."""
    return Call(GET_TASK, f"read task {task_id}", Task.model_validate, ids={"task_id": task_id})


def list_active_tasks() -> Call[Page[Task]]:
    """List the tasks that are new or running in this project and region."""
    return Call(LIST_ACTIVE_TASKS, "list active tasks", Page[Task].model_validate, query={"limit": PAGE})
