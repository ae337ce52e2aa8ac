"""The body of every error answer."""

from __future__ import annotations

from pydantic import Field, JsonValue

from gcore_tls_provider.api.wire.model import AnswerBody


class ErrorBody(AnswerBody):
    """Error body, as Gcore's page on error handling describes it.

    `exception_class` is Gcore's name of the error, such as `ValidationError` or `ConflictError`. `invalid_fields` maps
    a field to its messages. Everything may be missing in answers that come from a proxy in front of the API.
    """

    exception_class: str | None = None
    message: str | None = None
    request_id: str | None = None
    info: dict[str, JsonValue] | None = None
    invalid_fields: dict[str, list[str]] | None = Field(default=None)
