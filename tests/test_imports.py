"""Each package imports without the libraries that only other packages need."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PULUMI = ("pulumi", "grpc", "google.protobuf", "dill")
SERVER = ("fastapi", "starlette", "uvicorn")
TERMINAL = ("typer", "rich")
EMULATOR = "gcore_emulator"

UNNEEDED = {
    "gcore_tls_provider.certificates": (*PULUMI, *SERVER, *TERMINAL, EMULATOR, "httpx", "pydantic", "tenacity"),
    "gcore_tls_provider.api": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.lifecycle": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.cli": (*PULUMI, *SERVER, EMULATOR),
    "gcore_tls_provider.cli.discover.discovery": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.cli.discover.program": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.cli.orphans.search": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.cli.probe.run": (*PULUMI, *SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.resources": (*SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.providers": (*SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.dynamic": (*SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider.pulumi_internals": (*SERVER, *TERMINAL, EMULATOR),
    "gcore_tls_provider": (*SERVER, EMULATOR),
    "gcore_emulator": PULUMI,
}
"""Libraries that no module of a package needs, by package or module."""

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
    """Import all modules of a package in a new process."""
    command = [sys.executable, "-c", PROGRAM, package, *blocked]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def modules_of(package: str) -> set[str]:
    """Return the modules of a package, from its files."""
    module = import_module(package)
    file = Path(module.__file__ or "")
    if file.name != "__init__.py":
        return {module.__name__}
    names = {".".join(each.relative_to(file.parent).with_suffix("").parts) for each in file.parent.rglob("*.py")}
    return {
        ".".join([module.__name__, *name.removesuffix("__init__").rstrip(".").split(".")]).rstrip(".") for name in names
    }


@pytest.mark.parametrize(("package", "blocked"), UNNEEDED.items(), ids=list(UNNEEDED))
def test_every_module_imports_without_libraries_of_other_packages(package: str, blocked: tuple[str, ...]) -> None:
    result = imported(package, *blocked)
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()) == modules_of(package)


@pytest.mark.parametrize("blocked", ["pulumi", "pulumi.dynamic"])
def test_blocked_library_makes_the_import_fail(blocked: str) -> None:
    """Check that the block of the test above works."""
    result = imported("gcore_tls_provider.providers", blocked)
    assert result.returncode != 0
    assert f"ImportError: {blocked} is blocked" in result.stderr
