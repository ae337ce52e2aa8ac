"""`CONTRIBUTING.md`: its map is the repository's, and a field stands where it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
FOLLOWED = "timeout_client_data"


def section(title: str) -> str:
    return re.split(r"^## ", PAGE, flags=re.MULTILINE)[[*re.findall(r"^## (.+)$", PAGE, re.MULTILINE)].index(title) + 1]


def rows(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_path_exists() -> None:
    paths = re.findall(r"`([\w./-]+/[\w./-]*)`", PAGE)
    assert len(paths) > 30
    for path in paths:
        assert (ROOT / path).exists() or path in ("build/site",), path


def test_every_folder_is_on_the_map() -> None:
    mapped = set(rows(section("The map")))
    package = {
        f"gcore_tls_provider/{each.name}"
        for each in (ROOT / "gcore_tls_provider").iterdir()
        if each.name not in ("__init__.py", "__pycache__", "py.typed")
    }
    assert package <= mapped
    assert {
        "components/gcore_tls_components",
        "examples",
        "templates",
        "docs",
        "scripts",
        "tests",
        "tools/engine",
    } <= mapped


def test_the_field_is_in_each_of_the_places_and_in_no_other() -> None:
    places, tests = (set(rows(part)) for part in section("Add a field").split("The line in the table of fields"))
    for path in places:
        assert FOLLOWED in (ROOT / path).read_text(), path
    # A pool has a field of this name too, which is none of its arguments.
    known = places | {"gcore_emulator/data_plane/configuration.py"}
    found = {
        str(path.relative_to(ROOT))
        for package in ("gcore_tls_provider", "components")
        for path in (ROOT / package).rglob("*.py")
        if FOLLOWED in path.read_text() and path.name != "pools.py"
    }
    assert found == {each for each in known if each.endswith(".py")}
    for path in tests - {"tests/api/wire/test_wire_against_sdk.py", "tests/test_fields_page.py"}:
        assert FOLLOWED in (ROOT / path).read_text(), path


def test_the_line_is_the_code_s() -> None:
    (line,) = re.findall(r"```text\n(Field\(.*\))\n```", PAGE)
    assert f"{line},\n" in Path(ROOT / "gcore_tls_provider/lifecycle/kinds/listener/kind.py").read_text()


@pytest.mark.parametrize(
    "arguments", re.findall(r"^\$ (?:scripts/test|\.venv/bin/pytest) (tests.*)$", PAGE, re.MULTILINE)
)
def test_its_commands_run_tests(arguments: str) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
