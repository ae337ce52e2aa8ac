"""The public names."""

from __future__ import annotations

import gcore_tls_components


def test_all_is_sorted_there_and_documented() -> None:
    assert gcore_tls_components.__all__ == sorted(gcore_tls_components.__all__)
    for name in gcore_tls_components.__all__:
        assert getattr(gcore_tls_components, name).__doc__, name


def test_what_is_imported_is_public() -> None:
    imported = {
        name
        for name, each in vars(gcore_tls_components).items()
        if not name.startswith("_") and getattr(each, "__module__", "").startswith("gcore_tls_components")
    }
    assert imported == set(gcore_tls_components.__all__)
