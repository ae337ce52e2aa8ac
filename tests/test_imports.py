"""What each package can do without: another provider, or another tool, can be put on the same code."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PULUMI = ("pulumi", "grpc", "google.protobuf", "dill")
SERVER = ("fastapi", "starlette", "uvicorn")
TERMINAL = ("typer", "rich")

WITHOUT = {
    "certificates": (*PULUMI, *SERVER, *TERMINAL, "httpx", "pydantic", "tenacity"),
    "api": (*PULUMI, *SERVER, *TERMINAL),
    "lifecycle": (*PULUMI, *SERVER, *TERMINAL),
    "discovery": (*PULUMI, *SERVER, *TERMINAL),
    "emulator": PULUMI,
    "cli": (*PULUMI, *SERVER),
    "resources": (*SERVER, *TERMINAL),
    "providers": (*SERVER, *TERMINAL),
}
"""By package: the libraries without which every one of its modules can be imported."""

PROGRAM = """
import importlib, pkgutil, sys

package, *blocked = sys.argv[1:]

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if any(name == each or name.startswith(each + ".") for each in blocked):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
found = importlib.import_module(package)
walked = pkgutil.walk_packages(getattr(found, "__path__", []), package + ".")
for name in [package, *(each.name for each in walked)]:
    importlib.import_module(name)
    print(name)
"""


def imported(package: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    """Imports all modules of a package in a process of their own."""
    command = [sys.executable, "-c", PROGRAM, f"gcore_tls_provider.{package}", *blocked]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def modules_of(package: str) -> set[str]:
    """The modules by their files."""
    module = import_module(f"gcore_tls_provider.{package}")
    file = Path(module.__file__ or "")
    if file.name != "__init__.py":
        return {module.__name__}
    names = {".".join(each.relative_to(file.parent).with_suffix("").parts) for each in file.parent.rglob("*.py")}
    return {
        ".".join([module.__name__, *name.removesuffix("__init__").rstrip(".").split(".")]).rstrip(".") for name in names
    }


@pytest.mark.parametrize(("package", "blocked"), WITHOUT.items(), ids=list(WITHOUT))
def test_every_module_of_it_is_imported_without(package: str, blocked: tuple[str, ...]) -> None:
    done = imported(package, *blocked)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == modules_of(package)


@pytest.mark.parametrize("blocked", ["pulumi", "pulumi.dynamic"])
def test_the_block_works(blocked: str) -> None:
    """Else the test above could not fail."""
    done = imported("providers", blocked)
    assert done.returncode != 0
    assert f"ImportError: {blocked} is blocked" in done.stderr
