"""`docs/surprises.md`: its statuses match the tests of traffic, and its programs and commands work."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from gcore_tls_provider.api.wire.enums import LbAlgorithm, OperatingStatus
from gcore_tls_provider.certificates import DevelopmentCa, write_development_certificates
from gcore_tls_provider.certificates.findings.codes import CODES
from tests.cli.check.command_runs import run as run_command
from tests.docs.preview import Folder, commands
from tests.gcore_emulator.data_plane.backends import Backend, server_context
from tests.gcore_emulator.data_plane.case import ALERTS
from tests.gcore_emulator.data_plane.test_data_plane_surprises import ROWS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "surprises.md").read_text()

TITLES = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
SECTIONS = dict(zip(TITLES, re.split(r"^## .+$", PAGE, flags=re.MULTILINE)[1:], strict=True))
ALERTS_SECTION, *SURPRISES, NEVER = TITLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Yield a folder with certificates under the names of the page."""
    path = tmp_path / "certificates"
    write_development_certificates(path)
    ca = DevelopmentCa.create("Backends")
    backend, client = ca.issue_server(["app.example.com"]), ca.issue_client("load-balancer")
    texts = {
        "ca.pem": ca.certificate_pem,
        "crl.pem": ca.issue_crl(),
        "backend.pem": backend.full_chain_pem,
        "backend.key": backend.private_key_pem,
        "client.pem": client.full_chain_pem,
        "client.key": client.private_key_pem,
        "other.pem": ca.issue_server(["backend.internal"]).full_chain_pem,
    }
    for name, text in texts.items():
        (path / name).write_text(text)
    monkeypatch.chdir(path)
    yield Folder(path, {})


def rows(section: str) -> list[list[str]]:
    """Return the rows of a section's first table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchor(title: str) -> str:
    """Return the anchor of a heading on GitHub."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def test_each_surprise_has_an_effect_a_symptom_and_a_remedy() -> None:
    for title in SURPRISES:
        bold = re.findall(r"^\*\*(.+?)\*\*", SECTIONS[title], re.MULTILINE)
        assert bold == ["What happens.", "How to see it.", "What to do."], title
    assert len(SURPRISES) >= 13


def test_every_link_of_the_page_has_a_target() -> None:
    for document, fragment in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", PAGE):
        titles = re.findall(r"^## (.+)$", (DOCS / (document or "surprises.md")).read_text(), re.MULTILINE)
        assert fragment in {anchor(title) for title in titles}, fragment
    assert PAGE.count("](#") >= 6


def test_every_code_on_the_page_exists() -> None:
    codes = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", PAGE))
    assert codes - set(get_args(LbAlgorithm)) - set(get_args(OperatingStatus)) <= set(CODES)
    assert len(codes) > 25


def test_the_table_of_probes_matches_the_observed_statuses() -> None:
    table = rows("Requests to an ONLINE member can fail")
    kinds = ("tcp", "http", "https", "https-crl")
    statuses = {line[0]: line[1:] for line in table}
    for name, backend in (
        ("other-ca", "has a certificate of another CA"),
        ("name", "lacks the name that clients use"),
        ("rejects-tls13", "rejects the client certificate, TLS 1.3"),
        ("rejects-nginx", "rejects the client certificate, nginx"),
    ):
        assert statuses.pop(backend) == [ROWS[f"{name}-{kind}"].members[0] for kind in kinds], backend
    assert not statuses


def test_the_table_of_alerts_matches_the_observed_alerts() -> None:
    alerts = {int(found) for found in re.findall(r"^\| (\d\d), ", SECTIONS[ALERTS_SECTION], re.MULTILINE)}
    assert alerts == set(ALERTS)


def test_the_program_of_the_page_has_no_findings(folder: Folder) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert folder.findings(program) == []
    without_domain_name = program.replace("""        "domain_name": "app.example.com",\n""", "")
    (finding,) = folder.findings(without_domain_name)
    assert finding.endswith("[MONITOR_OVER_HTTP2]")


def test_the_check_command_of_the_page_finds_an_uncovered_name(folder: Folder) -> None:
    (command,) = [each for each in commands(PAGE) if each.startswith("gcore-tls ")]
    assert run_command(*shlex.split(command)[1:]).code == 0
    rejected = run_command(*shlex.split(command.replace("backend.pem", "other.pem"))[1:])
    assert rejected.code == 1
    assert "BACKEND_NAME_NOT_COVERED" in rejected.stdout


def test_the_openssl_command_of_the_page_detects_a_name_mismatch(folder: Folder) -> None:
    (command,) = [each for each in commands(PAGE) if each.startswith("openssl ")]
    bundle = (folder.path / "backend.pem").read_text() + (folder.path / "backend.key").read_text()
    context = server_context(bundle, (folder.path / "ca.pem").read_text())
    with Backend("one", context).running() as backend:
        local_command = command.replace("10.0.0.11:8443", f"127.0.0.1:{backend.port}")
        assert local_command != command
        result = _run(local_command)
        assert result.returncode == 0
        assert "Verify return code: 0 (ok)" in result.stdout
        result = _run(local_command.replace("app.example.com", "other.example.com"))
        assert result.returncode != 0
        assert "hostname mismatch" in (result.stdout + result.stderr).lower()


def _run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
