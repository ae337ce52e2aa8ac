"""The files of the tests of `cryptography`: `check` parses each, or reports a finding."""

from __future__ import annotations

from pathlib import Path

import cryptography_vectors
import pytest

from tests.cli.check.command_runs import run

ROOT = Path(cryptography_vectors.__file__).parent
ENDINGS = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx")
FOLDERS = sorted({path.parent for path in ROOT.rglob("*") if path.name.endswith(ENDINGS)})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_file_is_parsed_or_has_a_finding(folder: Path) -> None:
    result = run("check", "--json", folder, GCORE_TLS_PASSWORD="cryptography")
    assert result.code in (0, 1)
    report = result.report
    assert len(report.files) == sum(path.name.endswith(ENDINGS) for path in folder.iterdir())
    with_findings = {file for finding in report.findings for file in finding.files}
    for file in report.files:
        parsed = file.certificates or file.crls or file.role == "key"
        assert parsed or file.file in with_findings, file
