"""Tree of errors: its documentation matches the classes, and it contains every error of the package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import pytest

import gcore_tls_provider
from gcore_tls_provider import errors
from gcore_tls_provider.certificates import MaterialError
from gcore_tls_provider.errors import ApiError, GcoreTlsError, HttpStatusError


def documented_parents() -> dict[str, str | None]:
    """Return every class of the tree in the docstring, with its parent."""
    tree = (errors.__doc__ or "").split("```")[1].strip("\n")
    parents: dict[str, str | None] = {}
    branch: list[str] = []
    for line in tree.splitlines():
        match = re.match(r"^([│├└─ ]*)(\w+)", line)
        assert match is not None, line
        depth = len(match[1]) // 4
        branch[depth:] = [match[2]]
        assert match[2] not in parents
        parents[match[2]] = branch[depth - 1] if depth else None
    return parents


def defined_parents() -> dict[str, str | None]:
    """Return every error that a module of the package defines, with its parent."""
    parents: dict[str, str | None] = {}
    for module in pkgutil.walk_packages(gcore_tls_provider.__path__, "gcore_tls_provider."):
        for value in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(value) and issubclass(value, GcoreTlsError):
                parents[value.__name__] = None if value is GcoreTlsError else value.__bases__[0].__name__
    return parents


def test_the_documented_tree_matches_the_defined_errors() -> None:
    assert documented_parents() == defined_parents()


def test_every_error_has_one_parent() -> None:
    for value in vars(errors).values():
        if inspect.isclass(value) and issubclass(value, Exception):
            assert len(value.__bases__) == 1


def test_material_error_is_in_the_tree_but_not_an_api_error() -> None:
    assert issubclass(MaterialError, GcoreTlsError)
    assert not issubclass(MaterialError, ApiError)


@pytest.mark.parametrize(
    "kind", [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, ApiError)]
)
def test_an_api_error_is_one_line_with_action_reason_request_id_and_remedy(kind: type[ApiError]) -> None:
    error = kind("create pool\n'web'", "Gcore answered\t418", "Drink\r\ntea.", request_id="r-1")
    assert str(error) == "create pool 'web': Gcore answered 418 (request id r-1). Drink tea."
    assert (error.remedy, error.request_id) == ("Drink\r\ntea.", "r-1")
    assert str(kind("action", "reason", "Remedy.")) == "action: reason. Remedy."


def test_an_http_status_error_without_details_has_defaults() -> None:
    error = HttpStatusError("action", "reason", "remedy")
    assert (error.status, error.exception_class, error.invalid_fields, error.retry_after) == (
        0,
        None,
        frozenset(),
        None,
    )
