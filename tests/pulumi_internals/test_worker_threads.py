"""Worker threads of a handler's executor; `tests/dynamic/test_sdk_server.py` uses the SDK's real server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gcore_tls_provider.pulumi_internals.tuning import NO_TUNING
from gcore_tls_provider.pulumi_internals.worker_threads import raise_max_workers


def test_executor_of_the_current_thread_gets_more_workers() -> None:
    barrier = threading.Barrier(8, timeout=10)
    with ThreadPoolExecutor(max_workers=2) as executor:
        assert executor.submit(raise_max_workers, 8).result()
        # The barrier opens for eight simultaneous threads.
        futures = [executor.submit(barrier.wait) for _ in range(8)]
        assert sorted(each.result() for each in futures) == list(range(8))


def test_number_of_workers_is_never_lowered() -> None:
    with ThreadPoolExecutor(max_workers=6) as executor:
        assert executor.submit(raise_max_workers, 2).result()
        assert executor._max_workers == 6


def test_main_thread_is_left_unchanged() -> None:
    assert not raise_max_workers(64)


@pytest.mark.parametrize("arguments", [(), ("text",), (lambda: pytest.fail("called"),), (None, 1)])
def test_thread_outside_an_executor_is_left_unchanged(arguments: tuple[object, ...]) -> None:
    results: list[bool] = []

    def work(*_: object) -> None:
        results.append(raise_max_workers(64))

    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    thread.join()
    assert results == [False]


def test_executor_is_left_unchanged_with_tuning_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_TUNING, "1")
    with ThreadPoolExecutor(max_workers=2) as executor:
        assert not executor.submit(raise_max_workers, 8).result()
        assert executor._max_workers == 2
