"""Turn a response with an error status into the matching error of the tree, with its remedy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.exchange import Response, UnreadableResponse
from gcore_tls_provider.api.redaction import Redactor
from gcore_tls_provider.api.wire.error_body import ErrorBody
from gcore_tls_provider.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    HttpStatusError,
    MethodNotAllowed,
    NotFound,
    ObjectNotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)

_LONGEST_RETRY_AFTER = 300.0

_OTHER_REMEDY = (
    "Check that the base URL ({base_url}) is that of Gcore's API, https://api.gcore.com: Gcore does not document this"
    " status for this request."
)

REMEDIES: Mapping[type[HttpStatusError], str] = {
    BadRequest: "Fix what Gcore names, then run `pulumi up` again.",
    Unauthorized: "Check the API key ({api_key}): it is wrong, expired, or cut off by a shell at a `$`. If you changed"
    " it since the last `pulumi up`, run `pulumi refresh --run-program` or `pulumi destroy --run-program`.",
    Forbidden: "Check in Gcore's portal that the API key has the permission for this project, that the quota suffices,"
    " and that the region has capacity for the flavor; then run `pulumi up` again.",
    NotFound: "Check that the base URL ({base_url}) is that of Gcore's API, without a path below it, or choose another"
    " dialect: `pulumi config set {namespace}:dialect guide` (or `openapi`).",
    ObjectNotFound: "Run `pulumi up --refresh`: it creates objects again that no longer exist. If they exist, check the"
    " project and region (`{namespace}:projectId`, `{namespace}:regionId`, or the resource's `project_id` and"
    " `region_id`).",
    MethodNotAllowed: "Choose another dialect: `pulumi config set {namespace}:dialect auto` (or `guide`, `openapi`).",
    Conflict: "Another object uses this one or occupies its place: remove the one that Gcore names, then run"
    " `pulumi up` again. If Pulumi replaces the resource, set `delete_before_replace=True` in its options; if you"
    " renamed it in the program, add its old name to `aliases`.",
    RateLimited: "Run `pulumi up` again later, or send fewer requests at a time: `pulumi config set gcore:parallel 8`.",
    ServerError: "This is an error at Gcore: run `pulumi up` again later.",
}
"""Remedies by error class; the values of `{...}` come from the connection."""

_NO_SUCH_OBJECT = ("NotFoundError", "NotFound")
"""Ending of Gcore's error class for an object that does not exist (docs: `NotFoundError`)."""

_BY_STATUS: Mapping[int, type[HttpStatusError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    422: BadRequest,
    429: RateLimited,
}


def http_error(call: Call[object], response: Response, redactor: Redactor, connection: Connection) -> HttpStatusError:
    """Return the error for a status of 300 or more; a status outside the tree becomes a plain `HttpStatusError`.

    Args:
        call: Call that was sent.
        response: Response with the error status.
        redactor: Redactor for the texts of the response.
        connection: Connection of the call, for the remedy.
    """
    status = response.status
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else HttpStatusError)
    body = _error_body(response)
    if kind is NotFound and body is not None and (body.exception_class or "").endswith(_NO_SUCH_OBJECT):
        kind = ObjectNotFound
    reason = "" if body is None else _reason(body, redactor)
    reason = reason or redactor.redact(response.text) or "no text"
    error = kind(
        call.description,
        f"Gcore answered {status} to {call.route.method} {call.route.template}: {reason.rstrip('.')}",
        REMEDIES.get(kind, _OTHER_REMEDY).format(
            namespace=connection.namespace, api_key=connection.setting("apiKey"), base_url=connection.setting("baseUrl")
        ),
        request_id=redactor.redact(body.request_id) if body and body.request_id else None,
    )
    error.status = status
    error.exception_class = redactor.redact(body.exception_class) if body and body.exception_class else None
    error.invalid_fields = frozenset(body.invalid_fields or {}) if body else frozenset()
    error.retry_after = _retry_after(response.retry_after)
    return error


def _error_body(response: Response) -> ErrorBody | None:
    """Return Gcore's error body with reasons as lists of texts; None if the body is something else."""
    try:
        parsed = response.json()
        if not isinstance(parsed, dict):
            return None
        fields = parsed.get("invalid_fields")
        if isinstance(fields, dict):
            parsed["invalid_fields"] = {
                field: [str(reason) for reason in (reasons if isinstance(reasons, list) else [reasons])]
                for field, reasons in fields.items()
            }
        return ErrorBody.model_validate(parsed)
    except (ValueError, RecursionError, UnreadableResponse):
        return None


def _reason(body: ErrorBody, redactor: Redactor) -> str:
    message = redactor.redact(f"{body.exception_class or ''} {body.message or ''}")
    listed = "; ".join(f"{field}: {', '.join(reasons)}" for field, reasons in (body.invalid_fields or {}).items())
    fields = redactor.redact(listed)
    if not fields or fields in message:
        return message
    return f"{message} ({fields})" if message else fields


def _retry_after(header: str | None) -> float | None:
    """Return the seconds of either form of RFC 9110, section 10.2.3; None if the header is unusable."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            then = parsedate_to_datetime(header)
            if then.tzinfo is None:
                then = then.replace(tzinfo=timezone.utc)
            seconds = (then - datetime.now(timezone.utc)).total_seconds()
        except (ValueError, OverflowError, TypeError, IndexError):
            return None
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
