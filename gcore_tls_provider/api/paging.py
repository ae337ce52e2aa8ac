"""All rows of a list, page by page, with limits on the numbers of pages and of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.errors import MalformedResponse

MOST_PAGES: Final = 25
"""Most pages of a list."""

MOST_ROWS: Final = 25_000
"""Most rows of a list, objects of one kind in one project and region: 25 pages of the requested 1,000 rows."""

RowT = TypeVar("RowT")


def all_rows(send: Callable[[Call[Page[RowT]]], Page[RowT]], page: Callable[[int], Call[Page[RowT]]]) -> list[RowT]:
    """Return all rows of a list.

    Args:
        send: Send one call.
        page: Return the call for the page that begins at a row.

    Raises:
        ApiError: A request failed, or the list exceeds a limit.
    """
    rows: list[RowT] = []
    for _ in range(MOST_PAGES):
        response = send(page(len(rows)))
        rows += response.results
        if len(rows) > MOST_ROWS:
            break
        if not response.results or len(rows) >= response.count:
            return rows
    raise MalformedResponse(
        page(0).description,
        f"the list is too long: {len(rows):,} of {response.count:,} rows were read, and the limits are {MOST_PAGES} "
        f"pages and {MOST_ROWS:,} rows",
        "Check that the base URL is that of Gcore's API, and that no proxy responds in its place. If the project has "
        "that many objects, delete those that nothing uses, or use another project.",
    )
