"""What nobody knows about the real API, as settings: one question each, with a default and other choices.

Gcore's documents leave these points open or contradict each other. A client that works under every choice works
whatever the real API does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

CountedKind: TypeAlias = Literal["secrets", "load_balancers", "listeners", "pools", "members"]
"""Kinds of objects that a quota can limit."""


def _quota(value: object) -> object:
    """Reads `secrets=5,listeners=2`."""
    if not isinstance(value, str) or value == "none":
        return value
    return {kind: limit for kind, _separator, limit in (part.partition("=") for part in value.split(","))}


Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class Behavior(BaseModel):
    """How the emulator behaves where the real API's behavior isn't known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool_routes: Literal["both", "guide", "openapi"] = Field(
        default="both",
        description="Which routes make and change pools: the guide's POST loadbalancers/{id}/pools and "
        "PUT lbpools/{id}, OpenAPI's POST lbpools and PATCH v2 lbpools/{id}, or both pairs.",
    )
    v2_secret_payload: Literal["both", "string", "object"] = Field(
        default="both",
        description="What POST v2 secrets takes: the guide's base64 string, OpenAPI's object of PEM texts, or both. "
        "The other gets 400 with invalid_fields.payload.",
    )
    v1_secrets: Literal["accept", "refuse", "gone"] = Field(
        default="accept",
        description="POST v1 secrets: accepts PEM (CA, revocation list), refuses with 400 what is no PKCS12, or "
        "doesn't exist any more.",
    )
    unknown_route: Literal["by-method", "404", "405", "not-found-error"] = Field(
        default="by-method",
        description="Answer to a route that doesn't exist: 405 if the path has other methods and else 404, always 404, "
        "always 405, or a 404 that looks like that of a missing object.",
    )
    pem_client_secret: Literal["accept", "refuse"] = Field(
        default="accept",
        description="A pool's secret_id in PEM: accepted, or 400 when a pool names it (Octavia reads PKCS12 only).",
    )
    secret_in_use: Literal["400", "409", "task-error", "allow"] = Field(
        default="400",
        description="Deleting a secret that is in use: 400 ValidationError, 409 ConflictError, a task that fails, or "
        "allowed.",
    )
    secret_users: Literal["listeners-and-pools", "listeners"] = Field(
        default="listeners-and-pools", description="Whose use of a secret counts."
    )
    busy_load_balancer: Literal["409", "queue", "task-error"] = Field(
        default="409",
        description="A write to a load balancer that isn't ACTIVE: 409 ConflictError, a task that begins when the lock "
        "is free, or a task that fails.",
    )
    rate_limit: Literal["none"] | Positive = Field(
        default="none", description="Requests per second that are answered; more get 429. A number, or none."
    )
    retry_after: Literal["sent", "absent"] = Field(
        default="sent", description="Whether a 429 carries the header Retry-After."
    )
    null_secret_id: Literal["unset", "ignore", "refuse"] = Field(
        default="unset",
        description="null for ca_secret_id, crl_secret_id or secret_id in a pool's update: unsets it, changes nothing, "
        "or 400.",
    )
    null_health_monitor: Literal["delete", "ignore"] = Field(
        default="delete", description="healthmonitor: null in a pool's update: deletes it, or changes nothing."
    )
    created_resources: Literal["all", "load-balancer-only"] = Field(
        default="all",
        description="What the task of a load balancer with nested objects lists: all that was made, or that alone.",
    )
    unique_names: Literal["no", "yes"] = Field(
        default="no", description="Whether a second object of a kind with the same name is a 409."
    )
    name_filter: Literal["exact", "substring"] = Field(
        default="exact", description="How the lists' filter by name compares."
    )
    unknown_fields: Literal["refuse", "ignore"] = Field(
        default="refuse", description="Fields of a body that the API doesn't know: 400, or ignored."
    )
    protocol_pairs: Literal["lax", "octavia"] = Field(
        default="lax",
        description="Which pool protocols a listener takes: any but UDP mixed with others, or Octavia's table, which "
        "allows no HTTPS pool under TERMINATED_HTTPS.",
    )
    protocol_change: Literal["keep-id", "new-id", "refuse"] = Field(
        default="keep-id",
        description="A pool's update that changes its protocol: in place, by a new pool with a new id, or 400.",
    )
    failed_task: Literal["leave-nothing", "leave-error-object"] = Field(
        default="leave-nothing",
        description="After a failed task: what was to be made is gone and what was to be changed is as before, or it "
        "stays in provisioning status ERROR.",
    )
    read_lag: Count = Field(
        default=0, description="How many reads of an object still show the state before a finished write. A number."
    )
    quota: Literal["none"] | Annotated[dict[CountedKind, Count], BeforeValidator(_quota)] = Field(
        default="none",
        description="How many objects there may be: KIND=N,... with the kinds secrets, load_balancers, listeners, "
        "pools, members; or none.",
    )
    quota_status: Literal["403", "400", "409", "422"] = Field(
        default="403", description="Status of an answer that says that a quota is exceeded."
    )
    unauthenticated_body: Literal["error-shape", "detail", "empty"] = Field(
        default="error-shape",
        description='Body of a 401: the common error shape, {"detail": ...}, or none.',
    )
    finished_task_life: Literal["for-ever"] | Positive = Field(
        default="for-ever", description="How many seconds a finished task can be read. A number, or for-ever."
    )
    pool_alpn: Literal["octavia", "http1", "none"] = Field(
        default="octavia",
        description="With a data plane: what pools offer to TLS members by ALPN: Octavia's h2,http/1.1,http/1.0, no "
        "HTTP/2, or nothing.",
    )
    idle_close: Literal["octavia", "on-response"] = Field(
        default="octavia",
        description="With a data plane: what a reload does to idle connections of HTTP clients: cuts them, as "
        "Octavia's HAProxy, or ends them with their next response.",
    )


@dataclass(frozen=True)
class Question:
    """One open point: its name for `--set`, its default, what else can be chosen, and what it is about."""

    name: str
    default: str
    choices: tuple[str, ...]
    help: str


def questions() -> tuple[Question, ...]:
    """All open points, in the order of the table above."""
    found = []
    for name, field in Behavior.model_fields.items():
        found.append(
            Question(
                name=name.replace("_", "-"),
                default=str(field.default),
                choices=tuple(_choices(field.annotation)),
                help=field.description or "",
            )
        )
    return tuple(found)


class UnknownChoice(ValueError):
    """A `--set` that names no question or no choice of it. The message says what there is."""


def behavior_from(settings: Iterable[str], base: Mapping[str, str] | None = None) -> Behavior:
    """Reads `QUESTION=CHOICE` settings; later ones win.

    Args:
        settings: such as `busy-load-balancer=queue`.
        base: choices that hold where no setting says otherwise, by field name of `Behavior`.

    Raises:
        UnknownChoice: if a question or a choice doesn't exist.
    """
    chosen = dict(base or {})
    known = {question.name: question for question in questions()}
    for setting in settings:
        name, separator, choice = setting.partition("=")
        if not separator or name not in known:
            raise UnknownChoice(f"'{setting}' is no QUESTION=CHOICE; the questions are: {', '.join(known)}.")
        chosen[name.replace("-", "_")] = choice
    try:
        return Behavior.model_validate(chosen)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]).replace("_", "-")
        choices = ", ".join(known[name].choices)
        raise UnknownChoice(f"'{chosen[name.replace('-', '_')]}' is no choice of '{name}': {choices}.") from error


def _choices(annotation: object) -> list[str]:
    origin = get_origin(annotation)
    if origin is Literal:
        return [str(value) for value in get_args(annotation)]
    if origin is Annotated:
        return _choices(get_args(annotation)[0])
    if origin is dict:
        return ["KIND=N,..."]
    if annotation in (int, float):
        return ["N"]
    if origin is Union or get_args(annotation):
        return [choice for part in get_args(annotation) for choice in _choices(part)]
    return []
