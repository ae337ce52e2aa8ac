"""What the packages offer: every `__all__` is sorted, is what can be imported, and is all that is documented there."""

from __future__ import annotations

import ast
from importlib import import_module
from inspect import getsource
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import pytest

import gcore_tls_components
import gcore_tls_provider

ALIASES = {"Clock", "Material", "Severity"}
"""Names of types that are written in another way: what they are stands beside them, where no docstring can be."""


def offering() -> dict[str, ModuleType]:
    """Every module that has an `__all__`."""
    names = [
        name
        for package in (gcore_tls_components, gcore_tls_provider)
        for name in [package.__name__, *(each.name for each in walk_packages(package.__path__, f"{package.__name__}."))]
        if not name.endswith("__main__")
    ]
    modules = {name: import_module(name) for name in names}
    return {name: module for name, module in modules.items() if "__all__" in vars(module)}


OFFERING = offering()
EACH = pytest.mark.parametrize("module", OFFERING.values(), ids=list(OFFERING))


def names_of(module: ModuleType) -> list[str]:
    """Its `__all__`."""
    names: list[str] = module.__all__
    return names


def imported_names(module: ModuleType) -> set[str]:
    """The public names that its source imports from this project, those for type checkers included."""
    return {
        alias.asname or alias.name
        for each in ast.walk(ast.parse(getsource(module)))
        if isinstance(each, ast.ImportFrom) and (each.module or "").startswith("gcore_tls_")
        for alias in each.names
    }


def test_the_packages_are_among_them() -> None:
    packages = {"gcore_tls_components", "gcore_tls_provider"}
    assert packages | {"gcore_tls_provider.certificates", "gcore_emulator"} <= set(OFFERING)


@EACH
def test_it_is_sorted(module: ModuleType) -> None:
    """Constants first, as the linter wants it."""
    assert names_of(module) == sorted(set(names_of(module)), key=lambda name: (not name.isupper(), name))


@EACH
def test_it_can_be_imported(module: ModuleType) -> None:
    found: dict[str, object] = {}
    exec(f"from {module.__name__} import *", found)
    assert set(found) - {"__builtins__"} == set(names_of(module))


@EACH
def test_it_is_all_that_is_imported_there(module: ModuleType) -> None:
    assert imported_names(module) == set(names_of(module))


@EACH
def test_it_is_documented(module: ModuleType) -> None:
    for name in set(names_of(module)) - ALIASES:
        assert getattr(module, name).__doc__, name


@pytest.mark.parametrize("package", [gcore_tls_components, gcore_tls_provider])
def test_its_types_are_for_everybody(package: ModuleType) -> None:
    assert all((Path(each) / "py.typed").exists() for each in package.__path__)
