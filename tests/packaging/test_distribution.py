"""Content and metadata of the wheel and the sdist."""

from __future__ import annotations

import email.message
import email.parser
import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.packaging.conftest import Distribution, build
from tests.packaging.interpreters import ROOT

pytestmark = pytest.mark.xdist_group("distribution")


@pytest.fixture(scope="module")
def contents(distribution: Distribution) -> dict[str, bytes]:
    """Return the files of the wheel."""
    return files_of(distribution.wheel)


@pytest.fixture(scope="module")
def metadata(contents: dict[str, bytes]) -> email.message.Message:
    """Return the metadata of the wheel."""
    (text,) = (content for name, content in contents.items() if name.endswith(".dist-info/METADATA"))
    return email.parser.BytesParser().parsebytes(text)


def files_of(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sources_of(sdist: Path) -> set[str]:
    """Return the names of the files of an sdist."""
    with tarfile.open(sdist) as archive:
        return {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}


def test_twine_accepts_the_wheel_and_the_sdist(distribution: Distribution) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", distribution.wheel, distribution.sdist],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("PASSED") == 2


def test_a_wheel_from_the_sdist_equals_a_wheel_from_the_clone(contents: dict[str, bytes], tmp_path: Path) -> None:
    build(tmp_path, "--wheel")
    (direct,) = tmp_path.glob("*.whl")
    assert files_of(direct) == contents


def test_the_wheel_contains_only_the_three_packages(contents: dict[str, bytes]) -> None:
    packages = {"gcore_tls_provider": ROOT, "gcore_emulator": ROOT, "gcore_tls_components": ROOT / "components"}
    sources = {
        str(each.relative_to(parent)): each.read_bytes()
        for name, parent in packages.items()
        for each in (parent / name).rglob("*")
        if each.is_file() and "__pycache__" not in each.parts
    }
    assert {name: content for name, content in contents.items() if ".dist-info/" not in name} == sources
    assert {f"{name}/py.typed" for name in packages} <= set(sources)


def test_the_sdist_contains_documents_and_tests_but_no_keys(distribution: Distribution) -> None:
    sources = sources_of(distribution.sdist)
    assert {"README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "docs/index.md", "pyproject.toml"} <= sources
    assert {"templates/mtls-load-balancer/Pulumi.yaml", "tests/packaging/test_distribution.py"} <= sources
    assert not {name for name in sources if name.endswith((".pem", ".key", ".p12", ".pyc"))}


def test_the_wheel_declares_and_contains_the_license(
    metadata: email.message.Message, contents: dict[str, bytes]
) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata.get_all("License-File") == ["LICENSE"]
    (text,) = (content for name, content in contents.items() if name.endswith(".dist-info/licenses/LICENSE"))
    assert text == (ROOT / "LICENSE").read_bytes()
    assert b"Apache License" in text


def test_the_metadata_declares_all_supported_python_versions(metadata: email.message.Message) -> None:
    classifiers = metadata.get_all("Classifier") or []
    minors = [int(minor) for each in classifiers for minor in re.findall(r"Python :: 3\.(\d+)$", each)]
    assert minors == list(range(10, 15))
    assert metadata["Requires-Python"] == f">=3.{minors[0]}"
    assert "Typing :: Typed" in classifiers


def test_the_version_has_an_entry_in_the_changelog(metadata: email.message.Message) -> None:
    (newest, *_) = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert metadata["Version"] == newest


def test_the_description_is_the_readme_without_links_into_the_repository(metadata: email.message.Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    description = str(metadata.get_payload())
    assert (ROOT / "__main__.py").read_text() in description
    targets = re.findall(r"\]\(([^)]+)\)", description) + re.findall(r'(?:src|srcset)="([^"]+)"', description)
    assert all(target.startswith("https://") for target in targets)
    assert "Tutorial: 20 minutes" in description or targets


def test_the_description_links_to_the_repository_if_its_address_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin", "hatchling.metadata.plugin.interface"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(MetadataHookInterface=object))
    describe = runpy.run_path(str(ROOT / "tools" / "description.py"))["description"]
    text = describe((ROOT / "README.md").read_text(), "https://example.com/owner/name")
    assert "[Tutorial](https://example.com/owner/name/blob/HEAD/docs/tutorial.md)" in text
    assert 'srcset="https://example.com/owner/name/raw/HEAD/docs/images/preview-dark.svg"' in text
    assert not re.search(r'\]\((?!https://)|(?:src|srcset)="(?!https://)', text)


def test_the_wheel_installs_both_commands(contents: dict[str, bytes]) -> None:
    (text,) = (content.decode() for name, content in contents.items() if name.endswith("/entry_points.txt"))
    assert re.findall(r"^(\S+) = ", text, re.MULTILINE) == ["gcore-emulator", "gcore-tls"]
