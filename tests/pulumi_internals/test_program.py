"""Activation of a program's tuning."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gcore_tls_provider.pulumi_internals import gc_tuning, pending_operations, program


@pytest.fixture
def activated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the parts that were activated."""
    parts: list[str] = []
    monkeypatch.setattr(program, "_activated", False)
    monkeypatch.setattr(pending_operations, "start_reading", lambda: parts.append("state"))
    monkeypatch.setattr(gc_tuning, "freeze_heap", lambda: parts.append("heap"))
    return parts


def test_tuning_is_activated_once_and_reads_the_state_first(
    activated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_operations, "is_pulumi_program", lambda: True)
    program.activate_tuning()
    program.activate_tuning()
    assert activated == ["state", "heap"]


def test_tuning_is_not_activated_outside_a_pulumi_program(activated: list[str]) -> None:
    program.activate_tuning()
    assert activated == []


def test_importing_the_resources_starts_nothing_even_in_a_pulumi_program() -> None:
    script = (
        "import gc, sys, threading\n"
        "sys.orig_argv = ['python', 'pulumi-language-python-exec']\n"
        "from gcore_tls_provider import LoadBalancer, from_file\n"
        "print(gc.get_freeze_count(), threading.active_count())\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.split() == ["0", "1"]
