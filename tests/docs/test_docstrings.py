"""Everything public is documented: each name, each output, each argument."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Set
from pathlib import Path

import pytest
from typing_extensions import is_typeddict

import gcore_tls_components
import gcore_tls_provider

PUBLIC = [(package, name) for package in (gcore_tls_provider, gcore_tls_components) for name in package.__all__]


def documented_variables(owner: type) -> Set[str]:
    """Return the variables of a class that have a docstring, including those of its bases in the package."""
    found: set[str] = set()
    for each in inspect.getmro(owner):
        if not each.__module__.startswith("gcore_tls_"):
            continue
        tree = ast.parse(Path(inspect.getsourcefile(each) or "").read_text())
        (node,) = (one for one in ast.walk(tree) if isinstance(one, ast.ClassDef) and one.name == each.__name__)
        for variable, text in zip(node.body, node.body[1:], strict=False):
            is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            if isinstance(variable, ast.AnnAssign) and isinstance(variable.target, ast.Name) and is_text:
                found.add(variable.target.id)
    return found


def undocumented(package: object, name: str) -> Iterator[str]:
    public = getattr(package, name)
    if not inspect.isclass(public):
        if inspect.isfunction(public):
            yield from _of_function(name, public)
        return
    if not inspect.getdoc(public):
        yield name
    annotated = {
        variable
        for each in inspect.getmro(public)
        if each.__module__.startswith("gcore_tls_") and not is_typeddict(each)
        for variable in inspect.get_annotations(each)
        if not variable.startswith("_")
    }
    if is_typeddict(public):
        annotated = set(public.__annotations__)
    yield from (f"{name}.{each}" for each in annotated - documented_variables(public))
    for member, value in inspect.getmembers(public):
        owner = next((each for each in inspect.getmro(public) if member in vars(each)), object)
        if not owner.__module__.startswith("gcore_tls_") or (member.startswith("_") and member != "__init__"):
            continue
        if isinstance(value, property) and not value.__doc__:
            yield f"{name}.{member}"
        elif inspect.isfunction(value) or inspect.ismethod(value):
            yield from _of_function(f"{name}.{member}", value)


def _of_function(name: str, function: object) -> Iterator[str]:
    assert callable(function)
    documentation = inspect.getdoc(function)
    if not documentation:
        yield name
        return
    _, _, arguments = documentation.partition("Args:\n")
    described = set(re.findall(r"^    (\w+): ", arguments, re.MULTILINE))
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    yield from (f"{name}({each})" for each in sorted(parameters - described))


@pytest.mark.parametrize(("package", "name"), [pytest.param(*each, id=each[1]) for each in PUBLIC])
def test_every_part_of_a_public_name_is_documented(package: object, name: str) -> None:
    assert list(undocumented(package, name)) == []


def test_missing_description_of_an_argument_is_found() -> None:
    class Package:
        """Stands for one."""

        @staticmethod
        def bare(one: int) -> None:
            """Does nothing."""

    assert list(undocumented(Package, "bare")) == ["bare(one)"]


def test_alias_has_a_docstring() -> None:
    from gcore_tls_provider.resources import shared_arguments

    assert re.search(r'^Material: .*\n"""', inspect.getsource(shared_arguments), re.MULTILINE)
