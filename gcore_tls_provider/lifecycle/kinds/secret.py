"""Secrets: the lifecycle that all kinds of secrets share, and the raw secret.

Gcore cannot change a secret and never returns its payload, so new content needs a new secret. Every change of a
property replaces the secret, and a read returns only its metadata, or that it is gone.
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
from gcore_tls_provider.certificates.findings.report import report
from gcore_tls_provider.certificates.findings.validation import validation_error
from gcore_tls_provider.errors import ObjectNotFound, PropertyError
from gcore_tls_provider.lifecycle.inputs.fields import Field
from gcore_tls_provider.lifecycle.inputs.properties import (
    InputsT,
    Properties,
    ResourceInputs,
    Rule,
)
from gcore_tls_provider.lifecycle.kind import CreatableKind, CreateTask, LiveObject
from gcore_tls_provider.lifecycle.recovery.stack_state import StackState
from gcore_tls_provider.lifecycle.run.deletion import delete
from gcore_tls_provider.lifecycle.run.operation import Operation

_TIME = TypeAdapter(datetime | None)


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
        secret_type = live.properties.get("secret_type", "certificate")
        if secret_type == "certificate":
            return None
        return f"it is of the type '{secret_type}', and must be of 'certificate'"

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
    """Return a description of each listener and pool that uses a secret: `pool 'web' (<id>)`."""
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


def _time(value: str | None) -> str | None:
    try:
        _TIME.validate_python(value)
    except ValidationError:
        raise validation_error("NOT_A_TIME") from None
    return value


class SecretInputs(ResourceInputs):
    """Raw body of a secret (guide: `POST /v1/secrets`, `POST /v2/secrets`).

    Attributes:
        payload: Base64 of the payload's bytes, not empty.
        secret_type: Type at Gcore; default `certificate`, which is the type of certificates, CA bundles and CRLs alike.
        payload_content_type: Media type of the payload; default `application/octet-stream`. Gcore rejects `text/plain`
            together with base64.
        expiration: Time of expiry, ISO 8601; informational.
        algorithm: Algorithm; informational.
        bit_length: Length of the key in bits, 1 or more; informational.
        mode: Mode of the algorithm; informational.
        name: Exact name; by default a name is computed.
    """

    payload: str
    secret_type: SecretType = "certificate"
    payload_content_type: str = "application/octet-stream"
    expiration: Annotated[str | None, AfterValidator(_time)] = None
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
            raise validation_error("NOT_BASE64")
        return "".join(value.split())


class RawSecretKind(SecretKind[SecretInputs]):
    """`Secret`: any body that the program gives, uploaded by the v1 route."""

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
            check=lambda partial: (
                [report("TEXT_AND_BASE64", "payload_content_type")]
                if partial.known.payload_content_type.split(";")[0].strip().lower() == "text/plain"
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
