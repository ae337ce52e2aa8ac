"""Directives that list all messages, for the page about troubleshooting."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from gcore_tls_provider import errors
from gcore_tls_provider.api.http_errors import REMEDIES
from gcore_tls_provider.certificates.findings.codes import AREAS
from gcore_tls_provider.certificates.findings.table import Message
from gcore_tls_provider.lifecycle.run.warnings import WARNINGS


def error_meanings() -> Mapping[str, Sequence[str]]:
    """Return the paragraphs about each class of error: its docstring, and the remedy of an HTTP status error."""
    classes = [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, Exception)]
    meanings = {each.__name__: _paragraphs_of(each) for each in classes}
    for kind, remedy in REMEDIES.items():
        meanings[kind.__name__] = [*meanings[kind.__name__], shown(remedy)]
    return meanings | {"RunError": ["Mistake in a program that is found before a resource's inputs are checked."]}


def shown(template: str) -> str:
    """Return a template with an ellipsis for each placeholder."""
    return re.sub(r"\{\w+\}", "…", template)


class FindingMessages(SphinxDirective):
    """Directive: the messages of all findings by code, each with its code as anchor."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        entries = {code: entry for codes in AREAS.values() for code, entry in codes.items()}
        rows = nodes.definition_list()
        for code, entry in sorted(entries.items()):
            rows += _entry(code, entry.meaning, [part for each in entry.messages.values() for part in _message(each)])
        return [rows]


class ErrorClasses(SphinxDirective):
    """Directive: all classes of errors, each with its name as anchor."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        rows = nodes.definition_list()
        for name, (meaning, *further) in error_meanings().items():
            rows += _entry(name, meaning, [_paragraph(each) for each in further])
        return [rows]


class WarningMessages(SphinxDirective):
    """Directive: the messages of all warnings that are not findings."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        return [nodes.bullet_list("", *(nodes.list_item("", *_message(each)) for each in WARNINGS))]


def _paragraphs_of(error: type[Exception]) -> Sequence[str]:
    text, _, _ = (inspect.getdoc(error) or "").partition("\n\nAttributes:")
    return [" ".join(each.split()) for each in text.split("\n\n")]


def _message(message: Message) -> Iterator[nodes.paragraph]:
    yield nodes.paragraph("", "", nodes.strong("", "", *_inline(shown(message.sentence))))
    yield _paragraph(shown(message.remedy))


def _entry(term: str, meaning: str, paragraphs: Sequence[nodes.paragraph]) -> nodes.definition_list_item:
    head = nodes.term("", "", nodes.literal(term, term), nodes.Text(" "), *_inline(f"— {meaning}"))
    head["ids"].append(term)
    return nodes.definition_list_item("", head, nodes.definition("", *paragraphs))


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", *_inline(text))


def _inline(text: str) -> Iterator[nodes.Node]:
    """Yield the nodes of a text; backticks mark code."""
    for index, part in enumerate(text.split("`")):
        if part:
            yield nodes.literal(part, part) if index % 2 else nodes.Text(part)
