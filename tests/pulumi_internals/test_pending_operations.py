"""Pending operations that a program finds in the state; `tests/engine` uses the real engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest

from gcore_tls_provider.pulumi_internals import pending_operations, stack_export
from gcore_tls_provider.pulumi_internals.tuning import NO_TUNING

CLEAN = b'{"deployment": {"resources": [{"id": "1", "outputs": {"note": "delete: true"}}]}}'


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes | None], tuple[bool, list[str]]]:
    """Function that reads a state and returns the result and the exported stacks."""

    def read_state(exported: bytes | None) -> tuple[bool, list[str]]:
        exports: list[str] = []

        def export(stack: str) -> bytes | None:
            exports.append(stack)
            return exported

        async def program() -> bool:
            pending_operations.start_reading()
            pending_operations.start_reading()
            return await asyncio.wait_for(pending_operations.is_clean(), 10)

        monkeypatch.setattr(pending_operations, "_clean", None)
        monkeypatch.setattr(stack_export, "export_stack", export)
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(program()), exports
        finally:
            loop.close()

    return read_state


def test_state_without_pending_operations_is_clean_and_read_once(
    read: Callable[[bytes | None], tuple[bool, list[str]]],
) -> None:
    clean, exports = read(CLEAN)
    assert clean
    assert len(exports) == 1


@pytest.mark.parametrize(
    "exported",
    [
        pytest.param(None, id="unreadable"),
        pytest.param(b'{"deployment": {"pending_operations": [{"type": "updating"}]}}', id="pending operation"),
        pytest.param(b'{"deployment": {"resources": [{"delete": true, "id": "1"}]}}', id="pending delete"),
        pytest.param(b'{"deployment": {"resources": [{"delete":true}]}}', id="pending delete without white space"),
        pytest.param(
            b'{"deployment": {"resources": [{"outputs": {"delete": true}}]}}',
            id="output that looks like a pending delete",
        ),
    ],
)
def test_any_other_state_is_not_clean(
    exported: bytes | None, read: Callable[[bytes | None], tuple[bool, list[str]]]
) -> None:
    clean, _ = read(exported)
    assert not clean


def test_state_is_not_read_outside_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_operations, "_clean", None)
    pending_operations.start_reading()
    assert pending_operations._clean is None
    loop = asyncio.new_event_loop()
    try:
        assert not loop.run_until_complete(pending_operations.is_clean())
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["python", "-u", "/opt/pulumi/pulumi-language-python-exec", "--stack", "dev", "."], True),
        (["python", "deploy.py"], False),
        (["python", "-m", "pulumi.dynamic", "127.0.0.1:1"], False),
    ],
)
def test_pulumi_program_is_recognized_by_its_launcher(
    arguments: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", arguments)
    assert pending_operations.is_pulumi_program() is expected


def test_state_is_not_read_with_tuning_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def program() -> bool:
        pending_operations.start_reading()
        return await pending_operations.is_clean()

    monkeypatch.setattr(pending_operations, "_clean", None)
    monkeypatch.setattr(stack_export, "export_stack", lambda stack: pytest.fail("exported"))
    monkeypatch.setenv(NO_TUNING, "1")
    loop = asyncio.new_event_loop()
    try:
        assert not loop.run_until_complete(program())
    finally:
        loop.close()
