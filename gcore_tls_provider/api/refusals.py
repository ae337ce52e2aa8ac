"""Turns an answer with an error status into the error of the tree that fits, with the remedy that fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx
from pydantic import ValidationError

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.redaction import shown
from gcore_tls_provider.api.wire.failure import ErrorBody
from gcore_tls_provider.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    Unauthorized,
)

_LONGEST_RETRY_AFTER = 300.0

_REMEDIES: Mapping[type[Refused], str] = {
    BadRequest: "Mend what Gcore names and run again.",
    Unauthorized: "Check the API key (`gcore:apiKey` or GCORE_API_KEY): it may be wrong, expired, or cut off at a `$`"
    " by a shell.",
    Forbidden: "Check what the API key may do in this project, the quota, and whether the region has room for the"
    " flavor.",
    NotFound: "Check that the object and everything it refers to exists in this project and region"
    " (`gcore:projectId`, `gcore:regionId`).",
    MethodNotAllowed: "Try another `gcore:dialect` (auto, guide, openapi).",
    Conflict: "Something else holds the object or already has its place: see Gcore's answer, then run again.",
    RateLimited: "Too many requests: wait, or lower `gcore:parallel`, and run again.",
    ServerError: "A fault at Gcore: run again later.",
}

_BY_STATUS: Mapping[int, type[Refused]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    422: BadRequest,
    429: RateLimited,
}


def refusal(call: Call[object], response: httpx.Response, hidden: Sequence[str]) -> Refused:
    """The error for an answer with status 300 or more.

    Args:
        call: what was sent.
        response: what came back.
        hidden: texts that must not be shown, whatever Gcore repeats.
    """
    status = response.status_code
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else BadRequest)
    try:
        body = ErrorBody.model_validate_json(response.content)
    except ValidationError:
        body = None
    if body is None:
        said = shown(response.text[:2000], hidden) or "no text"
    else:
        said = f"{shown(body.exception_class or '', hidden)} {shown(body.message or '', hidden)}".strip()
        fields = _fields(body.invalid_fields, hidden)
        if fields and fields not in said:
            said = f"{said} ({fields})"
    route = f"{call.route.method} {call.route.template}"
    remedy = _REMEDIES[kind]
    error = kind(
        call.asked,
        f"Gcore answered {status} to {route}: {said.rstrip('.')}",
        remedy,
        request_id=shown(body.request_id, hidden) if body and body.request_id else None,
    )
    error.status = status
    error.exception_class = body.exception_class if body else None
    error.invalid_fields = frozenset(body.invalid_fields or {}) if body else frozenset()
    error.retry_after = _retry_after(response.headers.get("Retry-After"))
    return error


def _fields(invalid: Mapping[str, object] | None, hidden: Sequence[str]) -> str:
    parts = []
    for field, reasons in (invalid or {}).items():
        listed = reasons if isinstance(reasons, list) else [reasons]
        parts.append(f"{field}: {', '.join(map(str, listed))}")
    return shown("; ".join(parts), hidden)


def _retry_after(header: str | None) -> float | None:
    """Seconds, from either form of RFC 9110, section 10.2.3; None where the header says nothing usable."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            then = parsedate_to_datetime(header)
        except ValueError:
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=timezone.utc)
        seconds = (then - datetime.now(timezone.utc)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
