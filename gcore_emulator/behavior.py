"""Behavior options: the points at which the behavior of the real API is unknown, each with a default and other values.

Gcore's documents do not define these points, or contradict each other. A client that works with every value works with
the real API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

QuotaKind: TypeAlias = Literal["secrets", "load_balancers", "listeners", "pools", "members"]
"""Kinds of objects that a quota can limit."""


def _quota(value: object) -> object:
    """Parse `secrets=5,listeners=2`."""
    if not isinstance(value, str) or value == "none":
        return value
    return {kind: limit for kind, _separator, limit in (part.partition("=") for part in value.split(","))}


Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class Behavior(BaseModel):
    """Behavior of the emulator where the behavior of the real API is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool_routes: Literal["both", "guide", "openapi"] = Field(
        default="both",
        description="Routes that create and update pools: the guide's POST loadbalancers/{id}/pools and "
        "PUT lbpools/{id}, OpenAPI's POST lbpools and PATCH v2 lbpools/{id}, or both pairs.",
    )
    v2_secret_payload: Literal["both", "string", "object"] = Field(
        default="both",
        description="Payload of POST v2 secrets: the guide's base64 string, OpenAPI's object of PEM texts, or both. "
        "The other one gets 400 with invalid_fields.payload.",
    )
    v1_secrets: Literal["accept", "reject", "gone"] = Field(
        default="accept",
        description="POST v1 secrets: accepts PEM (CA bundle, CRL), rejects everything except PKCS12 with 400, or does "
        "not exist.",
    )
    unknown_route: Literal["by-method", "404", "405", "not-found-error"] = Field(
        default="by-method",
        description="Response of a route that does not exist: 405 if the path has other methods and otherwise 404, "
        "always 404, always 405, or the 404 of a missing object.",
    )
    pem_client_secret: Literal["accept", "reject"] = Field(
        default="accept",
        description="A pool's secret_id in PEM: accepted, or 400 when a pool refers to it (Octavia reads only PKCS12).",
    )
    secret_in_use: Literal["400", "409", "task-error", "allow"] = Field(
        default="400",
        description="Deleting a secret that is in use: 400 ValidationError, 409 ConflictError, a task that fails, or "
        "success.",
    )
    secret_users: Literal["listeners-and-pools", "listeners"] = Field(
        default="listeners-and-pools", description="Objects that count as users of a secret."
    )
    locked_load_balancer: Literal["409", "queue", "task-error"] = Field(
        default="409",
        description="A write to a load balancer that is not ACTIVE: 409 ConflictError, a task that starts when the "
        "load balancer is unlocked, or a task that fails.",
    )
    rate_limit: Literal["none"] | Positive = Field(
        default="none", description="Requests per second; more get 429. A number, or none."
    )
    retry_after: Literal["sent", "absent"] = Field(default="sent", description="The header Retry-After of a 429.")
    null_secret_id: Literal["unset", "ignore", "reject"] = Field(
        default="unset",
        description="null for ca_secret_id, crl_secret_id or secret_id in a pool's update: unsets the field, changes "
        "nothing, or 400.",
    )
    null_health_monitor: Literal["delete", "ignore"] = Field(
        default="delete",
        description="healthmonitor: null in a pool's update: deletes the health monitor, or changes nothing.",
    )
    created_resources: Literal["all", "load-balancer-only"] = Field(
        default="all",
        description="created_resources of the task that creates a load balancer with nested objects: all objects, or "
        "only the load balancer.",
    )
    unique_names: Literal["no", "yes"] = Field(
        default="no", description="yes: a second object of a kind with the same name is a 409."
    )
    name_filter: Literal["exact", "substring"] = Field(
        default="exact", description="Comparison of the filter by name in lists."
    )
    unknown_fields: Literal["reject", "ignore"] = Field(
        default="reject", description="Unknown fields of a request body: 400, or ignored."
    )
    protocol_pairs: Literal["lax", "octavia"] = Field(
        default="lax",
        description="Pool protocols that a listener accepts: any, except UDP mixed with others; or Octavia's table, "
        "which allows no HTTPS pool with TERMINATED_HTTPS.",
    )
    protocol_change: Literal["keep-id", "new-id", "reject"] = Field(
        default="keep-id",
        description="A pool's update that changes its protocol: in place, as a new pool with a new ID, or 400.",
    )
    failed_task: Literal["leave-nothing", "leave-error-object"] = Field(
        default="leave-nothing",
        description="Objects of a failed task: new ones are removed and the others are unchanged, or they stay in "
        "provisioning status ERROR.",
    )
    read_lag: Count = Field(
        default=0, description="Number of reads of an object that still show the state before a finished write."
    )
    quota: Literal["none"] | Annotated[dict[QuotaKind, Count], BeforeValidator(_quota)] = Field(
        default="none",
        description="Maximum number of objects: KIND=N,... with the kinds secrets, load_balancers, listeners, "
        "pools, members; or none.",
    )
    quota_status: Literal["403", "400", "409", "422"] = Field(
        default="403", description="Status of the response when a quota is exceeded."
    )
    unauthenticated_body: Literal["error-shape", "detail", "empty"] = Field(
        default="error-shape",
        description='Body of a 401: the usual error body, {"detail": ...}, or none.',
    )
    finished_task_retention: Literal["forever"] | Positive = Field(
        default="forever", description="Seconds for which a finished task can be read. A number, or forever."
    )
    pool_alpn: Literal["octavia", "http1", "none"] = Field(
        default="octavia",
        description="With a data plane: protocols that pools offer to TLS members by ALPN: Octavia's h2,http/1.1,"
        "http/1.0, no HTTP/2, or nothing.",
    )
    idle_close: Literal["octavia", "on-response"] = Field(
        default="octavia",
        description="With a data plane: idle connections of HTTP clients during a reload: closed at once, as by "
        "Octavia's HAProxy, or closed with their next response.",
    )


@dataclass(frozen=True)
class BehaviorOption:
    """Behavior option: its name for `--behavior`, its default, its values, and its description."""

    name: str
    default: str
    values: tuple[str, ...]
    help: str


def behavior_options() -> tuple[BehaviorOption, ...]:
    """Return all behavior options, in the order of the fields of `Behavior`."""
    found = []
    for name, field in Behavior.model_fields.items():
        found.append(
            BehaviorOption(
                name=name.replace("_", "-"),
                default=str(field.default),
                values=tuple(_values(field.annotation)),
                help=field.description or "",
            )
        )
    return tuple(found)


class UnknownBehaviorError(ValueError):
    """Unknown behavior option, or unknown value of one. The message lists the valid ones."""


def parse_behavior(settings: Iterable[str], base: Mapping[str, str] | None = None) -> Behavior:
    """Parse `NAME=VALUE` settings; a later one overrides an earlier one.

    Args:
        settings: Settings such as `locked-load-balancer=queue`.
        base: Values of the options that no setting names, by field name of `Behavior`.

    Raises:
        UnknownBehaviorError: An option or a value does not exist.
    """
    chosen = dict(base or {})
    known = {option.name: option for option in behavior_options()}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator or name not in known:
            raise UnknownBehaviorError(f"'{setting}' is not NAME=VALUE with one of these names: {', '.join(known)}.")
        chosen[name.replace("-", "_")] = value
    try:
        return Behavior.model_validate(chosen)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]).replace("_", "-")
        values = ", ".join(known[name].values)
        raise UnknownBehaviorError(
            f"'{chosen[name.replace('-', '_')]}' is not a value of '{name}'; use one of: {values}."
        ) from error


def _values(annotation: object) -> list[str]:
    origin = get_origin(annotation)
    if origin is Literal:
        return [str(value) for value in get_args(annotation)]
    if origin is Annotated:
        return _values(get_args(annotation)[0])
    if origin is dict:
        return ["KIND=N,..."]
    if annotation in (int, float):
        return ["N"]
    if origin is Union or get_args(annotation):
        return [value for part in get_args(annotation) for value in _values(part)]
    return []
