"""The probe does not import the emulator, which needs another extra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gcore_tls_provider.cli.probe

_PACKAGE = Path(gcore_tls_provider.cli.probe.__file__).parent

_PROGRAM = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("gcore_emulator", "fastapi", "uvicorn", "pulumi")):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
probe = importlib.import_module("gcore_tls_provider.cli.probe")
for each in pkgutil.walk_packages(probe.__path__, "gcore_tls_provider.cli.probe."):
    importlib.import_module(each.name)
    print(each.name)
importlib.import_module("gcore_tls_provider.cli.probe.command")
"""


def test_probe_imports_without_emulator_server_and_pulumi() -> None:
    result = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    modules = {each.stem for each in _PACKAGE.rglob("*.py") if each.stem != "__init__"}
    assert {each.rpartition(".")[2] for each in result.stdout.split()} == modules | {"experiments"}
