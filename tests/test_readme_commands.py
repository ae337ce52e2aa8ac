"""The README's commands of `gcore-tls` and what it shows of the last one; and the arguments that it speaks of."""

from __future__ import annotations

import re
import shlex
from inspect import signature
from pathlib import Path

import pytest

from gcore_tls_components import MTLSLoadBalancer
from tests.cli.check.files import run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_its_commands_print_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = re.findall(r"^\$ \.venv/bin/gcore-tls (.+)$", README, re.MULTILINE)
    *before, last = [run(*shlex.split(arguments, comments=True), COLUMNS="80") for arguments in typed]
    assert [each.code for each in before] == [0, 0]
    assert last.code == 1
    (shown,) = re.findall(r"```text\n(error  .*?)```", README, re.DOTALL)
    assert last.stdout.endswith(f"\n{shown}")


def test_the_arguments_that_it_speaks_of_exist() -> None:
    spoken = set(re.findall(r"`(\w+)=`", README))
    assert {"host_names", "expected_backend_certificates", "expiry_warning_days", "accept_findings"} <= spoken
    assert spoken <= set(signature(MTLSLoadBalancer.__init__).parameters)


def test_what_it_links_to_is_there() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#:]+)\)", document.read_text())
        assert all((document.parent / each).exists() for each in links), links
