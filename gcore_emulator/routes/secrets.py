"""Secrets: both ways to make them, read, delete."""

from typing import Annotated, Any

from fastapi import Body
from pydantic import Discriminator, Tag

from gcore_emulator import account as stored
from gcore_emulator import responses as answers
from gcore_emulator.errors import conflict, invalid, not_found
from gcore_emulator.limits import check_limits
from gcore_emulator.octavia_checks import is_pkcs12
from gcore_emulator.request_context import Call, Here
from gcore_emulator.routes.router import Limit, Offset, only_if, page, router
from gcore_emulator.secrets import new_secret, new_secret_from_pem, secret_users
from gcore_emulator.transitions import Change, making, removing
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
"""The guide's body or OpenAPI's, told apart by the payload."""


@routes.post(
    "/v1/secrets/{project_id}/{region_id}",
    deprecated=True,
    dependencies=[only_if(lambda behavior: behavior.v1_secrets != "gone", otherwise=405)],
)
async def create_secret(call: Here, body: SecretCreate) -> TaskIds:
    """Makes a secret from base64 of PKCS12 or PEM: the only way for CA bundles and revocation lists."""
    made = new_secret(body, call.scope, call.now)
    if call.behavior.v1_secrets == "refuse" and not is_pkcs12(made.payload):
        raise invalid({"payload": "The payload is no PKCS12 that opens without a password."})
    return _create(call, made)


@routes.post("/v2/secrets/{project_id}/{region_id}")
async def create_secret_v2(call: Here, body: Annotated[V2Body, Body()]) -> TaskIds:
    """Makes a secret from base64 of PKCS12 or PEM (the guide's body), or from PEM texts (OpenAPI's)."""
    accepted = call.behavior.v2_secret_payload
    if isinstance(body, SecretCreate):
        if accepted == "object":
            raise invalid({"payload": "Input should be an object of certificate, certificate_chain and private_key."})
        return _create(call, new_secret(body, call.scope, call.now))
    if accepted == "string":
        raise invalid({"payload": "Input should be a valid string."})
    return _create(call, new_secret_from_pem(body, call.scope, call.now))


@routes.get("/v1/secrets/{project_id}/{region_id}")
async def list_secrets(call: Here, limit: Limit = 1000, offset: Offset = 0) -> Page[Secret]:
    """Lists secrets. There is no filter."""
    rows = [answers.secret(one) for one in call.account.secrets.read_all(call.scope) if _visible(one)]
    return page(Page[Secret], rows, limit, offset)


@routes.get("/v1/secrets/{project_id}/{region_id}/{secret_id}")
async def get_secret(call: Here, secret_id: str) -> Secret:
    """Reads what can be read of a secret."""
    found = call.account.secrets.read(call.scope, secret_id)
    if found is None or not _visible(found):
        raise not_found("Secret", secret_id)
    return answers.secret(found)


@routes.delete("/v1/secrets/{project_id}/{region_id}/{secret_id}")
async def delete_secret(call: Here, secret_id: str) -> TaskIds:
    """Deletes a secret that nothing uses."""
    secret = call.references.secret(secret_id)
    if secret.provisioning_status != "ACTIVE":
        raise not_found("Secret", secret_id)
    users = secret_users(call.account, call.work.coming(), call.behavior, secret_id)
    if users and call.behavior.secret_in_use != "allow":
        named = ", ".join(f"{type(user).__name__} {user.id}" for user in users)
        reason = f"Secret {secret_id} is in use by {named} and cannot be deleted"
        if call.behavior.secret_in_use == "task-error":
            return call.work.fail_later(call.order("delete_secret"), reason)
        raise conflict(reason) if call.behavior.secret_in_use == "409" else invalid({"secret_id": reason})
    return call.submit("delete_secret", lambda: Change(removing(secret), {"secret_id": secret_id}))


def _visible(secret: stored.Secret) -> bool:
    return secret.provisioning_status != "PENDING_CREATE"


def _create(call: Call, made: stored.Secret) -> TaskIds:
    def plan() -> Change:
        check_limits(call.account, call.scope, call.behavior, [made])
        return Change(making(made), {"name": made.name, "secret_type": made.secret_type})

    return call.submit("create_secret", plan)
