"""The refused preview that the README shows, on the real engine and the README's own program."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from gcore_emulator import Emulator
from gcore_tls_provider.certificates import DevelopmentAuthority, DevelopmentFiles
from tests.engine.conftest import NewStack
from tests.engine.stack import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("dialect", ["openapi"], indirect=True)]

BLOCKS: list[str] = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def _by_resource(diagnostics: str) -> list[str]:
    """What is said of each resource, without the days, which are others tomorrow. Their order is the engine's whim."""
    lasting = re.sub(r"\d{4}-\d\d-\d\d|\d+ days", "", diagnostics)
    return sorted(section.strip() for section in lasting.split("\n\n") if section.strip())


def test_the_refused_preview_is_what_the_readme_shows(
    new_stack: NewStack, files: DevelopmentFiles, emulator: Emulator
) -> None:
    (shown,) = (block for block in BLOCKS if block.startswith("Diagnostics:\n"))
    stack = new_stack(ROOT)
    begin = datetime.now(timezone.utc) - timedelta(days=370)
    expired = DevelopmentAuthority.create("Development Server CA").issue_server(
        ["app.example.com"], now=begin, valid_days=365
    )
    authority = DevelopmentAuthority.create("Development Root CA")
    made = {
        "certificate": expired.full_chain_pem,
        "privateKey": expired.private_key_pem,
        "ca": authority.certificate_pem,
        "crl": authority.revocation_list(next_update_days=365),
        "backendCertificates": authority.issue_server(["backend.internal"]).full_chain_pem,
    }
    paths = {name: stack.home / f"{name}.pem" for name in made}
    for name, text in made.items():
        paths[name].write_text(text)
    stack.configure(
        {
            **paths,
            "backendCertificates": [str(paths["backendCertificates"])],
            "sniCertificates": {},
            "clientCertificate": files.client_pkcs12,
            "members": ["10.0.0.11"],
        }
    )
    stack.configure_secret("clientPassword", files.client_pkcs12_password)
    stack.variables["GCORE_API_KEY"] = ""

    preview = stack.preview().expect_failure()

    _, _, printed = preview.output.partition("\nDiagnostics:\n")
    diagnostics, _, _ = printed.partition("\nResources:\n")
    assert _by_resource(diagnostics) == _by_resource(shown.removeprefix("Diagnostics:\n"))
    assert emulator.calls == []
