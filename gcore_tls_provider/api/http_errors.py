"""Turn a response with an error status into the matching error of the tree, with its remedy."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx
from pydantic import ValidationError

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.connection import Connection
from gcore_tls_provider.api.redaction import Redactor
from gcore_tls_provider.api.wire.failure import ErrorBody
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

_OTHER_REMEDY = "Check that the base URL ({base_url}) is Gcore's API: Gcore documents no such status here."

REMEDIES: Mapping[type[HttpStatusError], str] = {
    BadRequest: "Fix what Gcore names, then run again.",
    Unauthorized: "Check the API key ({api_key}): it may be wrong, expired, or cut off at a `$`"
    " by a shell. `pulumi refresh` and `destroy` see a key that was changed since the last `up` with --run-program"
    " only.",
    Forbidden: "Check what the API key may do in this project, the quota, and whether the region has room for the"
    " flavor.",
    NotFound: "Check that the base URL is Gcore's API and nothing below it (`{namespace}:baseUrl`), and try another"
    " `{namespace}:dialect`.",
    ObjectNotFound: "Check that the object and everything it refers to exists in this project and region"
    " (`{namespace}:projectId`, `{namespace}:regionId`, or the resource's `project_id` and `region_id`).",
    MethodNotAllowed: "Try another `{namespace}:dialect` (auto, guide, openapi).",
    Conflict: "Something else holds the object or already has its place: see Gcore's answer, then run again. Where a"
    " resource is replaced by force, its option delete_before_replace=True lets the old one go first; where it was"
    " renamed in the program, an alias of its old name keeps it.",
    RateLimited: "Too many requests: wait, or lower `gcore:parallel`, and run again.",
    ServerError: "A fault at Gcore: run again later.",
}
"""Remedies by error class; `{...}` is filled in from the connection."""

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


def http_error(
    call: Call[object], response: httpx.Response, confidential: Redactor, connection: Connection
) -> HttpStatusError:
    """Return the error for a status of 300 or more; a status outside the tree becomes a plain `HttpStatusError`.

    Args:
        call: what was sent.
        response: what came back.
        confidential: what must not be shown, whatever Gcore repeats.
        connection: who asked, for the remedy.
    """
    status = response.status_code
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else HttpStatusError)
    body = _error_body(response.content)
    if kind is NotFound and body is not None and (body.exception_class or "").endswith(_NO_SUCH_OBJECT):
        kind = ObjectNotFound
    said = "" if body is None else _said(body, confidential)
    said = said or confidential.redact(response.text) or "no text"
    error = kind(
        call.description,
        f"Gcore answered {status} to {call.route.method} {call.route.template}: {said.rstrip('.')}",
        REMEDIES.get(kind, _OTHER_REMEDY).format(
            namespace=connection.namespace, api_key=connection.setting("apiKey"), base_url=connection.setting("baseUrl")
        ),
        request_id=confidential.redact(body.request_id) if body and body.request_id else None,
    )
    error.status = status
    error.exception_class = body.exception_class if body else None
    error.invalid_fields = frozenset(body.invalid_fields or {}) if body else frozenset()
    error.retry_after = _retry_after(response.headers.get("Retry-After"))
    return error


def _error_body(content: bytes) -> ErrorBody | None:
    """Return Gcore's error body with reasons as lists of texts; None if the body is something else."""
    try:
        answer: object = json.loads(content)
    except ValueError:
        return None
    if not isinstance(answer, dict):
        return None
    fields = answer.get("invalid_fields")
    if isinstance(fields, dict):
        answer["invalid_fields"] = {
            field: [str(reason) for reason in (reasons if isinstance(reasons, list) else [reasons])]
            for field, reasons in fields.items()
        }
    try:
        return ErrorBody.model_validate(answer)
    except ValidationError:
        return None


def _said(body: ErrorBody, confidential: Redactor) -> str:
    said = confidential.redact(f"{body.exception_class or ''} {body.message or ''}")
    listed = "; ".join(f"{field}: {', '.join(reasons)}" for field, reasons in (body.invalid_fields or {}).items())
    fields = confidential.redact(listed)
    if not fields or fields in said:
        return said
    return f"{said} ({fields})" if said else fields


def _retry_after(header: str | None) -> float | None:
    """Return the seconds of either form of RFC 9110, section 10.2.3; None if the header is unusable."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            then = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=timezone.utc)
        seconds = (then - datetime.now(timezone.utc)).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
