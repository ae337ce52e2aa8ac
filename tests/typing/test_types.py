"""Both type checkers accept `wiring.py` and `outputs.py`, and basedpyright all programs that users see."""

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


def mypy(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "mypy", "--no-error-summary", *map(str, arguments))


def pyright(*paths: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "basedpyright", *map(str, paths))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


CHECKERS = pytest.mark.parametrize("check", [mypy, pyright])
Check = Callable[..., subprocess.CompletedProcess[str]]


def test_mypy_accepts_the_wiring_and_the_outputs() -> None:
    checked = mypy(FOLDER / "wiring.py", FOLDER / "outputs.py")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_example_program_is_typed(program: str) -> None:
    """One program at a time, because all of them are modules named `__main__`."""
    checked = mypy("--strict", program)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_packages_are_typed_for_every_python_version(version: str) -> None:
    checked = mypy("--python-version", version, "gcore_tls_provider", "components/gcore_tls_components")
    assert checked.returncode == 0, checked.stdout


def test_pyright_accepts_all_configured_files() -> None:
    checked = pyright()
    assert checked.returncode == 0, checked.stdout + checked.stderr


@CHECKERS
def test_exactly_the_wrong_lines_are_reported(check: Check, tmp_path: Path) -> None:
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
    assert '"ca"' in first and "RevocationList" in first, "the CRL in the place of a CA"


@CHECKERS
def test_wrong_output_type_is_reported(check: Check, tmp_path: Path) -> None:
    text = (FOLDER / "outputs.py").read_text()
    program = tmp_path / "outputs.py"
    program.write_text(text.replace("crl.revoked_count, pulumi.Output[int]", "crl.revoked_count, pulumi.Output[str]"))
    checked = check(program)
    assert checked.returncode == 1
    assert checked.stdout.count("error: ") == 1, checked.stdout
