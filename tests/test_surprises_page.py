"""`docs/surprises.md`: what it says of statuses is what tests saw, and its programs and commands work."""

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
TROUBLE, *SURPRISES, NEVER = TITLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Certificates by the names that the page gives them."""
    path = tmp_path / "certificates"
    write_development_certificates(path)
    authority = DevelopmentCa.create("Backends")
    backend, client = authority.issue_server(["app.example.com"]), authority.issue_client("load-balancer")
    texts = {
        "ca.pem": authority.certificate_pem,
        "crl.pem": authority.issue_crl(),
        "backend.pem": backend.full_chain_pem,
        "backend.key": backend.private_key_pem,
        "client.pem": client.full_chain_pem,
        "client.key": client.private_key_pem,
        "other.pem": authority.issue_server(["backend.internal"]).full_chain_pem,
    }
    for name, text in texts.items():
        (path / name).write_text(text)
    monkeypatch.chdir(path)
    yield Folder(path, {})


def rows(section: str) -> list[list[str]]:
    """The rows of a section's first table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchor(title: str) -> str:
    """The address of a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def test_each_surprise_says_what_happens_how_to_see_it_and_what_to_do() -> None:
    for title in SURPRISES:
        bold = re.findall(r"^\*\*(.+?)\*\*", SECTIONS[title], re.MULTILINE)
        assert bold == ["What happens.", "How to see it.", "What to do."], title
    assert len(SURPRISES) >= 13


def test_its_links_lead_somewhere() -> None:
    for document, place in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", PAGE):
        titles = re.findall(r"^## (.+)$", (DOCS / (document or "surprises.md")).read_text(), re.MULTILINE)
        assert place in {anchor(title) for title in titles}, place
    assert PAGE.count("](#") >= 6


def test_every_code_that_it_speaks_of_exists() -> None:
    spoken = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", PAGE))
    assert spoken - set(get_args(LbAlgorithm)) - set(get_args(OperatingStatus)) <= set(CODES)
    assert len(spoken) > 25


def test_what_probes_notice_is_what_they_noticed() -> None:
    of_the_page = rows("Requests to an ONLINE member can fail")
    kinds = ("tcp", "http", "https", "https-crl")
    told = {line[0]: line[1:] for line in of_the_page}
    for name, what in (
        ("stranger", "has a certificate of another CA"),
        ("name", "lacks the name that clients use"),
        ("refuses-tls13", "rejects the client certificate, TLS 1.3"),
        ("refuses-nginx", "rejects the client certificate, nginx"),
    ):
        assert told.pop(what) == [ROWS[f"{name}-{kind}"].members[0] for kind in kinds], what
    assert not told


def test_the_alerts_are_those_that_backends_were_told() -> None:
    told = {int(found) for found in re.findall(r"^\| (\d\d), ", SECTIONS[TROUBLE], re.MULTILINE)}
    assert told == set(ALERTS)


def test_its_program_is_one_that_nothing_is_to_be_said_of(folder: Folder) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert folder.findings(program) == []
    without = program.replace("""        "domain_name": "app.example.com",\n""", "")
    (said,) = folder.findings(without)
    assert said.endswith("[MONITOR_OVER_HTTP2]")


def test_the_rules_know_the_reasons(folder: Folder) -> None:
    (command,) = [each for each in commands(PAGE) if each.startswith("gcore-tls ")]
    assert run_command(*shlex.split(command)[1:]).code == 0
    refused = run_command(*shlex.split(command.replace("backend.pem", "other.pem"))[1:])
    assert refused.code == 1
    assert "BACKEND_NAME_NOT_COVERED" in refused.stdout


def test_what_openssl_says_is_what_the_load_balancer_would_do(folder: Folder) -> None:
    (command,) = [each for each in commands(PAGE) if each.startswith("openssl ")]
    bundle = (folder.path / "backend.pem").read_text() + (folder.path / "backend.key").read_text()
    context = server_context(bundle, (folder.path / "ca.pem").read_text())
    with Backend("one", context).running() as backend:
        here = command.replace("10.0.0.11:8443", f"127.0.0.1:{backend.port}")
        assert here != command
        ended = _asked(here)
        assert ended.returncode == 0
        assert "Verify return code: 0 (ok)" in ended.stdout
        ended = _asked(here.replace("app.example.com", "other.example.com"))
        assert ended.returncode != 0
        assert "hostname mismatch" in (ended.stdout + ended.stderr).lower()


def _asked(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
