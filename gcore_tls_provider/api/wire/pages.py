"""Lists, as the API pages them."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import Field

from gcore_tls_provider.api.wire.model import AnswerBody

T = TypeVar("T")


class Page(AnswerBody, Generic[T]):
    """One page of a list. `count` is the total over all pages."""

    count: int = Field(ge=0)
    results: list[T]
