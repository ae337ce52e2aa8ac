"""Lists of several pages, and lists that do not end."""

from __future__ import annotations

import pytest

from gcore_tls_provider.api import routes
from gcore_tls_provider.api.calls import Call
from gcore_tls_provider.api.paging import MOST_PAGES, MOST_ROWS, all_rows
from gcore_tls_provider.api.wire.pages import Page
from gcore_tls_provider.api.wire.secrets import Secret
from gcore_tls_provider.errors import MalformedResponse

SECRET = Secret(id="6bf878c1-1ce4-47c3-a39b-6b5f1d79bf25", name="ca", secret_type="certificate", status="ACTIVE")


def secret_page(count: int, rows: int) -> Page[Secret]:
    return Page[Secret].model_construct(count=count, results=[SECRET] * rows)


def test_all_pages_of_a_list_are_read() -> None:
    offsets: list[object] = []

    def send(call: Call[Page[Secret]]) -> Page[Secret]:
        offsets.append(call.query["offset"])
        return secret_page(2500, min(1000, 2500 - len(offsets[:-1]) * 1000))

    assert len(all_rows(send, routes.list_secrets)) == 2500
    assert offsets == [0, 1000, 2000]


def test_a_list_ends_with_an_empty_page_whatever_its_count() -> None:
    assert all_rows(lambda _call: secret_page(10**9, 0), routes.list_secrets) == []


def test_a_list_without_an_end_is_refused_after_the_most_pages() -> None:
    sent: list[object] = []

    def send(call: Call[Page[Secret]]) -> Page[Secret]:
        sent.append(call)
        return secret_page(10**9, 1)

    with pytest.raises(MalformedResponse, match="list secrets: the list is too long: 25 of") as raised:
        all_rows(send, routes.list_secrets)
    assert len(sent) == MOST_PAGES
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("count", [MOST_ROWS + 1, 10**9])
def test_a_page_with_more_rows_than_a_list_can_have_is_refused(count: int) -> None:
    sent: list[object] = []

    def send(call: Call[Page[Secret]]) -> Page[Secret]:
        sent.append(call)
        return secret_page(count, MOST_ROWS + 1)

    with pytest.raises(MalformedResponse, match="the list is too long: 25,001 of"):
        all_rows(send, routes.list_secrets)
    assert len(sent) == 1
