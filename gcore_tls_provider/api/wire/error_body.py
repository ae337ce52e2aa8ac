"""Body of every error response."""

from __future__ import annotations

from pydantic import Field, JsonValue

from gcore_tls_provider.api.wire.model import ResponseBody


class ErrorBody(ResponseBody):
    """Error body, as Gcore's page on error handling describes it.

    `exception_class` is Gcore's name of the error, such as `ValidationError` or `ConflictError`. `invalid_fields` maps
    a field to its messages. Every field can be missing in a response from a proxy in front of the API.
    """

    exception_class: str | None = None
    message: str | None = None
    request_id: str | None = None
    info: dict[str, JsonValue] | None = None
    invalid_fields: dict[str, list[str]] | None = Field(default=None)
