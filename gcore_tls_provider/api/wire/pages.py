"""Pages of the API's lists."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import Field

from gcore_tls_provider.api.wire.model import ResponseBody

T = TypeVar("T")


class Page(ResponseBody, Generic[T]):
    """One page of a list. `count` is the total over all pages."""

    count: int = Field(ge=0)
    results: list[T]
