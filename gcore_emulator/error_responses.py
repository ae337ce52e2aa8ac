"""Failures as HTTP answers."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from gcore_emulator.errors import Failure
from gcore_tls_provider.api.wire.failure import ErrorBody


def refusal(failure: Failure, request_id: str, unauthenticated_body: str = "error-shape") -> Response:
    """The answer that a failure becomes.

    Args:
        failure: what went wrong.
        request_id: id of the request, which every error body carries.
        unauthenticated_body: the choice of the question with that name, for a 401.
    """
    headers = dict(failure.headers)
    if failure.status == 401 and unauthenticated_body == "empty":
        return Response(status_code=401, headers=headers)
    if failure.status == 401 and unauthenticated_body == "detail":
        return JSONResponse({"detail": failure.message}, 401, headers)
    body = ErrorBody(
        exception_class=failure.exception_class,
        message=failure.message,
        request_id=request_id,
        info=failure.info,
        invalid_fields=failure.invalid_fields,
    )
    return JSONResponse(body.model_dump(mode="json", exclude_none=True), failure.status, headers)
