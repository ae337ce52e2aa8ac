"""Base classes of request bodies and response bodies."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gcore_tls_provider.api.wire.scalars import ResponseId


class RequestBody(BaseModel):
    """Body of a request. It rejects unknown fields; `model_fields_set` distinguishes "not sent" from null.

    Dump it with `mode="json", exclude_unset=True`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class ResponseBody(BaseModel):
    """Body of a response.

    It ignores unknown fields, and treats closed sets of values as plain text: a newer API must not break an older
    client.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


class ObjectId(ResponseBody):
    """Reference to another object, `{"id": "..."}`."""

    id: ResponseId
