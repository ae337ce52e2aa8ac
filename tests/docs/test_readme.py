"""The README: short, complete pictures, links that work, and arguments that exist. Also `docs/preview.md`."""

from __future__ import annotations

import re
import shlex
from inspect import signature
from pathlib import Path
from xml.etree import ElementTree

import pytest

from documentation.screenshots import FOLDER as IMAGES
from documentation.terminal import SCHEMES, text_of
from gcore_tls_components import MTLSLoadBalancer
from tests.cli.check.command_runs import run
from tests.docs.pages import DOCS, ROOT

README = (ROOT / "README.md").read_text()
PREVIEW = (DOCS / "preview.md").read_text()
PICTURES = {"emulator": "png", "preview": "svg"}
LARGEST_IMAGE = 200_000


def test_readme_has_at_most_150_lines() -> None:
    assert len(README.splitlines()) <= 150


def test_readme_contains_the_program_at_the_root() -> None:
    assert (ROOT / "__main__.py").read_text() in README


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_has_a_light_and_a_dark_variant_and_a_description(name: str) -> None:
    (shown,) = [found for found in re.findall(r"<picture>(.*?)</picture>", README, re.DOTALL) if f"/{name}-" in found]
    for scheme in SCHEMES:
        path = IMAGES / f"{name}-{scheme}.{PICTURES[name]}"
        assert str(path.relative_to(ROOT)) in shown
        assert 1_000 < path.stat().st_size < LARGEST_IMAGE
    assert 'media="(prefers-color-scheme: dark)" srcset="docs/images/' in shown
    (description,) = re.findall(r'alt="([^"]+)"', shown)
    assert len(description) > 60


def test_every_image_is_in_the_readme() -> None:
    assert {f"docs/images/{path.name}" for path in IMAGES.iterdir()} == set(
        re.findall(r'"(docs/images/[^"]+)"', README)
    )


def test_both_variants_of_the_preview_show_the_same_text() -> None:
    light, dark = (text_of((IMAGES / f"preview-{scheme}.svg").read_text()) for scheme in SCHEMES)
    assert light == dark
    assert "[CERTIFICATE_EXPIRED]" in light


@pytest.mark.parametrize("scheme", SCHEMES)
def test_preview_picture_loads_nothing_from_another_server(scheme: str) -> None:
    text = (IMAGES / f"preview-{scheme}.svg").read_text()
    assert not re.search(r"href|@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", text)
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_and_image_of_a_page_at_the_root_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(r'(?:src|srcset)="([^":]+)"', text)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_link_between_pages_exists() -> None:
    for page in DOCS.rglob("*.md"):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == [], page.name


def test_arguments_that_pages_name_exist() -> None:
    named = set(re.findall(r"`(\w+)=`", README + PREVIEW))
    assert {"host_names", "expected_backend_certificates", "expiry_warning_days", "accept_findings"} <= named
    assert named <= set(signature(MTLSLoadBalancer.__init__).parameters)


def test_commands_of_the_preview_page_print_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typed = re.findall(r"^\$ \.venv/bin/gcore-tls (.+)$", PREVIEW, re.MULTILINE)
    *before, last = [run(*shlex.split(arguments, comments=True), COLUMNS="80") for arguments in typed]
    assert [each.code for each in before] == [0, 0]
    assert last.code == 1
    (shown,) = re.findall(r"```text\n(error  .*?)```", PREVIEW, re.DOTALL)
    assert last.stdout.endswith(f"\n{shown}")
