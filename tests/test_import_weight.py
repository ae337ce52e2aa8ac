"""Programs, previews and commands start often, so each loads only the modules that it needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("httpx", "cryptography", "pydantic", "fastapi", "typer", "rich", "tenacity")
OURS = (
    "gcore_tls_provider.dynamic.handlers",
    "gcore_tls_provider.lifecycle",
    "gcore_tls_provider.certificates",
    "gcore_tls_provider.pulumi_internals.engine_client",
    "gcore_tls_provider.api.client",
    "gcore_tls_provider.cli",
    "gcore_emulator",
)
"""Modules that a program must not load."""


def loaded(statement: str) -> set[str]:
    """Return the modules that a new interpreter has loaded after a statement."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(json.loads(printed))


@pytest.mark.parametrize("package", ["gcore_tls_components", "gcore_tls_provider.providers"])
def test_program_loads_only_pulumi_and_the_resource_classes(package: str) -> None:
    added = loaded(f"import {package}") - loaded("import pulumi.dynamic")
    assert added & {*HEAVY, *OURS} == set()


def test_resources_without_certificates_load_no_heavy_libraries() -> None:
    added = loaded("from gcore_tls_provider import LoadBalancer, Listener, Pool, CertificateAuthority")
    assert added & set(HEAVY) == set()


def test_preview_loads_no_http_client() -> None:
    """A preview sends no request, and the client is loaded with the first request."""
    added = loaded("import gcore_tls_provider.dynamic.handlers")
    assert added & {"httpx", "fastapi", "typer", "tenacity", "gcore_emulator"} == set()
