"""Whether the run before has come to its end, as a program finds out; on the real engine in `tests/engine`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest

from gcore_tls_provider.pulumi_internals import pending_operations as last_run
from gcore_tls_provider.pulumi_internals import stack_export

SETTLED = b'{"deployment": {"resources": [{"id": "1", "outputs": {"note": "delete: true"}}]}}'


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes | None], tuple[bool, list[str]]]:
    """What is found in a state, and which stacks were exported for it."""

    def look(exported: bytes | None) -> tuple[bool, list[str]]:
        asked: list[str] = []

        def export(stack: str) -> bytes | None:
            asked.append(stack)
            return exported

        async def program() -> bool:
            last_run.start_reading()
            last_run.start_reading()
            return await asyncio.wait_for(last_run.is_clean(), 10)

        monkeypatch.setattr(last_run, "_settled", None)
        monkeypatch.setattr(stack_export, "exported", export)
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(program()), asked
        finally:
            loop.close()

    return look


def test_a_state_with_nothing_under_way(found: Callable[[bytes | None], tuple[bool, list[str]]]) -> None:
    settled, asked = found(SETTLED)
    assert settled
    assert len(asked) == 1


@pytest.mark.parametrize(
    "exported",
    [
        pytest.param(None, id="can't be read"),
        pytest.param(b'{"deployment": {"pending_operations": [{"type": "updating"}]}}', id="an operation"),
        pytest.param(b'{"deployment": {"resources": [{"delete": true, "id": "1"}]}}', id="what a replacement left"),
        pytest.param(b'{"deployment": {"resources": [{"delete":true}]}}', id="the same without white space"),
        pytest.param(b'{"deployment": {"resources": [{"outputs": {"delete": true}}]}}', id="what looks like it"),
    ],
)
def test_all_else_is_left_to_the_provider(
    exported: bytes | None, found: Callable[[bytes | None], tuple[bool, list[str]]]
) -> None:
    settled, _ = found(exported)
    assert not settled


def test_without_a_program_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_run, "_settled", None)
    last_run.start_reading()
    assert last_run._settled is None
    loop = asyncio.new_event_loop()
    try:
        assert not loop.run_until_complete(last_run.is_clean())
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
def test_what_pulumis_command_has_started(
    arguments: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", arguments)
    assert last_run.is_a_program() is expected
