"""The built site: complete, without warnings, with search, and without content from other servers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from inspect import get_annotations, isclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import gcore_tls_components
import gcore_tls_provider
from bootstrap.documentation import OPTIONS
from bootstrap.system_packages import CHROMIUM, find_program
from gcore_tls_provider.certificates.findings.codes import CODES
from tests.docs.pages import DOCS, ROOT

# Built once.
pytestmark = pytest.mark.xdist_group("site")

OTHER_SITES = frozenset({"github.com/pradyunsg/furo", "127.0.0.1:8080"})
"""Targets of links that leave the site: the theme's own, and the reader's emulator."""


@dataclass
class Document(HTMLParser):
    """References of one file of the site."""

    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and "href" in given:
            self.assets.append(given["href"])
        elif "src" in given:
            self.assets.append(given["src"])


@dataclass(frozen=True)
class Site:
    """Built site."""

    folder: Path
    said: str
    code: int
    documents: Mapping[Path, Document]

    def inventory(self) -> set[str]:
        """Return all names that the reference describes."""
        *_, packed = (self.folder / "objects.inv").read_bytes().split(b"\n", 4)
        return {line.split()[0] for line in zlib.decompress(packed).decode().splitlines() if " py:" in line}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    program = Path(sys.executable).parent / "sphinx-build"
    places = ("-d", folder / "trees", DOCS, folder / "html")
    done = subprocess.run([program, *OPTIONS, *places], capture_output=True, text=True, timeout=300, check=False)
    documents: dict[Path, Document] = {}
    for path in (folder / "html").rglob("*.html"):
        documents[path] = Document()
        documents[path].feed(path.read_text())
    return Site(folder / "html", done.stdout + done.stderr, done.returncode, documents)


def test_site_builds_without_warnings(site: Site) -> None:
    assert (site.code, site.said) == (0, "")


def test_site_contains_every_page(site: Site) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert pages <= {path.relative_to(site.folder) for path in site.documents}
    assert len(pages) > 25


def test_every_link_has_a_target(site: Site) -> None:
    followed = 0
    for path, document in site.documents.items():
        for link in document.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                assert parts.scheme in ("http", "https")
                assert parts.netloc + parts.path in OTHER_SITES, f"{path.name}: {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{path.name}: {link}"
            if parts.fragment and target in site.documents:
                assert unquote(parts.fragment) in site.documents[target].anchors, f"{path.name}: {link}"
            followed += 1
    assert followed > 1000


def test_no_asset_is_on_another_server(site: Site) -> None:
    for path, document in site.documents.items():
        for asset in document.assets:
            parts = urlsplit(asset)
            assert not parts.scheme and not parts.netloc, f"{path.name}: {asset}"
            assert (path.parent / unquote(parts.path)).exists(), f"{path.name}: {asset}"
    styles = list(site.folder.rglob("*.css"))
    assert styles
    for style in styles:
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text()), style.name


def test_reference_describes_every_public_name(site: Site) -> None:
    described = site.inventory()
    for package in (gcore_tls_provider, gcore_tls_components):
        for name in package.__all__:
            public = getattr(package, name)
            assert f"{package.__name__}.{name}" in described
            if isclass(public):
                members = {each for each in get_annotations(public) if not each.startswith("_")}
                missing = {each for each in members if f"{package.__name__}.{name}.{each}" not in described}
                assert not missing, name
    assert "gcore_tls_provider.ClientCertificate.not_after" in described, "what is inherited is described too"


def test_every_code_has_an_anchor(site: Site) -> None:
    assert set(CODES) <= site.documents[site.folder / "troubleshooting.html"].anchors


def test_reference_contains_commands_and_their_options(site: Site) -> None:
    for page, said in (
        ("gcore-tls", ("--accept CODE=REASON", "--server-name NAME", "--load-balancer ID")),
        ("gcore-emulator", ("--task-seconds SPEC", "secret-in-use=400|409|task-error|allow")),
    ):
        text = (site.folder / "reference" / f"{page}.html").read_text()
        assert all(each in text for each in said)


def indexed(site: Site) -> Iterator[str]:
    text = (site.folder / "searchindex.js").read_text()
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    yield from index["terms"]


def test_search_index_contains_words(site: Site) -> None:
    stems = {
        "ca_drop",
        "key_mismatch",
        "intermedi",
        "haproxi",
        "fingerprint_sha256",
        "resum",
        "expected_backend_certif",
    }
    assert stems <= set(indexed(site))


def test_search_works_without_a_server(site: Site, tmp_path: Path) -> None:
    browser = find_program(CHROMIUM)
    assert browser, "type `sudo apt-get install chromium`"
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}")
    looking = ("--virtual-time-budget=10000", "--dump-dom", f"{(site.folder / 'search.html').as_uri()}?q=CA_DROPPED")
    done = subprocess.run([browser, *options, *looking], capture_output=True, text=True, timeout=120, check=True)
    found = re.findall(r'<li class="kind-text"><a href="([^"#?]+)', done.stdout)
    assert {"findings.html", "troubleshooting.html"} <= set(found)


def test_links_of_pages_at_the_root_exist() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
