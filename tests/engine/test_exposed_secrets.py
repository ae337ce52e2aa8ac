"""Warnings about settings with which secrets leave the run unencrypted, with the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from gcore_tls_provider.certificates import DevelopmentFiles
from gcore_tls_provider.lifecycle.run.warnings import API_IN_PLAINTEXT
from tests.engine.conftest import NewProgram
from tests.engine.stack import CommandResult, Stack

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("dialect", ["openapi"], indirect=True)]

PROGRAM = """\
from gcore_tls_provider import CertificateAuthority, ListenerCertificate, from_file

ListenerCertificate("web", certificate=from_file({server!r}), private_key=from_file({key!r}))
CertificateAuthority("ca", certificate=from_file({ca!r}))
"""


@pytest.fixture
def stack(new_program: NewProgram, files: DevelopmentFiles, tmp_path: Path) -> Stack:
    """Return a stack with two secrets, whose engine writes its logs into a folder of the test."""
    stack = new_program(PROGRAM.format(server=str(files.server), key=str(files.server_key), ca=str(files.ca)))
    (tmp_path / "logs").mkdir()
    stack.variables["TMPDIR"] = str(tmp_path / "logs")
    return stack


def warnings_of(result: CommandResult) -> list[str]:
    return [each for each in result.expect_success().diagnostics if each.startswith("warning:")]


def logs_with_the_key(folder: Path, files: DevelopmentFiles) -> bool:
    secret = files.server_key.read_text().splitlines()[1]
    return any(secret in path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("setting", "arguments", "variables"),
    [
        ("-v=9", ["-v=9"], []),
        ("--tracing", ["--tracing", "file:{folder}/trace"], []),
        ("PULUMI_DEBUG_GRPC", [], ["PULUMI_DEBUG_GRPC"]),
    ],
)
def test_a_run_whose_log_contains_keys_warns_once(
    stack: Stack, files: DevelopmentFiles, tmp_path: Path, setting: str, arguments: list[str], variables: list[str]
) -> None:
    folder = tmp_path / "logs"
    stack.variables.update({name: str(folder / "grpc.json") for name in variables})
    result = stack.run("preview", "--non-interactive", *(each.format(folder=folder) for each in arguments))
    (warning,) = warnings_of(result)
    assert f"This run uses {setting}, so Pulumi writes private keys and passwords unencrypted to its log." in warning
    assert logs_with_the_key(folder, files)


def test_a_run_with_a_less_verbose_log_writes_no_keys_and_does_not_warn(
    stack: Stack, files: DevelopmentFiles, tmp_path: Path
) -> None:
    assert warnings_of(stack.run("preview", "--non-interactive", "-v=8")) == []
    assert not logs_with_the_key(tmp_path / "logs", files)


def test_a_preview_rejects_plain_http_to_another_machine_unless_it_is_allowed(stack: Stack) -> None:
    stack.variables["GCORE_BASE_URL"] = "http://gcore.example"
    rejected = stack.preview().expect_failure()
    assert "gcore:baseUrl (or GCORE_BASE_URL) cannot be used: it is plain HTTP to another machine" in rejected.output
    stack.configure({"gcore:allowPlaintext": "true"})
    (warning,) = warnings_of(stack.preview())
    assert warning == f"warning: {' '.join(API_IN_PLAINTEXT.fill(namespace='gcore'))}"
