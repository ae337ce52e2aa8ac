"""Reference pages apart from docstrings: configuration, control of the emulator, options of resources."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from inspect import signature
from typing import get_args

import httpx
import pulumi
import pytest
from pydantic import TypeAdapter

from gcore_emulator import Emulator, Settings, serving
from gcore_emulator.faults import Rule
from gcore_tls_components import MTLSLoadBalancer
from gcore_tls_provider import ListenerCertificate, LoadBalancer, Pool, PoolTlsAttachment, RevocationList
from gcore_tls_provider.api.connection import PUBLIC_API
from gcore_tls_provider.dynamic.process import DEBUG
from gcore_tls_provider.lifecycle.run.configuration import ENVIRONMENT, Configuration
from tests.docs.pages import DOCS, blocks

REFERENCE = DOCS / "reference"
CONFIGURATION = (REFERENCE / "configuration.md").read_text()
CONTROL = (REFERENCE / "gcore-emulator.md").read_text()


def rows(text: str) -> Sequence[Sequence[str]]:
    """Return the rows of a page's tables."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.M)]


class TestConfiguration:
    def test_page_lists_every_key_with_its_variable(self) -> None:
        shown = dict(re.findall(r"^\| `gcore:(\w+)`[^|]* \| `(GCORE_\w+)` \|", CONFIGURATION, re.MULTILINE))
        assert shown == dict(ENVIRONMENT)
        assert f"`{DEBUG}=1`" in CONFIGURATION

    def test_defaults_are_those_of_the_page(self) -> None:
        assert (Configuration().dialect, Configuration().parallel) == ("auto", 64)
        assert Configuration().base_url == PUBLIC_API


class TestControlOfTheEmulator:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        with serving(Emulator(Settings())) as url:
            yield url

    def test_page_lists_every_control_route(self, url: str) -> None:
        paths = httpx.get(f"{url}/openapi.json").json()["paths"]
        known = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
        shown = set(re.findall(r"^\| `((?:GET|POST) /_emulator/\w+)` \|", CONTROL, re.MULTILINE))
        assert shown == {each for each in known if " /_emulator/" in each}

    def test_page_lists_every_action_of_a_fault(self) -> None:
        (sentence,) = re.findall(r"^Actions of a rule: .*?\.", CONTROL, re.MULTILINE | re.DOTALL)
        kinds = get_args(get_args(Rule)[0])
        actions = {action for kind in kinds for action in get_args(kind.model_fields["action"].annotation)}
        assert actions <= set(re.findall(r"`(\w+)`", sentence))

    def test_example_of_a_fault_is_valid_and_needs_no_key(self, url: str) -> None:
        (command,) = [block.text for block in blocks(REFERENCE / "gcore-emulator.md") if block.language == "console"]
        words = shlex.split(command.removeprefix("$ "))
        body = json.loads(words[words.index("-d") + 1])
        rules: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule])
        assert len(rules.validate_python(body)) == 1
        for path in ("state", "requests", "faults"):
            assert httpx.get(f"{url}/_emulator/{path}").status_code == 200
        assert httpx.post(f"{url}/_emulator/faults", json=body).status_code == 200


def test_listed_options_are_options_of_pulumi() -> None:
    _, _, options = (REFERENCE / "resources.md").read_text().partition("\n## Options\n")
    shown = [row[0].strip("`") for row in rows(options)[2:]]
    assert len(shown) > 4
    assert set(shown) <= set(signature(pulumi.ResourceOptions.__init__).parameters)


def test_index_pages_link_to_all_their_pages() -> None:
    for folder in ("how-to", "explanation", "reference"):
        table, _, listed = (DOCS / folder / "index.md").read_text().partition("```{toctree}")
        entries = {each.removesuffix("?") for each in re.findall(r"^(?:\.\./)?[\w-]+\??$", listed, re.MULTILINE)}
        linked = {each.removesuffix(".md") for each in re.findall(r"\]\(([^)]+)\)", table)}
        assert {path.stem for path in (DOCS / folder).glob("*.md")} - {"index"} <= entries
        assert {each for each in entries if (DOCS / folder / f"{each}.md").exists()} <= linked, folder


def test_arguments_named_on_pages_exist() -> None:
    """Check arguments between backticks with an equals sign, on how-to and explanation pages."""
    kinds = (MTLSLoadBalancer, ListenerCertificate, Pool, PoolTlsAttachment, RevocationList, LoadBalancer)
    known = {name for kind in kinds for name in signature(kind.__init__).parameters}
    for page in (*(DOCS / "how-to").glob("*.md"), *(DOCS / "explanation").glob("*.md")):
        spoken = set(re.findall(r"`(\w+)=[^`]*`", page.read_text()))
        assert spoken - {"retain_on_delete", "GCORE_TLS_DEBUG"} <= known, page.name
