"""The lifecycles know nothing of Pulumi: another provider can be put on the same code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gcore_tls_provider.lifecycle

_PACKAGE = Path(gcore_tls_provider.lifecycle.__file__).parent

_PROGRAM = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pulumi", "grpc", "fastapi", "uvicorn"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
lifecycle = importlib.import_module("gcore_tls_provider.lifecycle")
names = [each.name for each in pkgutil.walk_packages(lifecycle.__path__, "gcore_tls_provider.lifecycle.")]
for name in names:
    importlib.import_module(name)
print(*names)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_no_module_of_it_needs_pulumi() -> None:
    done = run(_PROGRAM)
    assert done.returncode == 0, done.stderr
    modules = {f"gcore_tls_provider.lifecycle.{each.stem}" for each in _PACKAGE.glob("*.py") if each.stem != "__init__"}
    assert set(done.stdout.split()) == modules


def test_the_block_works() -> None:
    """Else the test above could not fail."""
    done = run(_PROGRAM + "import gcore_tls_provider.providers\n")
    assert done.returncode != 0
    assert "pulumi.dynamic is blocked" in done.stderr or "pulumi is blocked" in done.stderr
