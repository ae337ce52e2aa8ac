"""Lists of all messages, for the page about troubleshooting."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from documentation.sentences import Said, of_errors, of_findings, of_warnings
from gcore_tls_provider import errors
from gcore_tls_provider.api import http_errors as refusals
from gcore_tls_provider.certificates.findings.codes import CODES


def error_kinds() -> Mapping[str, str]:
    """Return the errors of the package and of programs, each with its meaning."""
    kinds = {name: each for name, each in vars(errors).items() if inspect.isclass(each) and issubclass(each, Exception)}
    described = {name: (inspect.getdoc(each) or "").partition("\n")[0] for name, each in kinds.items()}
    return described | {"RunError": "Mistake in a program that is found before a resource's inputs are checked."}


def refusal_remedies() -> Mapping[str, Said]:
    """Return the message for each HTTP status error, by class."""
    answer = "…: Gcore answered … to …: …."
    filled = {kind.__name__: re.sub(r"\{\w+\}", "…", remedy) for kind, remedy in refusals.REMEDIES.items()}
    return {kind: Said(answer, remedy) for kind, remedy in filled.items()}


class FindingSentences(SphinxDirective):
    """Directive: all findings by code, each with its code as anchor."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        rows = nodes.definition_list()
        for code, said in of_findings(CODES).items():
            rows += _entry(code, code, CODES[code].meaning, said)
        return [rows]


class ErrorSentences(SphinxDirective):
    """Directive: all errors by class, each with its name as anchor."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        kinds, refused = error_kinds(), refusal_remedies()
        rows = nodes.definition_list()
        found = of_errors(kinds)
        for kind, meaning in kinds.items():
            said = [*found.get(kind, ()), *([refused[kind]] if kind in refused else [])]
            if said:
                rows += _entry(kind, kind, meaning, said)
        return [rows]


class WarningSentences(SphinxDirective):
    """Directive: all warnings that are not findings."""

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        return [nodes.bullet_list("", *(nodes.list_item("", _paragraph(each.sentence)) for each in of_warnings()))]


def _entry(anchor: str, term: str, meaning: str, said: Sequence[Said]) -> nodes.definition_list_item:
    head = nodes.term("", "", nodes.literal(term, term), nodes.Text(" "), *_inline(f"— {meaning}"))
    head["ids"].append(anchor)
    body = nodes.definition()
    for each in said:
        body += nodes.paragraph("", "", nodes.strong("", "", *_inline(each.sentence)))
        if each.remedy:
            body += _paragraph(each.remedy)
    return nodes.definition_list_item("", head, body)


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", *_inline(text))


def _inline(text: str) -> Iterator[nodes.Node]:
    """Yield the nodes of a text; backticks mark code."""
    for index, part in enumerate(text.split("`")):
        if part:
            yield nodes.literal(part, part) if index % 2 else nodes.Text(part)
