"""Public names of the package, which are imported lazily."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module

import pytest

import gcore_tls_provider


def imports_for_type_checkers() -> dict[str, str]:
    """Return the modules from which a type checker imports the public names, by name."""
    tree = ast.parse(inspect.getsource(gcore_tls_provider))
    block = next(each for each in tree.body if isinstance(each, ast.If))
    return {
        alias.asname or alias.name: each.module or ""
        for each in block.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }


def test_dir_lists_all_public_names() -> None:
    assert dir(gcore_tls_provider) == gcore_tls_provider.__all__


def test_programs_and_type_checkers_get_the_same_objects() -> None:
    modules = imports_for_type_checkers()
    assert sorted(modules) == gcore_tls_provider.__all__
    for name, module in modules.items():
        assert getattr(gcore_tls_provider, name) is getattr(import_module(module), name), name


def test_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Poool'"):
        _ = gcore_tls_provider.Poool  # type: ignore[attr-defined]  # mypy must reject the name too
