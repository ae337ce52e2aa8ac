"""Texts from Gcore, certificates and file names cannot control the terminal in which `gcore-tls` runs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gcore_tls_provider.certificates import DevelopmentCa
from gcore_tls_provider.cli.check.terminal import console, echo, echo_json, pairs, show
from tests.gcore_emulator.emulated_api import Api, environment_of, serving_api
from tests.hostile_text import HOSTILE_TEXTS, is_harmless
from tests.material import LoadBalancerPki

SENDABLE = {name: text for name, text in HOSTILE_TEXTS.items() if "\ud800" not in text}
NUL_FREE = {name: text for name, text in SENDABLE.items() if "\0" not in text}
OWN_STYLES = ("\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m")


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_whatever_is_shown_has_only_the_styles_of_the_console(name: str) -> None:
    text = HOSTILE_TEXTS[name]
    plain, styled = console(), io.StringIO()
    plain.file = io.StringIO()
    assert type(plain) is not Console
    table = Table(text, text)
    table.add_row(text, Text(text, style="bold"))
    parts = (text, Text(text, style="red"), Padding(Text(text), (0, 0, 0, 2)), pairs([(text, text)]), table)
    terminal = type(plain)(file=styled, force_terminal=True, color_system="standard", markup=False, highlight=False)
    for to, written in ((plain, plain.file), (terminal, styled)):
        show(*parts, to=to)
        assert isinstance(written, io.StringIO)
        printed = written.getvalue()
        for style in OWN_STYLES:
            printed = printed.replace(style, "")
        assert is_harmless(printed)


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_echo_prints_lines_that_are_harmless(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    echo(f"first\n  {HOSTILE_TEXTS[name]}")
    echo(HOSTILE_TEXTS[name], err=True)
    captured = capsys.readouterr()
    assert captured.out.startswith("first\n  ")
    assert is_harmless(captured.out) and is_harmless(captured.err)


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_json_is_ascii_and_keeps_the_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = HOSTILE_TEXTS[name]
    echo_json({"name": text, text: [text]})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"name": text, text: [text]}
    assert all(each == "\n" or " " <= each <= "~" for each in printed)


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the real command, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "gcore_tls_provider.cli", *arguments],
        input=stdin.encode(),
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with serving_api(LoadBalancerPki.generate()) as served:
        yield served


@pytest.mark.parametrize("shape", ["error", "text", "field", "request id", "class"])
def test_error_of_the_api_is_printed_without_its_control_characters(api: Api, shape: str) -> None:
    """All hostile texts in one message: each place of an error body that the command quotes."""
    text = "".join(SENDABLE.values())
    bodies: dict[str, object] = {
        "error": {"exception_class": "ValidationError", "message": text},
        "text": text,
        "field": {"message": "bad", "invalid_fields": {text: [text]}},
        "request id": {"message": "bad", "request_id": text},
        "class": {"exception_class": text, "message": "bad"},
    }
    api.emulator.reset()
    api.add_fault(action="respond", status=400, body=bodies[shape])
    result = run("discover", "--load-balancer", "00000000-0000-4000-8000-000000000000", **environment_of(api))
    assert (result.returncode, result.stdout) == (2, b"")
    printed = result.stderr.decode()
    assert printed.startswith("error: read load balancer ")
    assert printed.count("\n") == 1
    assert is_harmless(printed)


@pytest.mark.parametrize("name", NUL_FREE)
def test_file_names_are_printed_without_control_characters(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    file = folder / f"{NUL_FREE[name].replace('/', '_')}.pem"
    file.write_text(DevelopmentCa.create("Private CA").certificate_pem)
    for arguments in ([str(folder)], ["--ca", str(file)], ["--listener", str(file)], [str(folder), "--json"]):
        result = run("check", *arguments)
        assert result.returncode in (0, 1), result.stderr
        assert is_harmless((result.stdout + result.stderr).decode())
    missing = run("check", str(folder / f"missing{NUL_FREE[name].replace('/', '_')}"))
    assert missing.returncode == 2
    assert is_harmless(missing.stderr.decode())
