"""What is loaded, and when: programs, previews and commands are started often, and load no more than they need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("httpx", "cryptography", "pydantic", "fastapi", "typer", "rich", "tenacity")
OURS = ("handlers", "lifecycle", "certificates", "engine", "api.client", "emulator", "cli")


def loaded(statement: str) -> set[str]:
    """What a fresh interpreter has loaded after a statement."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(json.loads(printed))


@pytest.mark.parametrize("package", ["gcore_tls_components", "gcore_tls_provider.providers"])
def test_a_program_loads_pulumi_and_what_it_declares(package: str) -> None:
    added = loaded(f"import {package}") - loaded("import pulumi.dynamic")
    assert added & {*HEAVY, *(f"gcore_tls_provider.{each}" for each in OURS)} == set()


def test_declaring_without_material_loads_no_more() -> None:
    added = loaded("from gcore_tls_provider import LoadBalancer, Listener, Pool, CertificateAuthority")
    assert added & set(HEAVY) == set()


def test_a_preview_needs_no_http_client() -> None:
    """It asks for nothing; the client is loaded with the first request."""
    added = loaded("import gcore_tls_provider.dynamic.handlers")
    assert added & {"httpx", "fastapi", "typer", "tenacity", "gcore_emulator"} == set()
