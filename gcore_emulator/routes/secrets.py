"""Routes of secrets: create in two ways, read, delete."""

from typing import Annotated, Any

from fastapi import Body
from pydantic import Discriminator, Tag

from gcore_emulator import account as stored
from gcore_emulator import responses
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.limits import check_limits
from gcore_emulator.octavia_checks import is_pkcs12
from gcore_emulator.request_context import CurrentContext, RequestContext
from gcore_emulator.routes.router import Limit, Offset, only_if, page, router
from gcore_emulator.secrets import new_secret, new_secret_from_pem, secret_users
from gcore_emulator.transitions import PlannedChange, creating, deleting
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.secrets import Secret, SecretCreate, SecretCreateFromPem
from gcore_tls_provider.api.wire.tasks import TaskIds

routes = router("secrets")


def _shape(body: Any) -> str:
    payload = body.get("payload") if isinstance(body, dict) else None
    return "object" if isinstance(payload, dict) else "string"


V2Body = Annotated[
    Annotated[SecretCreate, Tag("string")] | Annotated[SecretCreateFromPem, Tag("object")], Discriminator(_shape)
]
"""Body of the guide or of OpenAPI, distinguished by the type of the payload."""


@routes.post(
    "/v1/secrets/{project_id}/{region_id}",
    deprecated=True,
    dependencies=[only_if(lambda behavior: behavior.v1_secrets != "gone", otherwise=405)],
)
async def create_secret(context: CurrentContext, body: SecretCreate) -> TaskIds:
    """Create a secret from base64 of PKCS12 or PEM: the only way for CA bundles and CRLs."""
    created = new_secret(body, context.location, context.now)
    if context.behavior.v1_secrets == "reject" and not is_pkcs12(created.payload):
        raise invalid({"payload": "The payload is not a PKCS12 that opens without a password."})
    return _create(context, created)


@routes.post("/v2/secrets/{project_id}/{region_id}")
async def create_secret_v2(context: CurrentContext, body: Annotated[V2Body, Body()]) -> TaskIds:
    """Create a secret from base64 of PKCS12 or PEM (the guide's body), or from PEM texts (OpenAPI's body)."""
    accepted = context.behavior.v2_secret_payload
    if isinstance(body, SecretCreate):
        if accepted == "object":
            raise invalid({"payload": "Input should be an object of certificate, certificate_chain and private_key."})
        return _create(context, new_secret(body, context.location, context.now))
    if accepted == "string":
        raise invalid({"payload": "Input should be a valid string."})
    return _create(context, new_secret_from_pem(body, context.location, context.now))


@routes.get("/v1/secrets/{project_id}/{region_id}")
async def list_secrets(context: CurrentContext, limit: Limit = 1000, offset: Offset = 0) -> Page[Secret]:
    """List secrets. There is no filter."""
    rows = [responses.secret(one) for one in context.account.secrets.read_all(context.location) if _visible(one)]
    return page(Page[Secret], rows, limit, offset)


@routes.get("/v1/secrets/{project_id}/{region_id}/{secret_id}")
async def get_secret(context: CurrentContext, secret_id: str) -> Secret:
    """Read a secret, without its payload."""
    found = context.account.secrets.read(context.location, secret_id)
    if found is None or not _visible(found):
        raise not_found("Secret", secret_id)
    return responses.secret(found)


@routes.delete("/v1/secrets/{project_id}/{region_id}/{secret_id}")
async def delete_secret(context: CurrentContext, secret_id: str) -> TaskIds:
    """Delete a secret that no object uses."""
    secret = context.references.secret(secret_id)
    if secret.provisioning_status != "ACTIVE":
        raise not_found("Secret", secret_id)
    users = secret_users(context.account, context.task_engine.pending_objects(), context.behavior, secret_id)
    if users and context.behavior.secret_in_use != "allow":
        named = ", ".join(f"{type(user).__name__} {user.id}" for user in users)
        reason = f"Secret {secret_id} is in use by {named} and cannot be deleted"
        if context.behavior.secret_in_use == "task-error":
            return context.task_engine.submit_failing(context.task_request("delete_secret"), reason)
        raise conflict(reason) if context.behavior.secret_in_use == "409" else invalid({"secret_id": reason})
    return context.submit("delete_secret", lambda: PlannedChange(deleting(secret), {"secret_id": secret_id}))


def _visible(secret: stored.Secret) -> bool:
    return secret.provisioning_status != "PENDING_CREATE"


def _create(context: RequestContext, created: stored.Secret) -> TaskIds:
    def plan() -> PlannedChange:
        check_limits(context.account, context.location, context.behavior, [created])
        return PlannedChange(creating(created), {"name": created.name, "secret_type": created.secret_type})

    return context.submit("create_secret", plan)
