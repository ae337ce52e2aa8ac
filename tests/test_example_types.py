"""Every program that users are shown passes the strict type checker, each by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "examples").rglob("*.py"))

WRONG = """\
import gcore_tls_provider as gcore

crl = gcore.RevocationList("revoked", revocation_list="...")
ca = gcore.CertificateAuthority("backends", certificate="...")
gcore.Pool("right", listener="...", ca=ca, crl=crl)
gcore.Pool("wrong", listener="...", ca=crl, crl=ca)
gcore.Listener("wrong", load_balancer="...", certificate=ca)
"""


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_typed(program: str) -> None:
    checked = check(program)
    assert checked.returncode == 0, checked.stdout


def test_a_certificate_in_the_place_of_another_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "wrong.py"
    program.write_text(WRONG)
    refused = check(str(program)).stdout
    assert 'Argument "ca" to "Pool" has incompatible type "RevocationList"' in refused
    assert 'Argument "crl" to "Pool" has incompatible type "CertificateAuthority"' in refused
    assert 'Argument "certificate" to "Listener" has incompatible type "CertificateAuthority"' in refused
    assert refused.count("error:") == 3
