"""Error answers. A `Failure` raised anywhere below a route becomes the answer to the request.

Statuses and names are those of Gcore's page on error handling; where it is silent, Octavia's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass
class Failure(Exception):
    """An error answer: status, Gcore's name of the error, message, and details if there are any."""

    status: int
    exception_class: str
    message: str
    info: dict[str, JsonValue] | None = None
    invalid_fields: dict[str, list[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The message."""
        return self.message


def not_found(kind: str, object_id: str) -> Failure:
    """404: no such object in this project and region."""
    return Failure(404, "NotFoundError", f"{kind} {object_id} ID could not be found")


def invalid(fields: Mapping[str, str | list[str]], status: int = 400) -> Failure:
    """400: fields are wrong. The message repeats the fields as text."""
    listed = {name: [text] if isinstance(text, str) else text for name, text in fields.items()}
    message = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in listed.items())
    return Failure(status, "ValidationError", message, invalid_fields=listed)


def conflict(message: str) -> Failure:
    """409: it exists already, or the load balancer is busy."""
    return Failure(409, "ConflictError", message)


def immutable(load_balancer_id: str, provisioning_status: str) -> Failure:
    """409: the load balancer is locked by other work, or in ERROR."""
    return conflict(
        f"Load Balancer {load_balancer_id} is immutable and cannot be updated while it is {provisioning_status}"
    )


def quota_exceeded(status: int, kind: str, limit: int, current: int, requested: int) -> Failure:
    """More objects than the account may have."""
    return Failure(
        status,
        "QuotaLimitExceed",
        f"Quota limit exceeded for {kind}: limit {limit}, used {current}, requested {requested}",
        info={
            "attribute": f"{kind}_count_limit",
            "limit": limit,
            "current_usage": current,
            "requested_usage": requested,
        },
    )
