"""The public names, which are imported when they are asked for."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module

import pytest

import gcore_tls_provider


def imports_for_type_checkers() -> dict[str, str]:
    """What a type checker takes each name from."""
    tree = ast.parse(inspect.getsource(gcore_tls_provider))
    block = next(each for each in tree.body if isinstance(each, ast.If))
    return {
        alias.asname or alias.name: each.module or ""
        for each in block.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }


def test_an_editor_is_shown_all_of_them() -> None:
    assert dir(gcore_tls_provider) == gcore_tls_provider.__all__


def test_a_program_gets_what_a_type_checker_sees() -> None:
    seen = imports_for_type_checkers()
    assert sorted(seen) == gcore_tls_provider.__all__
    for name, module in seen.items():
        assert getattr(gcore_tls_provider, name) is getattr(import_module(module), name), name


def test_any_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Poool'"):
        # That the type checker sees it as well is a part of what is shown.
        _ = gcore_tls_provider.Poool  # type: ignore[attr-defined]
