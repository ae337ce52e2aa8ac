"""`printable` removes what a terminal obeys, and everything that the package prints passes through it."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gcore_tls_provider
from gcore_tls_provider.certificates.findings.finding import Finding
from gcore_tls_provider.errors import ConfigurationError, GcoreTlsError, HttpStatusError, PropertyError
from gcore_tls_provider.lifecycle.inputs.properties import format_finding
from gcore_tls_provider.printable import printable
from tests.hostile_text import HOSTILE_TEXTS, is_harmless

PACKAGE = Path(gcore_tls_provider.__file__).parent
PRINTING_MODULES = {"cli/check/terminal.py", "cli/check/reading.py", "optional_extras.py"}
"""Modules that write to standard output or error: the sink of `gcore-tls`, a progress bar, and a constant text."""


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_hostile_text_cannot_control_a_terminal(name: str) -> None:
    text = HOSTILE_TEXTS[name]
    assert is_harmless(printable(text))
    assert is_harmless(printable(text, keep_lines=True))
    assert "\n" not in printable(f"a{text}b")


@given(st.text())
def test_no_text_keeps_a_control_character(text: str) -> None:
    for shown in (printable(text), printable(text, keep_lines=True).replace("\n", "")):
        assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        shown.encode()


@pytest.mark.parametrize("text", ["web pool", "Grüße, 世界 🌍", "C:\\folder\\x", 'a "b" <c> & [d]'])
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert printable(text) == text == printable(text, keep_lines=True)


@pytest.mark.parametrize("text", ["a b", " a\n b ", "a\u2028b", "a\t\r\n\x0b\x0cb"])
def test_white_space_becomes_single_blanks(text: str) -> None:
    assert printable(text) == "a b"


def test_lines_and_blanks_are_kept_on_request() -> None:
    assert printable("  a\n\n  b  c\n", keep_lines=True) == "  a\n\n  b  c\n"


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
@pytest.mark.parametrize("kind", [GcoreTlsError, ConfigurationError, PropertyError])
def test_every_error_is_printable(kind: type[GcoreTlsError], name: str) -> None:
    assert is_harmless(str(kind(f"before {HOSTILE_TEXTS[name]} after")))
    assert is_harmless(str(HttpStatusError(HOSTILE_TEXTS[name], HOSTILE_TEXTS[name], "Fix it.")))


@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_every_finding_is_printable(name: str) -> None:
    text = HOSTILE_TEXTS[name]
    finding = Finding("CODE", "warning", text, text, text)
    assert is_harmless(str(finding))
    assert is_harmless(format_finding(finding))


def test_no_other_module_writes_to_a_terminal() -> None:
    """A new command must print with `echo`, `echo_json` or `show`."""
    writers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "typer.echo", "typer.secho", "click.echo", "rich.print", "Console") or (
                    called.startswith(("sys.stdout.", "sys.stderr.", "logging.", "warnings.warn"))
                    and called.endswith((".write", ".writelines", ".warn", ".basicConfig", ".getLogger"))
                ):
                    writers.add(path.relative_to(PACKAGE).as_posix())
    assert writers <= PRINTING_MODULES
    assert "cli/check/terminal.py" in writers
