"""Secrets: the part of their life that is the same whatever they hold, and the raw secret.

A secret can't be changed at Gcore, and its payload is never given back: another content is another secret. So every
property replaces it, and a read sees its metadata and whether it is there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, TypeAdapter, ValidationError, field_validator
from pydantic import Field as Limited

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.wire.enums import SecretType
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.api.wire.tasks import Task
from gcore_tls_provider.errors import ObjectNotFound, PropertyError
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import (
    InputsT,
    Properties,
    ResourceInputs,
    Rule,
    error_finding,
    validation_error,
)
from gcore_tls_provider.lifecycle.kind import CreatableKind, CreateTask, LiveObject
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_MOMENT = TypeAdapter(datetime | None)


class SecretKind(CreatableKind[InputsT]):
    """Secrets, whatever they contain. A subclass uploads the content in `create_object`."""

    name: ClassVar[str] = "secret"
    time_limit = 300.0
    task = CreateTask("create_secret", "secrets")
    renamable = False

    def describe(self, secret: Secret) -> Properties:
        """Return the metadata that the resource shows."""
        return {"name": secret.name, "status": secret.status, "secret_type": secret.secret_type}

    def finish_create(
        self, operation: Operation, object_id: str, inputs: InputsT, load_balancer_id: str | None, action: str
    ) -> LiveObject:
        """Read it once it exists."""
        read = routes.get_secret(object_id)
        return LiveObject(object_id, self.describe(operation.wait_until_active(lambda: operation.send(read), action)))

    def list_objects(self, operation: Operation) -> Sequence[Secret]:
        """Return all secrets."""
        return operation.rows(routes.list_secrets)

    def is_unreferenced(
        self, operation: Operation, live: LiveObject, inputs: Mapping[str, object], state: StackState
    ) -> bool:
        """Return whether no listener and no pool uses it."""
        return not users(operation, live.id)

    def why_not_adoptable(self, live: LiveObject) -> str | None:
        """Return why a secret of another type cannot be adopted: certificates, CAs and CRLs are all `certificate`."""
        kind = live.properties.get("secret_type", "certificate")
        return None if kind == "certificate" else f"it is of the type '{kind}', and must be of 'certificate'"

    def read_object(self, operation: Operation, object_id: str, prior: Properties) -> LiveObject | None:
        """Read its metadata; return None if it is gone."""
        try:
            return LiveObject(object_id, self.describe(operation.send(routes.get_secret(object_id))))
        except ObjectNotFound:
            return None

    def update_object(
        self, operation: Operation, object_id: str, olds: Properties, inputs: InputsT, fields: Sequence[Field]
    ) -> LiveObject:
        """Read it: every property of a secret replaces it.

        Raises:
            PropertyError: A property is to be changed in place.
        """
        live = None if fields else self.read_object(operation, object_id, olds)
        if live is not None:
            return live
        raise PropertyError(
            f"secret {object_id}: Gcore cannot change a secret. Run `pulumi up` again: it replaces the secret."
        )

    def delete_object(self, operation: Operation, object_id: str, properties: Properties) -> None:
        """Delete it once no listener or pool uses it any more."""
        delete(
            operation,
            routes.delete_secret(object_id),
            lambda: operation.send(routes.get_secret(object_id)),
            users=lambda: users(operation, object_id),
        )


def users(operation: Operation, secret_id: str) -> list[str]:
    """Return every listener and pool that uses a secret, in words."""
    listeners = [
        f"listener '{each.name}' ({each.id})"
        for each in operation.rows(routes.list_listeners)
        if secret_id in {each.secret_id, *(each.sni_secret_id or [])}
    ]
    pools = [
        f"pool '{each.name}' ({each.id})"
        for each in operation.rows(routes.list_pools)
        if secret_id in {each.ca_secret_id, each.crl_secret_id, each.secret_id}
    ]
    return listeners + pools


def _moment(value: str | None) -> str | None:
    try:
        _MOMENT.validate_python(value)
    except ValidationError:
        raise validation_error(
            "NOT_A_TIME", "It isn't a time.", "Write it as 2027-12-31T00:00:00Z (ISO 8601)."
        ) from None
    return value


class SecretInputs(ResourceInputs):
    """The raw body of a secret (guide: `POST /v1/secrets`, `POST /v2/secrets`).

    Attributes:
        payload: base64 of the payload's bytes.
        secret_type: what it is to Gcore; certificates, authorities and revocation lists are all `certificate`.
        payload_content_type: a media type; `text/plain` clashes with base64 and is refused.
        expiration: when it ends, ISO 8601; informational.
        algorithm: informational.
        bit_length: informational, 1 or more.
        mode: informational.
        name: its exact name; without one, a name is computed.
    """

    payload: str
    secret_type: SecretType = "certificate"
    payload_content_type: str = "application/octet-stream"
    expiration: Annotated[str | None, AfterValidator(_moment)] = None
    algorithm: str | None = None
    bit_length: Annotated[int | None, Limited(gt=0)] = None
    mode: str | None = None
    name: str | None = None

    @field_validator("payload")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        try:
            decoded = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        if not decoded:
            raise validation_error("NOT_BASE64", "It isn't base64 of anything.", "Give base64 of the payload's bytes.")
        return "".join(value.split())


class RawSecretKind(SecretKind[SecretInputs]):
    """`Secret`: whatever body the user gives, to the v1 route."""

    inputs = SecretInputs
    fields = (
        Field("payload", change="replace", readable=False),
        Field("secret_type", change="replace", default="certificate"),
        Field("payload_content_type", change="replace", readable=False, default="application/octet-stream"),
        Field("expiration", change="replace", readable=False, nullable=True),
        Field("algorithm", change="replace", readable=False, nullable=True),
        Field("bit_length", change="replace", readable=False, nullable=True),
        Field("mode", change="replace", readable=False, nullable=True),
        Field("name", change="replace"),
    )
    rules = (
        Rule(
            needs=frozenset({"payload_content_type"}),
            check=lambda drafted: (
                [
                    error_finding(
                        "payload_content_type",
                        "TEXT_AND_BASE64",
                        "Gcore refuses text/plain for a payload that is base64.",
                        "Leave it out: application/octet-stream is right for certificates.",
                    )
                ]
                if drafted.known.payload_content_type.split(";")[0].strip().lower() == "text/plain"
                else []
            ),
        ),
    )

    def why_not_adoptable(self, live: LiveObject) -> str | None:
        """Return None: it can be of any type."""
        return None

    def create_object(
        self, operation: Operation, name: str, inputs: SecretInputs, load_balancer_id: str | None
    ) -> tuple[Task, ...]:
        """Upload the payload by the v1 route, in every dialect."""
        described = inputs.model_dump(exclude={"name", "payload"}, exclude_none=True)
        return operation.send_and_wait(routes.create_secret_v1(name, inputs.payload, **described))


SECRET: Final = RawSecretKind()
