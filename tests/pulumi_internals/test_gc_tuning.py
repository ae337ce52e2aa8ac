"""Garbage collection that skips long-lived objects."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable, Iterator

import pytest

from gcore_tls_provider.pulumi_internals import gc_tuning
from gcore_tls_provider.pulumi_internals.tuning import NO_TUNING


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], None]]]:
    """Functions registered for the exit of the process; the heap is unfrozen after the test."""
    functions: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", functions.append)
    yield functions
    gc.unfreeze()


def test_heap_is_frozen_now_and_at_exit(registered: list[Callable[[], None]]) -> None:
    before = gc.get_freeze_count()
    gc_tuning.freeze_heap()
    assert gc.get_freeze_count() > before
    assert registered == [gc.freeze]


def test_heap_is_not_frozen_with_tuning_off(
    registered: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NO_TUNING, "1")
    before = gc.get_freeze_count()
    gc_tuning.freeze_heap()
    assert gc.get_freeze_count() == before
    assert registered == []


def test_collection_is_paused_and_resumed_even_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(ImportError), gc_tuning.paused():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()


def test_collection_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with gc_tuning.paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_collection_is_not_paused_with_tuning_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_TUNING, "1")
    with gc_tuning.paused():
        assert gc.isenabled()
