"""The two kinds of bodies: what a client sends, and what the API answers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A body that a client sends. Unknown fields are refused; `model_fields_set` tells "not sent" from null.

    Dump it with `mode="json", exclude_unset=True`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class AnswerBody(BaseModel):
    """A body that the API answers.

    Unknown fields are ignored, and closed sets of values are plain text here: a newer API must not break an older
    client.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


class ObjectId(AnswerBody):
    """A reference to another object, `{"id": "..."}`."""

    id: str
