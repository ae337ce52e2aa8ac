"""`docs/findings.md`: its tables are those of the code, and its programs and commands work."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from inspect import signature
from pathlib import Path
from typing import get_args

import pytest

import gcore_tls_components
import gcore_tls_provider
from documentation.findings import render
from gcore_tls_provider.api.wire.enums import LbAlgorithm
from gcore_tls_provider.certificates import DevelopmentCa, write_development_certificates
from gcore_tls_provider.certificates.findings.codes import CODES
from gcore_tls_provider.lifecycle.kinds import KINDS
from tests.cli.check.command_runs import run as run_command
from tests.docs.preview import Folder, commands

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "findings.md").read_text()
README = (ROOT / "README.md").read_text()

ROWS = re.findall(r"^\| `([A-Z0-9_]+)` \| .+ \| (error|warning|error or warning) \| (?:yes|no) \|$", PAGE, re.MULTILINE)
PROGRAMS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)


class TestTables:
    def test_page_is_what_the_generator_writes(self) -> None:
        assert render(PAGE) == PAGE

    def test_tables_list_every_code_once(self) -> None:
        assert sorted(code for code, _ in ROWS) == list(CODES)

    def test_page_explains_every_code_that_can_be_error_or_warning(self) -> None:
        both = {code for code, severity in ROWS if severity == "error or warning"}
        _, _, explained = PAGE.partition("### Error or warning\n")
        assert both == set(re.findall(r"`([A-Z0-9_]+)`", explained))

    def test_every_code_on_the_page_exists(self) -> None:
        named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", PAGE + README))
        environment = {name for name in named if name.startswith(("GCORE_", "PIP_"))}
        assert named - environment - set(get_args(LbAlgorithm)) <= set(CODES)

    def test_arguments_exist_on_the_listed_resources(self) -> None:
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE)
        documented = dict(rows[: rows.index(("accept_findings", "all of these")) + 1])
        kinds = {name: getattr(gcore_tls_provider, name) for name in KINDS if name != "PoolTlsSnapshot"}
        kinds["MTLSLoadBalancer"] = gcore_tls_components.MTLSLoadBalancer
        holders = {
            argument: {name for name, each in kinds.items() if argument in signature(each.__init__).parameters}
            for argument in documented
        }
        secrets = {"ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList"}
        for argument in ("host_names", "expected_backend_certificates"):
            assert set(re.findall(r"`(\w+)`", documented[argument])) == holders[argument]
        assert documented["expiry_warning_days"].endswith("all certificates and CRLs")
        assert (
            set(re.findall(r"`(\w+)`", documented["expiry_warning_days"])) | secrets == holders["expiry_warning_days"]
        )
        assert holders["accept_findings"] == set.union(
            *(holders[each] for each in documented if each != "accept_findings")
        )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    path = tmp_path / "certificates"
    write_development_certificates(path)
    for name in ("old", "new"):
        ca = DevelopmentCa.create(f"The {name} CA")
        (path / f"{name}-ca.pem").write_text(ca.certificate_pem)
        (path / f"{name}-crl.pem").write_text(ca.issue_crl(next_update_days=365))
        (path / f"{name}-backend.pem").write_text(ca.issue_server(["app.example.com"]).full_chain_pem)
    monkeypatch.chdir(path)
    yield Folder(path, {})


class TestPrograms:
    @pytest.mark.parametrize(("program", "shown"), PROGRAMS, ids=range(len(PROGRAMS)))
    def test_preview_prints_what_the_page_shows(self, program: str, shown: str, folder: Folder) -> None:
        assert folder.findings(program) == shown.splitlines()

    def test_page_has_programs_with_and_without_findings(self) -> None:
        assert {bool(shown) for _, shown in PROGRAMS} == {True, False}
        assert len(PROGRAMS) == PAGE.count("```python")
        assert sum(bool(shown) for _, shown in PROGRAMS) == PAGE.count("```text")

    def test_commands_succeed(self, folder: Folder) -> None:
        typed = commands(PAGE)
        # Commands that write files come last: they overwrite the CA of the development certificates.
        for command in sorted(typed, key=lambda each: not each.startswith("gcore-tls ")):
            if command.startswith("gcore-tls "):
                ended = run_command(*shlex.split(command)[1:])
                assert ended.code == 0, ended.stdout
            else:
                assert command.startswith("cat ")
                subprocess.run(["sh", "-c", command], check=True, timeout=30)
        for kind in ("ca", "crl"):
            both = "".join((folder.path / f"{name}-{kind}.pem").read_text() for name in ("old", "new"))
            assert (folder.path / f"{kind}.pem").read_text() == both


class TestReplacementOfACa:
    """Steps of a CA replacement, with the page's complete program."""

    PROGRAM = next(program for program, _ in PROGRAMS if "MTLSLoadBalancer" in program)

    @pytest.fixture
    def steps(self, folder: Folder) -> Folder:
        self.give(folder, "old")
        assert folder.findings(self.PROGRAM) == []
        return folder

    def give(self, folder: Folder, *ca_names: str, backend: str = "old") -> None:
        for kind in ("ca", "crl"):
            texts = [(folder.path / f"{name}-{kind}.pem").read_text() for name in ca_names]
            (folder.path / f"{kind}.pem").write_text("".join(texts))
        (folder.path / "backend.pem").write_text((folder.path / f"{backend}-backend.pem").read_text())

    def test_three_steps_in_order_have_no_findings(self, steps: Folder) -> None:
        for ca_names, backend in ((["old", "new"], "old"), (["new", "old"], "new"), (["new"], "new")):
            self.give(steps, *ca_names, backend=backend)
            assert steps.findings(self.PROGRAM) == [], ca_names

    def test_dropping_a_ca_warns_without_expected_backends(self, steps: Folder) -> None:
        without = re.sub(r"    expected_backend_certificates=.*\n", "", self.PROGRAM)
        steps.last.clear()
        assert steps.findings(without) == []
        self.give(steps, "old", "new")
        assert steps.findings(without) == []
        self.give(steps, "new")
        (finding,) = steps.findings(without)
        assert finding.startswith("warning: ")
        assert finding.endswith("[CA_DROPPED]")

    def test_all_steps_at_once_are_an_error(self, steps: Folder) -> None:
        self.give(steps, "new")
        codes = {line.rpartition(" ")[2].strip("[]"): line.partition(":")[0] for line in steps.findings(self.PROGRAM)}
        assert codes == {"BACKEND_NOT_TRUSTED": "error", "CA_DROPPED": "warning"}


class TestDeployedMaterial:
    def test_error_on_deployed_material_is_a_warning(self, folder: Folder) -> None:
        program = next(program for program, shown in PROGRAMS if "MTLSLoadBalancer" in program)
        past = datetime.now(timezone.utc) - timedelta(days=20)
        old = DevelopmentCa.create("Servers").issue_server(["app.example.com"], now=past, valid_days=10)
        (folder.path / "server.pem").write_text(old.full_chain_pem)
        (folder.path / "server.key").write_text(old.private_key_pem)
        assert [line.partition(":")[0] for line in folder.findings(program)] == ["error"]
        (finding,) = folder.findings(program)
        assert finding.startswith("warning: certificate: ")
        assert "It is deployed already, so this run goes on." in finding
