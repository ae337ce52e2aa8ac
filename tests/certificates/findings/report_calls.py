"""Calls in the package that report findings, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gcore_tls_provider.certificates.findings.table import DEFAULT

PACKAGE = Path(__file__).resolve().parents[3] / "gcore_tls_provider"

_FUNCTIONS = {
    "report": "gcore_tls_provider.certificates.findings.report",
    "material_error": "gcore_tls_provider.certificates.findings.report",
    "validation_error": "gcore_tls_provider.certificates.findings.validation",
}
_OPTIONS = frozenset({"message", "severity"})


@dataclass(frozen=True)
class ReportCall:
    """One call of a function that reports a finding.

    Attributes:
        place: File and line.
        codes: Codes that it can report; empty if the source does not contain them.
        messages: Keys of the messages; empty if the source does not contain them.
        severities: Severities that it passes.
        values: Names of the values; None if it passes a mapping.
    """

    place: str
    codes: tuple[str, ...]
    messages: tuple[str, ...]
    severities: tuple[str, ...]
    values: frozenset[str] | None


def report_calls() -> Iterator[ReportCall]:
    """Yield all calls in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent == PACKAGE / "certificates" / "findings" and path.stem in ("report", "validation"):
            continue
        tree = ast.parse(path.read_text())
        imported = {
            name.asname or name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
            if _FUNCTIONS.get(name.name) == node.module
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported:
                yield _call(node, f"{path.relative_to(PACKAGE)}:{node.lineno}", tree)


def _call(call: ast.Call, place: str, tree: ast.Module) -> ReportCall:
    keywords = {each.arg: each.value for each in call.keywords if each.arg is not None}
    has_mapping = any(each.arg is None for each in call.keywords)
    message, severity = keywords.get("message"), keywords.get("severity")
    return ReportCall(
        place,
        _texts(call.args[0], tree),
        (DEFAULT,) if message is None else _texts(message, tree),
        () if severity is None else _texts(severity, tree),
        None if has_mapping else frozenset(keywords.keys() - _OPTIONS),
    )


def _texts(expression: ast.expr, tree: ast.Module) -> tuple[str, ...]:
    """Return the texts that an expression can have: a constant, a choice of two, or a variable with one of these."""
    if isinstance(expression, ast.Constant):
        return (str(expression.value),)
    if isinstance(expression, ast.IfExp):
        return (*_texts(expression.body, tree), *_texts(expression.orelse, tree))
    if isinstance(expression, ast.Name):
        assigned = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and node.lineno <= expression.lineno
            and any(isinstance(target, ast.Name) and target.id == expression.id for target in node.targets)
        ]
        return _texts(assigned[-1], tree) if assigned and not isinstance(assigned[-1], ast.Name) else ()
    return ()
