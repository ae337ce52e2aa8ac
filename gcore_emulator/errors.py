"""Error responses of the API.

An `ApiErrorResponse` raised anywhere below a route becomes the response to the request. Statuses and names are those of
Gcore's page on error handling; where that page is silent, they are Octavia's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue
from starlette.responses import JSONResponse, Response

from gcore_tls_provider.api.wire.error_body import ErrorBody


@dataclass
class ApiErrorResponse(Exception):
    """Error response: status, Gcore's name of the error, message, and optional details."""

    status: int
    exception_class: str
    message: str
    info: dict[str, JsonValue] | None = None
    invalid_fields: dict[str, list[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def http_response(error: ApiErrorResponse, request_id: str, unauthenticated_body: str = "error-shape") -> Response:
    """Return the HTTP response for an error.

    Args:
        error: Error to send.
        request_id: ID of the request, which every error body contains.
        unauthenticated_body: Value of the behavior option with that name, for a 401.
    """
    headers = dict(error.headers)
    if error.status == 401 and unauthenticated_body == "empty":
        return Response(status_code=401, headers=headers)
    if error.status == 401 and unauthenticated_body == "detail":
        return JSONResponse({"detail": error.message}, 401, headers)
    body = ErrorBody(
        exception_class=error.exception_class,
        message=error.message,
        request_id=request_id,
        info=error.info,
        invalid_fields=error.invalid_fields,
    )
    return JSONResponse(body.model_dump(mode="json", exclude_none=True), error.status, headers)


def not_found(kind: str, object_id: str) -> ApiErrorResponse:
    """Return a 404: the object does not exist in this project and region."""
    return ApiErrorResponse(404, "NotFoundError", f"{kind} {object_id} ID could not be found")


def invalid(fields: Mapping[str, str | list[str]], status: int = 400) -> ApiErrorResponse:
    """Return a 400 for wrong fields. The message repeats the fields as text."""
    listed = {name: [text] if isinstance(text, str) else text for name, text in fields.items()}
    message = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in listed.items())
    return ApiErrorResponse(status, "ValidationError", message, invalid_fields=listed)


def conflict(message: str) -> ApiErrorResponse:
    """Return a 409: the object exists already, or the load balancer is locked."""
    return ApiErrorResponse(409, "ConflictError", message)


def immutable(load_balancer_id: str, provisioning_status: str) -> ApiErrorResponse:
    """Return a 409: another task has locked the load balancer, or it is in ERROR."""
    return conflict(
        f"Load Balancer {load_balancer_id} is immutable and cannot be updated while it is {provisioning_status}"
    )


def quota_exceeded(status: int, kind: str, limit: int, current: int, requested: int) -> ApiErrorResponse:
    """Return the error for more objects than the quota allows."""
    return ApiErrorResponse(
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
