"""Lazy loading of a package's public names: a module is imported when one of its names is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_getattr(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return a module-level `__getattr__` (PEP 562) that imports public names on first use.

    Args:
        package: Name of the package, for the error message.
        modules: Module that defines each public name.
    """

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(modules[name]), name)

    return load
