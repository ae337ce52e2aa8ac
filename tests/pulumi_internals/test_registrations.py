"""How the end of a program is waited for; what it is worth is counted on the real engine, `tests/engine`."""

from __future__ import annotations

import asyncio

import pytest
from pulumi.runtime import settings

from gcore_tls_provider.pulumi_internals.registrations import await_registrations_in_order


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Future[None]]:
    """The registrations that the installed SDK knows of."""
    assert isinstance(settings.SETTINGS.rpc_manager.rpcs, list)
    rpcs: list[asyncio.Future[None]] = []
    monkeypatch.setattr(settings.SETTINGS.rpc_manager, "rpcs", rpcs)
    return rpcs


def test_one_is_known_that_is_over_at_once(known: list[asyncio.Future[None]]) -> None:
    async def program() -> None:
        await_registrations_in_order()
        await_registrations_in_order()
        assert len(known) == 1
        await asyncio.wait_for(known[0], 5)

    # Not asyncio.run: it leaves the thread without a loop, and the SDK's stand-in for the engine wants one.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(program())
    finally:
        loop.close()


@pytest.mark.parametrize("without", ["SETTINGS", "rpc_manager"])
def test_an_sdk_that_has_no_such_list_is_left_alone(without: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SETTINGS", None if without == "SETTINGS" else object())
    await_registrations_in_order()
