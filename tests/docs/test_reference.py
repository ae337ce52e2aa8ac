"""What the reference says beside the docstrings: configuration, control of the emulator, options of resources."""

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
    """The rows of a page's tables, as they are written."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.M)]


class TestConfiguration:
    def test_every_key_is_there_with_its_variable(self) -> None:
        shown = dict(re.findall(r"^\| `gcore:(\w+)`[^|]* \| `(GCORE_\w+)` \|", CONFIGURATION, re.MULTILINE))
        assert shown == dict(ENVIRONMENT)
        assert f"`{DEBUG}=1`" in CONFIGURATION

    def test_the_defaults_are_those(self) -> None:
        assert (Configuration().dialect, Configuration().parallel) == ("auto", 64)
        assert Configuration().base_url == PUBLIC_API


class TestControlOfTheEmulator:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        with serving(Emulator(Settings())) as url:
            yield url

    def test_every_route_is_there(self, url: str) -> None:
        paths = httpx.get(f"{url}/openapi.json").json()["paths"]
        known = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
        shown = set(re.findall(r"^\| `((?:GET|POST) /_emulator/\w+)` \|", CONTROL, re.MULTILINE))
        assert shown == {each for each in known if " /_emulator/" in each}

    def test_every_action_is_there(self) -> None:
        (sentence,) = re.findall(r"^Actions of a rule: .*?\.", CONTROL, re.MULTILINE | re.DOTALL)
        kinds = get_args(get_args(Rule)[0])
        actions = {action for kind in kinds for action in get_args(kind.model_fields["action"].annotation)}
        assert actions <= set(re.findall(r"`(\w+)`", sentence))

    def test_what_is_sent_is_a_rule_and_needs_no_key(self, url: str) -> None:
        (command,) = [block.text for block in blocks(REFERENCE / "gcore-emulator.md") if block.language == "console"]
        words = shlex.split(command.removeprefix("$ "))
        body = json.loads(words[words.index("-d") + 1])
        rules: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule])
        assert len(rules.validate_python(body)) == 1
        for path in ("state", "requests", "faults"):
            assert httpx.get(f"{url}/_emulator/{path}").status_code == 200
        assert httpx.post(f"{url}/_emulator/faults", json=body).status_code == 200


def test_the_options_are_pulumi_s() -> None:
    shown = [row[0].strip("`") for row in rows((REFERENCE / "resources.md").read_text())[2:]]
    assert len(shown) > 4
    assert set(shown) <= set(signature(pulumi.ResourceOptions.__init__).parameters)


def test_every_page_of_an_index_is_listed() -> None:
    for folder in ("how-to", "explanation", "reference"):
        table, _, listed = (DOCS / folder / "index.md").read_text().partition("```{toctree}")
        entries = {each.removesuffix("?") for each in re.findall(r"^(?:\.\./)?[\w-]+\??$", listed, re.MULTILINE)}
        linked = {each.removesuffix(".md") for each in re.findall(r"\]\(([^)]+)\)", table)}
        assert {path.stem for path in (DOCS / folder).glob("*.md")} - {"index"} <= entries
        assert {each for each in entries if (DOCS / folder / f"{each}.md").exists()} <= linked, folder


def test_existing_names_are_what_pages_speak_of() -> None:
    """Arguments between backticks with an equals sign, on the pages about tasks."""
    kinds = (MTLSLoadBalancer, ListenerCertificate, Pool, PoolTlsAttachment, RevocationList, LoadBalancer)
    known = {name for kind in kinds for name in signature(kind.__init__).parameters}
    for page in (*(DOCS / "how-to").glob("*.md"), *(DOCS / "explanation").glob("*.md")):
        spoken = set(re.findall(r"`(\w+)=[^`]*`", page.read_text()))
        assert spoken - {"retain_on_delete", "GCORE_TLS_DEBUG"} <= known, page.name
