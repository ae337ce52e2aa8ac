"""README of `pulumi_internals`: its table of modules, and the rule about private parts of Pulumi."""

from __future__ import annotations

import re
from pathlib import Path

import gcore_tls_provider
from gcore_tls_provider import pulumi_internals
from gcore_tls_provider.pulumi_internals.tuning import NO_TUNING

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(str(gcore_tls_provider.__file__)).parent
FOLDER = Path(str(pulumi_internals.__file__)).parent
README = (FOLDER / "README.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*\|$", README, re.MULTILINE)
]
PRIVATE = re.compile(
    r"\b_args\b|rpc_manager|sys\.orig_argv|\bgc\.\w|sys\.tracebacklimit|pulumi\.runtime\.settings|_getframe"
    r"|^from pulumi\.runtime import .*\bsettings\b|^import gc$",
    re.MULTILINE,
)


def test_table_lists_every_module() -> None:
    modules = sorted(each.stem for each in FOLDER.glob("*.py") if each.stem != "__init__")
    assert [row[0].strip("`") for row in ROWS] == modules


def test_every_row_is_complete_and_names_an_existing_test() -> None:
    for row in ROWS:
        assert len(row) == 6, row
        assert all(row), row
        assert (ROOT / row[5].strip("`")).is_file(), row


def test_readme_documents_the_switch() -> None:
    assert f"`{NO_TUNING}=1`" in README


def test_private_parts_of_pulumi_are_used_in_this_folder_only() -> None:
    found = {
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in PACKAGE.rglob("*.py")
        if FOLDER not in path.parents
        for match in PRIVATE.finditer(path.read_text())
    }
    assert found == set()


def test_modules_of_the_switch_check_it() -> None:
    (sentence,) = re.findall(r"turns off everything that only saves time: (.*?)\.", README, re.DOTALL)
    checking = {path.stem for path in FOLDER.glob("*.py") if "tuning.is_enabled()" in path.read_text()}
    assert set(re.findall(r"`(\w+)`", sentence)) == checking
