"""Lists of all that the package says when something is wrong, for the page about troubleshooting."""

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
    """The errors of the package and of programs, and what each is."""
    kinds = {name: each for name, each in vars(errors).items() if inspect.isclass(each) and issubclass(each, Exception)}
    described = {name: (inspect.getdoc(each) or "").partition("\n")[0] for name, each in kinds.items()}
    return described | {"RunError": "A program's mistake that can't wait for the check of a resource's inputs."}


def refusal_remedies() -> Mapping[str, Said]:
    """What is said where Gcore refuses a request, by the kind of error."""
    answer = "…: Gcore answered … to …: …."
    filled = {kind.__name__: re.sub(r"\{\w+\}", "…", remedy) for kind, remedy in refusals.REMEDIES.items()}
    return {kind: Said(answer, remedy) for kind, remedy in filled.items()}


class FindingSentences(SphinxDirective):
    """All findings, by their codes, each with an anchor of its code."""

    def run(self) -> list[nodes.Node]:
        """Makes the list."""
        rows = nodes.definition_list()
        for code, said in of_findings(CODES).items():
            rows += _entry(code, code, CODES[code].meaning, said)
        return [rows]


class ErrorSentences(SphinxDirective):
    """All errors, by their classes, each with an anchor of its name."""

    def run(self) -> list[nodes.Node]:
        """Makes the list."""
        kinds, refused = error_kinds(), refusal_remedies()
        rows = nodes.definition_list()
        found = of_errors(kinds)
        for kind, meaning in kinds.items():
            said = [*found.get(kind, ()), *([refused[kind]] if kind in refused else [])]
            if said:
                rows += _entry(kind, kind, meaning, said)
        return [rows]


class WarningSentences(SphinxDirective):
    """All warnings that are no findings."""

    def run(self) -> list[nodes.Node]:
        """Makes the list."""
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
    """A text whose backticks mean code."""
    for index, part in enumerate(text.split("`")):
        if part:
            yield nodes.literal(part, part) if index % 2 else nodes.Text(part)
