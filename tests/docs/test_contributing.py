"""`CONTRIBUTING.md`: its map is the repository's, its lists are complete, and its examples are true."""

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
MOST_PLACES = 5
MOST_LINES = 400


def section(title: str) -> str:
    return re.split(r"^## ", PAGE, flags=re.MULTILINE)[[*re.findall(r"^## (.+)$", PAGE, re.MULTILINE)].index(title) + 1]


def rows(text: str) -> list[str]:
    """Return the paths in the first column of the tables."""
    first_cells = re.findall(r"^ *\| (`[^|]+`) \|", text, re.MULTILINE)
    return [path for cell in first_cells for path in re.findall(r"`([^`]+)`", cell)]


def entries(folder: str) -> set[str]:
    hidden = ("__init__.py", "__pycache__", "py.typed")
    found = (path for path in (ROOT / folder).iterdir() if path.name not in hidden and path.suffix != ".md")
    # A folder without Python files is left from another version.
    return {f"{folder}/{path.name}" for path in found if path.is_file() or any(path.rglob("*.py"))}


def test_every_path_exists() -> None:
    paths = re.findall(r"`([\w./-]+/[\w./-]*)`", PAGE)
    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists() and path != "build/site"] == []


def test_map_shows_every_part_of_the_repository() -> None:
    mapped = set(rows(section("The map")))
    assert entries("gcore_tls_provider") <= mapped
    top = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    shown = {path.partition("/")[0] for path in mapped}
    assert top - {"build", "dist"} <= shown


def test_map_shows_every_part_of_the_lifecycle() -> None:
    assert entries("gcore_tls_provider/lifecycle") <= set(rows(section("The map")))


def test_a_field_is_in_the_five_places_and_in_no_other() -> None:
    places, tests = (set(rows(part)) for part in section("Add a field").split("The line in the table of fields"))
    assert len(places) <= MOST_PLACES
    # A pool has a field of this name too, which is none of its arguments.
    found = {
        str(path.relative_to(ROOT))
        for package in ("gcore_tls_provider", "components")
        for path in (ROOT / package).rglob("*.py")
        if FOLLOWED in path.read_text() and path.name != "pools.py"
    }
    assert found == places
    for path in tests - {"tests/api/wire/test_wire_against_sdk.py", "tests/docs/test_fields_page.py"}:
        assert FOLLOWED in (ROOT / path).read_text(), path


def test_places_in_the_emulator_are_those_that_contain_the_field() -> None:
    named = set(re.findall(r"`(gcore_emulator/[^`]+)`", section("Add a field")))
    found = {
        str(path.relative_to(ROOT)) for path in (ROOT / "gcore_emulator").rglob("*.py") if FOLLOWED in path.read_text()
    }
    assert found - {"gcore_emulator/pools.py"} == named


def test_line_of_the_table_of_fields_is_in_the_code() -> None:
    (line,) = re.findall(r"```text\n(Field\(.*\))\n```", PAGE)
    assert f"{line},\n" in Path(ROOT / "gcore_tls_provider/lifecycle/kinds/listener/kind.py").read_text()


def test_members_of_a_kind_exist() -> None:
    from gcore_tls_provider.lifecycle.kind import CreatableKind

    named = rows(section("Add a kind"))
    assert len(named) > 6
    assert [
        name for name in named if not hasattr(CreatableKind, name) and name not in CreatableKind.__annotations__
    ] == []


def test_every_large_module_has_a_reason_and_no_other_is_listed() -> None:
    packages = ("benchmarks", "components", "gcore_emulator", "gcore_tls_provider", "scripts", "tests", "tools")
    large = {
        str(path.relative_to(ROOT))
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if len(path.read_text().splitlines()) > MOST_LINES
    }
    assert set(rows(section("Large modules"))) == large


def test_every_module_of_pulumi_internals_is_in_its_table() -> None:
    folder = ROOT / "gcore_tls_provider" / "pulumi_internals"
    table = (folder / "README.md").read_text()
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert [name for name in sorted(modules) if f"`{name}`" not in table] == []


@pytest.mark.parametrize(
    "arguments", re.findall(r"^\$ (?:scripts/test|\.venv/bin/pytest) (tests.*)$", PAGE, re.MULTILINE)
)
def test_commands_of_the_page_run_tests(arguments: str) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *shlex.split(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
