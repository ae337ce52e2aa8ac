"""Registrations at the end of a program; `tests/engine` measures the effect on the real engine."""

from __future__ import annotations

import asyncio

import pytest
from pulumi.runtime import settings

from gcore_tls_provider.pulumi_internals.registrations import await_registrations_in_order
from gcore_tls_provider.pulumi_internals.tuning import NO_TUNING


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Future[None]]:
    """Queue of registrations in the installed SDK."""
    assert isinstance(settings.SETTINGS.rpc_manager.rpcs, list)
    rpcs: list[asyncio.Future[None]] = []
    monkeypatch.setattr(settings.SETTINGS.rpc_manager, "rpcs", rpcs)
    return rpcs


def test_one_finished_registration_is_queued(queued: list[asyncio.Future[None]]) -> None:
    async def program() -> None:
        await_registrations_in_order()
        await_registrations_in_order()
        assert len(queued) == 1
        await asyncio.wait_for(queued[0], 5)

    # asyncio.run would leave the thread without a loop, which the SDK's mock engine needs.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(program())
    finally:
        loop.close()


@pytest.mark.parametrize("missing", ["SETTINGS", "rpc_manager"])
def test_sdk_without_the_queue_is_left_unchanged(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SETTINGS", None if missing == "SETTINGS" else object())
    await_registrations_in_order()


def test_nothing_is_queued_with_tuning_off(queued: list[asyncio.Future[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_TUNING, "1")
    await_registrations_in_order()
    assert queued == []
