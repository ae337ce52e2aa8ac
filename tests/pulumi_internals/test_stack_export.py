"""Runs of the `pulumi` command, with a script in its place; `tests/engine` uses the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcore_tls_provider.pulumi_internals import stack_export


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "pulumi"


def write(pulumi: Path, script: str) -> None:
    pulumi.write_text(f"#!/bin/sh\n{script}\n")
    pulumi.chmod(0o755)


def test_export_returns_the_output_of_the_command(pulumi: Path) -> None:
    write(pulumi, 'echo "$PULUMI_SKIP_UPDATE_CHECK $*"; echo noise >&2; cat')
    assert stack_export.export_stack("org/shop/dev") == b"1 stack export --stack org/shop/dev --non-interactive\n"


def test_export_is_none_if_the_command_fails(pulumi: Path) -> None:
    write(pulumi, "echo half; exit 255")
    assert stack_export.export_stack("dev") is None


def test_export_is_none_if_the_command_times_out(pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_export, "_TIMEOUT_SECONDS", 0.1)
    write(pulumi, "exec sleep 30")
    assert stack_export.export_stack("dev") is None


def test_export_is_none_without_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stack_export.export_stack("dev") is None


def test_command_gets_the_environment_of_this_process(pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///somewhere")
    write(pulumi, 'printf %s "$PULUMI_BACKEND_URL"')
    assert stack_export.export_stack("dev") == b"file:///somewhere"


def test_command_runs_in_the_given_folder(pulumi: Path, tmp_path: Path) -> None:
    write(pulumi, "pwd; exit 3")
    folder = tmp_path / "project"
    folder.mkdir()
    result = stack_export.run_pulumi(["config"], folder=folder)
    assert (result.returncode, Path(result.stdout.decode().strip()).resolve()) == (3, folder.resolve())
