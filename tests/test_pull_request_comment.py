"""Comment of the GitHub Actions example, rendered: text of a preview stays text, whatever it contains.

The renderer is markdown-it-py with tables, HTML and links of bare addresses, as GitHub renders comments. GitHub looks
for mentions and references in the rendered text, and never inside code.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "github-actions" / "comment.py"
OWN_HTML = {"<details><summary>What would change</summary>", "</details>"}


@pytest.fixture(scope="module")
def comment() -> Callable[[str, int], str]:
    """Return the function of the script."""
    spec = importlib.util.spec_from_file_location("comment", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[str, int], str] = module.comment
    return function


def rendered(markdown: str) -> list[Token]:
    """Return the tokens of a comment, with those inside paragraphs."""

    def flat(tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            yield token
            yield from flat(token.children or [])

    return list(flat(MarkdownIt("gfm-like", {"html": True, "linkify": True}).parse(markdown)))


def texts(tokens: list[Token], kind: str) -> list[str]:
    return [token.content for token in tokens if token.type == kind]


def assert_harmless(tokens: list[Token]) -> None:
    """Assert that the comment consists of its own headings, lists, code and HTML only."""
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    own = {"heading", "bullet_list", "list_item", "paragraph", "inline", "strong", "text", "code_inline", "fence"}
    assert kinds <= own | {"html_block"}
    assert {each.strip() for each in texts(tokens, "html_block")} <= OWN_HTML
    own_texts = "".join(texts(tokens, "text"))
    assert not set("@#&<`|") & set(own_texts), own_texts


HOSTILE = {
    "an entity": "subject '&commat;everyone &#64;all &lt;b&gt;'",
    "a mention": "subject 'a@example.com @everyone @org/team'",
    "a reference to an issue": "subject '#1 GH-1 owner/repo#1'",
    "HTML": "subject '<img src=x onerror=alert(1)><details><!-- -->'",
    "a link": "subject '[a](https://evil.example) ![a](b) <https://evil.example>'",
    "a bare address": "see https://evil.example, www.evil.example and mailto:a@evil.example",
    "one backtick": "subject '` @everyone'",
    "backticks": "subject '`` @everyone ``` <b> ````'",
    "a backtick at each end": "` @everyone `",
    "a table": "a | b @everyone",
    "emphasis": "**a** _b_ ~~c~~ \\@everyone \\` @all",
    "a heading": "# a",
    "control characters": "subject '\x1b[31m\x00\u202e@everyone'",
}


def printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


@pytest.mark.parametrize("severity", ["error", "warning"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_finding_is_rendered_as_the_text_that_it_is(
    case: str, severity: str, comment: Callable[[str, int], str]
) -> None:
    sentence = HOSTILE[case]
    tokens = rendered(comment(f"Previewing update (test):\n    {severity}: {sentence}\n", 1))
    assert_harmless(tokens)
    assert texts(tokens, "code_inline") == [printable(sentence)]


@pytest.mark.parametrize("case", HOSTILE)
def test_a_changed_value_is_rendered_as_code(case: str, comment: Callable[[str, int], str]) -> None:
    printed = f"Previewing update (test):\n  ~ name: {HOSTILE[case]}\n</details>\n```\nResources:\n    ~ 1 to update\n"
    tokens = rendered(comment(printed, 0))
    assert_harmless(tokens)
    (code,) = texts(tokens, "fence")
    assert printable(HOSTILE[case]) in code and "</details>" in code
    assert texts(tokens, "text")[0] == "Preview: 1 to update"


def test_the_heading_contains_counts_only(comment: Callable[[str, int], str]) -> None:
    printed = "Previewing:\nResources:\n    + 1 to create\n    + 1 to @everyone <img src=x>\n    +- 2 to replace\n"
    assert comment(printed, 0).splitlines()[0] == "### Preview: 1 to create, 2 to replace"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_output_is_rendered_harmlessly(text: str) -> None:
    spec = importlib.util.spec_from_file_location("comment", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for printed in (f"Previewing:\nerror: {text}\n", f"Previewing:\n  + a: {text}\nResources:\n  {text}\n"):
        assert_harmless(rendered(module.comment(printed, 1)))
