"""Documented installs are direct references: no package index has the package, so anyone could register its name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

NAME = re.compile(r"gcore[-_.]tls[-_.]provider", re.IGNORECASE)
INSTALL = re.compile(r"\b(?:pip3?|pipx|uv|uvx|poetry)(?: +(?:pip|tool))? +(?:install|add|wheel|download|run)\b[^`\n]*")
OTHER_SOURCES = re.compile(
    r"--(?:extra-)?index-url\b|--find-links\b|PIP_(?:EXTRA_)?INDEX_URL|PIP_FIND_LINKS|UV_(?:EXTRA_)?(?:DEFAULT_)?INDEX"
)
DOCUMENTED = ("docs", "examples", "templates")
MESSAGES = ("gcore_tls_provider", "gcore_emulator", "components")


def files() -> Iterator[Path]:
    """Yield the text files that users read, and the modules whose messages they see."""
    yield from ROOT.glob("*.md")
    for folder in (*DOCUMENTED, *MESSAGES):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".png", ".pyc", ".svg", ".whl"):
                yield path


def by_name(text: str) -> list[str]:
    """Return the words of install commands that name the distribution without a path or a URL."""
    words = (word for command in INSTALL.findall(text) for word in re.split(r"[\s'\"]+", command))
    return [word for word in words if NAME.match(word)]


def named_requirements(path: Path) -> list[str]:
    """Return the requirements of a file that name the distribution without a direct reference."""
    text = path.read_text()
    if path.suffix == ".toml":
        return [word for word in re.findall(r"[\"']([^\"'\n]+)[\"']", text) if is_named(word)]
    return [line.strip() for line in text.splitlines() if is_named(line.strip())]


def is_named(requirement: str) -> bool:
    return bool(NAME.match(requirement)) and not re.match(r"[\w.-]+(\[[\w,-]+\])? @ (file|https)://", requirement)


def test_no_page_example_template_or_message_installs_the_package_by_name() -> None:
    found = {str(path.relative_to(ROOT)): by_name(path.read_text()) for path in files()}
    assert {path: words for path, words in found.items() if words} == {}
    assert len(found) > 200


def test_no_page_example_or_template_adds_a_package_index() -> None:
    texts = {str(path.relative_to(ROOT)): OTHER_SOURCES.findall(path.read_text()) for path in files()}
    assert {path: found for path, found in texts.items() if found} == {}


def test_no_requirements_file_names_the_package_without_a_direct_reference() -> None:
    requirements = [path for path in files() if re.fullmatch(r"(requirements.*\.(txt|in)|pyproject\.toml)", path.name)]
    assert [path.relative_to(ROOT).parts[0] for path in requirements] == ["templates"]
    assert {path: named_requirements(path) for path in requirements} == {path: [] for path in requirements}


@pytest.mark.parametrize(
    "text",
    [
        "$ pip install gcore-tls-provider",
        "$ .venv/bin/pip install 'gcore-tls-provider[cli]'",
        "pip install --pre gcore_tls_provider==0.1.0",
        "uv pip install gcore-tls-provider",
        "uv add gcore-tls-provider",
        "Run: pip install 'gcore-tls-provider[emulator]'",
    ],
)
def test_an_install_by_name_is_found(text: str) -> None:
    assert by_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "$ pip install '/path/to/gcore-tls-provider[cli]'",
        "pip install ./wheels/gcore_tls_provider-0.1.0-py3-none-any.whl",
    ],
)
def test_an_install_by_path_is_accepted(text: str) -> None:
    assert by_name(text) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("gcore-tls-provider>=0.1.0,<0.2", True),
        ("gcore_tls_provider", True),
        ("gcore-tls-provider[cli] @ file:///wheels/gcore_tls_provider-0.1.0-py3-none-any.whl#sha256=00", False),
        ("./wheels/gcore_tls_provider-0.1.0-py3-none-any.whl", False),
    ],
)
def test_a_requirement_without_a_direct_reference_is_found(line: str, named: bool, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"# for the program\n{line}\n")
    assert bool(named_requirements(tmp_path / "requirements.txt")) == named


@pytest.mark.parametrize(
    "option", ["--extra-index-url https://a", "PIP_FIND_LINKS=dist", "PIP_EXTRA_INDEX_URL=https://a"]
)
def test_another_source_of_packages_is_found(option: str) -> None:
    assert OTHER_SOURCES.search(f"$ pip install {option} ./package")


def test_the_template_names_the_wheel_of_this_version() -> None:
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    (line,) = [
        line
        for line in (ROOT / "templates/mtls-load-balancer/requirements.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert line == f"./wheels/gcore_tls_provider-{version}-py3-none-any.whl"


def test_the_install_page_builds_the_wheel_that_the_template_names() -> None:
    page = (ROOT / "docs" / "how-to" / "install.md").read_text()
    (command,) = re.findall(r"^\$ (python3 -m pip wheel .*)$", page, re.MULTILINE)
    words = shlex.split(command)
    assert words[words.index("--wheel-dir") + 1] == "template/wheels"
    assert "--no-deps" in words


def test_the_release_checklist_says_when_installs_by_name_are_allowed() -> None:
    _, _, checklist = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## Cut a release\n")
    assert "every documented install is a direct reference" in " ".join(checklist.split())
