"""The public names."""

from __future__ import annotations

import gcore_tls_provider


def test_all_is_sorted() -> None:
    assert gcore_tls_provider.__all__ == sorted(gcore_tls_provider.__all__)
    assert len(set(gcore_tls_provider.__all__)) == len(gcore_tls_provider.__all__)


def test_all_of_it_is_there_and_documented() -> None:
    for name in gcore_tls_provider.__all__:
        each = getattr(gcore_tls_provider, name)
        assert each.__doc__ or name == "Material", name


def test_what_is_imported_is_public() -> None:
    imported = {
        name
        for name, each in vars(gcore_tls_provider).items()
        if not name.startswith("_") and getattr(each, "__module__", "").startswith("gcore_tls_provider")
    }
    assert imported == set(gcore_tls_provider.__all__) - {"Material"}
