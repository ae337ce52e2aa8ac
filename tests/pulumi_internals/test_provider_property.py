"""Property of the pickled provider."""

from __future__ import annotations

from pulumi.dynamic import dynamic

from gcore_tls_provider.pulumi_internals.provider_property import PROVIDER_PROPERTY


def test_provider_property_has_its_name_in_the_installed_sdk() -> None:
    assert dynamic.PROVIDER_KEY == PROVIDER_PROPERTY
