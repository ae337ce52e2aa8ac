"""Settings of the `pulumi` command that write secrets to logs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gcore_tls_provider.pulumi_internals.secret_logs import settings_that_log_secrets

SCRIPT = (
    "import os; from gcore_tls_provider.pulumi_internals.secret_logs import settings_that_log_secrets as s; "
    "print(s(os.environ))"
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "-v=9"),
        ("up", "-v", "9"),
        ("-v9", "preview"),
        ("up", "-yv=9"),
        ("up", "--verbose=9"),
        ("up", "--verbose", "9"),
        ("up", "-v=3", "-v=9"),
    ],
)
def test_a_verbose_command_line_logs_secrets(arguments: tuple[str, ...]) -> None:
    assert settings_that_log_secrets({}, [["/usr/bin/pulumi", *arguments]]) == ("-v=9",)


@pytest.mark.parametrize(
    "command",
    [
        ["pulumi", "up"],
        ["pulumi", "up", "-v=8"],
        ["pulumi", "up", "-v=11", "-v=1"],
        ["pulumi", "up", "-sdev9"],
        ["pulumi", "up", "-v"],
        ["pulumi", "up", "--tracing="],
        ["bash", "-v=9"],
        [],
    ],
)
def test_other_command_lines_log_no_secrets(command: list[str]) -> None:
    assert settings_that_log_secrets({"PULUMI_DEBUG_GRPC": ""}, [command]) == ()


def test_all_settings_are_reported_each_once() -> None:
    commands = [["sh", "pulumi-resource-pulumi-python"], ["pulumi", "up", "-v=10", "--tracing=file:a"], ["make"]]
    found = settings_that_log_secrets({"PULUMI_DEBUG_GRPC": "grpc.json"}, [*commands, commands[1]])
    assert found == ("PULUMI_DEBUG_GRPC", "-v=10", "--tracing")


def test_traces_without_payloads_contain_no_secrets() -> None:
    command = ["pulumi", "up", "--tracing", "file:trace"]
    assert settings_that_log_secrets({}, [command]) == ("--tracing",)
    assert settings_that_log_secrets({"PULUMI_TRACING_NO_PAYLOADS": "true"}, [command]) == ()


def test_the_command_line_of_a_process_above_this_one_is_found(tmp_path: Path) -> None:
    engine = tmp_path / "pulumi"
    engine.symlink_to("/bin/sh")
    # The shell waits for two commands, so it stays above the second one.
    command = [str(engine), "-c", f'"{sys.executable}" -c "$0"; true', SCRIPT, "-v=9"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ))
    assert done.stdout == "('-v=9',)\n", done.stderr
