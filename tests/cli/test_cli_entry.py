"""`gcore-tls` as a process: `python -m gcore_tls_provider.cli` and the console script."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import cryptography_vectors
import pytest

from tests.cli.check.command_runs import write_files
from tests.cli.conftest import Pki

MODULE = [sys.executable, "-m", "gcore_tls_provider.cli"]
_TERMINAL_VARIABLES = ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "GCORE_TLS_PASSWORD")
SCRIPT = [str(Path(sys.executable).with_name("gcore-tls"))]


def environment(**environ: str) -> dict[str, str]:
    """Return the environment of this process without variables that change colors or width."""
    return {name: value for name, value in os.environ.items() if name not in _TERMINAL_VARIABLES} | environ


def process(command: list[str], *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *map(str, arguments)],
        env=environment(**environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("command", [MODULE, SCRIPT], ids=["module", "script"])
def test_created_certificates_pass_the_check(command: list[str], tmp_path: Path) -> None:
    created = process(command, "dev-certs", tmp_path / "c")
    assert (created.returncode, created.stderr) == (0, "")
    checked = process(command, "check", tmp_path / "c")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("12 files checked, 0 errors, 0 warnings.\n")
    assert "\x1b" not in created.stdout + checked.stdout
    assert max(map(len, checked.stdout.splitlines())) <= max(80, len(str(tmp_path)) + 40)


def test_console_script_calls_the_module() -> None:
    (script,) = entry_points(group="console_scripts", name="gcore-tls")
    assert script.value == "gcore_tls_provider.cli.__main__:main"


def test_help_names_the_command_when_started_as_a_module() -> None:
    result = process(MODULE, "--help")
    assert result.stdout.startswith("Usage: gcore-tls ")
    assert process(MODULE, "--version").stdout == f"gcore-tls-provider {version('gcore-tls-provider')}\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_missing_extra_ends_with_the_install_command(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; from gcore_tls_provider.cli.__main__ import main; main()"
    result = process([sys.executable, "-c", program], "check", "server.pem")
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.endswith("pip install '/path/to/gcore-tls-provider[cli]'")


def test_other_missing_module_does_not_mention_the_extra() -> None:
    program = "import sys; sys.modules['cryptography'] = None; from gcore_tls_provider.cli.__main__ import main; main()"
    result = process([sys.executable, "-c", program], "check", "server.pem")
    assert "gcore-tls-provider[cli]" not in result.stderr


def test_command_line_loads_neither_pulumi_nor_httpx() -> None:
    code = "import sys, gcore_tls_provider.cli.app; print({'pulumi', 'httpx'} & set(sys.modules))"
    assert process([sys.executable, "-c", code]).stdout == "set()\n"


def test_file_name_outside_the_terminal_encoding_is_checked(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "证书.pem"
    path.write_text(pki.server.to_pem_bundle())
    result = process(MODULE, "check", path, PYTHONIOENCODING="latin-1")
    assert (result.returncode, result.stderr) == (0, "")


def test_terminal_prompts_for_the_password_and_does_not_show_it(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, client_p12=pki.client.to_pkcs12("canary"))
    leader, follower = pty.openpty()
    try:
        with subprocess.Popen(
            [*MODULE, "check", str(tmp_path / "client.p12")],
            env=environment(),
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # otherwise it would prompt on the terminal of the test run
        ) as prompting:
            assert prompting.stderr is not None
            prompt = b""
            while not prompt.endswith(b"client.p12: "):
                # Input before the prompt is discarded.
                prompt += prompting.stderr.read(1) or pytest.fail(f"the command ended without a prompt: {prompt!r}")
            os.write(leader, b"canary\n")
            stdout, stderr = prompting.communicate(timeout=60)
    finally:
        os.close(leader)
        os.close(follower)
    assert prompting.returncode == 0, stderr
    assert b"client certificate (guessed)" in stdout
    assert b"canary" not in stdout + stderr


def test_warnings_of_cryptography_do_not_reach_stderr() -> None:
    """`cryptography` warns about several of these files."""
    folder = Path(cryptography_vectors.__file__).parent / "x509" / "custom"
    result = process(MODULE, "check", "--json", folder)
    assert (result.returncode, result.stderr) == (1, "")


def test_missing_password_without_a_terminal_is_an_error_without_a_prompt(pki: Pki, tmp_path: Path) -> None:
    write_files(tmp_path, client_p12=pki.client.to_pkcs12("canary"))
    result = process(MODULE, "check", tmp_path / "client.p12")
    assert result.returncode == 1
    assert "PASSWORD_MISSING" in result.stdout
