"""The tool as a process: `python -m gcore_tls_provider.cli` and the console script."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import cryptography_vectors
import pytest

from tests.cli.check.files import written
from tests.cli.conftest import Pki

MODULE = [sys.executable, "-m", "gcore_tls_provider.cli"]
_ABOUT_TERMINALS = ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "GCORE_TLS_PASSWORD")
SCRIPT = [str(Path(sys.executable).with_name("gcore-tls"))]


def environment(**environ: str) -> dict[str, str]:
    """This process's environment, without what would make colours or another width."""
    return {name: value for name, value in os.environ.items() if name not in _ABOUT_TERMINALS} | environ


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
def test_it_makes_and_checks(command: list[str], tmp_path: Path) -> None:
    made = process(command, "dev-certs", tmp_path / "c")
    assert (made.returncode, made.stderr) == (0, "")
    checked = process(command, "check", tmp_path / "c")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("12 files checked, 0 errors, 0 warnings.\n")
    assert "\x1b" not in made.stdout + checked.stdout
    assert max(map(len, checked.stdout.splitlines())) <= max(80, len(str(tmp_path)) + 40)


def test_the_script_is_the_module() -> None:
    (script,) = entry_points(group="console_scripts", name="gcore-tls")
    assert script.value == "gcore_tls_provider.cli.__main__:main"


def test_its_name_is_the_same_however_it_is_started() -> None:
    helped = process(MODULE, "--help")
    assert helped.stdout.startswith("Usage: gcore-tls ")
    assert process(MODULE, "--version").stdout == f"gcore-tls-provider {version('gcore-tls-provider')}\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(missing: str) -> None:
    blocked = f"import sys; sys.modules[{missing!r}] = None; from gcore_tls_provider.cli.__main__ import main; main()"
    ended = process([sys.executable, "-c", blocked], "check", "server.pem")
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.endswith("pip install 'gcore-tls-provider[cli]'")


def test_another_missing_module_is_not_blamed_on_the_extra() -> None:
    blocked = "import sys; sys.modules['cryptography'] = None; from gcore_tls_provider.cli.__main__ import main; main()"
    ended = process([sys.executable, "-c", blocked], "check", "server.pem")
    assert "gcore-tls-provider[cli]" not in ended.stderr


def test_it_needs_neither_pulumi_nor_a_network_client() -> None:
    code = "import sys, gcore_tls_provider.cli.app; print({'pulumi', 'httpx'} & set(sys.modules))"
    assert process([sys.executable, "-c", code]).stdout == "set()\n"


def test_an_old_encoding_is_no_reason_to_fail(pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "证书.pem"
    path.write_text(pki.server.to_pem_bundle())
    ended = process(MODULE, "check", path, PYTHONIOENCODING="latin-1")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_password_is_asked_for_in_a_terminal(pki: Pki, tmp_path: Path) -> None:
    written(tmp_path, client_p12=pki.client.to_pkcs12("canary"))
    leader, follower = pty.openpty()
    try:
        with subprocess.Popen(
            [*MODULE, "check", str(tmp_path / "client.p12")],
            env=environment(),
            stdin=follower,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # else it would ask this process's own terminal
        ) as asking:
            assert asking.stderr is not None
            prompt = b""
            while not prompt.endswith(b"client.p12: "):
                # What is typed before the question is thrown away.
                prompt += asking.stderr.read(1) or pytest.fail(f"it ended without a question: {prompt!r}")
            os.write(leader, b"canary\n")
            stdout, stderr = asking.communicate(timeout=60)
    finally:
        os.close(leader)
        os.close(follower)
    assert asking.returncode == 0, stderr
    assert b"client certificate (guessed)" in stdout
    assert b"canary" not in stdout + stderr


def test_odd_files_make_no_noise_beside_the_report() -> None:
    """`cryptography` warns about several of these."""
    folder = Path(cryptography_vectors.__file__).parent / "x509" / "custom"
    ended = process(MODULE, "check", "--json", folder)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_nobody_is_asked_on_a_pipe(pki: Pki, tmp_path: Path) -> None:
    written(tmp_path, client_p12=pki.client.to_pkcs12("canary"))
    ended = process(MODULE, "check", tmp_path / "client.p12")
    assert ended.returncode == 1
    assert "PASSWORD_MISSING" in ended.stdout
