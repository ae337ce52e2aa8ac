"""Entry points of the emulator, and its boundary to the provider."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gcore_emulator

SOURCES = Path(gcore_emulator.__file__).parent
WIRE = "gcore_tls_provider.api.wire"

# A None in `sys.modules` makes an import fail with ModuleNotFoundError, as if the package were not installed.
BLOCKED = """
import runpy, sys
sys.modules[sys.argv.pop(1)] = None
{start}
"""
STARTS = {
    "python -m gcore_emulator": "runpy.run_module('gcore_emulator', run_name='__main__')",
    "gcore-emulator": "from gcore_emulator.__main__ import main; main()",
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("package", ["typer", "fastapi", "uvicorn", "fastapi_offline"])
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_missing_extra_is_reported_in_one_line(start: str, package: str) -> None:
    ended = run("-c", BLOCKED.format(start=start), package, "--help")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        "gcore-emulator needs packages that are not installed. Run: pip install '/path/to/gcore-tls-provider[emulator]'"
    ]


def test_module_prints_its_help() -> None:
    ended = run("-m", "gcore_emulator", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Usage: gcore-emulator" in ended.stdout
    assert "--behavior NAME=VALUE" in ended.stdout


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_emulator_imports_only_the_wire_models_of_the_provider() -> None:
    imports = {name for path in SOURCES.rglob("*.py") for name in imported_modules(path)}
    of_provider = {name for name in imports if name.partition(".")[0] == "gcore_tls_provider"}
    assert of_provider
    assert {name for name in of_provider if not f"{name}.".startswith(f"{WIRE}.")} == set()
