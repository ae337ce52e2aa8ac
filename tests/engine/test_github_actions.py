"""Comment of the example workflow, created from previews with the real engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gcore_emulator.settings import Dialect
from gcore_tls_provider.certificates import DevelopmentCa, DevelopmentFiles
from tests.engine.conftest import NewStack
from tests.engine.stack import ROOT, CommandResult, Stack

pytestmark = pytest.mark.engine

SCRIPT = ROOT / "examples" / "github-actions" / "comment.py"


@pytest.fixture(params=["openapi"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return one dialect: the comment does not depend on it."""
    chosen: Dialect = request.param
    return chosen


def comment_on(preview: CommandResult, folder: Path) -> str:
    printed = folder / "preview.txt"
    printed.write_text(preview.output)
    command = [sys.executable, str(SCRIPT), str(printed), str(preview.code)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def issue(stack: Stack, valid_days: int) -> None:
    """Issue a new listener certificate and configure it."""
    issued = DevelopmentCa.create("Server CA").issue_server(["app.example.com"], valid_days=valid_days)
    for key, text in (("certificate", issued.full_chain_pem), ("privateKey", issued.private_key_pem)):
        path = stack.home / f"{key}.pem"
        path.write_text(text)
        stack.configure({key: path})


def test_the_comment_shows_the_changes_and_the_findings_of_a_preview(
    new_stack: NewStack, files: DevelopmentFiles, tmp_path: Path
) -> None:
    stack = new_stack(ROOT / "examples" / "tls-termination")
    stack.configure({"certificate": str(files.server), "privateKey": str(files.server_key), "members": ["10.0.0.11"]})
    first = comment_on(stack.preview("--diff").expect_success(), tmp_path)
    assert first.startswith("### Preview: 5 to create\n")
    assert "\n+     + pulumi-python:dynamic/gcore:Pool: (create)\n" in first
    stack.up().expect_success()
    assert comment_on(stack.preview("--diff"), tmp_path).startswith("### Preview: no changes\n")

    issue(stack, valid_days=20)
    rotated = comment_on(stack.preview("--diff").expect_success(), tmp_path)
    assert rotated.startswith("### Preview: 1 to update, 1 to replace\n")
    assert rotated.count("- **warning**: ") == 1
    assert "expires in 19 days" in rotated
    assert "[CERTIFICATE_EXPIRES_SOON]" in rotated
    assert "\n!     +-pulumi-python:dynamic/gcore:ListenerCertificate: (replace)\n" in rotated
    for changed in ("fingerprint_sha256", "not_after", "secret_id"):
        assert any(line.startswith("!") and f"~ {changed}" in line for line in rotated.splitlines()), changed
    assert "PRIVATE KEY" not in rotated

    (stack.home / "privateKey.pem").write_text(files.client_key.read_text())
    rejected = comment_on(stack.preview("--diff").expect_failure(), tmp_path)
    assert rejected.startswith("### Preview: failed\n")
    assert "- **error**: " in rejected
    assert "[KEY_MISMATCH]" in rejected


def test_a_long_diff_is_truncated_and_its_code_fences_are_escaped(tmp_path: Path) -> None:
    lines = [f'      + name{number}: "```"' for number in range(5000)]
    printed = "\n".join(["Previewing update (test):", *lines, "Resources:", "    + 5 to create", ""])
    comment = comment_on(CommandResult((), 0, printed), tmp_path)
    assert len(comment) < 65_536
    assert "\n````diff\n" in comment
    assert "characters more: see the run's log" in comment
    assert comment.startswith("### Preview: 5 to create\n")
