"""Every `__all__` is sorted, importable, complete and documented."""

from __future__ import annotations

import ast
from importlib import import_module
from inspect import getsource
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest

import gcore_emulator
import gcore_tls_components
import gcore_tls_provider

PACKAGES = (gcore_emulator, gcore_tls_components, gcore_tls_provider)
ALIASES = {"Clock", "Material", "Severity"}
"""Type aliases, which cannot have a docstring: a string literal after the definition documents them."""


def modules_with_all() -> dict[str, ModuleType]:
    """Import all modules, and return those that have an `__all__`."""
    names = [
        name
        for package in PACKAGES
        for name in [package.__name__, *(each.name for each in walk_packages(package.__path__, f"{package.__name__}."))]
        if not name.endswith("__main__")
    ]
    modules = {name: import_module(name) for name in names}
    return {name: module for name, module in modules.items() if "__all__" in vars(module)}


MODULES = modules_with_all()
EACH = pytest.mark.parametrize("module", MODULES.values(), ids=list(MODULES))


def names_of(module: ModuleType) -> list[str]:
    """Return the `__all__` of a module."""
    names: list[str] = module.__all__
    return names


def imported_names(module: ModuleType) -> set[str]:
    """Return the names that a module imports from this project, including imports for type checkers."""
    return {
        alias.asname or alias.name
        for each in ast.walk(ast.parse(getsource(module)))
        if isinstance(each, ast.ImportFrom) and (each.module or "").startswith("gcore_")
        for alias in each.names
    }


def test_packages_define_their_public_names() -> None:
    packages = {"gcore_tls_components", "gcore_tls_provider"}
    assert packages | {"gcore_tls_provider.certificates", "gcore_emulator"} <= set(MODULES)


@EACH
def test_public_names_are_sorted(module: ModuleType) -> None:
    """Constants come first, as in ruff's RUF022."""
    assert names_of(module) == sorted(set(names_of(module)), key=lambda name: (not name.isupper(), name))


@EACH
def test_star_import_gives_the_public_names(module: ModuleType) -> None:
    found: dict[str, object] = {}
    exec(f"from {module.__name__} import *", found)
    assert set(found) - {"__builtins__"} == set(names_of(module))


@EACH
def test_public_names_are_the_imported_names(module: ModuleType) -> None:
    assert imported_names(module) == set(names_of(module))


@EACH
def test_public_names_are_documented(module: ModuleType) -> None:
    for name in set(names_of(module)) - ALIASES:
        assert getattr(module, name).__doc__, name


@pytest.mark.parametrize("package", PACKAGES)
def test_package_has_py_typed(package: ModuleType) -> None:
    assert all((Path(each) / "py.typed").exists() for each in package.__path__)
