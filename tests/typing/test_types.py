"""Type checks with mypy and basedpyright: `wiring.py`, `outputs.py`, and all programs that users see."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
WIRING = FOLDER / "wiring.py"
PROGRAMS = sorted(
    str(each.relative_to(ROOT)) for folder in ("examples", "templates") for each in (ROOT / folder).rglob("*.py")
)
EXPECTED = re.compile(r"  # type: ignore\[[a-z-]+\]  # pyright: ignore\[\w+\]  # [^#\n]+$", re.MULTILINE)
"""End of a wrong line of `wiring.py`: the error that each checker must report, and why the line is wrong."""


def run_mypy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "mypy", "--no-error-summary", *map(str, arguments))


def run_pyright(*paths: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "basedpyright", *map(str, paths))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


CHECKERS = pytest.mark.parametrize("check", [run_mypy, run_pyright])
Check = Callable[..., subprocess.CompletedProcess[str]]


def test_mypy_accepts_wiring_and_outputs() -> None:
    checked = run_mypy(FOLDER / "wiring.py", FOLDER / "outputs.py")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_mypy_accepts_the_program_in_strict_mode(program: str) -> None:
    """Check one program at a time, because all of them are modules named `__main__`."""
    checked = run_mypy("--strict", program)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_mypy_accepts_the_packages_for_the_oldest_and_newest_python(version: str) -> None:
    checked = run_mypy("--python-version", version, "gcore_tls_provider", "components/gcore_tls_components")
    assert checked.returncode == 0, checked.stdout


def test_pyright_accepts_all_configured_files() -> None:
    checked = run_pyright()
    assert checked.returncode == 0, checked.stdout + checked.stderr


@CHECKERS
def test_checker_reports_exactly_the_wrong_lines(check: Check, tmp_path: Path) -> None:
    text = WIRING.read_text()
    marked = {number for number, line in enumerate(text.splitlines(), 1) if EXPECTED.search(line)}
    assert len(marked) > 10
    program = tmp_path / "wiring.py"
    program.write_text(EXPECTED.sub("", text))
    checked = check(program)
    assert checked.returncode == 1, checked.stdout
    lines = re.findall(r"wiring\.py:(\d+)(?::\d+)?(?: -|:) error", checked.stdout)
    assert {int(line) for line in lines} == marked, checked.stdout
    first = next(line for line in checked.stdout.splitlines() if "error" in line)
    assert '"ca"' in first and "RevocationList" in first, "the CRL in place of a CA"


@CHECKERS
def test_checker_reports_a_wrong_output_type(check: Check, tmp_path: Path) -> None:
    text = (FOLDER / "outputs.py").read_text()
    program = tmp_path / "outputs.py"
    program.write_text(text.replace("crl.revoked_count, pulumi.Output[int]", "crl.revoked_count, pulumi.Output[str]"))
    checked = check(program)
    assert checked.returncode == 1
    assert checked.stdout.count("error: ") == 1, checked.stdout
