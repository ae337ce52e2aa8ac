"""The files that `cryptography` itself is tested with: whatever stands in a folder, `check` has an answer."""

from __future__ import annotations

from pathlib import Path

import cryptography_vectors
import pytest

from tests.cli.check.files import run

ROOT = Path(cryptography_vectors.__file__).parent
ENDINGS = (".pem", ".crt", ".cer", ".der", ".key", ".crl", ".p12", ".pfx")
FOLDERS = sorted({path.parent for path in ROOT.rglob("*") if path.name.endswith(ENDINGS)})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_file_is_read_or_has_a_finding(folder: Path) -> None:
    ended = run("check", "--json", folder, GCORE_TLS_PASSWORD="cryptography")
    assert ended.code in (0, 1)
    report = ended.report
    assert len(report.files) == sum(path.name.endswith(ENDINGS) for path in folder.iterdir())
    complained_of = {file for finding in report.findings for file in finding.files}
    for file in report.files:
        read = file.certificates or file.revocation_lists or file.role == "key"
        assert read or file.file in complained_of, file
